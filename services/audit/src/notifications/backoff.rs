//! How long a target is left alone after it failed.

use std::time::Duration;

use keywright_crypto::{Random, RandomExt as _};

/// The pause after so many attempts: twice as long each time, and never the same for all.
pub(super) fn pause(attempt: u32, random: &dyn Random) -> Duration {
    let longest = LONGEST.min(FIRST * 2u32.saturating_pow(attempt.saturating_sub(1)));
    // Without randomness it is the longest.
    let share = random.bytes::<2>().map_or(1.0, |bytes| f64::from(u16::from_le_bytes(bytes)) / 65_535.0);
    longest.mul_f64(0.5 + share / 2.0)
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use keywright_crypto::CryptoError;

    use super::*;

    struct Always(u8);

    impl Random for Always {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour_with_a_share_by_chance() {
        let longest = |attempt| pause(attempt, &Always(0xff)).as_secs_f64();
        assert_eq!([1, 2, 3, 10, 11, 50].map(longest), [1.0, 2.0, 4.0, 512.0, 900.0, 900.0]);
        assert_eq!(pause(3, &Always(0)), Duration::from_secs(2));
        assert_eq!(pause(u32::MAX, &Always(0xff)), LONGEST);
    }
}
