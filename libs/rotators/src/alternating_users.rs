//! Two users in turns: while one is current, the other's password changes. So no login fails at any time.

use keywright_crypto::SecretString;

use crate::RotationError;
use crate::document::Document;
use crate::engine::{Access, SecondUsers};
use crate::password::Passwords;
use crate::rotation::{CURRENT, PENDING, Rotation};
use crate::single_user::{log_in_as_master, read, refused, test_pending};
use crate::steps::Strategy;

pub(crate) struct AlternatingUsers<E> {
    pub(crate) access: Access<E>,
    pub(crate) passwords: Passwords,
}

impl<E: SecondUsers> Strategy for AlternatingUsers<E> {
    fn next_value(&self, current: &SecretString) -> Result<SecretString, RotationError> {
        let mut document = Document::parse(current, CURRENT)?;
        let secret = document.database_secret(&E::FORM)?;
        if secret.master_arn.is_none() {
            return Err(no_master(CURRENT));
        }
        document.set("username", &other_user(&secret.username, E::username_limit(&secret))?);
        document.set("password", self.passwords.generate()?.expose_secret());
        document.to_secret()
    }

    async fn set(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        let current = read::<E>(&rotation.current().await?, CURRENT)?;
        let pending = read::<E>(&rotation.pending().await?, PENDING)?;
        current.must_match(&pending, false)?;
        if pending.username != other_user(&current.username, E::username_limit(&current))? {
            // With the current user's own name this would change a password that is in use.
            return Err(RotationError::InvalidSecret {
                stage: PENDING,
                problem: "has another \"username\" than AWSCURRENT's with or without _clone",
            });
        }
        if self.access.log_in(&pending).await?.is_some() {
            return Ok(());
        }
        let mut current_user =
            self.access.log_in(&current).await?.ok_or_else(|| refused(&current, CURRENT))?;
        let arn = current.master_arn.as_deref().ok_or_else(|| no_master(CURRENT))?;
        let mut administrator = log_in_as_master(&self.access, rotation, arn, &pending).await?;
        let set_up =
            self.access.engine.set_up_second_user(&mut administrator, &mut current_user, &current, &pending);
        self.access.bounded("setting up the other user", set_up).await
    }

    async fn test(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        test_pending(&self.access, rotation).await
    }
}

fn no_master(stage: &'static str) -> RotationError {
    RotationError::InvalidSecret {
        stage,
        problem: "has no \"masterarn\", the secret of who may make the other user",
    }
}

/// `app` and `app_clone`, as AWS's templates name them.
pub(crate) fn other_user(username: &str, limit: usize) -> Result<String, RotationError> {
    if let Some(first) = username.strip_suffix(CLONE_SUFFIX).filter(|first| !first.is_empty()) {
        return Ok(first.to_owned());
    }
    let clone = format!("{username}{CLONE_SUFFIX}");
    if clone.len() > limit {
        return Err(RotationError::UsernameTooLong { username: username.to_owned(), limit });
    }
    Ok(clone)
}

const CLONE_SUFFIX: &str = "_clone";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_users_take_turns() {
        assert_eq!(other_user("app", 63).unwrap(), "app_clone");
        assert_eq!(other_user("app_clone", 63).unwrap(), "app");
        assert_eq!(other_user("_clone", 63).unwrap(), "_clone_clone");
        let refusal = other_user(&"a".repeat(58), 63).unwrap_err();
        assert!(matches!(refusal, RotationError::UsernameTooLong { limit: 63, .. }));
    }
}
