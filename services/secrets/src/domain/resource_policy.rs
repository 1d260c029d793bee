//! Resource policies of secrets: who else may do what with one.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html>

use std::sync::Arc;

use keywright_policy::{Policy, PolicyDocument, PolicyKind};

use super::storable::storable;
use crate::error::Error;

/// A policy that a secret has.
#[derive(Clone, Debug)]
pub struct ResourcePolicy {
    text: Box<str>,
    compiled: Arc<Policy>,
}

impl ResourcePolicy {
    /// Takes the text that was stored for the secret with this ARN.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for one that was not checked before: no decision can be made without it.
    pub fn stored(text: &str, arn: &str) -> Result<Self, Error> {
        let document = PolicyDocument::parse(text).map_err(|_| Error::Corrupt("resource_policy"))?;
        Ok(Self { text: text.into(), compiled: Arc::new(Policy::compile(&document, arn)) })
    }

    /// The text, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Ready to decide.
    #[must_use]
    pub fn compiled(&self) -> &Arc<Policy> {
        &self.compiled
    }
}

/// Checks a policy that a request brings.
///
/// # Errors
/// [`Error::MalformedPolicy`]; [`Error::InvalidParameter`] for one that is too long or can't be stored.
pub fn check(text: &str) -> Result<PolicyDocument, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::InvalidParameter("A resource policy has at most 20480 bytes."));
    }
    let document = PolicyDocument::parse(storable(text)?)?;
    document.check_kind(PolicyKind::Resource)?;
    Ok(document)
}

const MAX_BYTES: usize = 20_480;

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"secretsmanager:*"}}"#;

    #[test]
    fn a_policy_is_of_a_resource_and_not_too_long() {
        assert!(check(GOOD).is_ok());
        for text in ["", "{", "{}", r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#] {
            assert!(matches!(check(text), Err(Error::MalformedPolicy(_))), "{text}");
        }
        let padded = |length: usize| format!("{GOOD}{}", " ".repeat(length - GOOD.len()));
        assert!(check(&padded(20_480)).is_ok());
        assert!(matches!(check(&padded(20_481)), Err(Error::InvalidParameter(_))));
    }

    #[test]
    fn what_was_stored_is_given_back_as_it_was() {
        assert_eq!(ResourcePolicy::stored(GOOD, "arn").unwrap().text(), GOOD);
        assert!(matches!(ResourcePolicy::stored("{}", "arn"), Err(Error::Corrupt(_))));
    }
}
