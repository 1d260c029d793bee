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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key256;

    struct Broken;

    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), CryptoError> {
            Err(CryptoError::RandomUnavailable)
        }
    }

    /// Counts upwards through everything it is asked for.
    struct Counting(std::sync::atomic::AtomicU8);

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.fill_with(|| self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            Ok(())
        }
    }

    #[test]
    fn conveniences_hand_out_what_the_source_gives() {
        let random: &dyn Random = &Counting(0.into());
        assert_eq!(random.bytes::<4>(), Ok([0, 1, 2, 3]));
        assert_eq!(random.secret(3).unwrap().expose_secret(), [4, 5, 6]);
        assert_eq!(Key256::generate(random).unwrap().expose_secret()[..2], [7, 8]);
    }

    #[test]
    fn a_failing_source_is_an_error_and_never_zeros() {
        let random: &dyn Random = &Broken;
        assert_eq!(random.bytes::<4>(), Err(CryptoError::RandomUnavailable));
        assert_eq!(random.secret(4).unwrap_err(), CryptoError::RandomUnavailable);
        assert_eq!(Key256::generate(random).unwrap_err(), CryptoError::RandomUnavailable);
    }

    #[test]
    fn the_system_fills_everything_with_something_new() {
        let first: [u8; 32] = SystemRandom.bytes().unwrap();
        let second: [u8; 32] = SystemRandom.bytes().unwrap();
        assert_ne!(first, second);
        assert_ne!(first[16..], [0; 16]);
        assert_eq!(SystemRandom.secret(1000).unwrap().len(), 1000);
    }
}
