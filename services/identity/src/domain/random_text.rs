//! Random identifiers and secrets in AWS's alphabets.

use keywright_crypto::{CryptoError, Random, RandomExt as _, SecretString};

/// A unique id of IAM: `prefix` (such as `AIDA` for a user) and 17 random characters.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn unique_id(prefix: &str, random: &dyn Random) -> Result<String, CryptoError> {
    let characters = random.bytes::<17>()?;
    Ok(with_prefix(prefix, &characters))
}

/// An access key id: `AKIA`, or `ASIA` of temporary credentials, and 16 random characters.
pub(crate) fn access_key_id(prefix: &str, random: &dyn Random) -> Result<String, CryptoError> {
    let characters = random.bytes::<16>()?;
    Ok(with_prefix(prefix, &characters))
}

/// A secret access key: 40 random characters of the base64 alphabet, which are 240 bits.
pub(crate) fn secret_access_key(random: &dyn Random) -> Result<SecretString, CryptoError> {
    let bytes = random.secret(SECRET_LENGTH)?;
    let mut text = String::with_capacity(SECRET_LENGTH);
    text.extend(bytes.expose_secret().iter().map(|byte| character(BASE64, *byte)));
    Ok(SecretString::new(text))
}

fn with_prefix(prefix: &str, random: &[u8]) -> String {
    prefix.chars().chain(random.iter().map(|byte| character(BASE32, *byte))).collect()
}

/// Takes the low bits of a random byte. The alphabets' sizes are powers of two, so that none is likelier.
fn character(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet.get(usize::from(byte) % alphabet.len()).copied().unwrap_or(b'A'))
}

const SECRET_LENGTH: usize = 40;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn identifiers_have_awss_form() {
        let user = unique_id("AIDA", &SystemRandom).unwrap();
        assert_eq!((user.len(), user.get(..4)), (21, Some("AIDA")));
        let key = access_key_id("AKIA", &SystemRandom).unwrap();
        assert_eq!((key.len(), key.get(..4)), (20, Some("AKIA")));
        assert!((user + &key).bytes().all(|byte| BASE32.contains(&byte)));
    }

    #[test]
    fn secrets_are_forty_characters_and_never_the_same() {
        let [a, b] = [(); 2].map(|()| secret_access_key(&SystemRandom).unwrap());
        assert_eq!(a.len(), 40);
        assert!(a.expose_secret().bytes().all(|byte| BASE64.contains(&byte)));
        assert_ne!(a.expose_secret(), b.expose_secret());
    }
}
