//! Trust policies: who may assume a role.

use keywright_policy::{Actions, PolicyDocument, PolicyError, PolicyKind, Statement};

use super::quota::{Quota, policy_size};

/// A text that was checked to be a trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicyText {
    text: Box<str>,
    document: PolicyDocument,
}

/// Why a text is no trust policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustPolicyError {
    /// It is no policy of a resource.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// It names resources: a trust policy is about its own role.
    #[error("Has prohibited field Resource")]
    Resource,
    /// It is about other actions than those by which a role is assumed.
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    Action,
    /// It is longer than a role's may be.
    #[error("a trust policy cannot have more than {} characters", Quota::TRUST_POLICY.most)]
    TooLong,
}

impl TrustPolicyText {
    /// Checks a policy's text. Whether the principals exist is not looked at.
    ///
    /// # Errors
    /// [`TrustPolicyError`] for what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TrustPolicyError> {
        let document = PolicyDocument::parse(text)?;
        document.check_kind(PolicyKind::Resource)?;
        document.statements().iter().try_for_each(check)?;
        if policy_size(text) > Quota::TRUST_POLICY.most {
            return Err(TrustPolicyError::TooLong);
        }
        Ok(Self { text: text.into(), document })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it says.
    #[must_use]
    pub fn document(&self) -> &PolicyDocument {
        &self.document
    }
}

fn check(statement: &Statement) -> Result<(), TrustPolicyError> {
    if statement.resources.is_some() {
        return Err(TrustPolicyError::Resource);
    }
    let (Actions::Only(actions) | Actions::AllBut(actions)) = &statement.actions;
    let of_sts =
        |action: &String| action == "*" || action.get(..4).is_some_and(|v| v.eq_ignore_ascii_case("sts:"));
    if actions.iter().all(of_sts) { Ok(()) } else { Err(TrustPolicyError::Action) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(elements: &str) -> Result<TrustPolicyText, TrustPolicyError> {
        TrustPolicyText::parse(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{elements}}}]}}"#
        ))
    }

    const ROOT: &str = r#""Principal":{"AWS":"111122223333"}"#;

    #[test]
    fn who_may_assume_a_role_is_told_without_resources() {
        assert!(trust(&format!(r#"{ROOT},"Action":"sts:AssumeRole""#)).is_ok());
        assert!(trust(&format!(r#"{ROOT},"Action":["sts:AssumeRole","sts:TagSession"]"#)).is_ok());
        let with_resource = trust(&format!(r#"{ROOT},"Action":"sts:AssumeRole","Resource":"*""#));
        assert_eq!(with_resource, Err(TrustPolicyError::Resource));
        let other = trust(&format!(r#"{ROOT},"Action":["sts:AssumeRole","kms:Decrypt"]"#));
        assert_eq!(other, Err(TrustPolicyError::Action));
        assert!(matches!(trust(r#""Action":"sts:AssumeRole""#), Err(TrustPolicyError::Policy(_))));
        let long = "a".repeat(2_048);
        let too_long = trust(&format!(r#""Sid":"{long}",{ROOT},"Action":"sts:AssumeRole""#));
        assert_eq!(too_long, Err(TrustPolicyError::TooLong));
    }
}
