//! What `--caching` says.

use std::time::Duration;

use keywright_encryption_sdk::{CachingMaterialsManager, Error, MaterialsCache, MaterialsManager};

use super::error::EncryptionError;
use super::pairs::{number, pair};

/// How data keys are used again.
#[derive(Debug)]
pub(crate) struct Caching {
    capacity: usize,
    max_age: Duration,
    max_messages: Option<u64>,
    max_bytes: Option<u64>,
}

impl Caching {
    /// Reads `capacity=`, `max_age=`, `max_messages_encrypted=` and `max_bytes_encrypted=`; the first two must be there.
    pub(crate) fn read(words: &[String]) -> Result<Self, EncryptionError> {
        let (mut capacity, mut max_age, mut max_messages, mut max_bytes) = (None, None, None, None);
        for word in words {
            let (key, value) = pair(SWITCH, word)?;
            match key {
                "capacity" => capacity = Some(number(SWITCH, key, value)?),
                "max_age" => max_age = Some(number::<f64>(SWITCH, key, value)?),
                "max_messages_encrypted" => max_messages = Some(number(SWITCH, key, value)?),
                "max_bytes_encrypted" => max_bytes = Some(number(SWITCH, key, value)?),
                _ => return Err(EncryptionError::argument(SWITCH, format!("{key} is not known"))),
            }
        }
        let (Some(capacity), Some(max_age)) = (capacity, max_age) else {
            return Err(EncryptionError::argument(SWITCH, "capacity=NUMBER and max_age=SECONDS are needed"));
        };
        let max_age = Duration::try_from_secs_f64(max_age)
            .map_err(|_| EncryptionError::argument(SWITCH, "max_age is not a length of time"))?;
        Ok(Self { capacity, max_age, max_messages, max_bytes })
    }

    /// Keeps the materials of `inner`.
    pub(super) fn over(
        &self,
        inner: impl MaterialsManager + 'static,
    ) -> Result<CachingMaterialsManager, Error> {
        let mut manager =
            CachingMaterialsManager::new(inner, MaterialsCache::new(self.capacity)?, self.max_age)?;
        if let Some(maximum) = self.max_messages {
            manager = manager.max_messages(maximum)?;
        }
        Ok(match self.max_bytes {
            Some(maximum) => manager.max_bytes(maximum),
            None => manager,
        })
    }
}

const SWITCH: &str = "--caching";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_cached_by_is_refused_with_its_reason() {
        let read =
            |words: &[&str]| Caching::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let found =
            read(&["capacity=10", "max_age=1.5", "max_messages_encrypted=7", "max_bytes_encrypted=8"]);
        let found = found.unwrap();
        assert_eq!((found.capacity, found.max_age), (10, Duration::from_millis(1500)));
        assert_eq!((found.max_messages, found.max_bytes), (Some(7), Some(8)));
        for (words, reason) in [
            (&["capacity=10"][..], "max_age=SECONDS"),
            (&["max_age=1"], "capacity=NUMBER"),
            (&["capacity=-1", "max_age=1"], "capacity is not a number"),
            (&["capacity=1", "max_age=-1"], "max_age is not a length of time"),
            (&["capacity=1", "max_age=1", "size=1"], "size is not known"),
            (&["capacity"], "KEY=VALUE"),
        ] {
            let refused = read(words).unwrap_err().to_string();
            assert!(refused.starts_with("--caching: ") && refused.contains(reason), "{words:?}: {refused}");
        }
    }
}
