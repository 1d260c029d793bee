//! What keys and key materials are named by.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id>

use std::fmt;
use std::str::FromStr;

use keywright_aws_api::{AccountId, Arn, Region};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A key's id: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId {
    uuid: Uuid,
    multi_region: bool,
}

impl KeyId {
    /// The id of a single-Region key.
    #[must_use]
    pub fn single_region(uuid: Uuid) -> Self {
        Self { uuid, multi_region: false }
    }

    /// From its two parts.
    #[must_use]
    pub fn from_parts(uuid: Uuid, multi_region: bool) -> Self {
        Self { uuid, multi_region }
    }

    /// Parses the text form, in lower case as AWS writes it; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, multi_region) = match text.strip_prefix(MULTI_REGION_PREFIX) {
            Some(digits) if digits.len() == SIMPLE_LENGTH => (digits, true),
            None if text.len() == HYPHENATED_LENGTH => (text, false),
            Some(_) | None => return None,
        };
        if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        Some(Self { uuid: Uuid::try_parse(digits).ok()?, multi_region })
    }

    /// The 128 bits of the id.
    #[must_use]
    pub fn uuid(&self) -> &Uuid {
        &self.uuid
    }

    /// Whether it names a multi-Region key.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.multi_region
    }

    /// The ARN of the key with this id.
    #[must_use]
    pub fn arn(&self, region: &Region, account: AccountId) -> String {
        Arn::regional("kms", region, account, &format!("key/{self}"))
    }
}

impl FromStr for KeyId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::parse(text).ok_or(NotAnId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.multi_region {
            write!(f, "{MULTI_REGION_PREFIX}{}", self.uuid.as_simple())
        } else {
            write!(f, "{}", self.uuid.as_hyphenated())
        }
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of one key material: 32 bytes that are derived from it one way, in text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyMaterialId([u8; KeyMaterialId::LEN]);

impl KeyMaterialId {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Parses the text form, in lower case; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        keywright_crypto::from_hex_lower(text).map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for KeyMaterialId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::parse(text).ok_or(NotAnId)
    }
}

/// Text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

impl fmt::Display for KeyMaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&keywright_crypto::hex_lower(&self.0))
    }
}

impl fmt::Debug for KeyMaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for KeyMaterialId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

const MULTI_REGION_PREFIX: &str = "mrk-";
const SIMPLE_LENGTH: usize = 32;
const HYPHENATED_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_parsed_and_printed_alike() {
        for text in ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"] {
            let id = KeyId::parse(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.is_multi_region(), text.starts_with("mrk-"));
        }
    }

    #[test]
    fn other_texts_are_no_key_ids() {
        for text in [
            "",
            "app",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd12ab34cd56ef1234567890ab",
            "{1234abcd-12ab-34cd-56ef-1234567890ab}",
            "mrk-1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890a",
            "1234abcd-12ab-34cd-56ef-1234567890ax",
        ] {
            assert_eq!(KeyId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_material_id_is_64_hexadecimal_digits() {
        let id = KeyMaterialId::from_bytes([0xa5; 32]);
        assert_eq!(id.to_string(), "a5".repeat(32));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{}\"", "a5".repeat(32)));
        assert_eq!("a5".repeat(32).parse(), Ok(id));
        for text in ["", "a5", &"A5".repeat(32), &"+5".repeat(32), &"a5".repeat(33)] {
            assert_eq!(text.parse::<KeyMaterialId>(), Err(NotAnId), "{text}");
        }
    }
}
