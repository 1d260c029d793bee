//! The key pair by which other Regions know this one.
//!
//! The private half is stored as `version (1) || nonce (12) || ciphertext || tag (16)`: AES-256-GCM under a domain key,
//! with the Region and the public half as associated data.

use keywright_aws_api::Region;
use keywright_crypto::{
    Aes256Gcm, CryptoError, HpkePrivateKey, Key256, NONCE_LEN, Random, RandomExt as _, TAG_LEN,
};
use keywright_store::Store;
use time::OffsetDateTime;

use crate::domain::domain_keys::DomainKeys;
use crate::error::Error;
use crate::store;
use crate::store::region_keys::StoredRegionKey;

/// Opens the Region's key pair, or makes it at the first start. Processes that start together end up with one.
///
/// # Errors
/// [`Error::Store`], or [`Error::Crypto`] without randomness or when the stored key was altered.
pub async fn open(
    store: &Store,
    region: &Region,
    domain_keys: &DomainKeys,
    random: &dyn Random,
    now: OffsetDateTime,
) -> Result<HpkePrivateKey, Error> {
    let transaction = store.begin().await?;
    if store::region_keys::find(&transaction, region).await?.is_none() {
        let made = HpkePrivateKey::generate(random)?;
        let (domain_key, wrapping) = domain_keys.active()?;
        let wrapped = wrap(&made, region, &wrapping, random)?;
        let public_key = made.public_key().to_bytes().to_vec();
        let stored = StoredRegionKey { public_key, domain_key, wrapped };
        store::region_keys::insert(&transaction, region, &stored, now).await?;
    }
    let stored = store::region_keys::find(&transaction, region).await?;
    let stored = stored.ok_or(Error::Corrupt("the region's key pair is missing"))?;
    let domain_key = match domain_keys.get(stored.domain_key) {
        Some(key) => key,
        None => {
            let found = store::domain_keys::find(&transaction, stored.domain_key).await?;
            domain_keys.unwrap(&found.ok_or(Error::Corrupt("a domain key is missing"))?)?
        }
    };
    let key = unwrap(&stored, region, &domain_key)?;
    super::commit(transaction).await?;
    Ok(key)
}

/// The same key pair, wrapped by another domain key.
///
/// # Errors
/// [`CryptoError::NotAuthentic`] when the stored one was altered, or `from` is not its domain key.
pub(crate) fn rewrap(
    stored: &StoredRegionKey,
    region: &Region,
    from: &Key256,
    to: &Key256,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    wrap(&unwrap(stored, region, from)?, region, to, random)
}

fn wrap(
    key: &HpkePrivateKey,
    region: &Region,
    domain_key: &Key256,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let (nonce, secret): ([u8; NONCE_LEN], _) = (random.bytes()?, key.to_bytes());
    let mut wrapped = Vec::with_capacity(1 + NONCE_LEN + secret.len() + TAG_LEN);
    wrapped.push(WRAPPED_VERSION);
    wrapped.extend_from_slice(&nonce);
    let aad = associated_data(region, &key.public_key().to_bytes());
    Aes256Gcm::new(domain_key).seal(nonce, &aad, secret.expose_secret(), &mut wrapped)?;
    Ok(wrapped)
}

fn unwrap(
    stored: &StoredRegionKey,
    region: &Region,
    domain_key: &Key256,
) -> Result<HpkePrivateKey, CryptoError> {
    let Some((&WRAPPED_VERSION, rest)) = stored.wrapped.split_first() else {
        return Err(CryptoError::NotAuthentic);
    };
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
    let aad = associated_data(region, &stored.public_key);
    let secret = Aes256Gcm::new(domain_key).open(*nonce, &aad, sealed)?;
    HpkePrivateKey::from_bytes(&secret)
}

/// The public half has a fixed length, so no two Regions and keys give the same bytes.
fn associated_data(region: &Region, public_key: &[u8]) -> Vec<u8> {
    [WRAPPED_LABEL, &[WRAPPED_VERSION], public_key, region.as_str().as_bytes()].concat()
}

const WRAPPED_VERSION: u8 = 1;
const WRAPPED_LABEL: &[u8] = b"keywright kms region key";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_stored_key_pair_returns_only_in_its_region_unaltered() {
        let region = Region::parse("us-east-1").unwrap();
        let domain_key = Key256::from_bytes([7; 32]);
        let key = HpkePrivateKey::generate(&SystemRandom).unwrap();
        let stored = |public_key: Vec<u8>, wrapped: Vec<u8>| StoredRegionKey {
            public_key,
            domain_key: Uuid::nil(),
            wrapped,
        };
        let public = key.public_key().to_bytes().to_vec();
        let wrapped = wrap(&key, &region, &domain_key, &SystemRandom).unwrap();
        let opened = unwrap(&stored(public.clone(), wrapped.clone()), &region, &domain_key).unwrap();
        assert_eq!(opened.public_key(), key.public_key());

        let elsewhere = Region::parse("eu-west-1").unwrap();
        assert!(unwrap(&stored(public.clone(), wrapped.clone()), &elsewhere, &domain_key).is_err());
        assert!(unwrap(&stored(vec![0; 32], wrapped.clone()), &region, &domain_key).is_err());
        for bit in 0..wrapped.len() * 8 {
            let mut damaged = wrapped.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unwrap(&stored(public.clone(), damaged), &region, &domain_key).is_err(), "bit {bit}");
        }
    }
}
