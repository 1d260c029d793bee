//! Key policies: the default one, and the check of those that callers bring.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>

use std::sync::Arc;

use keywright_aws_api::{AccountId, Arn};
use keywright_policy::{Policy, PolicyDocument, PolicyKind};

use crate::error::Error;

/// The policy of a key for which none was given: the account decides by its identity policies.
#[must_use]
pub fn default_policy(account: AccountId) -> String {
    let root = Arn::global("iam", account.as_str(), "root");
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "{root}"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

/// Checks a policy that a caller brings.
///
/// # Errors
/// [`Error::LimitExceeded`] above 32 KiB, [`Error::MalformedPolicy`] for what is no key policy.
pub fn check(policy: &str) -> Result<(), Error> {
    if policy.len() > MAX_BYTES {
        return Err(Error::LimitExceeded("The key policy exceeds the limit of 32768 bytes"));
    }
    let document = PolicyDocument::parse(policy)?;
    document.check_kind(PolicyKind::Resource)?;
    Ok(())
}

/// A stored policy of the key with this ARN, ready to decide.
///
/// # Errors
/// [`Error::MalformedPolicy`] for one that was not checked before it was stored.
pub fn compile(policy: &str, arn: &str) -> Result<Arc<Policy>, Error> {
    Ok(Arc::new(Policy::compile(&PolicyDocument::parse(policy)?, arn)))
}

/// Refuses any name of a key policy but the only one there is.
///
/// # Errors
/// [`Error::NoSuchPolicy`].
pub fn check_name(name: Option<&str>) -> Result<(), Error> {
    match name {
        None | Some(POLICY_NAME) => Ok(()),
        Some(_) => Err(Error::NoSuchPolicy),
    }
}

/// The only name of a key policy.
pub const POLICY_NAME: &str = "default";
const MAX_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_a_valid_one() {
        check(&default_policy(AccountId::parse("000000000000").unwrap())).unwrap();
    }

    #[test]
    fn wrong_policies_are_refused() {
        for policy in
            ["", "{", "{}", "[]", r#"{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}"#]
        {
            assert!(matches!(check(policy), Err(Error::MalformedPolicy(_))), "{policy}");
        }
        let long =
            format!("{}{}", default_policy(AccountId::parse("000000000000").unwrap()), " ".repeat(MAX_BYTES));
        assert!(matches!(check(&long), Err(Error::LimitExceeded(_))));
    }
}
