//! SHA-256 (FIPS 180-4) and lower-case hexadecimal.

use ring::digest;

/// The SHA-256 digest of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    to_array(&digest::digest(&digest::SHA256, data))
}

/// The SHA-256 digest of `data` in lower-case hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    hex_lower(&sha256(data))
}

/// SHA-256 over data that comes in pieces.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Starts with no data.
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds a piece.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all the pieces in their order.
    pub fn finish(self) -> [u8; 32] {
        to_array(&self.0.finish())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Sha256 {
    // The state could hold bytes of a secret that is being hashed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256(..)")
    }
}

/// `bytes` in lower-case hexadecimal, in one allocation. Not in constant time: for public values.
pub fn hex_lower(bytes: &[u8]) -> String {
    let mut out = String::new();
    append_hex_lower(&mut out, bytes);
    out
}

/// The bytes whose [`hex_lower`] is `text`; none unless there are exactly `N`. For public values.
#[must_use]
pub fn from_hex_lower<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_value(*high)? << 4 | hex_value(*low)?;
    }
    Some(bytes)
}

/// Appends `bytes` in lower-case hexadecimal, allocating only where `out` is too short. For public values.
pub fn append_hex_lower(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(hex_digit(byte >> 4));
        out.push(hex_digit(byte & 0x0f));
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn to_array(digest: &digest::Digest) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2 appendix B, and the digest of nothing.
    const VECTORS: [(&[u8], &str); 3] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];

    #[test]
    fn sha256_matches_the_published_vectors() {
        for (message, expected) in VECTORS {
            assert_eq!(sha256_hex(message), expected);
            assert_eq!(sha256(message).as_slice(), hex::decode(expected).unwrap());
        }
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        let mut hash = Sha256::new();
        for _ in 0..1000 {
            hash.update(&[b'a'; 999]);
            hash.update(b"");
            hash.update(b"a");
        }
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(hex_lower(&hash.finish()), expected);
    }

    #[test]
    fn hexadecimal_of_every_byte_agrees_with_an_independent_encoder() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(hex_lower(&all), hex::encode(&all));
    }

    #[test]
    fn hexadecimal_comes_back_in_its_one_form_only() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex_lower::<256>(&hex::encode(&all)).unwrap().as_slice(), all);
        assert_eq!(from_hex_lower::<2>("0fa0"), Some([0x0f, 0xa0]));
        assert_eq!(from_hex_lower::<0>(""), Some([]));
        for wrong in
            ["", "0f", "0fa", "0fa00", "0fa000", "0FA0", "0fag", "0fa:", "0fa/", "0fa`", "+fa0", " fa0", "é0"]
        {
            assert_eq!(from_hex_lower::<2>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn appending_keeps_what_is_there_and_fits_the_reserved_room() {
        let mut text = String::with_capacity(6);
        let room = text.as_ptr();
        text.push_str("x=");
        append_hex_lower(&mut text, &[0x0f, 0xa0]);
        assert_eq!(text, "x=0fa0");
        assert_eq!(text.as_ptr(), room);
    }
}
