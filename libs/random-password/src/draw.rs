//! Characters of an alphabet, each as likely as any other.

use keywright_crypto::{CryptoError, Random, RandomExt as _, SecretBytes, SecretString};

/// Draws from one alphabet.
pub(crate) struct Draw<'a> {
    /// ASCII, at least one character, none twice.
    alphabet: &'a [u8],
    random: &'a dyn Random,
    drawn: SecretBytes,
    used: usize,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(alphabet: &'a [u8], random: &'a dyn Random) -> Self {
        Self { alphabet, random, drawn: SecretBytes::new(Vec::new()), used: 0 }
    }

    /// A password of `length` characters.
    pub(crate) fn password(&mut self, length: usize) -> Result<SecretString, CryptoError> {
        // All of it at once: a string that grew would leave parts of the password behind.
        let mut password = String::with_capacity(length);
        for _ in 0..length {
            password.push(char::from(self.character()?));
        }
        Ok(SecretString::new(password))
    }

    fn character(&mut self) -> Result<u8, CryptoError> {
        for _ in 0..MAX_BYTES_OF_A_CHARACTER {
            let byte = usize::from(self.byte()?);
            // Bytes beyond the last multiple of the alphabet's length are left out: they would favour its beginning.
            let fair_below = BYTES - BYTES % self.alphabet.len();
            if byte < fair_below
                && let Some(character) = self.alphabet.get(byte % self.alphabet.len())
            {
                return Ok(*character);
            }
        }
        Err(CryptoError::RandomUnavailable)
    }

    fn byte(&mut self) -> Result<u8, CryptoError> {
        if self.used == self.drawn.expose_secret().len() {
            self.drawn = self.random.secret(DRAWN_AT_ONCE)?;
            self.used = 0;
        }
        let byte = self.drawn.expose_secret().get(self.used).copied();
        self.used += 1;
        byte.ok_or(CryptoError::RandomUnavailable)
    }
}

const BYTES: usize = 256;
const DRAWN_AT_ONCE: usize = 64;
/// Fewer than half of all bytes are left out of any alphabet: so many in a row are no chance.
const MAX_BYTES_OF_A_CHARACTER: usize = 256;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Counts up: each byte comes as often as any other.
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            for byte in out {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }
    }

    #[test]
    fn of_all_bytes_each_character_gets_as_many() {
        for alphabet in
            [&b"a"[..], b"abc", b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]
        {
            let random = Counting::default();
            let fair = 256 / alphabet.len();
            let password = Draw::new(alphabet, &random).password(fair * alphabet.len()).unwrap();
            for character in alphabet {
                let count = password.expose_secret().bytes().filter(|byte| byte == character).count();
                assert_eq!(count, fair, "{}", char::from(*character));
            }
        }
    }
}
