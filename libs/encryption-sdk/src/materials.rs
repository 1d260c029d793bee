//! Cryptographic materials: what a message is encrypted or decrypted with, as keyrings and materials managers hand it on.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/structures.md>

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{Message, PrivateKey, PublicKey, Random, SecretBytes};

use crate::error::{Error, Part};
use crate::suite::Signature;
use crate::{AlgorithmSuite, EncryptedDataKey, EncryptionContext};

/// What encrypts a message. A keyring sets the data key if there is none, and adds it encrypted.
#[derive(Clone)]
pub struct EncryptionMaterials {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    required_context_keys: Vec<String>,
    data_key: Option<SecretBytes>,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    signing_key: Option<SigningKey>,
}

impl EncryptionMaterials {
    /// Begins without a data key. Where the suite signs, makes a key pair, whose public key goes into the context.
    ///
    /// # Errors
    /// [`Error::EncryptionContext`] when the context has a public key already, or `required_context_keys` names a pair
    /// that it has not.
    pub fn new(
        suite: AlgorithmSuite,
        mut context: EncryptionContext,
        required_context_keys: Vec<String>,
        random: &dyn Random,
    ) -> Result<Self, Error> {
        if context.contains_key(PUBLIC_KEY) {
            return Err(Error::context("key is reserved", Some(PUBLIC_KEY)));
        }
        if let Some(missing) = required_context_keys.iter().find(|key| !context.contains_key(key)) {
            return Err(Error::context("required key is missing", Some(missing)));
        }
        let signing_key =
            suite.signature().map(|signature| SigningKey::generate(signature, random)).transpose()?;
        if let Some(key) = &signing_key {
            context.insert(PUBLIC_KEY, STANDARD.encode(key.private.public_key().compressed_point()?));
        }
        let encrypted_data_keys = Vec::new();
        Ok(Self { suite, context, required_context_keys, data_key: None, encrypted_data_keys, signing_key })
    }

    /// The algorithm suite.
    pub fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// The whole encryption context: what is stored in the message, and what is only authenticated.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The keys of the pairs that are authenticated and not stored.
    pub fn required_context_keys(&self) -> &[String] {
        &self.required_context_keys
    }

    /// The data key, once there is one.
    pub fn data_key(&self) -> Option<&SecretBytes> {
        self.data_key.as_ref()
    }

    /// The data key as the keyrings encrypted it.
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// Sets the data key.
    ///
    /// # Errors
    /// [`Error::Materials`] when there is one, or it has not the suite's length.
    pub fn set_data_key(&mut self, data_key: SecretBytes) -> Result<(), Error> {
        set_once(&mut self.data_key, data_key, self.suite)
    }

    /// The data key; if there is none yet, a new one.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn data_key_or_new(&mut self, random: &dyn Random) -> Result<&SecretBytes, Error> {
        if self.data_key.is_none() {
            let mut bytes = zeroize::Zeroizing::new(vec![0; self.suite.data_key_len()]);
            random.fill(&mut bytes)?;
            self.data_key = Some(SecretBytes::new(std::mem::take(&mut *bytes)));
        }
        self.data_key.as_ref().ok_or(Error::Materials("no data key"))
    }

    /// Adds the data key, encrypted.
    pub fn add_encrypted_data_key(&mut self, encrypted: EncryptedDataKey) {
        self.encrypted_data_keys.push(encrypted);
    }

    pub(crate) fn signing_key(&self) -> Option<&SigningKey> {
        self.signing_key.as_ref()
    }

    /// Refuses what can't encrypt.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.data_key.is_none() {
            return Err(Error::Materials("no keyring made a data key"));
        }
        if self.encrypted_data_keys.is_empty() {
            return Err(Error::Materials("no keyring encrypted the data key"));
        }
        Ok(())
    }
}

impl fmt::Debug for EncryptionMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionMaterials")
            .field("suite", &self.suite)
            .field("context", &self.context)
            .field("encrypted_data_keys", &self.encrypted_data_keys)
            .finish_non_exhaustive()
    }
}

/// What decrypts a message. A keyring sets the data key.
#[derive(Clone)]
pub struct DecryptionMaterials {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    required_context_keys: Vec<String>,
    data_key: Option<SecretBytes>,
    verification_key: Option<Arc<PublicKey>>,
}

impl DecryptionMaterials {
    /// Begins without a data key. `stored` is what lies in the message; the pairs of `reproduced` that don't are only
    /// authenticated. Where the suite signs, the public key is the one in the message's context.
    ///
    /// # Errors
    /// [`Error::EncryptionContext`] when a pair of `reproduced` is another in the message; [`Error::Malformed`] when there
    /// is no public key where there must be one, a wrong one, or one too many.
    pub fn new(
        suite: AlgorithmSuite,
        stored: EncryptionContext,
        reproduced: &EncryptionContext,
    ) -> Result<Self, Error> {
        let verification_key = match (suite.signature(), stored.get(PUBLIC_KEY)) {
            (Some(signature), Some(text)) => Some(Arc::new(verification_key(signature, text)?)),
            (None, None) => None,
            (Some(_), None) => return Err(Error::malformed(Part::Header, "no public key")),
            (None, Some(_)) => {
                return Err(Error::malformed(Part::Header, "public key of an unsigned message"));
            }
        };
        let mut context = stored;
        let mut required_context_keys = Vec::new();
        for (key, value) in reproduced.iter() {
            match context.get(key) {
                Some(stored) if stored == value => {}
                Some(_) => return Err(Error::context("value is not the message's", Some(key))),
                None => {
                    required_context_keys.push(key.to_owned());
                    context.insert(key, value);
                }
            }
        }
        Ok(Self { suite, context, required_context_keys, data_key: None, verification_key })
    }

    /// The algorithm suite.
    pub fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// The whole encryption context: what is stored in the message, and what is only authenticated.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The keys of the pairs that are authenticated and not stored.
    pub fn required_context_keys(&self) -> &[String] {
        &self.required_context_keys
    }

    /// The data key, once there is one.
    pub fn data_key(&self) -> Option<&SecretBytes> {
        self.data_key.as_ref()
    }

    /// Sets the data key.
    ///
    /// # Errors
    /// [`Error::Materials`] when there is one, or it has not the suite's length.
    pub fn set_data_key(&mut self, data_key: SecretBytes) -> Result<(), Error> {
        set_once(&mut self.data_key, data_key, self.suite)
    }

    pub(crate) fn verification_key(&self) -> Option<&Arc<PublicKey>> {
        self.verification_key.as_ref()
    }
}

impl fmt::Debug for DecryptionMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionMaterials")
            .field("suite", &self.suite)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// The private key of one message's signature, or of several that share their materials.
#[derive(Clone)]
pub(crate) struct SigningKey {
    private: Arc<PrivateKey>,
    signature: Signature,
}

impl SigningKey {
    fn generate(signature: Signature, random: &dyn Random) -> Result<Self, Error> {
        let private = Arc::new(PrivateKey::generate(signature.key, random)?);
        Ok(Self { private, signature })
    }

    pub(crate) fn sign(&self, message: Message<'_>) -> Result<Vec<u8>, Error> {
        Ok(self.private.sign(self.signature.algorithm, message)?)
    }
}

fn verification_key(signature: Signature, text: &str) -> Result<PublicKey, Error> {
    let malformed = || Error::malformed(Part::Header, "public key is not valid");
    let point = STANDARD.decode(text).map_err(|_| malformed())?;
    PublicKey::from_compressed_point(signature.key, &point).map_err(|_| malformed())
}

fn set_once(
    place: &mut Option<SecretBytes>,
    data_key: SecretBytes,
    suite: AlgorithmSuite,
) -> Result<(), Error> {
    if place.is_some() {
        return Err(Error::Materials("there is a data key already"));
    }
    if data_key.len() != suite.data_key_len() {
        return Err(Error::Materials("the data key has not the length of the algorithm suite"));
    }
    *place = Some(data_key);
    Ok(())
}

/// The key of the encryption context under which a signed message has its public key: the compressed point in base64.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";
/// What keys of the encryption context may not begin with.
pub(crate) const RESERVED_PREFIX: &str = "aws-crypto-";
