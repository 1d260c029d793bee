//! The partition of this installation: the second part of every ARN.
//!
//! It is `aws`, unless the operator makes an installation that stands for another one. There is one for a process, set before
//! anything else: an ARN is made in a hundred places, and never for another installation.

use std::sync::OnceLock;

/// What can't be the partition.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PartitionError {
    /// It isn't of AWS's form.
    #[error("a partition is aws, or aws- and lower-case words, such as aws-cn")]
    Malformed,
    /// The process has another one already.
    #[error("the partition of this process is {0} already")]
    Other(&'static str),
}

/// The partition, such as `aws`.
#[must_use]
pub fn partition() -> &'static str {
    PARTITION.get().map_or(DEFAULT, |partition| partition)
}

/// Sets the partition. Setting the same one again changes nothing.
///
/// # Errors
/// [`PartitionError`].
pub fn set_partition(text: &str) -> Result<(), PartitionError> {
    let words = text.strip_prefix(DEFAULT).ok_or(PartitionError::Malformed)?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    if !words.is_empty() && !words.strip_prefix('-').is_some_and(|words| words.split('-').all(is_word)) {
        return Err(PartitionError::Malformed);
    }
    let set = PARTITION.get_or_init(|| text.into());
    if **set == *text { Ok(()) } else { Err(PartitionError::Other(set)) }
}

static PARTITION: OnceLock<Box<str>> = OnceLock::new();
const DEFAULT: &str = "aws";

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what leaves the partition of the other tests as it is.
    #[test]
    fn partitions_have_awss_form() {
        for wrong in ["", "AWS", "aws-", "aws-CN", "awscn", "aws--cn", "azure", "aws:x"] {
            assert_eq!(set_partition(wrong), Err(PartitionError::Malformed), "{wrong}");
        }
        assert_eq!(set_partition("aws"), Ok(()));
        assert_eq!(set_partition("aws-us-gov"), Err(PartitionError::Other("aws")));
        assert_eq!(partition(), "aws");
    }
}
