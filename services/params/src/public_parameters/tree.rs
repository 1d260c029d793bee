//! Public parameters as they are published.

use std::collections::BTreeMap;
use std::ops::Bound;

use keywright_aws_api::{Arn, Region};

use crate::domain::filter::Conditions;
use crate::domain::name::ARN_RESOURCE;
use crate::domain::parameter::Parameter;
use crate::domain::path::HierarchyPath;

/// All public parameters: their versions by number, by the path of their names.
#[derive(Debug, Default)]
pub struct PublicTree(BTreeMap<String, BTreeMap<i64, Parameter>>);

impl PublicTree {
    pub(super) fn new(parameters: BTreeMap<String, BTreeMap<i64, Parameter>>) -> Self {
        Self(parameters)
    }

    /// Whether there is a parameter with this path, in whatever versions.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// One version of the parameter with this path; the last one, if none is named.
    #[must_use]
    pub fn find(&self, path: &str, version: Option<i64>) -> Option<&Parameter> {
        let versions = self.0.get(path)?;
        match version {
            Some(version) => versions.get(&version),
            None => versions.values().next_back(),
        }
    }

    /// The versions behind the version `after` of the parameter with this path, oldest first.
    pub fn history(&self, path: &str, after: i64) -> impl Iterator<Item = &Parameter> {
        let versions = self.0.get(path).into_iter();
        versions
            .flat_map(move |versions| versions.range((Bound::Excluded(after), Bound::Unbounded)))
            .map(|(_, version)| version)
    }

    /// The last versions of the parameters below `path`, behind the path `after`, that satisfy `conditions`.
    pub fn below<'a>(
        &'a self,
        path: &'a HierarchyPath,
        recursive: bool,
        conditions: &'a Conditions,
        after: &str,
    ) -> impl Iterator<Item = &'a Parameter> {
        let range = path.range();
        // Behind the end there is nothing.
        let start = range.start.as_str().max(after).min(&range.end).to_owned();
        let (level, behind) = (path.prefix().len(), start.clone());
        self.0
            .range(start..range.end)
            .filter(move |(path, _)| **path != behind)
            .filter(move |(path, _)| recursive || !path.get(level..).is_some_and(|rest| rest.contains('/')))
            .filter_map(|(_, versions)| versions.values().next_back())
            .filter(|parameter| satisfies(parameter, conditions))
    }
}

/// Public parameters have no KMS keys.
fn satisfies(parameter: &Parameter, conditions: &Conditions) -> bool {
    let own_type = parameter.metadata.parameter_type.as_str();
    conditions.key_ids.is_none()
        && conditions.key_id_prefixes.is_none()
        && conditions.types.as_ref().is_none_or(|types| types.iter().any(|name| name == own_type))
        // They have no labels.
        && conditions.labels.is_none()
        && conditions.label_prefixes.is_none()
}

/// Whether a path is one that only the operator publishes at.
#[must_use]
pub fn is_public(path: &str) -> bool {
    path.strip_prefix(PUBLIC_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The ARN of the public parameter, or hierarchy, with this path: of no account.
#[must_use]
pub fn public_arn(path: &str, region: &Region) -> String {
    format!("arn:{}:ssm:{region}::{ARN_RESOURCE}{path}", keywright_aws_api::partition())
}

/// The path of a name or of such an ARN, if it is public; a version may stand behind it.
#[must_use]
pub fn public_path<'a>(text: &'a str, region: &Region) -> Option<&'a str> {
    let path = match Arn::parse(text) {
        Err(_) => text.strip_prefix('/')?,
        Ok(_) => text.strip_prefix(&public_arn("", region))?,
    };
    is_public(path).then_some(path)
}

const PUBLIC_PATH: &str = "aws/service";
