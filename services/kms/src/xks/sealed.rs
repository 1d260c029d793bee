//! What a proxy makes of a plaintext, and its form in a ciphertext blob.

use keywright_crypto::{Sha256, constant_time_eq};

/// What a proxy encrypted.
///
/// In a blob it is `length of iv (1) || iv || tag (16) || length of metadata (1) || metadata || ciphertext`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    iv: Vec<u8>,
    tag: [u8; TAG_LEN],
    metadata: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl Sealed {
    /// The parts that a proxy gave; `None` for lengths which the API doesn't allow.
    #[must_use]
    pub fn new(iv: Vec<u8>, tag: &[u8], metadata: Vec<u8>, ciphertext: Vec<u8>) -> Option<Self> {
        let tag = tag.try_into().ok()?;
        let fits = IV_LENS.contains(&iv.len()) && metadata.len() <= MAX_METADATA_LEN;
        fits.then_some(Self { iv, tag, metadata, ciphertext })
    }

    /// The initialization vector.
    #[must_use]
    pub fn iv(&self) -> &[u8] {
        &self.iv
    }

    /// The authentication tag.
    #[must_use]
    pub fn tag(&self) -> &[u8] {
        &self.tag
    }

    /// What the proxy wants to have back, if anything.
    #[must_use]
    pub fn metadata(&self) -> Option<&[u8]> {
        (!self.metadata.is_empty()).then_some(&self.metadata)
    }

    /// The ciphertext, as long as the plaintext.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Whether this is the integrity value of these parts under the associated data.
    #[must_use]
    pub fn has_integrity_value(&self, associated_data: &[u8], value: &[u8]) -> bool {
        let mut hash = Sha256::new();
        for part in [associated_data, &self.metadata, &self.iv, &self.ciphertext, &self.tag] {
            hash.update(part);
        }
        constant_time_eq(&hash.finish(), value)
    }

    /// Appends the form in a blob.
    pub fn append(&self, out: &mut Vec<u8>) {
        // Both lengths are far below 256.
        out.push(u8::try_from(self.iv.len()).unwrap_or_default());
        out.extend_from_slice(&self.iv);
        out.extend_from_slice(&self.tag);
        out.push(u8::try_from(self.metadata.len()).unwrap_or_default());
        out.extend_from_slice(&self.metadata);
        out.extend_from_slice(&self.ciphertext);
    }

    /// Reads the form in a blob.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (iv, rest) = split_by_length(bytes)?;
        let (tag, rest) = rest.split_first_chunk::<TAG_LEN>()?;
        let (metadata, ciphertext) = split_by_length(rest)?;
        Self::new(iv.to_vec(), tag, metadata.to_vec(), ciphertext.to_vec())
    }
}

fn split_by_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(length))
}

const IV_LENS: [usize; 2] = [12, 16];
const TAG_LEN: usize = 16;
const MAX_METADATA_LEN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(iv: usize, metadata: usize, ciphertext: usize) -> Option<Sealed> {
        Sealed::new(vec![1; iv], &[2; TAG_LEN], vec![3; metadata], vec![4; ciphertext])
    }

    #[test]
    fn the_form_in_a_blob_survives_its_round_trip() {
        for (iv, metadata, ciphertext) in [(12, 0, 1), (16, 20, 4202), (12, 7, 0)] {
            let sealed = sealed(iv, metadata, ciphertext).unwrap();
            let mut bytes = Vec::new();
            sealed.append(&mut bytes);
            assert_eq!(bytes.len(), 1 + iv + TAG_LEN + 1 + metadata + ciphertext);
            assert_eq!(Sealed::parse(&bytes).unwrap(), sealed);
        }
    }

    #[test]
    fn lengths_that_the_api_does_not_allow_are_refused() {
        for (iv, metadata) in [(0, 0), (11, 0), (13, 0), (17, 0), (12, 21), (255, 0)] {
            assert!(sealed(iv, metadata, 8).is_none(), "{iv} {metadata}");
        }
        assert!(Sealed::new(vec![1; 12], &[2; 15], vec![], vec![4; 8]).is_none());
        for bytes in [&[][..], &[12], &[12; 13], &[12; 29], &[255; 40]] {
            assert!(Sealed::parse(bytes).is_none(), "{bytes:?}");
        }
    }

    /// The example of the specification's encrypt request.
    #[test]
    fn the_integrity_value_is_that_of_the_specification() {
        use base64::Engine as _;
        let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let sealed = Sealed::new(
            decode("HMrlRw85cAJUd5Ax"),
            &decode("vBxN2ncH1oEkR8WVXpmyYQ=="),
            decode("a2V5X3ZlcnNpb249MQ=="),
            decode("ghxkK1txeDNn3q8Y"),
        );
        let (sealed, aad) = (sealed.unwrap(), b"project=nile,department=marketing");
        let value = decode("qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=");
        assert!(sealed.has_integrity_value(aad, &value));
        assert!(!sealed.has_integrity_value(b"project=nile,department=sales", &value));
        assert!(!sealed.has_integrity_value(aad, &value[1..]));
    }
}
