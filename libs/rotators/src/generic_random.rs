//! A random text that no server has to be told of: an API token, a key for signing cookies.

use keywright_crypto::SecretString;

use crate::RotationError;
use crate::document::Document;
use crate::password::Passwords;
use crate::rotation::{CURRENT, PENDING, Rotation};
use crate::steps::Strategy;

/// Of a JSON object with a `password` only that member is replaced; anything else is replaced as a whole.
pub(crate) struct GenericRandom {
    pub(crate) passwords: Passwords,
}

impl Strategy for GenericRandom {
    fn next_value(&self, current: &SecretString) -> Result<SecretString, RotationError> {
        let password = self.passwords.generate()?;
        match Document::parse(current, CURRENT) {
            Ok(mut document) if matches!(document.text("password"), Ok(Some(_))) => {
                document.set("password", password.expose_secret());
                document.to_secret()
            }
            Ok(_) => Err(RotationError::InvalidSecret {
                stage: CURRENT,
                problem: "is a JSON object without a \"password\": it isn't known what to replace",
            }),
            Err(_) => Ok(password),
        }
    }

    async fn set(&self, _: Rotation<'_>) -> Result<(), RotationError> {
        Ok(())
    }

    async fn test(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        if rotation.pending().await?.is_empty() {
            return Err(RotationError::InvalidSecret { stage: PENDING, problem: "is empty" });
        }
        Ok(())
    }
}
