//! Keys in PEM (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{CryptoError, SecretBytes};
use zeroize::Zeroizing;

/// What a file of PEM holds.
#[derive(Clone, Copy)]
pub(super) enum Label {
    PublicKey,
    PrivateKey,
}

impl Label {
    fn marks(self) -> [&'static str; 2] {
        match self {
            Self::PublicKey => ["-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"],
            Self::PrivateKey => ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"],
        }
    }
}

/// The DER in `key`, which is DER or has it in PEM.
///
/// # Errors
/// [`CryptoError::InvalidKey`] for PEM without exactly one key of this label.
pub(super) fn from_pem(key: &[u8], label: Label) -> Result<SecretBytes, CryptoError> {
    // Every DER key begins with the tag of a sequence, which is a digit in ASCII.
    if key.first() == Some(&SEQUENCE) {
        return Ok(SecretBytes::new(key.to_vec()));
    }
    let text = str::from_utf8(key).map_err(|_| CryptoError::InvalidKey)?;
    let [begin, end] = label.marks();
    let (_, behind) = text.split_once(begin).ok_or(CryptoError::InvalidKey)?;
    let (body, rest) = behind.split_once(end).ok_or(CryptoError::InvalidKey)?;
    if rest.contains(begin) {
        return Err(CryptoError::InvalidKey);
    }
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    base64.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    STANDARD.decode(&*base64).map(SecretBytes::new).map_err(|_| CryptoError::InvalidKey)
}

const SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_gives_its_der_and_der_itself() {
        let pem = b"text before\n-----BEGIN PUBLIC KEY-----\r\nMAMC\nAQE=\n-----END PUBLIC KEY-----\n";
        let der = [0x30, 3, 2, 1, 1];
        assert_eq!(from_pem(pem, Label::PublicKey).unwrap().expose_secret(), der);
        assert_eq!(from_pem(&der, Label::PrivateKey).unwrap().expose_secret(), der);
    }

    #[test]
    fn anything_else_is_refused() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMAMCAQE=\n-----END PUBLIC KEY-----\n";
        for (text, label) in [
            (pem.repeat(2), Label::PublicKey),
            (pem.to_owned(), Label::PrivateKey),
            (pem.replace("END", "and"), Label::PublicKey),
            (pem.replace("MAMC", "MA!C"), Label::PublicKey),
            (String::new(), Label::PublicKey),
        ] {
            assert_eq!(from_pem(text.as_bytes(), label).unwrap_err(), CryptoError::InvalidKey, "{text}");
        }
    }
}
