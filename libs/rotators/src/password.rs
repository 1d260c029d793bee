use std::sync::Arc;

use keywright_crypto::{Random, SecretString};
use keywright_random_password::{PasswordError, PasswordRules};

use crate::{RotationError, RotatorSettings, RotatorSettingsError};

/// Makes new passwords.
pub(crate) struct Passwords {
    length: usize,
    exclude_characters: String,
    random: Arc<dyn Random>,
}

impl Passwords {
    /// Makes one to see that it can be done.
    pub(crate) fn new(
        settings: &RotatorSettings,
        random: Arc<dyn Random>,
    ) -> Result<Self, RotatorSettingsError> {
        let passwords = Self {
            length: settings.password_length,
            exclude_characters: settings.exclude_characters.clone(),
            random,
        };
        if settings.password_length < SHORTEST {
            let reason = format!("must be at least {SHORTEST}");
            return Err(RotatorSettingsError::Value { setting: "password_length", reason });
        }
        match passwords.make() {
            Ok(_) => Ok(passwords),
            Err(error) => Err(RotatorSettingsError::Value {
                setting: "password_length or exclude_characters",
                reason: format!("permits no password: {error}"),
            }),
        }
    }

    pub(crate) fn generate(&self) -> Result<SecretString, RotationError> {
        self.make().map_err(|error| RotationError::NoPassword { reason: error.to_string() })
    }

    fn make(&self) -> Result<SecretString, PasswordError> {
        let rules = PasswordRules {
            length: self.length,
            exclude_characters: &self.exclude_characters,
            ..PasswordRules::default()
        };
        rules.generate(self.random.as_ref())
    }
}

/// Below this, guessing is an option.
const SHORTEST: usize = 16;
