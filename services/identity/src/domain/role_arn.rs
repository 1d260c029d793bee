//! The ARN of a role, as a request names it.

use keywright_aws_api::{AccountId, Arn, partition};

use super::names::IdentityName;

/// The ARN of a role that may or may not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    text: String,
    account: AccountId,
    name: IdentityName,
}

impl RoleArn {
    /// Reads `arn:aws:iam::111122223333:role/path/name`; nothing if it has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let arn = Arn::parse(text).ok()?;
        let path_and_name = arn.resource().strip_prefix("role/")?;
        let (_, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
        if arn.partition() != partition() || arn.service() != "iam" || !arn.region().is_empty() {
            return None;
        }
        Some(Self {
            account: AccountId::parse(arn.account()).ok()?,
            name: IdentityName::parse(name).ok()?,
            text: text.to_owned(),
        })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The name, without the path.
    #[must_use]
    pub fn name(&self) -> &IdentityName {
        &self.name
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_name_are_read_and_other_arns_are_none() {
        for (text, name) in
            [("arn:aws:iam::111122223333:role/app", "app"), ("arn:aws:iam::111122223333:role/a/b/app", "app")]
        {
            let arn = RoleArn::parse(text).unwrap();
            assert_eq!(
                (arn.account().as_str(), arn.name().as_str(), arn.as_str()),
                ("111122223333", name, text)
            );
        }
        for other in [
            "app",
            "arn:aws:iam::111122223333:user/app",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::1111:role/app",
            "arn:aws:iam:us-east-1:111122223333:role/app",
            "arn:aws:sts::111122223333:role/app",
            "arn:aws-cn:iam::111122223333:role/app",
            "arn:aws:iam::111122223333:role/a b",
        ] {
            assert_eq!(RoleArn::parse(other), None, "{other}");
        }
    }
}
