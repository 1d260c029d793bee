//! Grant tokens: they name a grant, so that it counts at once on every replica, also on one that hasn't heard of it.
//!
//! A token is base64url of `version (1) || domain key id (16) || salt (16) || nonce (12) || ciphertext || tag (16)`. Its key
//! comes from the domain key and the salt; it holds the account, the key and the grant, and binds the Region. It gives
//! nothing to who finds it: a grant counts only for its grantee.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_aws_api::{AccountId, Region};
use keywright_crypto::{
    Aes256Gcm, HmacSha256Key, Key256, NONCE_LEN, Random, RandomExt as _, TAG_LEN, kbkdf_ctr_hmac_sha256,
};
use uuid::Uuid;

use super::entry::KeyName;
use super::grant::GrantId;
use super::key_id::KeyId;
use crate::error::Error;

/// What a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The key.
    pub key: KeyName,
    /// The grant on it.
    pub grant: GrantId,
}

/// A token of the right form, which isn't opened yet.
pub struct SealedToken {
    domain_key: Uuid,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Granted {
    /// A new token for it; no two are alike.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn seal(
        &self,
        region: &Region,
        domain_key: (Uuid, &Key256),
        random: &dyn Random,
    ) -> Result<String, Error> {
        let (id, key) = domain_key;
        let (salt, nonce): ([u8; SALT_LEN], [u8; NONCE_LEN]) = (random.bytes()?, random.bytes()?);
        let mut token = Vec::with_capacity(HEADER_LEN + PLAIN_LEN + TAG_LEN);
        token.push(VERSION);
        token.extend_from_slice(id.as_bytes());
        token.extend_from_slice(&salt);
        token.extend_from_slice(&nonce);
        let KeyName { account, id } = self.key;
        let mut plain = Vec::with_capacity(PLAIN_LEN);
        plain.extend_from_slice(account.as_str().as_bytes());
        plain.extend_from_slice(id.uuid().as_bytes());
        plain.push(u8::from(id.is_multi_region()));
        plain.extend_from_slice(self.grant.as_bytes());
        token_cipher(key, &salt).seal(nonce, &associated_data(region), &plain, &mut token)?;
        Ok(URL_SAFE_NO_PAD.encode(token))
    }
}

impl SealedToken {
    /// Reads a token's form.
    ///
    /// # Errors
    /// [`Error::InvalidGrantToken`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            return Err(Error::InvalidGrantToken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::InvalidGrantToken)?;
        Self::from_bytes(&bytes).ok_or(Error::InvalidGrantToken)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (domain_key, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        let domain_key = Uuid::from_bytes(*domain_key);
        Some(Self { domain_key, salt: *salt, nonce: *nonce, sealed: sealed.to_vec() })
    }

    /// The domain key that opens it.
    #[must_use]
    pub fn domain_key(&self) -> Uuid {
        self.domain_key
    }

    /// What it names.
    ///
    /// # Errors
    /// [`Error::InvalidGrantToken`] for a token that was altered, or of another Region.
    pub fn open(&self, region: &Region, domain_key: &Key256) -> Result<Granted, Error> {
        let cipher = token_cipher(domain_key, &self.salt);
        let plain = cipher.open(self.nonce, &associated_data(region), &self.sealed);
        let plain = plain.map_err(|_| Error::InvalidGrantToken)?;
        granted_from(plain.expose_secret()).ok_or(Error::InvalidGrantToken)
    }
}

fn granted_from(plain: &[u8]) -> Option<Granted> {
    let (account, rest) = plain.split_first_chunk::<ACCOUNT_LEN>()?;
    let (uuid, rest) = rest.split_first_chunk()?;
    let (&[multi_region], rest) = rest.split_first_chunk()?;
    let grant = rest.try_into().ok()?;
    let account = AccountId::parse(std::str::from_utf8(account).ok()?).ok()?;
    let id = KeyId::from_parts(Uuid::from_bytes(*uuid), multi_region == 1);
    Some(Granted { key: KeyName { account, id }, grant: GrantId::from_bytes(grant) })
}

fn token_cipher(domain_key: &Key256, salt: &[u8; SALT_LEN]) -> Aes256Gcm {
    let derivation = HmacSha256Key::new(domain_key.expose_secret());
    Aes256Gcm::new(&kbkdf_ctr_hmac_sha256(&derivation, LABEL, salt))
}

fn associated_data(region: &Region) -> Vec<u8> {
    [LABEL, region.as_str().as_bytes()].concat()
}

const LABEL: &[u8] = b"keywright kms grant token v1";
const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = 1 + 16 + SALT_LEN + NONCE_LEN;
const ACCOUNT_LEN: usize = 12;
const PLAIN_LEN: usize = ACCOUNT_LEN + 16 + 1 + GrantId::LEN;
/// Far more than a token has.
const MAX_TEXT: usize = 512;

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    fn granted() -> Granted {
        let account = AccountId::parse("111122223333").unwrap();
        let id = KeyId::from_parts(Uuid::from_bytes([7; 16]), true);
        Granted { key: KeyName { account, id }, grant: GrantId::from_bytes([9; 32]) }
    }

    fn region(name: &str) -> Region {
        Region::parse(name).unwrap()
    }

    #[test]
    fn a_token_names_its_grant_only_in_its_region_and_under_its_domain_key() {
        let (id, key) = (Uuid::from_bytes([1; 16]), Key256::from_bytes([2; 32]));
        let seal = || granted().seal(&region("us-east-1"), (id, &key), &SystemRandom).unwrap();
        let token = seal();
        assert_ne!(token, seal());
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let sealed = SealedToken::parse(&token).unwrap();
        assert_eq!(sealed.domain_key(), id);
        assert_eq!(sealed.open(&region("us-east-1"), &key).unwrap(), granted());
        assert!(sealed.open(&region("eu-west-1"), &key).is_err());
        assert!(sealed.open(&region("us-east-1"), &Key256::from_bytes([3; 32])).is_err());
    }

    #[test]
    fn what_is_altered_or_made_up_is_refused() {
        let (id, key) = (Uuid::from_bytes([1; 16]), Key256::from_bytes([2; 32]));
        let token = granted().seal(&region("us-east-1"), (id, &key), &SystemRandom).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let text = URL_SAFE_NO_PAD.encode(altered);
            let opened =
                SealedToken::parse(&text)
                    .and_then(|sealed| {
                        if sealed.domain_key() == id { Ok(sealed) } else { Err(Error::InvalidGrantToken) }
                    })
                    .and_then(|sealed| sealed.open(&region("us-east-1"), &key));
            assert!(matches!(opened, Err(Error::InvalidGrantToken)), "bit {bit}");
        }
        for text in ["", "x", "AQ", "not a token!", &"A".repeat(8192)] {
            assert!(matches!(SealedToken::parse(text), Err(Error::InvalidGrantToken)), "{text}");
        }
    }
}
