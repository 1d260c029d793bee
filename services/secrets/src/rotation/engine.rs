//! The worker that does what is due.

use std::sync::Arc;

use keywright_aws_api::error::chain;
use keywright_crypto::{CryptoError, Random, RandomExt as _, SecretString, sha256};
use time::{Duration, OffsetDateTime};
use tokio::sync::{Notify, Semaphore};

use super::begin::{begin, due_at, incomplete};
use super::functions::Functions;
use super::invocation::{FunctionError, RotationEvent};
use super::metrics::METRICS;
use super::outcome::{Held, LONGEST_PAUSE, Next};
use super::section::RotationSection;
use super::state::{Rotation, Run, RunKind, Step};
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;
use crate::store::rotations::Claim;

/// What rotations need beside the secrets.
pub struct RotationEngine {
    /// `[rotation]`.
    pub section: RotationSection,
    /// Who rotates.
    pub functions: Functions,
    /// Rung when something has become due by a request of this replica.
    pub due: Arc<Notify>,
}

impl RotationEngine {
    /// How long is waited behind so many failures: twice as long each time, and a random half of it, so that what failed
    /// together isn't tried again together.
    pub(super) fn pause(&self, failures: u32, random: &dyn Random) -> Result<Duration, CryptoError> {
        let doubled = 1_i32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(i32::MAX);
        let first = i32::try_from(self.section.retry_ms).unwrap_or(i32::MAX);
        let longest = (Duration::milliseconds(first.into()) * doubled).min(LONGEST_PAUSE);
        let share = f64::from(u16::from_be_bytes(random.bytes()?)) / f64::from(u16::MAX);
        Ok(longest / 2_i32 + longest * (share / 2.0))
    }
}

/// Does what is due, again and again, until it is aborted.
pub async fn run(secrets: Arc<Secrets>) {
    let slots = Arc::new(Semaphore::new(secrets.rotation.section.concurrency));
    let (interval, due) = (secrets.rotation.section.interval(), Arc::clone(&secrets.rotation.due));
    loop {
        if let Err(error) = take_on_all(&secrets, &slots).await {
            tracing::warn!(error = %chain(&error), "rotations that are due cannot be taken on");
        }
        // Whether it was rung or time has passed, it is looked again.
        let _ = tokio::time::timeout(interval, due.notified()).await;
    }
}

/// Takes on what is due, as far as there are free slots, each in a task of its own. Aborted tasks leave a claim that runs
/// out.
async fn take_on_all(secrets: &Arc<Secrets>, slots: &Arc<Semaphore>) -> Result<(), Error> {
    // Nobody else takes any: there may be more meanwhile, but not fewer.
    let free = slots.available_permits();
    let (connection, now) = (secrets.store.connection().await?, secrets.now());
    let until = now + secrets.rotation.section.claim();
    let due = store::rotations::claim(&connection, &secrets.region, now, until, free).await?;
    drop(connection);
    METRICS.overdue(due.oldest.map_or(0, |oldest| (now - oldest).whole_seconds().max(0)));
    for claim in due.claims {
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { break };
        let secrets = Arc::clone(secrets);
        tokio::spawn(async move {
            if let Err(error) = carry_out(&secrets, claim).await {
                tracing::warn!(error = %chain(&error), "a rotation waits until its claim runs out");
            }
            drop(slot);
            // Another one may have waited for the slot.
            secrets.rotation.due.notify_one();
        });
    }
    Ok(())
}

/// Does all steps of a rotation that are at hand.
///
/// # Errors
/// What kept it from being stored how far it came.
pub async fn carry_out(secrets: &Secrets, mut claim: Claim) -> Result<(), Error> {
    loop {
        let Some(held) = secrets.hold(claim).await? else { return Ok(()) };
        let now = secrets.now();
        match look(secrets, held, now).await? {
            Look::Do { secret, rotation, run } => {
                match do_step(secrets, &secret, &rotation, run, claim).await? {
                    Next::Continue(next) => claim = next,
                    Next::Leave => return Ok(()),
                }
            }
            Look::Next(Next::Continue(next)) => claim = next,
            Look::Next(Next::Leave) => return Ok(()),
        }
    }
}

/// What is found of a rotation that was taken on.
enum Look {
    /// A step is at hand.
    Do { secret: Box<Secret>, rotation: Box<Rotation>, run: Run },
    /// It was changed.
    Next(Next),
}

/// Finds what is to be done; begins a rotation whose window is open.
async fn look(secrets: &Secrets, held: Held, now: OffsetDateTime) -> Result<Look, Error> {
    let claim = Claim { secret_id: held.secret.id, fence: held.rotation.fence };
    if !held.rotation.enabled || held.secret.deletion.is_some() || held.secret.replica_of.is_some() {
        // Cancelled, or a replica's; or marked for deletion: nothing can be read then. Restored, it goes on where it was.
        store::rotations::sleep(&held.transaction, claim).await?;
        held.transaction.commit().await.map_err(Error::of_commit)?;
        return Ok(Look::Next(Next::Leave));
    }
    if let Some(run) = held.rotation.run.clone().filter(|run| !run.given_up) {
        if held.secret.stages.of(&run.version).any(is_of_run) {
            let Held { transaction, secret, rotation } = held;
            transaction.rollback().await?;
            return Ok(Look::Do { secret: Box::new(secret), rotation: Box::new(rotation), run });
        }
        return secrets.abandoned(held, &run, now).await.map(Look::Next);
    }
    if held.rotation.window.is_some_and(|window| window.opens <= now && now < window.closes) {
        return begin_scheduled(secrets, held, now).await.map(Look::Next);
    }
    // Too early, or the window was missed.
    let Held { transaction, secret, rotation } = held;
    let window = match rotation.window {
        Some(window) if now < window.opens => Some(window),
        Some(_) | None => rotation.rules.next_window(rotation.last_rotated_at, now),
    };
    let rotation = Rotation { window, ..rotation };
    let due = due_at(&rotation, secret.id, now);
    store::rotations::put(&transaction, &secrets.region, secret.id, &rotation, due).await?;
    secrets.tell_regions(&transaction, &secret, now).await?;
    transaction.commit().await.map_err(Error::of_commit)?;
    Ok(Look::Next(Next::Leave))
}

/// Begins the rotation of a window, or takes up the one that failed before.
async fn begin_scheduled(secrets: &Secrets, held: Held, now: OffsetDateTime) -> Result<Next, Error> {
    let version = uuid::Builder::from_random_bytes(secrets.random.bytes()?).into_uuid();
    let version = VersionId::new(&version.to_string());
    let failed = held.rotation.run.clone().filter(|run| held.secret.stages.of(&run.version).any(is_of_run));
    let begun = match failed {
        Some(run) => Ok(run.afresh()),
        None => begin(&held.transaction, &held.secret, version, now).await,
    };
    match begun {
        Ok(run) => {
            let Held { transaction, secret, rotation } = held;
            let rotation = Rotation { run: Some(run), ..rotation };
            store::rotations::put(&transaction, &secrets.region, secret.id, &rotation, Some(now)).await?;
            secrets.commit_event(transaction, SecretEvent::RotationStarted, &secret, now).await?;
            Ok(Next::Continue(Claim { secret_id: secret.id, fence: rotation.fence + 1 }))
        }
        Err(Error::Store(error)) => Err(Error::Store(error)),
        Err(reason) => {
            // Neither does another try help: it is for the next window.
            drop(held.transaction);
            let claim = Claim { secret_id: held.secret.id, fence: held.rotation.fence };
            let Some(held) = secrets.hold(claim).await? else { return Ok(Next::Leave) };
            secrets.not_begun(held, &reason.to_string(), now).await
        }
    }
}

/// Calls the function for a step, holding nothing but the claim, and stores what came of it.
async fn do_step(
    secrets: &Secrets,
    secret: &Secret,
    rotation: &Rotation,
    run: Run,
    claim: Claim,
) -> Result<Next, Error> {
    let engine = &secrets.rotation;
    let name = rotation.function.name();
    let token = uuid::Builder::from_random_bytes(secrets.random.bytes()?).into_uuid().to_string();
    let token = SecretString::new(token);
    let at = secrets.now();
    let until = at + engine.functions.time_limit(name) + engine.section.claim();
    let digest = sha256(token.expose_secret().as_bytes());
    let connection = secrets.store.connection().await?;
    if !store::rotations::renew(&connection, claim, until, &digest).await? {
        return Ok(Next::Leave);
    }
    drop(connection);
    let event = RotationEvent {
        call: uuid::Builder::from_random_bytes(secrets.random.bytes()?).into_uuid(),
        at,
        step: run.step,
        secret_id: &secret.arn,
        client_request_token: run.version.as_str(),
        rotation_token: &token,
    };
    let outcome = engine.functions.invoke(name, secret.account, &event).await;
    let now = secrets.now();
    // Whoever changed the rotation meanwhile has decided what becomes of it.
    let Some(held) = secrets.hold(claim).await? else { return Ok(Next::Leave) };
    let outcome = outcome.and_then(|()| check_done(&held.secret, &run));
    match outcome {
        Ok(()) => secrets.step_done(held, run, now).await,
        Err(error) => secrets.step_failed(held, run, error.to_string(), now).await,
    }
}

/// The last step must have made the version the current one, whatever the function says.
fn check_done(secret: &Secret, run: &Run) -> Result<(), FunctionError> {
    let is_current = secret.stages.version(&Stage::current()) == Some(&run.version);
    match run.step {
        Step::Finish if run.kind == RunKind::Rotation && !is_current => {
            Err(FunctionError::Undone("the function has not made the new version the current one"))
        }
        Step::Create | Step::Set | Step::Test | Step::Finish => Ok(()),
    }
}

/// Whether a label shows that a rotation's version hasn't been taken from it.
fn is_of_run(stage: &Stage) -> bool {
    *stage == Stage::pending() || *stage == Stage::current()
}

impl Secrets {
    /// Takes up a rotation that has failed until its next window, at once; says whether there was one.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Event`].
    pub async fn take_up_failed(&self, secret: &Secret, now: OffsetDateTime) -> Result<bool, Error> {
        let transaction = self.store.begin().await?;
        let locked = store::secrets::lock(&transaction, &self.region, secret.id).await?;
        let failed = locked.and_then(|locked| {
            let rotation = locked.rotation.clone().filter(|rotation| rotation.enabled)?;
            let run = rotation.run.clone().filter(|run| run.given_up)?;
            (incomplete(&locked.stages) == Some(&run.version)).then_some((locked, rotation, run))
        });
        let Some((locked, rotation, run)) = failed else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let rotation = Rotation { run: Some(run.afresh()), ..rotation };
        store::rotations::put(&transaction, &self.region, locked.id, &rotation, Some(now)).await?;
        self.commit_event(transaction, SecretEvent::RotationStarted, &locked, now).await?;
        self.rotation.due.notify_one();
        Ok(true)
    }
}
