//! What old protocols demand and nothing new may use.

use ring::digest;

/// The SHA-1 digest of `data`: for MySQL's password hashes, which are two of these.
pub fn sha1_for_legacy_use_only(data: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    for (to, from) in out.iter_mut().zip(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data).as_ref()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's example.
    #[test]
    fn the_digest_matches_the_published_vector() {
        let digest = sha1_for_legacy_use_only(b"abc");
        assert_eq!(crate::hex_lower(&digest), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
