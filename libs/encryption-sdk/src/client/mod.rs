//! The client: encrypts and decrypts by one materials manager.

mod blocking;
mod decrypt;
mod encrypt;
mod options;

use std::fmt;
use std::sync::Arc;

use keywright_crypto::{Random, SecretBytes, SystemRandom};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::cmm::{DefaultMaterialsManager, MaterialsManager};
use crate::error::Error;
use crate::stream::decryptor::{Acceptance, Decryptor};
use crate::stream::{
    AsyncDecryptReader, AsyncDecryptWriter, AsyncEncryptReader, AsyncEncryptWriter, copy_decrypted_async,
    copy_encrypted_async,
};
use crate::{CommitmentPolicy, EncryptionContext, Header, Keyring};

pub use blocking::BlockingClient;
pub use options::{DEFAULT_FRAME_LENGTH, DecryptOptions, EncryptOptions};

/// Encrypts and decrypts messages. Cheap to clone, and to be shared between threads.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), keywright_encryption_sdk::Error> {
/// use keywright_encryption_sdk::{Client, DecryptOptions, EncryptOptions, RawAesKeyring, SecretBytes};
///
/// let keyring = RawAesKeyring::new("my application", "key of 2026", &SecretBytes::new(vec![7; 32]))?;
/// let client = Client::builder().keyring(keyring).build()?;
///
/// let options = EncryptOptions::new().context([("purpose", "backup")]);
/// let encrypted = client.encrypt(b"plaintext", options).await?;
///
/// let options = DecryptOptions::new().context([("purpose", "backup")]);
/// let decrypted = client.decrypt(&encrypted.message, options).await?;
/// assert_eq!(decrypted.plaintext.expose_secret(), b"plaintext");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    materials: Arc<dyn MaterialsManager>,
    random: Arc<dyn Random>,
    policy: CommitmentPolicy,
    max_data_keys: u16,
    max_header_length: usize,
    max_frame_length: u64,
}

/// An encrypted message.
#[derive(Debug, Clone)]
pub struct Encrypted {
    /// The message.
    pub message: Vec<u8>,
    /// What it says of itself.
    pub info: MessageInfo,
}

/// A decrypted message.
#[derive(Debug, Clone)]
pub struct Decrypted {
    /// What was encrypted. Erased on drop.
    pub plaintext: SecretBytes,
    /// What the message says of itself.
    pub info: MessageInfo,
}

/// What a message says of itself, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageInfo {
    /// The header.
    pub header: Header,
    /// The whole encryption context: what lies in the header, and what is only authenticated.
    pub context: EncryptionContext,
}

impl Client {
    /// What a client is made of.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            materials: None,
            random: Arc::new(SystemRandom),
            policy: CommitmentPolicy::default(),
            max_data_keys: u16::MAX,
            max_header_length: DEFAULT_MAX_HEADER_LENGTH,
            max_frame_length: u64::MAX,
        }
    }

    /// The same for threads that may wait.
    pub fn blocking(&self) -> BlockingClient {
        BlockingClient::new(self.clone())
    }

    /// Encrypts `plaintext`.
    ///
    /// # Errors
    /// [`Error::EncryptionContext`], [`Error::CommitmentPolicy`], [`Error::LimitExceeded`], and what a keyring fails by.
    pub async fn encrypt(&self, plaintext: &[u8], options: EncryptOptions) -> Result<Encrypted, Error> {
        let request = self.encryption_request(&options, Some(plaintext.len() as u64))?;
        let materials = self.materials.encryption_materials(request).await?;
        self.encrypt_with(&materials, plaintext, &options)
    }

    /// Decrypts `message`, all of it or nothing.
    ///
    /// # Errors
    /// Why the message is refused ([`Error::is_about_the_message`]), and what a keyring fails by.
    pub async fn decrypt(&self, message: &[u8], options: DecryptOptions) -> Result<Decrypted, Error> {
        let acceptance = self.acceptance(&options);
        let read = acceptance.read_header(message)?;
        let request = acceptance.request(&read, &options.context);
        let materials = self.materials.decryption_materials(request).await?;
        decrypt::decrypt_with(&acceptance, read, &materials, message)
    }

    /// Reads plaintext from `source`; the result is read as a message.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub async fn encrypt_reader<R: AsyncRead + Unpin>(
        &self,
        source: R,
        options: EncryptOptions,
    ) -> Result<AsyncEncryptReader<R>, Error> {
        Ok(AsyncEncryptReader::new(self.encryptor(&options).await?, source))
    }

    /// The result is written plaintext, and writes a message to `sink`, which it shuts down.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub async fn encrypt_writer<W: AsyncWrite + Unpin>(
        &self,
        sink: W,
        options: EncryptOptions,
    ) -> Result<AsyncEncryptWriter<W>, Error> {
        Ok(AsyncEncryptWriter::new(self.encryptor(&options).await?, sink))
    }

    /// Reads a message from `source`, at once its header; the result is read as plaintext.
    ///
    /// # Errors
    /// As for [`decrypt`](Self::decrypt), where the header is at fault. Reading tells the rest.
    pub async fn decrypt_reader<R: AsyncRead + Unpin>(
        &self,
        source: R,
        options: DecryptOptions,
    ) -> Result<AsyncDecryptReader<R>, Error> {
        AsyncDecryptReader::new(self, self.decryptor(options), source).await
    }

    /// The result is written a message, and writes plaintext to `sink`, which it shuts down.
    pub fn decrypt_writer<W: AsyncWrite + Unpin>(
        &self,
        sink: W,
        options: DecryptOptions,
    ) -> AsyncDecryptWriter<W> {
        AsyncDecryptWriter::new(self.clone(), self.decryptor(options), sink)
    }

    /// Encrypts all that `source` has into `sink`: frames are read where they are sealed, and written from there.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt), and [`Error::Io`].
    pub async fn encrypt_stream(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
        options: EncryptOptions,
    ) -> Result<MessageInfo, Error> {
        copy_encrypted_async(self.encryptor(&options).await?, source, sink).await
    }

    /// Decrypts all that `source` has into `sink`. When it fails, undo what was done with the plaintext.
    ///
    /// # Errors
    /// As for [`decrypt`](Self::decrypt), and [`Error::Io`].
    pub async fn decrypt_stream(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
        options: DecryptOptions,
    ) -> Result<MessageInfo, Error> {
        copy_decrypted_async(self, self.decryptor(options), source, sink).await
    }

    pub(crate) fn materials_manager(&self) -> &dyn MaterialsManager {
        &*self.materials
    }

    fn acceptance(&self, options: &DecryptOptions) -> Acceptance {
        Acceptance {
            policy: self.policy,
            max_data_keys: self.max_data_keys,
            max_header_length: self.max_header_length,
            max_frame_length: self.max_frame_length,
            unsigned_only: options.unsigned_only,
        }
    }

    pub(crate) fn decryptor(&self, options: DecryptOptions) -> Decryptor {
        Decryptor::new(self.acceptance(&options), options.context)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("commitment_policy", &self.policy)
            .field("max_encrypted_data_keys", &self.max_data_keys)
            .field("max_header_length", &self.max_header_length)
            .field("max_frame_length", &self.max_frame_length)
            .finish_non_exhaustive()
    }
}

/// What a [`Client`] is made of.
pub struct ClientBuilder {
    materials: Option<Arc<dyn MaterialsManager>>,
    random: Arc<dyn Random>,
    policy: CommitmentPolicy,
    max_data_keys: u16,
    max_header_length: usize,
    max_frame_length: u64,
}

impl ClientBuilder {
    /// Asks this keyring for every message.
    #[must_use]
    pub fn keyring(self, keyring: impl Keyring + 'static) -> Self {
        self.materials_manager(DefaultMaterialsManager::new(keyring))
    }

    /// Asks this materials manager for every message, in place of a keyring.
    #[must_use]
    pub fn materials_manager(mut self, manager: impl MaterialsManager + 'static) -> Self {
        self.materials = Some(Arc::new(manager));
        self
    }

    /// Whether messages must be committed to their data keys: always, unless something else is said here.
    #[must_use]
    pub fn commitment_policy(mut self, policy: CommitmentPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The greatest number of encrypted data keys in a message, written or read. Each that is read may cost a call.
    #[must_use]
    pub fn max_encrypted_data_keys(mut self, maximum: u16) -> Self {
        self.max_data_keys = maximum;
        self
    }

    /// The greatest length of a header that is read, in bytes: 16 MiB, unless something else is said here.
    #[must_use]
    pub fn max_header_length(mut self, maximum: usize) -> Self {
        self.max_header_length = maximum;
        self
    }

    /// The greatest frame that is decrypted, in bytes of plaintext; content without frames is one. Without a limit a
    /// stream of somebody else's may need as much memory as its frames are long, up to 4 GiB, or 64 GiB without frames.
    #[must_use]
    pub fn max_frame_length(mut self, maximum: u64) -> Self {
        self.max_frame_length = maximum;
        self
    }

    /// Where message ids come from: the operating system, unless something else is said here.
    #[must_use]
    pub fn random(mut self, random: impl Random + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Configuration`] without a keyring or a materials manager, and for limits that allow nothing.
    pub fn build(self) -> Result<Client, Error> {
        let materials = self.materials.ok_or(Error::Configuration("the client has no keyring"))?;
        if self.max_data_keys == 0 {
            return Err(Error::Configuration("the client allows no encrypted data keys"));
        }
        Ok(Client {
            materials,
            random: self.random,
            policy: self.policy,
            max_data_keys: self.max_data_keys,
            max_header_length: self.max_header_length,
            max_frame_length: self.max_frame_length,
        })
    }
}

const DEFAULT_MAX_HEADER_LENGTH: usize = 16 << 20;
