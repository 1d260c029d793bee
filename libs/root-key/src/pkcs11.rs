//! A root key in a PKCS#11 token.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keywright_crypto::{Random, RandomExt as _, SecretBytes, SecretString, SystemRandom};
use keywright_hsm::{HsmError, KeyHandle, KeyId, KeyName, Token, TokenConfig, TokenSelector};

use crate::wrapped::{IN_TOKEN, header};
use crate::{RootKey, RootKeyError, RootKeyId, WrappedKey};

/// Wraps inside the token, by [`Token::encrypt`], with the header and the purpose as associated data. Its id is the key's
/// fingerprint ([`Token::fingerprint`]): the same in every copy of the token, whatever its label.
pub(crate) struct HsmRootKey {
    id: RootKeyId,
    key: KeyHandle,
    token: Token,
}

/// Opens the token.
pub(crate) fn token(module: &Path, label: &str, pin: &SecretString) -> Result<Token, RootKeyError> {
    let config = TokenConfig {
        module: module.to_owned(),
        token: TokenSelector::Label(label.to_owned()),
        pin: pin.clone(),
        sessions: SESSIONS,
        timeout: TIME_LIMIT,
    };
    Token::open_blocking(config, Arc::new(SystemRandom)).map_err(RootKeyError::Hsm)
}

impl HsmRootKey {
    /// Finds the key, or makes one where there is none and `create` allows it.
    pub(crate) fn open(
        token: Token,
        token_label: &str,
        key_label: &str,
        create: bool,
        random: &dyn Random,
    ) -> Result<Self, RootKeyError> {
        let name = KeyName::Label(key_label.to_owned());
        let key = match token.find_key_blocking(&name) {
            Err(HsmError::NoSuchKey { .. }) if create => {
                let id = KeyId::new(random.bytes::<KEY_ID_LEN>()?).map_err(RootKeyError::Hsm)?;
                token.generate_aes256_key_blocking(key_label, &id).map_err(RootKeyError::Hsm)?;
                // By its label again: if another process made one at this moment, there are two, and neither is used.
                token.find_key_blocking(&name)
            }
            found => found,
        };
        let key = key.map_err(|error| match error {
            HsmError::NoSuchKey { .. } => RootKeyError::AbsentFromToken {
                token_label: token_label.to_owned(),
                key_label: key_label.to_owned(),
            },
            other => RootKeyError::Hsm(other),
        })?;
        let fingerprint = token.fingerprint_blocking(&key).map_err(RootKeyError::Hsm)?;
        Ok(Self { id: RootKeyId::from_bytes(fingerprint), key, token })
    }

    /// The purpose comes last: what stands before it has a fixed length, so no two purposes give the same bytes.
    fn associated_data(&self, purpose: &[u8]) -> Vec<u8> {
        [header(IN_TOKEN, &self.id).as_slice(), purpose].concat()
    }
}

impl RootKey for HsmRootKey {
    fn id(&self) -> &RootKeyId {
        &self.id
    }

    fn wrap(&self, purpose: &[u8], key: &SecretBytes) -> Result<WrappedKey, RootKeyError> {
        let sealed = self.token.encrypt_blocking(&self.key, &self.associated_data(purpose), key);
        Ok(WrappedKey::from_token(self.id, &sealed.map_err(RootKeyError::Hsm)?))
    }

    fn unwrap_key(&self, purpose: &[u8], wrapped: &WrappedKey) -> Result<SecretBytes, RootKeyError> {
        if *wrapped.root_key_id() != self.id {
            return Err(RootKeyError::OtherRootKey { wrapped_by: *wrapped.root_key_id(), this: self.id });
        }
        let sealed = wrapped.sealed_in_token().ok_or(RootKeyError::MalformedWrappedKey)?;
        let opened = self.token.decrypt_blocking(&self.key, &self.associated_data(purpose), sealed);
        opened.map_err(|error| match error {
            HsmError::NotAuthentic => RootKeyError::NotAuthentic,
            other => RootKeyError::Hsm(other),
        })
    }
}

impl fmt::Debug for HsmRootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HsmRootKey({})", self.id)
    }
}

/// Domain keys are wrapped seldom: one session works, the other is there for when that one hangs.
const SESSIONS: usize = 2;
const TIME_LIMIT: Duration = Duration::from_secs(10);
const KEY_ID_LEN: usize = 16;
