//! What becomes of a rotation: it goes on, succeeds, fails, or is abandoned. Each is one transaction on the locked secret,
//! which the claim must still hold for.

use keywright_store::Transaction;
use time::{Duration, OffsetDateTime};

use super::begin::due_at;
use super::metrics::METRICS;
use super::state::{Rotation, Run, RunKind};
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;
use crate::store::rotations::Claim;

/// A secret that is locked for the holder of a claim on its rotation.
pub(super) struct Held {
    pub(super) transaction: Transaction,
    pub(super) secret: Secret,
    pub(super) rotation: Rotation,
}

/// What a worker is to do behind a change.
pub(super) enum Next {
    /// To go on, with this claim.
    Continue(Claim),
    /// To leave the rotation until it is due again.
    Leave,
}

impl Secrets {
    /// Locks a secret, if the claim on its rotation still holds.
    pub(super) async fn hold(&self, claim: Claim) -> Result<Option<Held>, Error> {
        let transaction = self.store.begin().await?;
        let secret = store::secrets::lock(&transaction, &self.region, claim.secret_id).await?;
        let held = secret.and_then(|secret| {
            let rotation = secret.rotation.clone().filter(|rotation| rotation.fence == claim.fence)?;
            Some((secret, rotation))
        });
        match held {
            Some((secret, rotation)) => Ok(Some(Held { transaction, secret, rotation })),
            None => {
                transaction.rollback().await?;
                Ok(None)
            }
        }
    }

    /// The step was done: the next one is at hand, or it is over.
    pub(super) async fn step_done(&self, held: Held, run: Run, now: OffsetDateTime) -> Result<Next, Error> {
        let kind = run.kind;
        match run.advanced() {
            Some(run) => self.go_on(held, run, now).await,
            None => match kind {
                RunKind::Rotation => self.succeeded(held, now).await,
                RunKind::Test => self.tested(held, SecretEvent::TestRotationSucceeded, None, now).await,
            },
        }
    }

    /// Stores how far a rotation has come, and goes on with it.
    pub(super) async fn go_on(&self, held: Held, run: Run, now: OffsetDateTime) -> Result<Next, Error> {
        let Held { transaction, secret, rotation } = held;
        let rotation = Rotation { run: Some(run), ..rotation };
        store::rotations::put(&transaction, &self.region, secret.id, &rotation, Some(now)).await?;
        transaction.commit().await.map_err(Error::of_commit)?;
        Ok(Next::Continue(Claim { secret_id: secret.id, fence: rotation.fence + 1 }))
    }

    /// A step failed: all is tried once more, later; or not before the next window.
    pub(super) async fn step_failed(
        &self,
        held: Held,
        run: Run,
        reason: String,
        now: OffsetDateTime,
    ) -> Result<Next, Error> {
        let step = run.step;
        let reason = words(&format!("{}: {reason}", step.as_str()));
        let run = run.failed(reason.clone());
        let failures = u32::try_from(run.failures).unwrap_or(u32::MAX);
        METRICS.attempt_failed(step);
        if failures >= self.rotation.section.attempts {
            return match run.kind {
                RunKind::Rotation => self.given_up(held, run, &reason, now).await,
                RunKind::Test => self.tested(held, SecretEvent::TestRotationFailed, Some(&reason), now).await,
            };
        }
        tracing::info!(secret = %held.secret.arn, reason, failures, "a rotation step failed, and is tried again");
        let due = now + self.rotation.pause(failures, self.random.as_ref())?;
        let Held { transaction, secret, rotation } = held;
        let rotation = Rotation { run: Some(run), ..rotation };
        store::rotations::put(&transaction, &self.region, secret.id, &rotation, Some(due)).await?;
        transaction.commit().await.map_err(Error::of_commit)?;
        Ok(Next::Leave)
    }

    async fn succeeded(&self, held: Held, now: OffsetDateTime) -> Result<Next, Error> {
        let window = held.rotation.rules.next_window(Some(now), now);
        let rotation = Rotation { last_rotated_at: Some(now), window, run: None, ..held.rotation.clone() };
        METRICS.succeeded();
        self.end(held, rotation, SecretEvent::RotationSucceeded, None, now).await
    }

    async fn given_up(&self, held: Held, run: Run, reason: &str, now: OffsetDateTime) -> Result<Next, Error> {
        let rules = &held.rotation.rules;
        // What fails within a window has had it.
        let behind =
            held.rotation.window.filter(|window| window.opens <= now).map_or(now, |window| window.closes);
        let window = rules.next_window(held.rotation.last_rotated_at, behind);
        let run = Some(Run { given_up: true, ..run });
        let rotation = Rotation { window, run, ..held.rotation.clone() };
        METRICS.failed();
        self.end(held, rotation, SecretEvent::RotationFailed, Some(reason), now).await
    }

    /// It can't even begin: it is for the next window.
    pub(super) async fn not_begun(
        &self,
        held: Held,
        reason: &str,
        now: OffsetDateTime,
    ) -> Result<Next, Error> {
        let behind = held.rotation.window.map_or(now, |window| window.closes);
        let window = held.rotation.rules.next_window(held.rotation.last_rotated_at, behind);
        let rotation = Rotation { window, ..held.rotation.clone() };
        METRICS.failed();
        self.end(held, rotation, SecretEvent::RotationFailed, Some(reason), now).await
    }

    /// The version's label was taken from it: it is left as it is.
    pub(super) async fn abandoned(&self, held: Held, run: &Run, now: OffsetDateTime) -> Result<Next, Error> {
        let_go(&held.transaction, &held.secret, run).await?;
        let rotation = Rotation { run: None, ..held.rotation.clone() };
        METRICS.abandoned();
        self.end(held, rotation, SecretEvent::RotationAbandoned, None, now).await
    }

    async fn tested(
        &self,
        held: Held,
        event: SecretEvent,
        reason: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Next, Error> {
        if let Some(run) = &held.rotation.run {
            let_go(&held.transaction, &held.secret, run).await?;
        }
        let rotation = Rotation { run: None, ..held.rotation.clone() };
        self.end(held, rotation, event, reason, now).await
    }

    async fn end(
        &self,
        held: Held,
        rotation: Rotation,
        event: SecretEvent,
        reason: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Next, Error> {
        let Held { transaction, secret, .. } = held;
        let due = due_at(&rotation, secret.id, now);
        store::rotations::put(&transaction, &self.region, secret.id, &rotation, due).await?;
        self.tell_regions(&transaction, &secret, now).await?;
        tracing::info!(secret = %secret.arn, event = event.name(), reason, "a rotation ended");
        self.commit_event_with(transaction, event, &secret, reason, now).await?;
        self.peers.wake();
        Ok(Next::Leave)
    }
}

/// A reason that can be stored and recorded: servers and secrets have a part in it.
fn words(reason: &str) -> String {
    let shown = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    reason.chars().take(LONGEST_REASON).map(shown).collect()
}

/// Takes the label from the version of a run that isn't gone on with. The copy that a test was made with goes altogether;
/// the version of a rotation stays for as long as any, as the target may know it already.
pub(super) async fn let_go(transaction: &Transaction, secret: &Secret, run: &Run) -> Result<(), Error> {
    let mut stages = secret.stages.clone();
    let pending = Stage::pending();
    if stages.version(&pending) == Some(&run.version) {
        stages.move_label(&pending, Some(&run.version), None)?;
        store::versions::change_stages(transaction, secret.id, &stages.changes_since(&secret.stages)).await?;
    }
    if run.kind == RunKind::Test && stages.of(&run.version).next().is_none() {
        store::versions::delete(transaction, secret.id, &run.version).await?;
    }
    Ok(())
}

const LONGEST_REASON: usize = 1_000;
/// The longest pause behind a failure.
pub(super) const LONGEST_PAUSE: Duration = Duration::minutes(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_bounded_and_has_no_control_characters() {
        assert_eq!(words("setSecret: a\0b\n"), "setSecret: a\u{fffd}b\u{fffd}");
        assert_eq!(words(&"é".repeat(5_000)).chars().count(), LONGEST_REASON);
    }
}
