//! How secrets are rotated, and the rotations that run.

use keywright_aws_api::Region;
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::get;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::rotation::function::FunctionArn;
use crate::rotation::schedule::{RotationRules, Window};
use crate::rotation::state::{Rotation, Run, RunKind, Step};

/// A rotation that a replica has taken on, until its time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The secret.
    pub secret_id: Uuid,
    /// The number of the claim; another one's has another.
    pub fence: i64,
}

/// What a look for due rotations found.
#[derive(Debug, Default)]
pub struct Due {
    /// What was taken on.
    pub claims: Vec<Claim>,
    /// Since when the rotation that is longest due has been due, whether it was taken on or not.
    pub oldest: Option<OffsetDateTime>,
}

/// Takes on as many as `most` of the rotations that are longest due, until `until`; those that other replicas are about to
/// take on are left to them. One statement, which a tick asks whatever there is to do.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn claim(
    connection: &Connection,
    region: &Region,
    now: OffsetDateTime,
    until: OffsetDateTime,
    most: usize,
) -> Result<Due, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut due = Due::default();
    for row in connection.query(CLAIM, &[&region.as_str(), &now, &until, &most]).await? {
        due.oldest = get(&row, "oldest_due_at")?;
        if let Some(secret_id) = get(&row, "secret_id")? {
            due.claims.push(Claim { secret_id, fence: get(&row, "rotation_fence")? });
        }
    }
    Ok(due)
}

/// Holds a claim until `until`, and notes the digest of the token that the function is called with; false when the
/// claim is lost.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn renew(
    connection: &Connection,
    claim: Claim,
    until: OffsetDateTime,
    token_digest: &[u8],
) -> Result<bool, StoreError> {
    let parameters = &[&claim.secret_id as _, &claim.fence as _, &until as _, &token_digest as _];
    Ok(connection.execute(RENEW, parameters).await? == 1)
}

/// Lets go of a claim: nobody looks at the rotation until it is woken.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn sleep(connection: &Connection, claim: Claim) -> Result<(), StoreError> {
    connection.execute(SLEEP, &[&claim.secret_id, &claim.fence]).await.map(|_| ())
}

/// Has a rotation looked at which sleeps though it is on.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn wake(transaction: &Transaction, secret_id: Uuid, now: OffsetDateTime) -> Result<(), StoreError> {
    transaction.execute(WAKE, &[&secret_id, &now]).await.map(|_| ())
}

/// Stores how the rotation of a locked secret is, and when it is to be looked at. Claims on it are lost.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    region: &Region,
    secret_id: Uuid,
    rotation: &Rotation,
    due_at: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    let (rules, window, run) = (&rotation.rules, rotation.window, rotation.run.as_ref());
    transaction
        .execute(
            PUT,
            &[
                &secret_id,
                &region.as_str(),
                &rotation.enabled,
                &rotation.function.as_str(),
                &rules.days().map(i16::try_from).and_then(Result::ok),
                &rules.expression(),
                &rules.duration().map(i16::from),
                &rotation.last_rotated_at,
                &window.map(|window| window.opens),
                &window.map(|window| window.closes),
                &run.map(|run| run.kind.as_str()),
                &run.map(|run| run.version.as_str()),
                &run.map(|run| run.step.as_str()),
                &run.map(|run| run.failures),
                &run.map(|run| run.given_up),
                &run.and_then(|run| run.error.as_deref()),
                &due_at,
            ],
        )
        .await
        .map(|_| ())
}

/// Forgets how a secret was rotated.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, secret_id: Uuid) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&secret_id]).await.map(|_| ())
}

/// Whether a token of this digest is that of the rotation which makes the version.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn has_token(
    connection: &Connection,
    secret_id: Uuid,
    version: &VersionId,
    digest: &[u8],
) -> Result<bool, StoreError> {
    let row = connection.query_opt(FIND_TOKEN, &[&secret_id, &version.as_str(), &digest]).await?;
    Ok(row.is_some())
}

/// The rotation in the row of a secret, where it was ever set up.
pub(super) fn from_row(row: &Row) -> Result<Option<Rotation>, Error> {
    let Some(function) = get::<Option<&str>>(row, "rotation_function")? else { return Ok(None) };
    let days: Option<i16> = get(row, "rotation_days")?;
    let duration: Option<i16> = get(row, "rotation_hours")?;
    let rules = RotationRules::checked(
        days.map(u16::try_from).transpose().map_err(|_| Error::Corrupt("rotation_days"))?,
        get(row, "rotation_expression")?,
        duration.map(u8::try_from).transpose().map_err(|_| Error::Corrupt("rotation_hours"))?,
    );
    let opens: Option<OffsetDateTime> = get(row, "window_opens_at")?;
    let closes: Option<OffsetDateTime> = get(row, "window_closes_at")?;
    Ok(Some(Rotation {
        enabled: get(row, "rotation_enabled")?,
        function: FunctionArn::new(function),
        rules: rules.map_err(|_| Error::Corrupt("rotation_expression"))?,
        last_rotated_at: get(row, "last_rotated_at")?,
        window: opens.zip(closes).map(|(opens, closes)| Window { opens, closes }),
        run: run_from_row(row)?,
        fence: get(row, "rotation_fence")?,
    }))
}

fn run_from_row(row: &Row) -> Result<Option<Run>, Error> {
    let Some(kind) = get::<Option<&str>>(row, "run_kind")? else { return Ok(None) };
    Ok(Some(Run {
        kind: RunKind::parse(kind).ok_or(Error::Corrupt("run_kind"))?,
        version: VersionId::new(get(row, "run_version")?),
        step: Step::parse(get(row, "run_step")?).ok_or(Error::Corrupt("run_step"))?,
        failures: get(row, "run_failures")?,
        given_up: get(row, "run_given_up")?,
        error: get(row, "run_error")?,
    }))
}

const CLAIM: &str = include_str!("sql/claim_rotations.sql");
const RENEW: &str = include_str!("sql/renew_rotation.sql");
const SLEEP: &str = include_str!("sql/sleep_rotation.sql");
const WAKE: &str = include_str!("sql/wake_rotation.sql");
const PUT: &str = include_str!("sql/put_rotation.sql");
const DELETE: &str = "DELETE FROM secret_rotations WHERE secret_id = $1";
const FIND_TOKEN: &str = include_str!("sql/find_rotation_token.sql");
