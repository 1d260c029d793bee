use std::fmt;
use std::str::FromStr;

use crate::RootKeyError;

/// The public name of a root key: 16 bytes that are derived from it one way, in text 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RootKeyId([u8; RootKeyId::LEN]);

impl RootKeyId {
    /// The length in bytes.
    pub const LEN: usize = 16;

    /// An id as it was stored.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for RootKeyId {
    type Err = RootKeyError;

    /// Reads 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, RootKeyError> {
        let mut id = [0; Self::LEN];
        hex::decode_to_slice(text, &mut id).map_err(|_| RootKeyError::MalformedId)?;
        Ok(Self(id))
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKeyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = RootKeyId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string(), "30313233343536373839616263646566");
        assert_eq!(id.to_string().parse::<RootKeyId>().unwrap(), id);
        assert_eq!(format!("{id:?}"), "RootKeyId(30313233343536373839616263646566)");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "30", "3031323334353637383961626364656", "zz313233343536373839616263646566"] {
            assert!(matches!(text.parse::<RootKeyId>(), Err(RootKeyError::MalformedId)), "{text:?}");
        }
    }
}
