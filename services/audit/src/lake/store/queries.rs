//! Queries and their results.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::lake::queries::{Query, Status, statement_name};

/// Keeps a new query; false when the account has as many open ones as it may.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    account: AccountId,
    query: &Query,
    most: i64,
) -> Result<bool, StoreError> {
    // Those of one account are counted one after another.
    transaction
        .execute("SELECT pg_advisory_xact_lock(hashtextextended('lake ' || $1, 0))", &[&account.as_str()])
        .await?;
    let inserted = transaction
        .execute(
            include_str!("sql/insert_query.sql"),
            &[
                &query.id,
                &account.as_str(),
                &query.stores,
                &query.statement,
                &query.columns,
                &query.created_at,
                &most,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// A query of an account.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Query>, StoreError> {
    let row = connection
        .query_opt(include_str!("sql/find_query.sql"), &[&account.as_str(), &id, &(now - KEPT_FOR)])
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// What of an account's queries is listed.
pub struct Listed {
    /// The store that they are about.
    pub store: Uuid,
    /// Not before this.
    pub since: OffsetDateTime,
    /// Not after this.
    pub until: OffsetDateTime,
    /// Only those.
    pub status: Option<Status>,
    /// Older than this, which is the last one of the page before.
    pub behind: (OffsetDateTime, Uuid),
}

/// Some queries of an account, the newest first.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn list(
    connection: &Connection,
    account: AccountId,
    listed: &Listed,
    rows: i64,
) -> Result<Vec<(Uuid, Status, OffsetDateTime)>, StoreError> {
    let status = listed.status.map(Status::as_str);
    let rows = connection
        .query(
            include_str!("sql/list_queries.sql"),
            &[
                &account.as_str(),
                &listed.store,
                &listed.since,
                &listed.until,
                &status,
                &listed.behind.0,
                &listed.behind.1,
                &rows,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("query_id")?, status_of(row)?, row.try_get("created_at")?)))
        .collect()
}

/// Marks a query as running; false when it was cancelled meanwhile.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn begin(connection: &Connection, id: Uuid) -> Result<bool, StoreError> {
    Ok(connection.execute(include_str!("sql/begin_query.sql"), &[&id]).await? == 1)
}

/// Says that somebody still works on it; false when nobody is to any more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn renew(connection: &Connection, id: Uuid) -> Result<bool, StoreError> {
    Ok(connection.execute(include_str!("sql/renew_lease.sql"), &[&id]).await? == 1)
}

/// Keeps rows of a result behind the first `known` ones.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn add_results(
    transaction: &Transaction,
    id: Uuid,
    known: i64,
    rows: &[String],
) -> Result<(), StoreError> {
    transaction.execute(include_str!("sql/insert_results.sql"), &[&id, &known, &rows]).await.map(|_| ())
}

/// Notes how a query ended, unless that is known.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn end(
    transaction: &Transaction,
    id: Uuid,
    status: Status,
    error: Option<&str>,
    rows: i64,
) -> Result<bool, StoreError> {
    let ended = transaction
        .execute(include_str!("sql/end_query.sql"), &[&id, &status.as_str(), &error, &rows])
        .await?;
    if ended == 0 || status != Status::Finished {
        transaction.execute(include_str!("sql/drop_results.sql"), &[&id]).await?;
    }
    Ok(ended == 1)
}

/// Cancels a query and its statement, wherever it runs; false when it has ended.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn cancel(transaction: &Transaction, account: AccountId, id: Uuid) -> Result<bool, StoreError> {
    let cancelled =
        transaction.execute(include_str!("sql/cancel_query.sql"), &[&account.as_str(), &id]).await?;
    if cancelled == 1 {
        cancel_statement(transaction, id).await?;
    }
    Ok(cancelled == 1)
}

/// Cancels what the database does for a query at this moment, if it does something: between two statements there is nothing to
/// be cancelled.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn cancel_statement(connection: &Connection, id: Uuid) -> Result<(), StoreError> {
    connection.query(include_str!("sql/cancel_statement.sql"), &[&statement_name(id)]).await.map(|_| ())
}

/// Rows of a result behind the first `known` ones, with their numbers: each a JSON array of texts.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn results(
    connection: &Connection,
    id: Uuid,
    known: i64,
    rows: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = connection.query(include_str!("sql/find_results.sql"), &[&id, &known, &rows]).await?;
    rows.iter().map(|row| Ok((row.try_get("ordinal")?, row.try_get("cells")?))).collect()
}

/// Marks what nobody works on any more as failed, and drops what is older than seven days.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn sweep(connection: &Connection, now: OffsetDateTime) -> Result<(), StoreError> {
    connection.execute(include_str!("sql/fail_abandoned.sql"), &[]).await?;
    connection.execute(include_str!("sql/drop_old.sql"), &[&(now - KEPT_FOR)]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Query, StoreError> {
    Ok(Query {
        id: row.try_get("query_id")?,
        stores: row.try_get("stores")?,
        statement: row.try_get("statement")?,
        columns: row.try_get("columns")?,
        status: status_of(row)?,
        error: row.try_get("error")?,
        created_at: row.try_get("created_at")?,
        run_ms: row.try_get("run_ms")?,
        rows: row.try_get("result_rows")?,
    })
}

fn status_of(row: &Row) -> Result<Status, StoreError> {
    let text: String = row.try_get("status")?;
    text.parse().map_err(|_| StoreError::Conversion { reason: "a query's status is unknown".to_owned() })
}

/// As AWS keeps them.
const KEPT_FOR: Duration = Duration::days(7);
