//! What other Regions are still to be told of secrets, and what they have told.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction, types::ToSql};
use time::OffsetDateTime;
use uuid::Uuid;

use super::get;
use crate::domain::name::{SecretName, Suffix};
use crate::domain::secret::SecretSubject;
use crate::error::Error;

/// A secret, as this Region and another one speak of it.
#[derive(Clone, Copy, Debug)]
pub struct Topic<'a> {
    /// This Region.
    pub region: &'a Region,
    /// The secret.
    pub subject: &'a SecretSubject,
    /// The other Region.
    pub peer: &'a Region,
}

/// A secret that another Region is to be told of.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The secret.
    pub subject: SecretSubject,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// What another Region told last of a secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct Received {
    /// The number of the newest message that was heeded.
    pub number: i64,
    /// The replication that made a replica here last.
    pub made: Option<Uuid>,
}

/// What another Region is still to be told.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    /// Of how many secrets.
    pub count: i64,
    /// Since when it has not known the latest of the first of them.
    pub oldest: Option<OffsetDateTime>,
}

impl Topic<'_> {
    async fn execute(
        &self,
        connection: &Connection,
        statement: &'static str,
        further: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let texts = self.texts();
        let texts = texts.iter().map(|text| text as &(dyn ToSql + Sync));
        let parameters: Vec<_> = texts.chain(further.iter().copied()).collect();
        connection.execute(statement, &parameters).await
    }

    async fn find(
        &self,
        connection: &Connection,
        statement: &'static str,
    ) -> Result<Option<Row>, StoreError> {
        let texts = self.texts();
        let parameters: Vec<_> = texts.iter().map(|text| text as &(dyn ToSql + Sync)).collect();
        connection.query_opt(statement, &parameters).await
    }

    fn texts(&self) -> [&str; 5] {
        let SecretSubject { account, name, suffix } = self.subject;
        [self.region.as_str(), account.as_str(), name.as_str(), suffix.as_str(), self.peer.as_str()]
    }
}

/// Sees to it that the peer will be told how a secret is.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn request(
    transaction: &Transaction,
    topic: Topic<'_>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    topic.execute(transaction, REQUEST, &[&now]).await.map(|_| ())
}

/// The secret that is longest due to be told of to `peer`; it is nobody else's until `until`.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim(
    connection: &Connection,
    region: &Region,
    peer: &Region,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Option<Claimed>, Error> {
    let parameters = &[&region.as_str() as _, &peer.as_str() as _, &now as _, &until as _];
    let Some(row) = connection.query_opt(CLAIM, parameters).await? else { return Ok(None) };
    let account = AccountId::parse(get(&row, "account_id")?).map_err(|_| Error::Corrupt("account_id"))?;
    let name = SecretName::parse(get(&row, "name")?).map_err(|_| Error::Corrupt("name"))?;
    let suffix = Suffix::parse(get(&row, "suffix")?).ok_or(Error::Corrupt("suffix"))?;
    let subject = SecretSubject { account, name, suffix };
    Ok(Some(Claimed { subject, attempts: get(&row, "attempts")? }))
}

/// What `peer` is still to be told.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn backlog(connection: &Connection, region: &Region, peer: &Region) -> Result<Backlog, StoreError> {
    let row = connection.query_one(BACKLOG, &[&region.as_str(), &peer.as_str()]).await?;
    Ok(Backlog { count: get(&row, "count")?, oldest: get(&row, "oldest")? })
}

/// What changes with each new reason to tell; none when there is nothing to tell any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn generation(connection: &Connection, topic: Topic<'_>) -> Result<Option<i64>, StoreError> {
    topic.find(connection, FIND).await?.map(|row| get(&row, "generation")).transpose()
}

/// The peer knows what there was to tell by `generation`; false when there is more by now.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn settle(
    transaction: &Transaction,
    topic: Topic<'_>,
    generation: i64,
) -> Result<bool, StoreError> {
    Ok(topic.execute(transaction, SETTLE, &[&generation]).await? > 0)
}

/// Tries again at `due`.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn postpone(
    connection: &Connection,
    topic: Topic<'_>,
    due: OffsetDateTime,
) -> Result<(), StoreError> {
    topic.execute(connection, POSTPONE, &[&due]).await.map(|_| ())
}

/// The number of the next message.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn next_number(connection: &Connection) -> Result<i64, StoreError> {
    get(&connection.query_one(NEXT_NUMBER, &[]).await?, "number")
}

/// Sees to it that the next message has a number above `heard`, where this database is older than what it once told:
/// after it was brought back from a copy.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn catch_up(connection: &Connection, heard: i64) -> Result<(), StoreError> {
    connection.query_opt(CATCH_UP, &[&heard]).await.map(|_| ())
}

/// Heeds what the peer tells of a secret one message after the other, until the transaction ends.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock(transaction: &Transaction, topic: Topic<'_>) -> Result<(), StoreError> {
    topic.find(transaction, LOCK).await.map(|_| ())
}

/// What the peer told last of a secret.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn received(connection: &Connection, topic: Topic<'_>) -> Result<Received, StoreError> {
    match topic.find(connection, FIND_RECEIVED).await? {
        Some(row) => Ok(Received { number: get(&row, "number")?, made: get(&row, "made")? }),
        None => Ok(Received::default()),
    }
}

/// Notes what the peer told of a secret.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn note_received(
    transaction: &Transaction,
    topic: Topic<'_>,
    received: Received,
) -> Result<(), StoreError> {
    topic.execute(transaction, PUT_RECEIVED, &[&received.number, &received.made]).await.map(|_| ())
}

const REQUEST: &str = include_str!("sql/request_telling.sql");
const CLAIM: &str = include_str!("sql/claim_telling.sql");
const BACKLOG: &str = include_str!("sql/count_tellings.sql");
const FIND: &str = include_str!("sql/find_telling.sql");
const SETTLE: &str = include_str!("sql/settle_telling.sql");
const POSTPONE: &str = include_str!("sql/postpone_telling.sql");
const NEXT_NUMBER: &str = "SELECT nextval('secret_tellings_numbers') AS number";
const CATCH_UP: &str =
    "SELECT setval('secret_tellings_numbers', $1) FROM secret_tellings_numbers WHERE last_value < $1";
const LOCK: &str = include_str!("sql/lock_telling.sql");
const FIND_RECEIVED: &str = include_str!("sql/find_telling_received.sql");
const PUT_RECEIVED: &str = include_str!("sql/put_telling_received.sql");
