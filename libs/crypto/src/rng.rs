//! [`Random`] in the terms of `rand_core`, which the RustCrypto crates take.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};

use crate::{CryptoError, Random};

/// Passes failure on.
pub(crate) struct RandomRng<'a>(pub(crate) &'a dyn Random);

impl TryRng for RandomRng<'_> {
    type Error = CryptoError;

    fn try_next_u32(&mut self) -> Result<u32, CryptoError> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, CryptoError> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0.fill(out)
    }
}

impl TryCryptoRng for RandomRng<'_> {}

/// For callers that know no failure: it gives zeros then and remembers it, and [`check`](Self::check) must be asked
/// before anything that was made from them is used.
pub(crate) struct LatchingRng<'a> {
    random: RandomRng<'a>,
    failed: bool,
}

impl<'a> LatchingRng<'a> {
    pub(crate) fn new(random: &'a dyn Random) -> Self {
        Self { random: RandomRng(random), failed: false }
    }

    pub(crate) fn check(self) -> Result<(), CryptoError> {
        if self.failed { Err(CryptoError::RandomUnavailable) } else { Ok(()) }
    }

    fn latch<T: Default>(&mut self, drawn: Result<T, CryptoError>) -> T {
        self.failed |= drawn.is_err();
        drawn.unwrap_or_default()
    }
}

impl TryRng for LatchingRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let drawn = self.random.try_next_u32();
        Ok(self.latch(drawn))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let drawn = self.random.try_next_u64();
        Ok(self.latch(drawn))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let drawn = self.random.try_fill_bytes(out);
        if drawn.is_err() {
            out.fill(0);
        }
        self.latch(drawn);
        Ok(())
    }
}

impl TryCryptoRng for LatchingRng<'_> {}
