use std::fmt;

use super::wire::{Cursor, put_long};
use crate::error::{Error, Part};

/// A message's data key, encrypted by one wrapping key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EncryptedDataKey {
    /// Which kind of keyring made it: `aws-kms`, or the namespace of a raw keyring.
    pub provider_id: String,
    /// Which wrapping key it is: a KMS key's ARN, or a raw keyring's name for its key and what else it needs.
    pub provider_info: Vec<u8>,
    /// The encrypted data key itself.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// An entry of the header.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        [self.provider_id.as_bytes(), &self.provider_info, &self.ciphertext]
            .into_iter()
            .try_for_each(|field| put_long(out, field))
            .ok_or(Error::Materials("an encrypted data key is too long for the format"))
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let provider_id = cursor.long()?;
        let provider_info = cursor.long()?.to_vec();
        let ciphertext = cursor.long()?.to_vec();
        let provider_id = str::from_utf8(provider_id)
            .map_err(|_| Error::malformed(Part::Header, "provider of a data key is not utf-8"))?
            .to_owned();
        Ok(Self { provider_id, provider_info, ciphertext })
    }
}

impl fmt::Debug for EncryptedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedDataKey")
            .field("provider_id", &self.provider_id)
            .field("provider_info", &self.provider_info.escape_ascii().to_string())
            .field("ciphertext", &format_args!("{} bytes", self.ciphertext.len()))
            .finish()
    }
}
