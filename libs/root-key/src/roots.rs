use std::sync::Arc;

use keywright_crypto::SecretBytes;

use crate::{RootKey, RootKeyError, RootKeyId, WrappedKey};

/// The root key and, while it takes another's place, that former one: what either has wrapped can be unwrapped.
#[derive(Clone, Debug)]
pub struct RootKeys {
    current: Arc<dyn RootKey>,
    previous: Option<Arc<dyn RootKey>>,
}

impl RootKeys {
    /// The key that is to wrap everything, and the one before it.
    #[must_use]
    pub fn with_previous(current: Arc<dyn RootKey>, previous: Arc<dyn RootKey>) -> Self {
        Self { current, previous: Some(previous) }
    }

    /// The key that is to wrap everything.
    #[must_use]
    pub fn current(&self) -> &Arc<dyn RootKey> {
        &self.current
    }

    /// The key before it.
    #[must_use]
    pub fn previous(&self) -> Option<&Arc<dyn RootKey>> {
        self.previous.as_ref()
    }

    /// The key that has wrapped this.
    ///
    /// # Errors
    /// [`RootKeyError::OtherRootKey`] when it is none of these.
    pub fn of(&self, wrapped: &WrappedKey) -> Result<&Arc<dyn RootKey>, RootKeyError> {
        let wrapped_by: RootKeyId = *wrapped.root_key_id();
        let all = std::iter::once(&self.current).chain(&self.previous);
        let found = all.into_iter().find(|key| *key.id() == wrapped_by);
        found.ok_or(RootKeyError::OtherRootKey { wrapped_by, this: *self.current.id() })
    }

    /// Decrypts what either has wrapped.
    ///
    /// # Errors
    /// As [`RootKey::unwrap_key`].
    pub fn unwrap_key(&self, purpose: &[u8], wrapped: &WrappedKey) -> Result<SecretBytes, RootKeyError> {
        self.of(wrapped)?.unwrap_key(purpose, wrapped)
    }

    /// The same key, wrapped by the current root key; none if it is already. It was unwrapped again, to be sure.
    ///
    /// # Errors
    /// As [`RootKey::unwrap_key`] and [`RootKey::wrap`]; [`RootKeyError::NotAuthentic`] when it can't be read back.
    pub fn rewrap(&self, purpose: &[u8], wrapped: &WrappedKey) -> Result<Option<WrappedKey>, RootKeyError> {
        if wrapped.root_key_id() == self.current.id() {
            return Ok(None);
        }
        let key = self.unwrap_key(purpose, wrapped)?;
        let rewrapped = self.current.wrap(purpose, &key)?;
        let again = self.current.unwrap_key(purpose, &rewrapped)?;
        if again.expose_secret() == key.expose_secret() {
            Ok(Some(rewrapped))
        } else {
            Err(RootKeyError::NotAuthentic)
        }
    }
}

impl From<Arc<dyn RootKey>> for RootKeys {
    fn from(current: Arc<dyn RootKey>) -> Self {
        Self { current, previous: None }
    }
}

#[cfg(test)]
mod tests {
    use keywright_crypto::{Key256, SystemRandom};

    use super::*;
    use crate::software::SoftwareRootKey;

    fn root(byte: u8) -> Arc<dyn RootKey> {
        Arc::new(SoftwareRootKey::new(&Key256::from_bytes([byte; 32]), Arc::new(SystemRandom)).unwrap())
    }

    fn key() -> SecretBytes {
        SecretBytes::new(vec![7; 32])
    }

    #[test]
    fn both_unwrap_and_the_current_one_takes_over() {
        let (former, next) = (root(1), root(2));
        let wrapped = former.wrap(b"p", &key()).unwrap();
        let both = RootKeys::with_previous(Arc::clone(&next), Arc::clone(&former));
        assert_eq!(both.unwrap_key(b"p", &wrapped).unwrap().expose_secret(), key().expose_secret());
        let rewrapped = both.rewrap(b"p", &wrapped).unwrap().unwrap();
        assert_eq!(rewrapped.root_key_id(), next.id());
        assert!(both.rewrap(b"p", &rewrapped).unwrap().is_none(), "it is done once");
        let alone = RootKeys::from(next);
        assert_eq!(alone.unwrap_key(b"p", &rewrapped).unwrap().expose_secret(), key().expose_secret());
    }

    #[test]
    fn what_neither_has_wrapped_and_another_purpose_are_refused() {
        let (former, next, other) = (root(1), root(2), root(3));
        let both = RootKeys::with_previous(next, former);
        let wrapped = other.wrap(b"p", &key()).unwrap();
        assert!(matches!(both.rewrap(b"p", &wrapped), Err(RootKeyError::OtherRootKey { .. })));
        let wrapped = root(1).wrap(b"p", &key()).unwrap();
        assert!(matches!(both.rewrap(b"q", &wrapped), Err(RootKeyError::NotAuthentic)));
    }
}
