//! Randomness as a parameter: production passes [`SystemRandom`], a test whatever it needs.

use ring::rand::SecureRandom as _;

use crate::{CryptoError, SecretBytes};

/// A source of bytes that nobody can predict.
pub trait Random: Send + Sync {
    /// Overwrites all of `out`.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`]; `out` must not be used then.
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError>;
}

/// Conveniences for every [`Random`], `dyn Random` too.
pub trait RandomExt: Random {
    /// Random bytes that are public: a nonce, a salt, an identifier.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    fn bytes<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    /// `len` random bytes that are secret.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    fn secret(&self, len: usize) -> Result<SecretBytes, CryptoError> {
        let mut out = vec![0; len];
        self.fill(&mut out)?;
        Ok(SecretBytes::new(out))
    }
}

impl<R: Random + ?Sized> RandomExt for R {}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        // ring's handle carries no state: every call goes to the system.
        ring::rand::SystemRandom::new().fill(out).map_err(|_| CryptoError::RandomUnavailable)
    }
}
