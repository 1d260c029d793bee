//! The audit table, as a superuser sees it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use keywright_local_stack::PgLogin;
use uuid::Uuid;

use crate::answers::{Answers, Recorded};

/// What the audit table had of one load's calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compared {
    /// Answered calls without a record.
    pub(crate) missing: usize,
    /// Answered calls, and others, with two.
    pub(crate) doubled: usize,
    /// Records without their row, or rows without their record.
    pub(crate) apart: usize,
}

/// The audit table of one stack.
pub(crate) struct Trail {
    login: PgLogin,
    /// All blocks up to this one are counted.
    counted: i64,
    /// How many records each request has.
    requests: HashMap<Uuid, u32>,
    /// How many rows each event has.
    events: HashMap<Uuid, u32>,
}

impl Trail {
    pub(crate) fn of(login: PgLogin) -> Self {
        Self { login, counted: 0, requests: HashMap::new(), events: HashMap::new() }
    }

    /// Begins to count anew, from the first block.
    pub(crate) fn forget(&mut self) {
        self.counted = 0;
        self.requests.clear();
        self.events.clear();
    }

    pub(crate) fn login(&self) -> PgLogin {
        self.login.clone()
    }

    /// Where the table is now: the stack has new ports.
    pub(crate) fn moved(&mut self, login: PgLogin) {
        self.login = login;
    }

    /// Waits until each answered call has its record, for as long as records come; then counts.
    pub(crate) async fn compare(&mut self, answers: &Answers) -> Result<Compared> {
        let (mut last, mut since) = (usize::MAX, Instant::now());
        let mut anew = false;
        loop {
            let apart = match self.read().await {
                Ok(apart) => apart,
                // Postgres may be recovering.
                Err(error) if since.elapsed() > PATIENCE => return Err(error),
                Err(_) => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            };
            let missing =
                answers.recorded.iter().filter(|answer| !self.requests.contains_key(&answer.id)).count();
            if missing != last {
                (last, since) = (missing, Instant::now());
            }
            if missing > 0 && since.elapsed() > PATIENCE && !anew {
                // A block whose writer was killed may have been committed behind its successor.
                self.forget();
                anew = true;
                continue;
            }
            if missing == 0 || since.elapsed() > PATIENCE {
                if missing == 0 {
                    // What comes late, such as from the outbox after a crash, may be a second record.
                    tokio::time::sleep(POLL).await;
                    self.read().await?;
                }
                let doubled =
                    self.requests.values().chain(self.events.values()).filter(|count| **count > 1).count();
                return Ok(Compared { missing, doubled, apart });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The request ids of answered calls that have no record, for the one who has to find out why.
    pub(crate) fn missing<'a>(&'a self, answers: &'a Answers) -> impl Iterator<Item = &'a Recorded> {
        answers.recorded.iter().filter(|answer| !self.requests.contains_key(&answer.id))
    }

    /// Records that were counted.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Counts what is new; tells how many records and rows don't belong together.
    async fn read(&mut self) -> Result<usize> {
        let client = self.login.connect().await?;
        let mut apart = 0;
        let mut newest = self.counted;
        let (mut requests, mut events) = (Vec::new(), Vec::new());
        for row in client.query(RECORDS, &[&self.counted]).await? {
            let (block, event, request): (i64, Option<Uuid>, Option<String>) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            newest = newest.max(block);
            match event {
                Some(event) => events.push(event),
                None => apart += 1,
            }
            if let Some(request) = request {
                requests.push(Uuid::parse_str(&request)?);
            }
        }
        let orphans: i64 = client.query_one(ROWS_WITHOUT_RECORD, &[&self.counted]).await?.try_get(0)?;
        apart += usize::try_from(orphans)?;
        if newest < self.counted {
            bail!("blocks went backwards");
        }
        for request in requests {
            *self.requests.entry(request).or_default() += 1;
        }
        for event in events {
            *self.events.entry(event).or_default() += 1;
        }
        self.counted = newest;
        Ok(apart)
    }
}

/// Each record in the blocks behind $1, with the row that points to it and the request that it is of.
const RECORDS: &str = "\
SELECT block.block_id, event.event_id, convert_from(item.record, 'UTF8')::json ->> 'requestID'
  FROM record_blocks AS block
 CROSS JOIN LATERAL unnest(block.records) WITH ORDINALITY AS item (record, ordinal)
  LEFT JOIN events AS event
         ON event.block_id = block.block_id AND event.ordinal = item.ordinal
 WHERE block.block_id > $1";
const ROWS_WITHOUT_RECORD: &str = "\
SELECT count(*) FROM events AS event
 WHERE event.block_id > $1 AND NOT EXISTS (
   SELECT FROM record_blocks AS block
    WHERE block.block_id = event.block_id AND cardinality(block.records) >= event.ordinal)";
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(500);
