//! A policy as it was written, checked against the
//! [grammar](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).

use std::collections::BTreeMap;

use crate::{PolicyError, PolicyKind, PrincipalName, Problem, arn, json, parse};

/// A valid policy document. Its `Display` is canonical JSON that parses to an equal document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    pub(crate) version: Version,
    pub(crate) id: Option<String>,
    pub(crate) statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Parses and validates a policy text.
    ///
    /// # Errors
    /// [`PolicyError`], with the line or the path of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        parse::document(&json::read(text)?)
    }

    /// Checks what depends on what the policy is to be attached to: a resource policy names principals, others must
    /// not; what is not a resource policy names resources and has alphanumeric statement ids. Identity policies and
    /// boundaries may have incomplete ARNs as resources, the others must not.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] with the path of the first offending statement.
    pub fn check_kind(&self, kind: PolicyKind) -> Result<(), PolicyError> {
        for (index, statement) in self.statements.iter().enumerate() {
            statement
                .check_kind(kind)
                .map_err(|problem| PolicyError::at(format!("Statement[{index}]"), problem))?;
        }
        Ok(())
    }

    /// The version of the language; 2008-10-17 where none was written.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The document's `Id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Everyone whom a `Principal` or `NotPrincipal` names, in the order of the text and as often; so that a service can
    /// refuse a policy which names principals that do not exist.
    pub fn principals(&self) -> impl Iterator<Item = PrincipalName<'_>> {
        let sets = self.statements.iter().filter_map(|statement| match &statement.principals {
            Some(Principals::Only(set) | Principals::AllBut(set)) => Some(set),
            None => None,
        });
        sets.flat_map(PrincipalSet::names)
    }

    /// The statements in their order; at least one.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// The version of the policy language. Variables exist only in the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2008-10-17, the default.
    V2008,
    /// 2012-10-17, with policy variables.
    V2012,
}

/// What a matching statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// Whom it is about; only in resource policies.
    pub principals: Option<Principals>,
    /// Which actions it is about.
    pub actions: Actions,
    /// Which resources it is about; absent only in resource policies (the resource itself).
    pub resources: Option<Resources>,
    /// Under which conditions; empty where there are none.
    pub conditions: Conditions,
}

impl Statement {
    fn check_kind(&self, kind: PolicyKind) -> Result<(), Problem> {
        let incomplete_arns_fit = matches!(kind, PolicyKind::Identity | PolicyKind::Boundary);
        if !incomplete_arns_fit && self.resources.iter().any(Resources::has_incomplete) {
            return Err(Problem::IncompleteResource);
        }
        if kind == PolicyKind::Resource {
            return if self.principals.is_none() { Err(Problem::Missing("Principal")) } else { Ok(()) };
        }
        match &self.principals {
            Some(Principals::Only(_)) => return Err(Problem::NotAllowed { element: "Principal", kind }),
            Some(Principals::AllBut(_)) => return Err(Problem::NotAllowed { element: "NotPrincipal", kind }),
            None => {}
        }
        if self.resources.is_none() {
            return Err(Problem::Missing("Resource"));
        }
        let alphanumeric = |sid: &String| sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !self.sid.iter().all(alphanumeric) {
            return Err(Problem::Sid);
        }
        Ok(())
    }
}

/// `Action` or `NotAction`: patterns such as `kms:Decrypt`, `kms:*`, `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actions {
    /// `Action`.
    Only(Vec<String>),
    /// `NotAction`.
    AllBut(Vec<String>),
}

/// `Resource` or `NotResource`: ARN patterns, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resources {
    /// `Resource`.
    Only(Vec<String>),
    /// `NotResource`.
    AllBut(Vec<String>),
}

impl Resources {
    fn has_incomplete(&self) -> bool {
        let (Self::Only(patterns) | Self::AllBut(patterns)) = self;
        patterns.iter().any(|pattern| arn::is_incomplete(pattern))
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// `Principal`.
    Only(PrincipalSet),
    /// `NotPrincipal`.
    AllBut(PrincipalSet),
}

/// Who is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalSet {
    /// `"*"`: everyone.
    Everyone,
    /// Names by their type; at least one type, each with at least one name.
    Named(BTreeMap<PrincipalType, Vec<String>>),
}

impl PrincipalSet {
    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = PrincipalName<'_>> {
        let (everyone, named) = match self {
            Self::Everyone => (Some(PrincipalName::Everyone), None),
            Self::Named(names) => (None, Some(names)),
        };
        let named = named.into_iter().flatten().flat_map(|(kind, names)| {
            // Each was found well-formed when the document was read.
            names.iter().filter_map(|name| PrincipalName::parse(*kind, name))
        });
        everyone.into_iter().chain(named)
    }
}

/// The type of a named principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalType {
    /// `AWS`: an account id, the ARN of an account's root, a user, a role or a session, or `*`.
    Aws,
    /// `Service`: such as `ssm.amazonaws.com`.
    Service,
    /// `Federated`: an identity provider.
    Federated,
    /// `CanonicalUser`: an S3 canonical user id.
    CanonicalUser,
}

impl PrincipalType {
    pub(crate) const ALL: [Self; 4] = [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser];

    /// Its name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }
}

/// `Condition`: operator, key, values. Booleans and numbers are kept as their text.
pub type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;
