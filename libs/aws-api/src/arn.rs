//! Amazon Resource Names.

use std::fmt;

use crate::ids::{AccountId, Region};
use crate::partition::partition;

/// An ARN: `arn:partition:service:region:account:resource`.
///
/// Region and account may be empty, as in IAM's ARNs and in `arn:aws:iam::aws:policy/...`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    text: Box<str>,
    /// Ends (exclusive) of partition, service, Region and account within `text`.
    ends: [u16; 4],
}

/// A text which isn't an ARN.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an ARN")]
pub struct ArnError;

const MAX_LENGTH: usize = 2048;

impl Arn {
    /// Parses an ARN of at most 2048 bytes; each part but Region and account must be present.
    ///
    /// # Errors
    /// [`ArnError`] when a part is missing or the text is too long.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        if text.len() > MAX_LENGTH || !text.starts_with("arn:") {
            return Err(ArnError);
        }
        let mut ends = [0_u16; 4];
        let mut start = "arn:".len();
        for end in &mut ends {
            let length = text.get(start..).and_then(|rest| rest.find(':')).ok_or(ArnError)?;
            *end = u16::try_from(start + length).map_err(|_| ArnError)?;
            start += length + 1;
        }
        let arn = Self { text: text.into(), ends };
        if arn.partition().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return Err(ArnError);
        }
        Ok(arn)
    }

    /// The ARN of a resource in a Region of an account, in this installation's partition.
    #[must_use]
    pub fn regional(service: &str, region: &Region, account: AccountId, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{account}:{resource}", partition())
    }

    /// The ARN of what is in no Region, such as a user. `account` is an account's id, or `aws` for what all accounts have.
    #[must_use]
    pub fn global(service: &str, account: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{account}:{resource}", partition())
    }

    /// `aws`, usually.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(4, self.ends[0])
    }

    /// The service's namespace, such as `kms`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(self.ends[0] + 1, self.ends[1])
    }

    /// The Region's name, or nothing.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(self.ends[1] + 1, self.ends[2])
    }

    /// The account's id, or nothing.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(self.ends[2] + 1, self.ends[3])
    }

    /// All behind the account, such as `key/1234...`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.text.get(usize::from(self.ends[3]) + 1..).unwrap_or_default()
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn part(&self, start: u16, end: u16) -> &str {
        self.text.get(usize::from(start)..usize::from(end)).unwrap_or_default()
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let arn = Arn::parse("arn:aws:kms:us-east-1:000000000000:key/a:b").unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            ("aws", "kms", "us-east-1", "000000000000", "key/a:b")
        );
    }

    #[test]
    fn region_and_account_may_be_empty() {
        let arn = Arn::parse("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
        assert_eq!((arn.region(), arn.account(), arn.resource()), ("", "aws", "policy/AdministratorAccess"));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "arn:", "arn:aws:kms:us-east-1:1", "alias/app", "arn:aws:kms:r:a:", "arn::kms:r:a:x"]
        {
            assert_eq!(Arn::parse(bad), Err(ArnError), "{bad}");
        }
        assert_eq!(Arn::parse(&format!("arn:aws:kms:r:a:{}", "x".repeat(3000))), Err(ArnError));
    }
}
