//! What `--encryption-context` and `--required-encryption-context-keys` say.

use keywright_encryption_sdk::{
    BoxFuture, DecryptionMaterials, DecryptionRequest, EncryptionContext, EncryptionMaterials,
    EncryptionRequest, Error, MaterialsManager,
};

use super::error::EncryptionError;
use super::pairs::pair;

/// The encryption context of a command.
#[derive(Debug, Default)]
pub(crate) struct ContextWords {
    /// Pairs: to be bound to what is encrypted, or to be found in what is decrypted.
    pub(crate) pairs: EncryptionContext,
    /// Keys to be found in what is decrypted, whatever their values are.
    pub(crate) keys: Vec<String>,
}

impl ContextWords {
    /// Words to encrypt by: pairs.
    pub(crate) fn pairs(words: &[String]) -> Result<Self, EncryptionError> {
        let pairs = words.iter().map(|word| pair(SWITCH, word)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { pairs: pairs.into_iter().collect(), keys: Vec::new() })
    }

    /// Words to decrypt by: pairs, and keys alone.
    pub(crate) fn pairs_and_keys(words: &[String]) -> Result<Self, EncryptionError> {
        let (pairs, keys): (Vec<_>, Vec<_>) = words.iter().cloned().partition(|word| word.contains('='));
        Ok(Self { keys, ..Self::pairs(&pairs)? })
    }
}

/// Refuses messages without certain keys in their encryption context, before anybody is asked for their data key.
pub(super) struct DemandedKeys<M> {
    pub(super) keys: Vec<String>,
    pub(super) inner: M,
}

impl<M: MaterialsManager> MaterialsManager for DemandedKeys<M> {
    fn encryption_materials(
        &self,
        request: EncryptionRequest,
    ) -> BoxFuture<'_, Result<EncryptionMaterials, Error>> {
        self.inner.encryption_materials(request)
    }

    fn decryption_materials(
        &self,
        request: DecryptionRequest,
    ) -> BoxFuture<'_, Result<DecryptionMaterials, Error>> {
        let is_there = |key: &str| {
            request.stored_context.contains_key(key) || request.reproduced_context.contains_key(key)
        };
        match self.keys.iter().find(|key| !is_there(key)) {
            Some(missing) => {
                let key = Some(missing.clone());
                Box::pin(async move { Err(Error::EncryptionContext { reason: "key is missing", key }) })
            }
            None => self.inner.decryption_materials(request),
        }
    }
}

const SWITCH: &str = "--encryption-context";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_pairs_and_to_decrypt_also_keys() {
        let words = ["a=1".to_owned(), "b".to_owned(), "c=2=3".to_owned()];
        let found = ContextWords::pairs_and_keys(&words).unwrap();
        assert_eq!(found.pairs, EncryptionContext::from([("a", "1"), ("c", "2=3")]));
        assert_eq!(found.keys, ["b"]);
        assert!(ContextWords::pairs(&words).unwrap_err().to_string().contains("\"b\" is not KEY=VALUE"));
        assert!(ContextWords::pairs_and_keys(&["=1".to_owned()]).is_err());
    }
}
