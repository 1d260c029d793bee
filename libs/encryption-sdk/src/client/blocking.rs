use std::io::{Read, Write};

use super::{Client, DecryptOptions, Decrypted, EncryptOptions, Encrypted, MessageInfo};
use crate::block_on::block_on;
use crate::error::Error;
use crate::stream::{
    DecryptReader, DecryptWriter, EncryptReader, EncryptWriter, copy_decrypted, copy_encrypted,
};

/// A [`Client`] for threads that may wait. Not for threads that drive the runtime of the KMS client.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::{Read as _, Write as _};
/// use keywright_encryption_sdk::{Client, DecryptOptions, EncryptOptions, RawAesKeyring, SecretBytes};
///
/// let keyring = RawAesKeyring::new("my application", "key of 2026", &SecretBytes::new(vec![7; 32]))?;
/// let client = Client::builder().keyring(keyring).build()?.blocking();
///
/// let mut writer = client.encrypt_writer(Vec::new(), EncryptOptions::new())?;
/// writer.write_all(b"plaintext")?;
/// let message = writer.finish()?;
///
/// let mut plaintext = Vec::new();
/// client.decrypt_reader(message.as_slice(), DecryptOptions::new())?.read_to_end(&mut plaintext)?;
/// assert_eq!(plaintext, b"plaintext");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BlockingClient {
    client: Client,
}

impl BlockingClient {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    /// [`Client::encrypt`].
    ///
    /// # Errors
    /// As there.
    pub fn encrypt(&self, plaintext: &[u8], options: EncryptOptions) -> Result<Encrypted, Error> {
        block_on(self.client.encrypt(plaintext, options))
    }

    /// [`Client::decrypt`].
    ///
    /// # Errors
    /// As there.
    pub fn decrypt(&self, message: &[u8], options: DecryptOptions) -> Result<Decrypted, Error> {
        block_on(self.client.decrypt(message, options))
    }

    /// Reads plaintext from `source`; the result is read as a message.
    ///
    /// # Errors
    /// As for [`Client::encrypt`].
    pub fn encrypt_reader<R: Read>(
        &self,
        source: R,
        options: EncryptOptions,
    ) -> Result<EncryptReader<R>, Error> {
        Ok(EncryptReader::new(block_on(self.client.encryptor(&options))?, source))
    }

    /// The result is written plaintext, and writes a message to `sink`.
    ///
    /// # Errors
    /// As for [`Client::encrypt`].
    pub fn encrypt_writer<W: Write>(
        &self,
        sink: W,
        options: EncryptOptions,
    ) -> Result<EncryptWriter<W>, Error> {
        Ok(EncryptWriter::new(block_on(self.client.encryptor(&options))?, sink))
    }

    /// Reads a message from `source`, at once its header; the result is read as plaintext.
    ///
    /// # Errors
    /// As for [`Client::decrypt`], where the header is at fault. Reading tells the rest.
    pub fn decrypt_reader<R: Read>(
        &self,
        source: R,
        options: DecryptOptions,
    ) -> Result<DecryptReader<R>, Error> {
        DecryptReader::new(&self.client, self.client.decryptor(options), source)
    }

    /// The result is written a message, and writes plaintext to `sink`.
    pub fn decrypt_writer<W: Write>(&self, sink: W, options: DecryptOptions) -> DecryptWriter<W> {
        DecryptWriter::new(self.client.clone(), self.client.decryptor(options), sink)
    }

    /// Encrypts all that `source` has into `sink`: frames are read where they are sealed, and written from there.
    ///
    /// # Errors
    /// As for [`Client::encrypt`], and [`Error::Io`].
    pub fn encrypt_stream(
        &self,
        source: &mut impl Read,
        sink: &mut impl Write,
        options: EncryptOptions,
    ) -> Result<MessageInfo, Error> {
        copy_encrypted(&mut block_on(self.client.encryptor(&options))?, source, sink)
    }

    /// Decrypts all that `source` has into `sink`. When it fails, undo what was done with the plaintext.
    ///
    /// # Errors
    /// As for [`Client::decrypt`], and [`Error::Io`].
    pub fn decrypt_stream(
        &self,
        source: &mut impl Read,
        sink: &mut impl Write,
        options: DecryptOptions,
    ) -> Result<MessageInfo, Error> {
        copy_decrypted(&self.client, &mut self.client.decryptor(options), source, sink)
    }
}
