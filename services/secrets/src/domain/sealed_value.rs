//! The form in which a value is stored.
//!
//! `version (1) || kind (1) || nonce (12) || ciphertext || tag (16)`: AES-256-GCM under a data key of the one version. The
//! first two bytes, the secret's ARN and the version's id are associated data (each behind its length as four bytes,
//! big-endian), so that no row can stand in for another, nor bytes for text.

use keywright_crypto::{Aes256Gcm, CryptoError, Key256, NONCE_LEN, Random, RandomExt as _, TAG_LEN};

use super::value::{SecretValue, ValueKind};
use super::version_id::VersionId;

/// Whose value it is.
#[derive(Clone, Copy, Debug)]
pub struct ValueOwner<'a> {
    /// The secret's ARN.
    pub arn: &'a str,
    /// The version.
    pub version: &'a VersionId,
}

/// Seals a value under a key that seals nothing else.
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn seal(
    value: &SecretValue,
    key: &Key256,
    owner: ValueOwner<'_>,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let nonce: [u8; NONCE_LEN] = random.bytes()?;
    let plaintext = value.expose_secret();
    let header = [VERSION, code(value.kind())];
    let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + TAG_LEN);
    sealed.extend_from_slice(&header);
    sealed.extend_from_slice(&nonce);
    Aes256Gcm::new(key).seal(nonce, &associated_data(header, owner), plaintext, &mut sealed)?;
    Ok(sealed)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`CryptoError::NotAuthentic`] for anything else.
pub fn open(sealed: &[u8], key: &Key256, owner: ValueOwner<'_>) -> Result<SecretValue, CryptoError> {
    let (header, rest) = sealed.split_first_chunk::<HEADER_LEN>().ok_or(CryptoError::NotAuthentic)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
    let kind = match *header {
        [VERSION, STRING] => ValueKind::String,
        [VERSION, BINARY] => ValueKind::Binary,
        _ => return Err(CryptoError::NotAuthentic),
    };
    let bytes = Aes256Gcm::new(key).open(*nonce, &associated_data(*header, owner), ciphertext)?;
    Ok(SecretValue::new(kind, bytes))
}

fn code(kind: ValueKind) -> u8 {
    match kind {
        ValueKind::String => STRING,
        ValueKind::Binary => BINARY,
    }
}

fn associated_data(header: [u8; HEADER_LEN], owner: ValueOwner<'_>) -> Vec<u8> {
    let mut data = header.to_vec();
    for part in [owner.arn, owner.version.as_str()] {
        // Neither can be longer than an ARN, 2048 bytes.
        data.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

const VERSION: u8 = 1;
const STRING: u8 = 1;
const BINARY: u8 = 2;
const HEADER_LEN: usize = 2;

#[cfg(test)]
mod tests {
    use keywright_crypto::{SecretBytes, SystemRandom};
    use proptest::prelude::*;

    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-abCD12";

    fn value(bytes: &[u8]) -> SecretValue {
        SecretValue::new(ValueKind::String, SecretBytes::new(bytes.to_vec()))
    }

    fn key() -> Key256 {
        Key256::from_bytes([7; 32])
    }

    #[test]
    fn only_the_owner_can_open() {
        let version = VersionId::new("v1");
        let owner = ValueOwner { arn: ARN, version: &version };
        let sealed = seal(&value(b"hunter2"), &key(), owner, &SystemRandom).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(sealed.len(), 2 + 12 + 7 + 16);
        assert!(open(&sealed, &key(), owner).unwrap().is_same_as(&value(b"hunter2")));

        let other = VersionId::new("v2");
        assert!(open(&sealed, &key(), ValueOwner { version: &other, ..owner }).is_err());
        assert!(open(&sealed, &key(), ValueOwner { arn: "arn", ..owner }).is_err());
        assert!(open(&sealed, &Key256::from_bytes([8; 32]), owner).is_err());
    }

    #[test]
    fn text_cannot_be_made_bytes() {
        let version = VersionId::new("v1");
        let owner = ValueOwner { arn: ARN, version: &version };
        let mut sealed = seal(&value(b"hunter2"), &key(), owner, &SystemRandom).unwrap();
        sealed[1] = BINARY;
        assert_eq!(open(&sealed, &key(), owner).unwrap_err(), CryptoError::NotAuthentic);
    }

    proptest! {
        #[test]
        fn values_survive_and_any_flipped_bit_or_cut_is_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200), bit in any::<prop::sample::Index>(),
        ) {
            let version = VersionId::new("v1");
            let owner = ValueOwner { arn: ARN, version: &version };
            let sealed = seal(&value(&bytes), &key(), owner, &SystemRandom).unwrap();
            prop_assert!(open(&sealed, &key(), owner).unwrap().is_same_as(&value(&bytes)));
            let bit = bit.index(sealed.len() * 8);
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(open(&flipped, &key(), owner).is_err());
            prop_assert!(open(&sealed[..bit / 8], &key(), owner).is_err());
        }
    }
}
