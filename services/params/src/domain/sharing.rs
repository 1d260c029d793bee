//! Resource policies: to which other accounts a parameter is open, and for what.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-shared-parameters.html>

use std::collections::BTreeSet;

use keywright_crypto::Sha256;
use keywright_policy::{Actions, PolicyDocument, PolicyError, PolicyKind, PrincipalName, Resources};

/// A policy that a parameter can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingPolicy {
    text: String,
    shared_with: Vec<String>,
}

/// Why a parameter can't be shared so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharingError {
    /// More than [`MAX_BYTES`].
    #[error("the policy is too long")]
    TooLong,
    /// No policy, or none of a resource.
    #[error("the policy is malformed")]
    Malformed(#[from] PolicyError),
    /// An action for which parameters can't be shared.
    #[error("the policy is about an action that can't be shared, action={0}")]
    Action(String),
    /// Another resource than the parameter.
    #[error("the policy is about another resource, resource={0}")]
    Resource(String),
    /// Only advanced parameters can be shared.
    #[error("only advanced parameters can be shared, name={0}")]
    Tier(String),
    /// A text is not the ARN of a parameter.
    #[error("only parameters can be shared, arn={0}")]
    NotAParameter(String),
    /// The parameter isn't there.
    #[error("the parameter does not exist, arn={0}")]
    NotFound(String),
    /// The list of a parameter's policies has one page.
    #[error("the list of policies has no further page")]
    Token,
    /// The parameter has a policy.
    #[error("the parameter has a policy already")]
    Exists,
    /// The id of a policy without its hash, or the other way round.
    #[error("the id and the hash of a policy are needed together")]
    HashMissing,
    /// The parameter has no policy of this id.
    #[error("the parameter has no such policy")]
    PolicyNotFound,
    /// The policy was changed since the caller saw it.
    #[error("the policy was changed by another request")]
    Conflict,
}

impl SharingPolicy {
    /// Checks the policy that the parameter with this ARN is to have.
    ///
    /// # Errors
    /// [`SharingError`].
    pub fn parse(text: &str, arn: &str) -> Result<Self, SharingError> {
        if text.len() > MAX_BYTES {
            return Err(SharingError::TooLong);
        }
        let document = PolicyDocument::parse(text)?;
        document.check_kind(PolicyKind::Resource)?;
        for statement in document.statements() {
            let wrong = match &statement.actions {
                Actions::Only(actions) => actions.iter().find(|action| !is_shareable(action)).cloned(),
                Actions::AllBut(_) => Some("NotAction".to_owned()),
            };
            if let Some(wrong) = wrong {
                return Err(SharingError::Action(wrong));
            }
            let wrong = match &statement.resources {
                None => None,
                Some(Resources::Only(resources)) => {
                    resources.iter().find(|resource| resource.as_str() != arn).cloned()
                }
                Some(Resources::AllBut(_)) => Some("NotResource".to_owned()),
            };
            if let Some(wrong) = wrong {
                return Err(SharingError::Resource(wrong));
            }
        }
        let accounts = document.principals().filter_map(account_of).collect::<BTreeSet<_>>();
        let shared_with = accounts.into_iter().map(str::to_owned).collect();
        Ok(Self { text: text.to_owned(), shared_with })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The accounts that it names.
    #[must_use]
    pub fn shared_with(&self) -> &[String] {
        &self.shared_with
    }

    /// What tells this text from others.
    #[must_use]
    pub fn hash(&self) -> String {
        use std::fmt::Write as _;
        let mut hash = Sha256::new();
        hash.update(self.text.as_bytes());
        hash.finish().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string doesn't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

fn is_shareable(action: &str) -> bool {
    SHAREABLE.iter().any(|known| known.eq_ignore_ascii_case(action))
}

fn account_of(name: PrincipalName<'_>) -> Option<&str> {
    match name {
        PrincipalName::Account(account)
        | PrincipalName::User { account, .. }
        | PrincipalName::Role { account, .. }
        | PrincipalName::RoleSession { account, .. }
        | PrincipalName::FederatedUser { account, .. } => Some(account),
        PrincipalName::Everyone
        | PrincipalName::UniqueId(_)
        | PrincipalName::Service(_)
        | PrincipalName::IdentityProvider(_)
        | PrincipalName::CanonicalUser(_) => None,
    }
}

/// The actions that another account can be given.
pub const SHAREABLE: [&str; 4] =
    ["ssm:DescribeParameters", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory"];
/// Of a policy.
pub const MAX_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:ssm:us-east-1:000000000000:parameter/x";

    fn policy(action: &str, principal: &str, resource: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":[{principal}]}},"Action":["{action}"],"Resource":"{resource}"}}]}}"#
        )
    }

    #[test]
    fn it_knows_the_accounts_that_it_names() {
        let principals =
            r#""444455556666","arn:aws:iam::444455556666:role/a","arn:aws:iam::111122223333:root""#;
        let parsed = SharingPolicy::parse(&policy("ssm:GetParameter", principals, ARN), ARN).unwrap();
        assert_eq!(parsed.shared_with(), ["111122223333", "444455556666"]);
        let everyone = SharingPolicy::parse(&policy("ssm:getparameters", "\"*\"", ARN), ARN).unwrap();
        assert_eq!(everyone.shared_with(), [""; 0]);
        assert_ne!(parsed.hash(), everyone.hash());
        assert_eq!(parsed.hash().len(), 64);
    }

    #[test]
    fn only_reads_of_the_parameter_can_be_shared() {
        let one = "\"444455556666\"";
        for action in ["ssm:PutParameter", "ssm:*", "*", "ssm:Get*", "ssm:GetParametersByPath", "kms:Decrypt"]
        {
            let refused = SharingPolicy::parse(&policy(action, one, ARN), ARN);
            assert_eq!(refused, Err(SharingError::Action(action.to_owned())));
        }
        for resource in ["*", "arn:aws:ssm:us-east-1:000000000000:parameter/*"] {
            let refused = SharingPolicy::parse(&policy("ssm:GetParameter", one, resource), ARN);
            assert_eq!(refused, Err(SharingError::Resource(resource.to_owned())));
        }
        for text in ["{}", "[]", "", r#"{"Statement":{"Effect":"Allow","Action":"ssm:GetParameter"}}"#] {
            assert!(matches!(SharingPolicy::parse(text, ARN), Err(SharingError::Malformed(_))), "{text}");
        }
        let long = format!("{}{}", policy("ssm:GetParameter", one, ARN), " ".repeat(MAX_BYTES));
        assert_eq!(SharingPolicy::parse(&long, ARN), Err(SharingError::TooLong));
    }
}
