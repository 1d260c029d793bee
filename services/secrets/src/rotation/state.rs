//! How a secret's rotation is set up, and how far the one that runs has come.

use time::OffsetDateTime;

use super::function::FunctionArn;
use super::schedule::{RotationRules, Window};
use crate::domain::version_id::VersionId;

/// A secret's rotation, from its first set-up on.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Whether it is on.
    pub enabled: bool,
    /// Who rotates.
    pub function: FunctionArn,
    /// When.
    pub rules: RotationRules,
    /// When a rotation last succeeded.
    pub last_rotated_at: Option<OffsetDateTime>,
    /// The window of the next one.
    pub window: Option<Window>,
    /// What runs.
    pub run: Option<Run>,
    /// Counts the claims: who has another number has lost the claim.
    pub fence: i64,
}

/// A rotation, or the test of one, that has begun and not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it is.
    pub kind: RunKind,
    /// The version that it makes: the client request token.
    pub version: VersionId,
    /// The step that is next.
    pub step: Step,
    /// How often it has failed since it was begun or taken up again.
    pub failures: i32,
    /// Whether it has failed for good; the next window takes it up again.
    pub given_up: bool,
    /// Why it failed last, in words.
    pub error: Option<String>,
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// A rotation.
    Rotation,
    /// The test of a set-up: one step, on a copy of the current version.
    Test,
}

/// The steps of a rotation function.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes the version.
    Create,
    /// Makes it log in.
    Set,
    /// Sees that it does.
    Test,
    /// Makes it the current one.
    Finish,
}

impl Run {
    /// One that begins.
    #[must_use]
    pub fn new(kind: RunKind, version: VersionId) -> Self {
        Self { kind, version, step: kind.first(), failures: 0, given_up: false, error: None }
    }

    /// The same from its beginning, with nothing failed.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::new(self.kind, self.version.clone())
    }

    /// The same behind its step; none when that was the last one.
    #[must_use]
    pub fn advanced(self) -> Option<Self> {
        let step = self.kind.behind(self.step)?;
        Some(Self { step, error: None, ..self })
    }

    /// The same with one more failure, from which all steps are done once more: each can be repeated, and what kept one
    /// from working may lie in an earlier one.
    #[must_use]
    pub fn failed(self, error: String) -> Self {
        let failures = self.failures.saturating_add(1);
        Self { step: self.kind.first(), failures, error: Some(error), ..self }
    }
}

impl RunKind {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rotation => "rotation",
            Self::Test => "test",
        }
    }

    /// Reads what was stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rotation, Self::Test].into_iter().find(|kind| kind.as_str() == text)
    }

    fn first(self) -> Step {
        match self {
            Self::Rotation => Step::Create,
            Self::Test => Step::Test,
        }
    }

    fn behind(self, step: Step) -> Option<Step> {
        match (self, step) {
            (Self::Test, _) | (Self::Rotation, Step::Finish) => None,
            (Self::Rotation, Step::Create) => Some(Step::Set),
            (Self::Rotation, Step::Set) => Some(Step::Test),
            (Self::Rotation, Step::Test) => Some(Step::Finish),
        }
    }
}

impl Step {
    /// Its name in the event that a function gets, and as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }

    /// Reads what was stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Create, Self::Set, Self::Test, Self::Finish].into_iter().find(|step| step.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_has_four_steps_and_a_test_has_one() {
        let mut run = Some(Run::new(RunKind::Rotation, VersionId::new("v")));
        let mut steps = Vec::new();
        while let Some(at) = run {
            assert_eq!(Step::parse(at.step.as_str()), Some(at.step));
            steps.push(at.step.as_str());
            run = at.advanced();
        }
        assert_eq!(steps, ["createSecret", "setSecret", "testSecret", "finishSecret"]);
        let test = Run::new(RunKind::Test, VersionId::new("v"));
        assert_eq!((test.step, test.advanced()), (Step::Test, None));
    }

    #[test]
    fn a_failure_begins_anew_and_is_counted() {
        let run = Run::new(RunKind::Rotation, VersionId::new("v")).advanced().unwrap();
        let failed = run.failed("why".to_owned());
        assert_eq!((failed.step, failed.failures, failed.error.as_deref()), (Step::Create, 1, Some("why")));
        assert_eq!(failed.afresh(), Run::new(RunKind::Rotation, VersionId::new("v")));
    }
}
