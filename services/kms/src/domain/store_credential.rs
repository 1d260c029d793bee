//! The password of a token, or the secret access key for a proxy, as it is stored.
//!
//! The form is that of a key material: `version (1) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM under a domain
//! key, with account, Region and store as associated data, so that no row can stand in for another.

use keywright_aws_api::Region;
use keywright_crypto::{
    Aes256Gcm, CryptoError, Key256, NONCE_LEN, Random, RandomExt as _, SecretString, TAG_LEN,
};

use super::custom_store::StoreName;

/// Wraps a credential for storage.
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn wrap(
    credential: &SecretString,
    store: &StoreName,
    region: &Region,
    domain_key: &Key256,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let nonce: [u8; NONCE_LEN] = random.bytes()?;
    let plaintext = credential.expose_secret().as_bytes();
    let mut wrapped = Vec::with_capacity(1 + NONCE_LEN + plaintext.len() + TAG_LEN);
    wrapped.push(VERSION);
    wrapped.extend_from_slice(&nonce);
    Aes256Gcm::new(domain_key).seal(nonce, &associated_data(store, region), plaintext, &mut wrapped)?;
    Ok(wrapped)
}

/// Unwraps a stored credential.
///
/// # Errors
/// [`CryptoError::NotAuthentic`] when it was altered, or is another store's, or another domain key's.
pub fn unwrap(
    wrapped: &[u8],
    store: &StoreName,
    region: &Region,
    domain_key: &Key256,
) -> Result<SecretString, CryptoError> {
    let Some((&VERSION, rest)) = wrapped.split_first() else {
        return Err(CryptoError::NotAuthentic);
    };
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
    let secret = Aes256Gcm::new(domain_key).open(*nonce, &associated_data(store, region), sealed)?;
    let text = std::str::from_utf8(secret.expose_secret()).map_err(|_| CryptoError::NotAuthentic)?;
    Ok(SecretString::new(text.to_owned()))
}

/// The account has a fixed length, and no Region has a line break in it.
fn associated_data(store: &StoreName, region: &Region) -> Vec<u8> {
    [LABEL, store.account.as_str().as_bytes(), region.as_str().as_bytes(), b"\n", store.id.as_bytes()]
        .concat()
}

const VERSION: u8 = 1;
const LABEL: &[u8] = b"keywright kms custom key store credential v1";

#[cfg(test)]
mod tests {
    use keywright_aws_api::AccountId;
    use keywright_crypto::SystemRandom;

    use super::*;

    fn store(account: &str, id: &str) -> StoreName {
        StoreName { account: AccountId::parse(account).unwrap(), id: id.into() }
    }

    #[test]
    fn a_stored_credential_returns_only_for_its_store_under_its_domain_key() {
        let (region, other) = (Region::parse("us-east-1").unwrap(), Region::parse("eu-west-1").unwrap());
        let (name, key) = (store("000000000000", "cks-1"), Key256::from_bytes([8; 32]));
        let secret = SecretString::new("the password".to_owned());
        let wrapped = wrap(&secret, &name, &region, &key, &SystemRandom).unwrap();
        assert_eq!(unwrap(&wrapped, &name, &region, &key).unwrap().expose_secret(), "the password");

        assert!(unwrap(&wrapped, &store("000000000001", "cks-1"), &region, &key).is_err());
        assert!(unwrap(&wrapped, &store("000000000000", "cks-2"), &region, &key).is_err());
        assert!(unwrap(&wrapped, &name, &other, &key).is_err());
        assert!(unwrap(&wrapped, &name, &region, &Key256::from_bytes([9; 32])).is_err());
        for bit in 0..wrapped.len() * 8 {
            let mut damaged = wrapped.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unwrap(&damaged, &name, &region, &key).is_err(), "bit {bit}");
        }
    }
}
