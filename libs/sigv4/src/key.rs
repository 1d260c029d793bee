//! The key that signs: derived from a secret access key for one day, region and service, and good for no other.

use std::fmt;

use keywright_crypto::{HmacSha256Key, Key256, SecretBytes, SecretString};
use time::Date;

use crate::{scope, timestamp};

/// A derived signing key, with its HMAC state ready.
#[derive(Clone)]
pub struct SigningKey {
    bytes: Key256,
    hmac: HmacSha256Key,
}

impl SigningKey {
    /// Derives the key of a secret access key for a day (UTC), region and service.
    #[must_use]
    pub fn derive(secret: &SecretString, date: Date, region: &str, service: &str) -> Self {
        let seed = SecretBytes::new([b"AWS4", secret.expose_secret().as_bytes()].concat());
        let step = |key: &[u8], text: &[u8]| Key256::from_bytes(HmacSha256Key::new(key).sign(text));
        let day = step(seed.expose_secret(), &timestamp::day(date));
        let region = step(day.expose_secret(), region.as_bytes());
        let service = step(region.expose_secret(), service.as_bytes());
        Self::new(step(service.expose_secret(), scope::TERMINATOR.as_bytes()))
    }

    /// A key that was derived elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::new(Key256::from_bytes(bytes))
    }

    /// The key itself, to be sent to the one service that it is for.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

    pub(crate) fn hmac(&self) -> &HmacSha256Key {
        &self.hmac
    }

    fn new(bytes: Key256) -> Self {
        let hmac = HmacSha256Key::new(bytes.expose_secret());
        Self { bytes, hmac }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-examples.html>
    #[test]
    fn the_documented_key_is_derived() {
        let secret = SecretString::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        let key = SigningKey::derive(&secret, date!(2015 - 08 - 30), "us-east-1", "iam");
        assert_eq!(
            hex::encode(key.expose_secret()),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
        assert_eq!(SigningKey::from_bytes(*key.expose_secret()).expose_secret(), key.expose_secret());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SigningKey::from_bytes([7; 32])), "SigningKey(redacted)");
    }
}
