//! What a rotation function is called with.

use std::fmt;
use std::str::FromStr;

use keywright_crypto::SecretString;

/// One call of a rotation function, with the members of AWS's rotation event.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>
#[derive(Debug, Clone)]
pub struct RotationRequest {
    /// Which of the four steps.
    pub step: RotationStep,
    /// The secret's ARN.
    pub secret_id: String,
    /// The id of the version that the rotation makes, which becomes current in its last step.
    pub client_request_token: String,
    /// What the caller of a rotation may show Secrets Manager with a new value, if it was given one.
    pub rotation_token: Option<SecretString>,
}

/// The steps of a rotation, in their order. Each may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RotationStep {
    /// Makes the pending version, with a new password.
    CreateSecret,
    /// Makes the server know the pending version's password.
    SetSecret,
    /// Logs in with the pending version.
    TestSecret,
    /// Makes the pending version the current one.
    FinishSecret,
}

impl RotationStep {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::CreateSecret, Self::SetSecret, Self::TestSecret, Self::FinishSecret];

    /// Its name in AWS's rotation event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }

    /// The one that follows, or `None` after the last.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::CreateSecret => Some(Self::SetSecret),
            Self::SetSecret => Some(Self::TestSecret),
            Self::TestSecret => Some(Self::FinishSecret),
            Self::FinishSecret => None,
        }
    }
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of the four steps'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a step of a rotation")]
pub struct UnknownStep;

impl FromStr for RotationStep {
    type Err = UnknownStep;

    fn from_str(name: &str) -> Result<Self, UnknownStep> {
        Self::ALL.into_iter().find(|step| step.as_str() == name).ok_or(UnknownStep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_by_the_names_they_have_and_follow_each_other() {
        for step in RotationStep::ALL {
            assert_eq!(step.to_string().parse(), Ok(step));
        }
        assert_eq!("CreateSecret".parse::<RotationStep>(), Err(UnknownStep));
        let from_first = std::iter::successors(Some(RotationStep::CreateSecret), |step| step.next());
        assert_eq!(from_first.collect::<Vec<_>>(), RotationStep::ALL);
    }
}
