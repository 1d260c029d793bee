//! CMS EnvelopedData (RFC 5652, 6), as KMS writes it.
//!
//! The outer structures have no length but an end, which BER permits and DER doesn't: AWS's SDK for enclaves reads them by
//! their headers, and fails at any other form. No library here writes that, so it is done by hand.

use keywright_crypto::{
    AsymmetricEncryption, CryptoError, Key256, PublicKey, Random, RandomExt as _, SecretBytes,
    aes256_cbc_encrypt, sha256,
};

/// Encrypts for the holder of the private half of an RSA key, who is named by the SHA-256 digest of its public half.
pub(crate) fn envelop(
    recipient: &PublicKey,
    plaintext: &SecretBytes,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let (key, iv) = (Key256::generate(random)?, random.bytes()?);
    let encrypted_key = recipient.encrypt(AsymmetricEncryption::OaepSha256, key.expose_secret(), random)?;
    let encrypted = aes256_cbc_encrypt(&key, &iv, plaintext)?;
    let recipient_info = element(
        SEQUENCE,
        &[
            &VERSION_2,
            &element(IMPLICIT_0, &[&sha256(recipient.spki())]),
            &key_encryption_algorithm(),
            &element(OCTET_STRING, &[&encrypted_key]),
        ],
    );
    let content_algorithm = element(SEQUENCE, &[&AES_256_CBC, &element(OCTET_STRING, &[&iv])]);
    let content = open_ended(EXPLICIT_0, &[&element(OCTET_STRING, &[&encrypted])]);
    let content_info = open_ended(SEQUENCE, &[&DATA, &content_algorithm, &content]);
    let enveloped = open_ended(SEQUENCE, &[&VERSION_2, &element(SET, &[&recipient_info]), &content_info]);
    Ok(open_ended(SEQUENCE, &[&ENVELOPED_DATA, &open_ended(EXPLICIT_0, &[&enveloped])]))
}

/// RSAES-OAEP with SHA-256 in both places (RFC 4055, 4.1).
fn key_encryption_algorithm() -> Vec<u8> {
    let digest = element(SEQUENCE, &[&SHA_256, &NULL]);
    let mask = element(SEQUENCE, &[&MGF_1, &digest]);
    let parameters = element(SEQUENCE, &[&element(EXPLICIT_0, &[&digest]), &element(EXPLICIT_1, &[&mask])]);
    element(SEQUENCE, &[&RSAES_OAEP, &parameters])
}

/// An element with its length.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len + 4);
    out.push(tag);
    let bytes = len.to_be_bytes();
    match u8::try_from(len) {
        Ok(short) if short < LONG => out.push(short),
        _ => {
            let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            // A usize has 8 bytes at most.
            out.push(LONG | significant.len() as u8);
            out.extend(significant);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// An element that goes on until it ends.
fn open_ended(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![tag, LONG];
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.extend(END);
    out
}

const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const IMPLICIT_0: u8 = 0x80;
const EXPLICIT_0: u8 = 0xa0;
const EXPLICIT_1: u8 = 0xa1;

/// In the place of a length: how many bytes it has follows in the lower bits; none, if there is no length.
const LONG: u8 = 0x80;
const END: [u8; 2] = [0, 0];

const VERSION_2: [u8; 3] = [0x02, 0x01, 0x02];
const NULL: [u8; 2] = [0x05, 0x00];

// Object identifiers, with their headers.
const DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENVELOPED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
const RSAES_OAEP: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07];
const MGF_1: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
const SHA_256: [u8; 11] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const AES_256_CBC: [u8; 11] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_fewest_bytes() {
        let header = |len: usize| element(OCTET_STRING, &[&vec![7; len]])[..].to_vec();
        assert_eq!(header(0), [4, 0]);
        assert_eq!(header(127)[..2], [4, 127]);
        assert_eq!(header(128)[..3], [4, 0x81, 128]);
        assert_eq!(header(256)[..4], [4, 0x82, 1, 0]);
        assert_eq!(header(65_536)[..5], [4, 0x83, 1, 0, 0]);
    }

    #[test]
    fn the_algorithm_of_the_key_is_written_as_aws_does() {
        let written = "303c06092a864886f70d010107302fa00f300d06096086480165030402010500\
                       a11c301a06092a864886f70d010108300d06096086480165030402010500";
        assert_eq!(hex::encode(key_encryption_algorithm()), written);
    }
}
