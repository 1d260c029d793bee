//! The ciphertext blob of a symmetric key.
//!
//! | offset | bytes | what |
//! |-------:|------:|------|
//! | 0 | 2 | `KW` |
//! | 2 | 1 | version, by where the key is: 1, 2 or 3 |
//! | 3 | 1 | flags: bit 0 says that the key is multi-Region; the others are zero |
//! | 4 | 6 | the key's account, as a big-endian number |
//! | 10 | 16 | the UUID of the key's id |
//! | 26 | 32 | the key material id |
//! | 58 | 16 | salt, random |
//! | 74 | 12 | nonce, random |
//! | 86 | 4 | CRC-32C of all before it, big-endian |
//! | 90 | any | ciphertext, and a tag of 16 bytes |
//!
//! Version 1 is of keys whose material is here. Version 2 is of keys in an external key store: what version 1 has behind
//! the header is encrypted once more, by the external key ([`Sealed`](crate::xks::Sealed) is its form), and bound to the
//! SHA-256 of the associated data. Version 3 is of keys in a CloudHSM key store: behind the header is what the token made
//! (`Token::encrypt` of `libs/hsm` says how), with the associated data below; key material id, salt and nonce of the header
//! are zero.
//!
//! The key of each message comes from the backing key and the salt by the counter mode KDF of NIST SP 800-108 (label
//! [`MESSAGE_KEY_LABEL`], context the salt); with it AES-256-GCM encrypts. The associated data is the whole header with the
//! canonical encryption context behind it. The Region isn't there: a multi-Region key decrypts in each of its Regions. The
//! checksum protects nothing; it tells a damaged blob from one whose key is elsewhere.

use keywright_aws_api::AccountId;
use keywright_crypto::{NONCE_LEN, TAG_LEN};
use uuid::Uuid;

use super::encryption_context::EncryptionContext;
use super::key_id::{KeyId, KeyMaterialId};

/// Where the key of a blob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobForm {
    /// Here.
    Own = 1,
    /// Here, and in an external key store.
    External = 2,
    /// In a CloudHSM key store.
    CloudHsm = 3,
}

/// What stands before the encrypted part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the key is.
    pub form: BlobForm,
    /// The account of the key.
    pub account: AccountId,
    /// The key.
    pub key_id: KeyId,
    /// The key material that was current.
    pub material_id: KeyMaterialId,
    /// What makes the message's key unique.
    pub salt: [u8; SALT_LEN],
    /// The nonce under that key.
    pub nonce: [u8; NONCE_LEN],
}

/// A blob of the right form. Whether it is authentic shows only when it is decrypted.
#[derive(Clone, Copy, Debug)]
pub struct Ciphertext<'a> {
    header: Header,
    header_bytes: &'a [u8],
    sealed: &'a [u8],
}

impl Header {
    /// Appends the bytes of the header.
    pub fn append(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[
            self.form as u8,
            if self.key_id.is_multi_region() { MULTI_REGION } else { 0 },
        ]);
        out.extend_from_slice(&account_bytes(self.account));
        out.extend_from_slice(self.key_id.uuid().as_bytes());
        out.extend_from_slice(self.material_id.as_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.nonce);
        let checksum = crc32c::crc32c(out.get(start..).unwrap_or_default());
        out.extend_from_slice(&checksum.to_be_bytes());
    }

    fn parse(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let (checked, checksum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
        if crc32c::crc32c(checked) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let rest = checked.strip_prefix(&MAGIC)?;
        let (&[version, flags], rest) = rest.split_first_chunk()?;
        let form = [BlobForm::Own, BlobForm::External, BlobForm::CloudHsm]
            .into_iter()
            .find(|form| *form as u8 == version)?;
        if flags & !MULTI_REGION != 0 {
            return None;
        }
        let (account, rest) = rest.split_first_chunk::<ACCOUNT_LEN>()?;
        let (uuid, rest) = rest.split_first_chunk()?;
        let (material_id, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, _) = rest.split_first_chunk()?;
        Some(Self {
            form,
            account: account_from(*account)?,
            key_id: KeyId::from_parts(Uuid::from_bytes(*uuid), flags & MULTI_REGION != 0),
            material_id: KeyMaterialId::from_bytes(*material_id),
            salt: *salt,
            nonce: *nonce,
        })
    }
}

impl<'a> Ciphertext<'a> {
    /// Reads a blob's form; `None` for what this platform didn't make, or what was damaged.
    #[must_use]
    pub fn parse(blob: &'a [u8]) -> Option<Self> {
        let (header_bytes, sealed) = blob.split_first_chunk::<HEADER_LEN>()?;
        if sealed.len() <= TAG_LEN {
            return None;
        }
        Some(Self { header: Header::parse(header_bytes)?, header_bytes, sealed })
    }

    /// What the blob says of itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header's bytes.
    #[must_use]
    pub fn header_bytes(&self) -> &'a [u8] {
        self.header_bytes
    }

    /// Ciphertext and tag.
    #[must_use]
    pub fn sealed(&self) -> &'a [u8] {
        self.sealed
    }

    /// The associated data under a context.
    #[must_use]
    pub fn associated_data(&self, context: EncryptionContext<'_>) -> Vec<u8> {
        associated_data(self.header_bytes, context)
    }
}

/// The header's bytes with the canonical context behind them.
pub(crate) fn associated_data(header_bytes: &[u8], context: EncryptionContext<'_>) -> Vec<u8> {
    let mut data = Vec::with_capacity(header_bytes.len() + context.canonical_len());
    data.extend_from_slice(header_bytes);
    context.append_canonical(&mut data);
    data
}

fn account_bytes(account: AccountId) -> [u8; ACCOUNT_LEN] {
    let number = account
        .as_str()
        .bytes()
        .fold(0_u64, |number, digit| number * 10 + u64::from(digit.wrapping_sub(b'0')));
    // Twelve decimal digits need 40 bits.
    let [_, _, bytes @ ..] = number.to_be_bytes();
    bytes
}

fn account_from(bytes: [u8; ACCOUNT_LEN]) -> Option<AccountId> {
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    AccountId::parse(&format!("{number:012}")).ok()
}

/// Tells message keys from all else that is derived from a backing key.
pub const MESSAGE_KEY_LABEL: &[u8] = b"keywright kms message key v1";
/// The length of a salt, in bytes.
pub const SALT_LEN: usize = 16;
/// The length of the header, in bytes.
pub const HEADER_LEN: usize = 90;
const MAGIC: [u8; 2] = *b"KW";
const MULTI_REGION: u8 = 1;
const ACCOUNT_LEN: usize = 6;
const CHECKSUM_LEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(multi_region: bool) -> Header {
        Header {
            form: BlobForm::Own,
            account: AccountId::parse("999999999999").unwrap(),
            key_id: KeyId::from_parts(Uuid::from_bytes([7; 16]), multi_region),
            material_id: KeyMaterialId::from_bytes([9; 32]),
            salt: [1; SALT_LEN],
            nonce: [2; NONCE_LEN],
        }
    }

    fn blob(multi_region: bool) -> Vec<u8> {
        let mut blob = Vec::new();
        header(multi_region).append(&mut blob);
        assert_eq!(blob.len(), HEADER_LEN);
        blob.extend_from_slice(&[0; TAG_LEN + 1]);
        blob
    }

    #[test]
    fn a_header_survives_its_round_trip() {
        for multi_region in [false, true] {
            let blob = blob(multi_region);
            let parsed = Ciphertext::parse(&blob).unwrap();
            assert_eq!(*parsed.header(), header(multi_region));
            assert_eq!(parsed.sealed(), [0; TAG_LEN + 1]);
        }
    }

    #[test]
    fn the_layout_is_what_the_documentation_says() {
        let blob = blob(true);
        assert_eq!(blob[..4], [b'K', b'W', 1, 1]);
        assert_eq!(blob[4..10], [0x00, 0xe8, 0xd4, 0xa5, 0x0f, 0xff]);
        assert_eq!(blob[10..26], [7; 16]);
        assert_eq!(blob[26..58], [9; 32]);
        assert_eq!(blob[58..74], [1; 16]);
        assert_eq!(blob[74..86], [2; 12]);
    }

    #[test]
    fn any_damage_to_the_header_is_noticed() {
        let blob = blob(false);
        for bit in 0..HEADER_LEN * 8 {
            let mut damaged = blob.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Ciphertext::parse(&damaged).is_none(), "bit {bit}");
        }
        for length in 0..blob.len() {
            assert!(Ciphertext::parse(&blob[..length]).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn a_blob_of_aws_is_foreign() {
        let aws = [0x01, 0x02, 0x02, 0x00, 0x78].into_iter().chain([0x5a; 179]).collect::<Vec<u8>>();
        assert!(Ciphertext::parse(&aws).is_none());
    }
}
