//! How rotations begin, and when they are looked at.

use keywright_store::Transaction;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::schedule::Window;
use super::state::{Rotation, Run, RunKind};
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::store;

/// The version of a rotation that isn't complete, whoever began it: one that has AWSPENDING and isn't the current one.
#[must_use]
pub fn incomplete(stages: &Stages) -> Option<&VersionId> {
    let pending = stages.version(&Stage::pending())?;
    (Some(pending) != stages.version(&Stage::current())).then_some(pending)
}

/// Labels the version of a rotation that begins, which has no value until the function makes it. A rotation that isn't
/// complete goes on with its version instead: the target may know that one already.
///
/// # Errors
/// [`Error::StageNotFound`] for a secret without value, [`Error::LimitExceeded`] for too many labels, [`Error::Store`].
pub async fn begin(
    transaction: &Transaction,
    locked: &Secret,
    version: VersionId,
    now: OffsetDateTime,
) -> Result<Run, Error> {
    if let Some(pending) = incomplete(&locked.stages) {
        return Ok(Run::new(RunKind::Rotation, pending.clone()));
    }
    if locked.stages.version(&Stage::current()).is_none() {
        return Err(Error::StageNotFound(Stage::current()));
    }
    store::versions::insert_empty(transaction, locked.id, &version, now).await?;
    let mut stages = locked.stages.clone();
    stages.add_version(&version, &[Stage::pending()])?;
    store::versions::change_stages(transaction, locked.id, &stages.changes_since(&locked.stages)).await?;
    Ok(Run::new(RunKind::Rotation, version))
}

/// When the rotation of a secret is to be looked at next: at once while it runs; else some time within its window, so that
/// those of one schedule don't all come at once.
#[must_use]
pub fn due_at(rotation: &Rotation, secret_id: Uuid, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if !rotation.enabled {
        return None;
    }
    match &rotation.run {
        Some(run) if !run.given_up => Some(now),
        Some(_) | None => rotation.window.map(|window| within(window, secret_id)),
    }
}

fn within(window: Window, secret_id: Uuid) -> OffsetDateTime {
    let length: Duration = window.closes - window.opens;
    let spread = (length / 4_i32).min(LONGEST_SPREAD).whole_seconds();
    // The ids are random.
    let [_, _, _, _, .., a, b] = secret_id.into_bytes();
    let share = i64::from(u16::from_be_bytes([a, b]));
    window.opens + Duration::seconds(spread * share / i64::from(u16::MAX))
}

const LONGEST_SPREAD: Duration = Duration::minutes(10);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn secrets_of_one_schedule_are_due_at_different_times_of_the_window() {
        let (opens, closes) = (datetime!(2026-03-10 08:00 UTC), datetime!(2026-03-10 09:00 UTC));
        let at = |id| within(Window { opens, closes }, Uuid::from_u128(id));
        assert_eq!(at(0), opens);
        assert_eq!(at(u128::MAX), opens + Duration::minutes(10));
        assert!(at(0x8000) > opens && at(0x8000) < at(u128::MAX));
    }
}
