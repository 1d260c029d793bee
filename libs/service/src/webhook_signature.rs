//! The signature of requests to webhooks and to rotation functions, as of the
//! [Standard Webhooks](https://www.standardwebhooks.com) convention, for which there are libraries in most languages.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use keywright_crypto::{HmacSha256Key, SecretBytes};
use uuid::Uuid;

use crate::{ServiceError, read_secret};

/// The keys by which a receiver knows that a request is ours; the first ones of several are those of before a change.
pub struct SigningKeys(Vec<HmacSha256Key>);

impl SigningKeys {
    /// Reads the keys: `whsec_` and at least 24 bytes in Base64, one in each file.
    ///
    /// # Errors
    /// [`ServiceError`] when a file can't be read or holds no key.
    pub fn read(files: &[PathBuf]) -> Result<Self, ServiceError> {
        let keys = files.iter().map(|file| {
            let text = read_secret(file)?;
            let decoded = text.expose_secret().strip_prefix(PREFIX).and_then(|text| BASE64.decode(text).ok());
            match decoded.map(SecretBytes::new) {
                Some(key) if key.expose_secret().len() >= SHORTEST => {
                    Ok(HmacSha256Key::new(key.expose_secret()))
                }
                Some(_) | None => Err(ServiceError::own(NoKey { file: file.clone() })),
            }
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The header `webhook-signature` of a request.
    #[must_use]
    pub fn sign(&self, id: Uuid, timestamp: i64, body: &[u8]) -> String {
        let signed = format!("{id}.{timestamp}.");
        let signatures = self.0.iter().map(|key| {
            let signature = key.sign_parts(&[signed.as_bytes(), body]);
            format!("{VERSION},{}", BASE64.encode(signature))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{} does not hold a key: it must be `whsec_` and at least 24 random bytes in Base64", file.display())]
struct NoKey {
    file: PathBuf,
}

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1";
const SHORTEST: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<SigningKeys, String> {
        let dir = tempfile::tempdir().unwrap();
        let files: Vec<_> =
            (0..).zip(texts).map(|(number, text)| (dir.path().join(format!("{number}")), text)).collect();
        for (file, text) in &files {
            std::fs::write(file, text).unwrap();
        }
        let files: Vec<_> = files.into_iter().map(|(file, _)| file).collect();
        SigningKeys::read(&files).map_err(|error| {
            std::error::Error::source(&error).map_or(error.to_string(), |cause| format!("{error}: {cause}"))
        })
    }

    #[test]
    fn the_signature_is_the_conventions() {
        // Computed with Python's hmac.
        let keys = read(&["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"]).unwrap();
        let id = Uuid::from_u128(7);
        let signature = keys.sign(id, 1_700_000_000, br#"{"version":"0"}"#);
        assert_eq!(signature, EXPECTED);
        let two = read(&[
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
        ]);
        let both = two.unwrap().sign(id, 1_700_000_000, br#"{"version":"0"}"#);
        assert!(both.starts_with(&format!("{EXPECTED} v1,")) && both.len() == 2 * EXPECTED.len() + 1);
    }

    const EXPECTED: &str = "v1,DJC8aDIw23Fzw5iK4L4/LkEZys3DDrLWiQa3OsFd9B4=";

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "whsec_AAEC",
            "whsec_!hunter2hunter2hunter2hunter2",
        ] {
            let refused = read(&[text]).map(|_| ()).unwrap_err();
            assert!(
                refused.contains("whsec_") && !refused.contains("hunter2") && !refused.contains("AAEC"),
                "{refused}"
            );
        }
    }
}
