//! Checkpoints: what a log says its tree is.
//!
//! <https://c2sp.org/tlog-checkpoint>

use crate::error::LogError;
use crate::hash::Hash;

/// A tree's size and root, of the log with this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads a text; extension lines behind the root are passed over.
    ///
    /// # Errors
    /// [`LogError::Checkpoint`].
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let mut lines =
            text.strip_suffix('\n').ok_or(LogError::Checkpoint("it does not end a line"))?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty());
        let origin = origin.ok_or(LogError::Checkpoint("it has no origin"))?.to_owned();
        let digits = lines.next().ok_or(LogError::Checkpoint("it has no size"))?;
        let size: u64 = digits.parse().map_err(|_| LogError::Checkpoint("its size is no number"))?;
        if size.to_string() != digits {
            return Err(LogError::Checkpoint("its size is not written plainly"));
        }
        let root = lines.next().ok_or(LogError::Checkpoint("it has no root"))?;
        let root = Hash::from_base64(root).map_err(|_| LogError::Checkpoint("its root is no hash"))?;
        if lines.any(str::is_empty) {
            return Err(LogError::Checkpoint("an extension line is empty"));
        }
        Ok(Self { origin, size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "example.com/log\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    #[test]
    fn a_text_is_read_back() {
        let checkpoint = Checkpoint::parse(TEXT).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/log", 12));
        assert_eq!(checkpoint.text(), TEXT);
        assert_eq!(Checkpoint::parse(&format!("{TEXT}extension\n")), Ok(checkpoint));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        for (from, to) in [
            ("example.com/log", ""),
            ("12", "012"),
            ("12", "-1"),
            ("12", "+12"),
            ("=\n", "=\n\n"),
            ("=\n", "="),
            ("47DE", "47D"),
        ] {
            assert!(Checkpoint::parse(&TEXT.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
        assert!(Checkpoint::parse("a\n1\n").is_err() && Checkpoint::parse("").is_err());
    }
}
