//! What changes of a secret mean for its rotation.

use keywright_crypto::{SecretString, sha256};
use keywright_service::PostgresWork;
use time::OffsetDateTime;

use super::begin::due_at;
use super::outcome::let_go;
use super::state::Rotation;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::stages::Stages;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

impl Secrets {
    /// Sees that a rotation token is that of the rotation which makes this version, and of its present step. It gives
    /// nothing that policies don't: a function which shows it can't be taken for one that is late.
    ///
    /// # Errors
    /// [`Error::InvalidRotationToken`], [`Error::Store`].
    pub async fn check_rotation_token(
        &self,
        secret: &Secret,
        version: &VersionId,
        token: &SecretString,
    ) -> Result<(), Error> {
        let digest = sha256(token.expose_secret().as_bytes());
        let connection = self.store.connection().await?;
        match store::rotations::has_token(&connection, secret.id, version, &digest).await? {
            true => Ok(()),
            false => Err(Error::InvalidRotationToken),
        }
    }

    /// Heeds that a locked secret has got another current value, not by a rotation: one that runs is abandoned, as its
    /// version would be made from a value that is past; where days from one rotation to the next are set, they count from
    /// now.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Event`].
    pub async fn heed_new_value(
        &self,
        work: &mut PostgresWork,
        locked: &Secret,
        stages: &Stages,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let (before, after) = (locked.stages.version(&Stage::current()), stages.version(&Stage::current()));
        let Some(rotation) = locked.rotation.as_ref().filter(|_| before != after) else { return Ok(()) };
        let abandoned = rotation.run.as_ref().filter(|run| Some(&run.version) != after);
        let counts = rotation.enabled && rotation.rules.count_changes();
        if abandoned.is_none() && !counts {
            return Ok(());
        }
        let window = if counts { rotation.rules.next_window(Some(now), now) } else { rotation.window };
        let run = if abandoned.is_some() { None } else { rotation.run.clone() };
        let changed = Rotation { window, run, ..rotation.clone() };
        let transaction = work.transaction().await?;
        if let Some(run) = abandoned {
            let stages = Secret { stages: stages.clone(), ..locked.clone() };
            let_go(transaction, &stages, run).await?;
        }
        let due = due_at(&changed, locked.id, now);
        store::rotations::put(transaction, &self.region, locked.id, &changed, due).await?;
        if abandoned.is_some() {
            self.add_event(work, SecretEvent::RotationAbandoned, locked, now).await?;
        }
        Ok(())
    }
}
