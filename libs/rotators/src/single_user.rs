//! One user, whose password changes.
//!
//! Where the secret names a master secret, its user changes the password; else the user does it itself, as AWS's templates
//! have it.

use keywright_crypto::SecretString;

use crate::RotationError;
use crate::document::{DatabaseSecret, Document};
use crate::engine::{Access, Change, Engine};
use crate::password::Passwords;
use crate::rotation::{CURRENT, PENDING, PREVIOUS, Rotation};
use crate::steps::Strategy;

pub(crate) struct SingleUser<E> {
    pub(crate) access: Access<E>,
    pub(crate) passwords: Passwords,
}

impl<E: Engine> Strategy for SingleUser<E> {
    fn next_value(&self, current: &SecretString) -> Result<SecretString, RotationError> {
        let mut document = Document::parse(current, CURRENT)?;
        document.database_secret(&E::FORM)?;
        document.set("password", self.passwords.generate()?.expose_secret());
        document.to_secret()
    }

    async fn set(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        let current = read::<E>(&rotation.current().await?, CURRENT)?;
        let pending = read::<E>(&rotation.pending().await?, PENDING)?;
        current.must_match(&pending, true)?;
        let mut change = Change {
            username: &pending.username,
            current: &current.password,
            pending: &pending.password,
            is_known: false,
        };
        if let Some(arn) = &pending.master_arn {
            let mut administrator = log_in_as_master(&self.access, rotation, arn, &pending).await?;
            let changing = self.access.engine.set_password_of_another(&mut administrator, &change);
            return self.access.bounded("setting the password", changing).await;
        }
        let mut session = match self.access.log_in(&pending).await? {
            Some(session) => {
                change.is_known = true;
                session
            }
            None => self.log_in_with_an_older_version(rotation, &current, &pending).await?,
        };
        let changing = self.access.engine.set_own_password(&mut session, &change);
        self.access.bounded("setting the password", changing).await
    }

    async fn test(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        test_pending(&self.access, rotation).await
    }
}

impl<E: Engine> SingleUser<E> {
    /// By the current version; or else by the previous one: then a rotation has made a version current that the server
    /// was never told of.
    async fn log_in_with_an_older_version(
        &self,
        rotation: Rotation<'_>,
        current: &DatabaseSecret,
        pending: &DatabaseSecret,
    ) -> Result<E::Session, RotationError> {
        if let Some(session) = self.access.log_in(current).await? {
            return Ok(session);
        }
        if let Some(value) = rotation.previous().await? {
            let mut previous = read::<E>(&value, PREVIOUS)?;
            previous.must_match(pending, true)?;
            // TLS is the current version's: the previous one may be from before it was required.
            previous.ssl = current.ssl;
            if let Some(session) = self.access.log_in(&previous).await? {
                return Ok(session);
            }
        }
        Err(refused(pending, "AWSPENDING, AWSCURRENT and AWSPREVIOUS"))
    }
}

/// A session of the master secret's user, on the server that the pending version is about.
pub(crate) async fn log_in_as_master<E: Engine>(
    access: &Access<E>,
    rotation: Rotation<'_>,
    arn: &str,
    pending: &DatabaseSecret,
) -> Result<E::Session, RotationError> {
    let mut master = rotation.master(arn).await?.database_secret(&E::FORM)?;
    master.must_match(pending, false)?;
    master.database = pending.database.clone();
    access.log_in(&master).await?.ok_or_else(|| refused(&master, "the master secret"))
}

/// Logs in with the pending version.
pub(crate) async fn test_pending<E: Engine>(
    access: &Access<E>,
    rotation: Rotation<'_>,
) -> Result<(), RotationError> {
    let pending = read::<E>(&rotation.pending().await?, PENDING)?;
    let mut session = access.log_in(&pending).await?.ok_or_else(|| refused(&pending, PENDING))?;
    access.ping(&mut session).await
}

pub(crate) fn read<E: Engine>(
    value: &SecretString,
    stage: &'static str,
) -> Result<DatabaseSecret, RotationError> {
    Document::parse(value, stage)?.database_secret(&E::FORM)
}

pub(crate) fn refused(secret: &DatabaseSecret, tried: &'static str) -> RotationError {
    RotationError::LoginRefused { host: secret.host.clone(), username: secret.username.clone(), tried }
}
