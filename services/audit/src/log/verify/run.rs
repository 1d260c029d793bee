//! The check from beginning to end.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use keywright_audit_log::EventEnvelope;
use keywright_transparency_log::{
    Checkpoint, LogError, Note, Plan, VerifierKey, leaf_hash, verify_consistency,
};
use time::format_description::well_known::Iso8601;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::columns::differing;
use super::error::VerifyError;
use super::finding::Finding;
use super::leaves::{Found, Leaves, State};
use super::source::LogSource;
use super::truth::{self, Truth};
use crate::domain::event::Event;
use crate::log::wire::{EventRow, LogBlock, LogDays};

/// What is to be checked.
pub struct Asked<'a> {
    /// By which key the log is signed.
    pub key: &'a VerifierKey,
    /// Witnesses who must have signed, too.
    pub witnesses: &'a [VerifierKey],
    /// Where to begin.
    pub from: Option<Bound>,
    /// Where to end. Where neither is given, all is checked, also what else is in the tables.
    pub to: Option<Bound>,
    /// A checkpoint that was kept earlier.
    pub since: Option<&'a str>,
    /// The time: no event is from much later.
    pub now: OffsetDateTime,
}

/// Where a check begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At a leaf, by its number.
    Leaf(u64),
    /// With the records of a day, `2026-01-31`.
    Day(String),
}

/// A text that is neither a leaf nor a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a leaf nor a day")]
pub struct NoBound;

/// What was checked, and what is wrong.
#[derive(Clone, Debug)]
pub struct Report {
    /// The checkpoint by which it was checked.
    pub checkpoint: Checkpoint,
    /// Its signed note.
    pub note: String,
    /// The leaves that were checked.
    pub leaves: Range<u64>,
    /// How many records were there, and looked at.
    pub records: u64,
    /// How many leaves of each day retention has removed.
    pub expired: BTreeMap<String, u64>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Checks a log.
///
/// # Errors
/// [`VerifyError`] when it can't be read. Whatever is wrong with it is in the report.
pub async fn verify(source: &impl LogSource, asked: &Asked<'_>) -> Result<Report, VerifyError> {
    let mut findings = Vec::new();
    let text = source.checkpoint().await?.ok_or(VerifyError::NoCheckpoint)?;
    let checkpoint = match opened(&text, asked.key) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            let checkpoint = Note::parse(&text).and_then(|note| Checkpoint::parse(note.text()));
            let cause = |cause| VerifyError::Given { what: "the log's checkpoint", cause };
            findings.push(Finding::Checkpoint(error));
            checkpoint.map_err(cause)?
        }
    };
    let size = checkpoint.size;
    for witness in asked.witnesses {
        if let Err(error) = Note::parse(&text).and_then(|note| note.verify(witness)) {
            findings.push(Finding::Witness(error));
        }
    }
    if let Some(since) = asked.since {
        let before = opened(since, asked.key);
        let before = before.map_err(|cause| VerifyError::Given { what: "the earlier checkpoint", cause })?;
        findings.extend(since_finding(source, &before, &checkpoint).await?);
    }
    let range = range(source, asked, size).await?;
    let truth = Truth::open(source, checkpoint.clone(), &mut findings).await?;
    let mut walk = Walk {
        source,
        days: source.days().await?,
        now: asked.now,
        next: range.start,
        last_block: None,
        size,
        leaves: Leaves::new(truth, size, range.start),
        report: Report {
            checkpoint: checkpoint.clone(),
            note: text,
            leaves: range.clone(),
            records: 0,
            expired: BTreeMap::new(),
            findings,
        },
    };
    walk.blocks(range).await?;
    let Walk { leaves, mut report, days, .. } = walk;
    leaves.finish(checkpoint.root, source, &mut report.findings).await?;
    if asked.from.is_none() && asked.to.is_none() {
        for day in &days.kept {
            let strays = source.strays(day).await?.into_iter();
            report.findings.extend(strays.map(|stray| Finding::Stray {
                table: stray.table,
                event_id: stray.event_id,
                block_id: stray.block_id,
            }));
        }
    }
    Ok(report)
}

/// The leaves between the bounds; of a day, those from the first to the last block that says to be of it.
async fn range(source: &impl LogSource, asked: &Asked<'_>, size: u64) -> Result<Range<u64>, VerifyError> {
    let from = match &asked.from {
        None => 0,
        Some(Bound::Leaf(leaf)) => *leaf,
        Some(Bound::Day(day)) => {
            source.leaves_of(day, LAST_DAY, size).await?.map_or(size, |range| range.start)
        }
    };
    let to = match &asked.to {
        None => size,
        Some(Bound::Leaf(leaf)) => *leaf,
        Some(Bound::Day(day)) => source.leaves_of(FIRST_DAY, day, size).await?.map_or(0, |range| range.end),
    };
    if to > size || from > size {
        return Err(VerifyError::Range { size });
    }
    Ok(from..to.max(from))
}

impl FromStr for Bound {
    type Err = NoBound;

    fn from_str(text: &str) -> Result<Self, NoBound> {
        match text.parse() {
            Ok(leaf) => Ok(Self::Leaf(leaf)),
            Err(_) => match Date::parse(text, &Iso8601::DATE) {
                Ok(day) if day.to_string() == text => Ok(Self::Day(text.to_owned())),
                Ok(_) | Err(_) => Err(NoBound),
            },
        }
    }
}

const FIRST_DAY: &str = "0001-01-01";
const LAST_DAY: &str = "9999-12-31";

fn opened(text: &str, key: &VerifierKey) -> Result<Checkpoint, LogError> {
    let note = Note::parse(text)?;
    note.verify(key)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin == key.name() {
        Ok(checkpoint)
    } else {
        Err(LogError::Checkpoint("it is another log's"))
    }
}

async fn since_finding(
    source: &impl LogSource,
    before: &Checkpoint,
    now: &Checkpoint,
) -> Result<Option<Finding>, VerifyError> {
    let Ok(plan) = Plan::consistency(before.size, now.size) else {
        return Ok(Some(Finding::RolledBack { before: before.size, now: now.size }));
    };
    let proof = plan.hashes(&truth::read(source, &plan).await?);
    let consistent =
        proof.and_then(|proof| verify_consistency(&proof, before.size, before.root, now.size, now.root));
    Ok(consistent.is_err().then_some(Finding::NotConsistent { before: before.size }))
}

/// The way through the blocks.
struct Walk<'a, S> {
    source: &'a S,
    days: LogDays,
    now: OffsetDateTime,
    size: u64,
    /// The leaf that comes next.
    next: u64,
    /// The block that was last looked at.
    last_block: Option<i64>,
    leaves: Leaves<'a, S>,
    report: Report,
}

impl<S: LogSource> Walk<'_, S> {
    async fn blocks(&mut self, range: Range<u64>) -> Result<(), VerifyError> {
        while self.next < range.end {
            let (blocks, before) = (self.source.blocks(self.next, self.size).await?, self.next);
            for block in &blocks {
                if self.next >= range.end {
                    return Ok(());
                }
                self.block(block).await?;
            }
            if self.next <= before {
                self.gap(before, range.end).await?;
            }
        }
        Ok(())
    }

    /// No block says to have these leaves.
    async fn gap(&mut self, from: u64, to: u64) -> Result<(), VerifyError> {
        self.report.findings.push(Finding::NoBlock { from, to });
        for leaf in from..to {
            self.found(Found { leaf, state: State::Gone, event_id: None }).await?;
        }
        Ok(())
    }

    async fn found(&mut self, found: Found) -> Result<(), VerifyError> {
        self.next = found.leaf + 1;
        self.leaves.push(found, &mut self.report.findings).await
    }

    async fn block(&mut self, block: &LogBlock) -> Result<(), VerifyError> {
        let LogBlock { block_id, first_leaf, leaves, .. } = *block;
        match self.last_block {
            // Asked for what is behind it, where there is nothing.
            Some(last) if last == block_id => return Ok(()),
            None if first_leaf + leaves <= self.next => return Ok(()),
            // A range begins with the block that holds its first leaf.
            None => self.next = self.next.min(first_leaf),
            Some(_) if first_leaf < self.next => {
                self.report.findings.push(Finding::Misplaced { block_id, first_leaf });
                return Ok(());
            }
            Some(_) => {}
        }
        self.last_block = Some(block_id);
        if first_leaf > self.next {
            self.gap(self.next, first_leaf.min(self.size)).await?;
        }
        let end = (first_leaf + leaves).min(self.size);
        match &block.records {
            Some(records) => self.records(block, records, end).await,
            None => self.without_records(block, end).await,
        }
    }

    async fn without_records(&mut self, block: &LogBlock, end: u64) -> Result<(), VerifyError> {
        let LogBlock { block_id, first_leaf, day, .. } = block;
        if !is_expired(&self.days, day) {
            // It may be that it was dropped just now.
            self.days = self.source.days().await?;
        }
        if is_expired(&self.days, day) {
            *self.report.expired.entry(day.clone()).or_default() += end - first_leaf;
        } else {
            self.report.findings.push(Finding::MissingBlock {
                block_id: *block_id,
                day: day.clone(),
                from: *first_leaf,
                to: end,
            });
        }
        for leaf in *first_leaf..end {
            self.found(Found { leaf, state: State::Gone, event_id: None }).await?;
        }
        Ok(())
    }

    async fn records(
        &mut self,
        block: &LogBlock,
        records: &[Option<String>],
        end: u64,
    ) -> Result<(), VerifyError> {
        let LogBlock { block_id, first_leaf, leaves, .. } = *block;
        if records.len() as u64 != leaves {
            let records = records.len() as u64;
            self.report.findings.push(Finding::BlockLength { block_id, leaves, records });
        }
        let mut claimed: BTreeMap<u64, Vec<&EventRow>> = BTreeMap::new();
        for row in &block.rows {
            // Ordinals begin with 1; one below that has no leaf.
            let leaf = u64::try_from(row.ordinal).ok().and_then(|ordinal| ordinal.checked_sub(1));
            match leaf.filter(|leaf| *leaf < leaves) {
                Some(leaf) => claimed.entry(first_leaf + leaf).or_default().push(row),
                None => self.report.findings.push(Finding::ExtraRow { event_id: row.event_id, block_id }),
            }
        }
        let mut records = records.iter();
        for leaf in first_leaf..end {
            let record = records.next().and_then(Option::as_deref);
            let record = record.and_then(|text| STANDARD.decode(text).ok()).map(Bytes::from);
            let rows = claimed.remove(&leaf).unwrap_or_default();
            let event_id = record.as_ref().and_then(named).or_else(|| rows.first().map(|row| row.event_id));
            let state = record.as_ref().map_or(State::Missing, |record| State::Record(leaf_hash(record)));
            if let Some(event) = record.as_ref().and_then(|record| Event::read(record, self.now).ok()) {
                self.rows(leaf, block_id, &event, &rows);
            }
            self.report.records += u64::from(record.is_some());
            self.found(Found { leaf, state, event_id }).await?;
        }
        Ok(())
    }

    /// Each record has one row, which says what the record does.
    fn rows(&mut self, leaf: u64, block_id: i64, event: &Event, rows: &[&EventRow]) {
        let findings = &mut self.report.findings;
        let own = rows.iter().copied().find(|row| row.event_id == event.id);
        // The row of another event in its place is its own row, changed, where there is no other.
        let own = own.or_else(|| rows.first().copied().filter(|_| rows.len() == 1));
        match own {
            Some(row) => {
                let columns = differing(row, event);
                if !columns.is_empty() {
                    findings.push(Finding::ChangedRow { leaf, event_id: event.id, columns });
                }
            }
            None => findings.push(Finding::MissingRow { leaf, event_id: event.id }),
        }
        let others: BTreeSet<Uuid> = rows
            .iter()
            .filter(|row| own.is_none_or(|own| !std::ptr::eq(**row, own)))
            .map(|row| row.event_id)
            .collect();
        findings.extend(others.into_iter().map(|event_id| Finding::ExtraRow { event_id, block_id }));
    }
}

/// Retention drops whole days, from the oldest on.
fn is_expired(days: &LogDays, day: &String) -> bool {
    days.expired.contains(day) && days.kept.iter().min().is_none_or(|oldest| day < oldest)
}

/// The event that a record says to be of.
fn named(record: &Bytes) -> Option<Uuid> {
    EventEnvelope::parse(record).ok().map(|envelope| envelope.event_id)
}
