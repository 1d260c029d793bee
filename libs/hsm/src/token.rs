use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Instant;

use keywright_crypto::{Random, SecretBytes};
use tokio::sync::oneshot;

use crate::connection::{OpenSession, Shared};
use crate::error::Fault;
use crate::workers::Workers;
use crate::{Fingerprint, HsmError, KeyHandle, KeyId, KeyName, TokenConfig, TokenSelector};

/// An open token. Clones share its sessions; the last one dropped closes them, which blocks for a moment, and for a
/// second if the token hangs: see [`close`](Token::close).
///
/// Each call has two forms: one to await, and one that blocks, for code that has no runtime. Both take at most
/// [`TokenConfig::timeout`]. Any of them can fail with [`HsmError::Unavailable`], [`HsmError::Timeout`],
/// [`HsmError::WrongPin`], [`HsmError::PinLocked`], [`HsmError::NoUser`] and [`HsmError::Other`]; what else, each says.
#[derive(Clone)]
pub struct Token {
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    random: Arc<dyn Random>,
}

impl Token {
    /// Loads the module, finds the token, logs in, and tries out what the token must be able to do. `random` makes salts
    /// and nonces.
    ///
    /// A token that another [`Token`] of this process has open must be given the same PIN.
    ///
    /// # Errors
    /// [`HsmError::ModuleNotLoadable`], [`HsmError::NoSuchToken`], [`HsmError::AmbiguousToken`],
    /// [`HsmError::MissingMechanism`].
    pub async fn open(config: TokenConfig, random: Arc<dyn Random>) -> Result<Self, HsmError> {
        let token = Self::start(config, random)?;
        match token.call(OpenSession::self_test).await {
            Ok(()) => Ok(token),
            Err(error) => {
                token.close().await;
                Err(error)
            }
        }
    }

    /// [`open`](Self::open), blocking.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_blocking(config: TokenConfig, random: Arc<dyn Random>) -> Result<Self, HsmError> {
        let token = Self::start(config, random)?;
        token.call_blocking(OpenSession::self_test)?;
        Ok(token)
    }

    fn start(config: TokenConfig, random: Arc<dyn Random>) -> Result<Self, HsmError> {
        let shared = Arc::new(Shared::new(config));
        let workers = Arc::new(Workers::start(&shared)?);
        Ok(Self { shared, workers, random })
    }

    /// Which token it is.
    pub fn selector(&self) -> &TokenSelector {
        &self.shared.config.token
    }

    /// Closes the sessions if this is the last clone, without blocking the runtime.
    pub async fn close(self) {
        // If the runtime is ending, it has been dropped all the same.
        _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    /// Whether the token works just now, by the same trial as [`open`](Self::open).
    ///
    /// # Errors
    /// Why it doesn't.
    pub async fn check(&self) -> Result<(), HsmError> {
        self.call(OpenSession::self_test).await
    }

    /// Makes a non-extractable AES-256 key in the token, that only derives.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] if there is a key with this id, [`HsmError::AmbiguousKey`] if another one was made at the
    /// same time. After a [`HsmError::Timeout`] it may be there or not.
    pub async fn generate_aes256_key(&self, label: &str, id: &KeyId) -> Result<KeyHandle, HsmError> {
        self.call(generate(label, id)).await
    }

    /// [`generate_aes256_key`](Self::generate_aes256_key), blocking.
    ///
    /// # Errors
    /// Those of [`generate_aes256_key`](Self::generate_aes256_key).
    pub fn generate_aes256_key_blocking(&self, label: &str, id: &KeyId) -> Result<KeyHandle, HsmError> {
        self.call_blocking(generate(label, id))
    }

    /// Looks for a key.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`], [`HsmError::AmbiguousKey`]; [`HsmError::UnsuitableKey`] if it could leave the token.
    pub async fn find_key(&self, name: &KeyName) -> Result<KeyHandle, HsmError> {
        self.call(find(name)).await
    }

    /// [`find_key`](Self::find_key), blocking.
    ///
    /// # Errors
    /// Those of [`find_key`](Self::find_key).
    pub fn find_key_blocking(&self, name: &KeyName) -> Result<KeyHandle, HsmError> {
        self.call_blocking(find(name))
    }

    /// Destroys a key for good.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`], [`HsmError::AmbiguousKey`]. After a [`HsmError::Timeout`] it may be there or not.
    pub async fn destroy_key(&self, name: &KeyName) -> Result<(), HsmError> {
        let name = name.clone();
        self.call(move |session| session.destroy(&name)).await
    }

    /// Encrypts in the token, under a key derived for this message alone; see [`OVERHEAD`](crate::OVERHEAD) for its
    /// length. `aad` is authenticated and not stored. The form:
    ///
    /// version 1 (1 byte), salt (16), nonce (12), AES-256-GCM ciphertext, tag (16). The message's key is what
    /// AES-256-CBC under the token's key makes of the 32 bytes `keywright hsm v1: message key` (padded by spaces), with
    /// the salt as initialization vector. The associated data of GCM is the version, then `aad`.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`] if it is gone.
    pub async fn encrypt(
        &self,
        key: &KeyHandle,
        aad: &[u8],
        plaintext: &SecretBytes,
    ) -> Result<Vec<u8>, HsmError> {
        self.call(self.seal(key, aad, plaintext)).await
    }

    /// [`encrypt`](Self::encrypt), blocking.
    ///
    /// # Errors
    /// Those of [`encrypt`](Self::encrypt).
    pub fn encrypt_blocking(
        &self,
        key: &KeyHandle,
        aad: &[u8],
        plaintext: &SecretBytes,
    ) -> Result<Vec<u8>, HsmError> {
        self.call_blocking(self.seal(key, aad, plaintext))
    }

    /// Decrypts in the token what [`encrypt`](Self::encrypt) made.
    ///
    /// # Errors
    /// [`HsmError::NotAuthentic`] if it was altered, or made with another key or `aad`; [`HsmError::NoSuchKey`].
    pub async fn decrypt(
        &self,
        key: &KeyHandle,
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, HsmError> {
        self.call(open(key, aad, ciphertext)).await
    }

    /// [`decrypt`](Self::decrypt), blocking.
    ///
    /// # Errors
    /// Those of [`decrypt`](Self::decrypt).
    pub fn decrypt_blocking(
        &self,
        key: &KeyHandle,
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, HsmError> {
        self.call_blocking(open(key, aad, ciphertext))
    }

    /// A name that the key has by its value: 16 zero bytes, encrypted by AES-256-GCM with a zero nonce and no associated
    /// data, under what AES-256-CBC makes of `keywright hsm v1: fingerprint` (padded by spaces) with a zero
    /// initialization vector. It tells nothing about the key.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`] if it is gone.
    pub async fn fingerprint(&self, key: &KeyHandle) -> Result<Fingerprint, HsmError> {
        self.call(fingerprint(key)).await
    }

    /// [`fingerprint`](Self::fingerprint), blocking.
    ///
    /// # Errors
    /// Those of [`fingerprint`](Self::fingerprint).
    pub fn fingerprint_blocking(&self, key: &KeyHandle) -> Result<Fingerprint, HsmError> {
        self.call_blocking(fingerprint(key))
    }

    /// Random bytes of the token's own (`C_GenerateRandom`).
    ///
    /// # Errors
    /// Those of all calls.
    pub async fn generate_random(&self, length: usize) -> Result<SecretBytes, HsmError> {
        self.call(random(length)).await
    }

    /// [`generate_random`](Self::generate_random), blocking.
    ///
    /// # Errors
    /// Those of [`generate_random`](Self::generate_random).
    pub fn generate_random_blocking(&self, length: usize) -> Result<SecretBytes, HsmError> {
        self.call_blocking(random(length))
    }

    fn seal(
        &self,
        key: &KeyHandle,
        aad: &[u8],
        plaintext: &SecretBytes,
    ) -> impl Fn(&OpenSession) -> Result<Vec<u8>, Fault> + Send + 'static {
        let (name, aad, plaintext) = (key.name().clone(), aad.to_vec(), plaintext.clone());
        let random = Arc::clone(&self.random);
        move |session| session.seal(session.resolve(&name)?, &*random, &aad, &plaintext)
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnMut(&OpenSession) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, HsmError> {
        let limit = self.shared.config.timeout;
        let asked = Instant::now();
        let (reply, answer) = oneshot::channel();
        self.workers.submit(Box::new(move |connection| {
            if !reply.is_closed() && asked.elapsed() < limit {
                // Who asked may have given up meanwhile.
                _ = reply.send(connection.run(call));
            }
        }))?;
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) if asked.elapsed() < limit => Err(given_up()),
            Ok(Err(_)) | Err(_) => Err(HsmError::Timeout { after: limit }),
        }
    }

    fn call_blocking<T: Send + 'static>(
        &self,
        call: impl FnMut(&OpenSession) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, HsmError> {
        let limit = self.shared.config.timeout;
        let asked = Instant::now();
        let (reply, answer) = sync_channel(1);
        self.workers.submit(Box::new(move |connection| {
            if asked.elapsed() < limit {
                // Who asked may have given up meanwhile.
                _ = reply.send(connection.run(call));
            }
        }))?;
        match answer.recv_timeout(limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Disconnected) if asked.elapsed() < limit => Err(given_up()),
            Err(_) => Err(HsmError::Timeout { after: limit }),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.selector())
    }
}

fn generate(label: &str, id: &KeyId) -> impl Fn(&OpenSession) -> Result<KeyHandle, Fault> + Send + 'static {
    let (label, id) = (label.to_owned(), id.clone());
    move |session| session.generate(&label, &id)
}

fn find(name: &KeyName) -> impl Fn(&OpenSession) -> Result<KeyHandle, Fault> + Send + 'static {
    let name = name.clone();
    move |session| session.find(&name)
}

fn open(
    key: &KeyHandle,
    aad: &[u8],
    ciphertext: &[u8],
) -> impl Fn(&OpenSession) -> Result<SecretBytes, Fault> + Send + 'static {
    let (name, aad, ciphertext) = (key.name().clone(), aad.to_vec(), ciphertext.to_vec());
    move |session| session.open(session.resolve(&name)?, &aad, &ciphertext)
}

fn fingerprint(key: &KeyHandle) -> impl Fn(&OpenSession) -> Result<Fingerprint, Fault> + Send + 'static {
    let name = key.name().clone();
    move |session| session.fingerprint(session.resolve(&name)?)
}

fn random(length: usize) -> impl Fn(&OpenSession) -> Result<SecretBytes, Fault> + Send + 'static {
    move |session| session.random(length)
}

fn given_up() -> HsmError {
    HsmError::unavailable("the call came to no end")
}
