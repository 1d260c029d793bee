//! Keys in a token: made there, used there, destroyed there.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/keystore-cloudhsm.html>

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_crypto::{NONCE_LEN, Random, SecretBytes, SecretString};
use keywright_hsm::{HsmError, KeyHandle, KeyId as TokenKeyId, KeyName as TokenKeyName, Token, TokenConfig};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Mutex as Turn, OnceCell, OwnedMutexGuard, oneshot};

use super::clusters::Cluster;
use super::error::CustomStoreError;
use super::hsm_error::HsmStoreError;
use super::refusals::{Refusal, Refusals};
use crate::domain::ciphertext::{BlobForm, Ciphertext, Header, SALT_LEN, associated_data};
use crate::domain::custom_store::StoreName;
use crate::domain::encryption_context::EncryptionContext;
use crate::domain::entry::KeyEntry;
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::error::Error;

/// A custom key store's way to its token, as of one attempt to connect it. The token is opened at the first use, and
/// closed when this is dropped.
pub struct HsmStore {
    name: StoreName,
    attempt: i64,
    /// None where the operator has no such cluster.
    way: Option<Way>,
}

struct Way {
    cluster: Arc<Cluster>,
    password: SecretString,
    random: Arc<dyn Random>,
    refusals: Arc<Refusals>,
    token: OnceCell<Opened>,
    failed: Mutex<Option<Failure>>,
}

/// The token comes first: the next one may log in when this one is closed.
struct Opened {
    token: Token,
    _turn: OwnedMutexGuard<()>,
}

/// Why the token could not be opened, and when.
struct Failure {
    at: Instant,
    error: Arc<HsmError>,
}

impl HsmStore {
    pub(super) fn new(
        name: StoreName,
        attempt: i64,
        cluster: Arc<Cluster>,
        password: SecretString,
        (random, refusals): (&Arc<dyn Random>, &Arc<Refusals>),
    ) -> Self {
        let (random, refusals) = (Arc::clone(random), Arc::clone(refusals));
        let (token, failed) = (OnceCell::new(), Mutex::default());
        Self { name, attempt, way: Some(Way { cluster, password, random, refusals, token, failed }) }
    }

    pub(super) fn without_cluster(name: StoreName, attempt: i64) -> Self {
        Self { name, attempt, way: None }
    }

    pub(super) fn is_of(&self, name: &StoreName, attempt: i64) -> bool {
        self.name == *name && self.attempt == attempt
    }

    /// Logs in to the token, and tries out what it must be able to do.
    ///
    /// # Errors
    /// [`HsmStoreError`].
    pub(super) async fn connect(&self) -> Result<(), HsmStoreError> {
        self.token().await.map(|_| ())
    }

    /// Makes the key of a KMS key.
    ///
    /// # Errors
    /// [`HsmStoreError`]; whether there is a key is not known then.
    pub(crate) async fn generate_key(&self, id: KeyId) -> Result<(), HsmStoreError> {
        let made = self.token().await?.generate_aes256_key(&id.to_string(), &token_id(id)?).await;
        self.heard(made).map(|_| ())
    }

    /// Destroys the key of a KMS key, where there is one.
    ///
    /// # Errors
    /// [`HsmStoreError`]; whether there is a key is not known then.
    pub(super) async fn destroy_key(&self, id: KeyId) -> Result<(), HsmStoreError> {
        match self.token().await?.destroy_key(&TokenKeyName::Id(token_id(id)?)).await {
            Err(HsmError::NoSuchKey { .. }) => Ok(()),
            destroyed => self.heard(destroyed),
        }
    }

    /// Random bytes of the token's.
    ///
    /// # Errors
    /// [`HsmStoreError`].
    pub(crate) async fn random(&self, length: usize) -> Result<SecretBytes, HsmStoreError> {
        let drawn = self.token().await?.generate_random(length).await;
        self.heard(drawn)
    }

    /// Encrypts in the token; gives the blob.
    ///
    /// # Errors
    /// [`CustomStoreError::Token`].
    pub(crate) async fn seal(
        &self,
        entry: &KeyEntry,
        context: EncryptionContext<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let header = Header {
            form: BlobForm::CloudHsm,
            account: entry.key.account,
            key_id: entry.key.id,
            material_id: NO_MATERIAL,
            salt: [0; SALT_LEN],
            nonce: [0; NONCE_LEN],
        };
        let mut blob = Vec::new();
        header.append(&mut blob);
        let plaintext = SecretBytes::new(plaintext.to_vec());
        let sealed = async {
            let (token, key) = (self.token().await?, handle(entry.key.id)?);
            self.heard(token.encrypt(&key, &associated_data(&blob, context), &plaintext).await)
        };
        let sealed = sealed.await.map_err(CustomStoreError::Token)?;
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Decrypts what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`Error::InvalidCiphertext`] or [`CustomStoreError::Token`].
    pub(crate) async fn open(
        &self,
        entry: &KeyEntry,
        context: EncryptionContext<'_>,
        ciphertext: &Ciphertext<'_>,
    ) -> Result<SecretBytes, Error> {
        if ciphertext.header().form != BlobForm::CloudHsm {
            return Err(Error::InvalidCiphertext);
        }
        let opened = async {
            let (token, key) = (self.token().await?, handle(entry.key.id)?);
            match token.decrypt(&key, &ciphertext.associated_data(context), ciphertext.sealed()).await {
                Err(HsmError::NotAuthentic) => Ok(None),
                opened => self.heard(opened).map(Some),
            }
        };
        opened.await.map_err(CustomStoreError::Token)?.ok_or(Error::InvalidCiphertext)
    }

    async fn token(&self) -> Result<&Token, HsmStoreError> {
        let way = self.way.as_ref().ok_or(HsmStoreError::NoCluster)?;
        let opened = way.token.get_or_try_init(|| self.log_in(way)).await?;
        Ok(&opened.token)
    }

    /// Opens the token, unless that has just failed, or failed for a reason that stays: a wrong password is tried once.
    async fn log_in(&self, way: &Way) -> Result<Opened, HsmStoreError> {
        if let Some(error) = way.known_failure() {
            return Err(HsmStoreError::Token(error));
        }
        let config = way.cluster.section.token_config(&way.password);
        let (random, turn) = (Arc::clone(&way.random), Arc::clone(&way.cluster.turn));
        let (reply, opened) = oneshot::channel();
        // On its own, so that nothing is left halfway when who waits for it gives up.
        tokio::spawn(async move {
            let opened = open(config, random, turn).await;
            if let Err(Ok(Opened { token, _turn })) = reply.send(opened) {
                token.close().await;
            }
        });
        let ended = || HsmError::Unavailable { reason: "the login came to no end".to_owned() };
        let opened = opened.await.unwrap_or_else(|_| Err(ended()));
        self.heard(opened)
    }

    /// Notes why a call failed: whoever is refused by the token now isn't let in the next time either.
    fn heard<T>(&self, answer: Result<T, HsmError>) -> Result<T, HsmStoreError> {
        answer.map_err(|error| {
            let error = Arc::new(error);
            tracing::warn!(store = %self.name.id, %error, "the token of a custom key store failed");
            let failure = HsmStoreError::Token(Arc::clone(&error));
            if let Some(way) = &self.way {
                *way.failed.lock() = Some(Failure { at: Instant::now(), error });
                if failure.is_refusal() {
                    let code = failure.connection_error_code();
                    way.refusals.note(Refusal { name: self.name.clone(), attempt: self.attempt, code });
                }
            }
            failure
        })
    }
}

impl Way {
    fn known_failure(&self) -> Option<Arc<HsmError>> {
        let failed = self.failed.lock();
        let Failure { at, error } = failed.as_ref()?;
        let stays = HsmStoreError::Token(Arc::clone(error)).is_refusal();
        (stays || at.elapsed() < RETRY_AFTER).then(|| Arc::clone(error))
    }
}

/// Opens a token when it is its turn.
async fn open(config: TokenConfig, random: Arc<dyn Random>, turn: Arc<Turn<()>>) -> Result<Opened, HsmError> {
    let after = config.timeout;
    let turn = tokio::time::timeout(after, turn.lock_owned()).await;
    let turn = turn.map_err(|_| HsmError::Timeout { after })?;
    Ok(Opened { token: Token::open(config, random).await?, _turn: turn })
}

impl Drop for HsmStore {
    fn drop(&mut self) {
        let Some(opened) = self.way.as_mut().and_then(|way| way.token.take()) else { return };
        // Closing sessions blocks.
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(opened))),
            Err(_) => drop(opened),
        }
    }
}

/// No password.
impl fmt::Debug for HsmStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HsmStore({}, attempt {})", self.name.id, self.attempt)
    }
}

fn token_id(id: KeyId) -> Result<TokenKeyId, HsmStoreError> {
    Ok(TokenKeyId::new(id.uuid().as_bytes().as_slice()).map_err(Arc::new)?)
}

fn handle(id: KeyId) -> Result<KeyHandle, HsmStoreError> {
    Ok(KeyHandle::of(TokenKeyName::Id(token_id(id)?)))
}

/// The material has no id that is known here.
const NO_MATERIAL: KeyMaterialId = KeyMaterialId::from_bytes([0; 32]);
/// How soon a token is opened again that could not be.
const RETRY_AFTER: Duration = Duration::from_secs(1);
