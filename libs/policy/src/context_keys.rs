//! Which condition keys a document asks for: those of its conditions, and those of its variables.

use std::collections::BTreeMap;

use crate::document::{PolicyDocument, Resources, Statement, Version};
use crate::text::{Part, Text, Wildcards};

impl PolicyDocument {
    /// The condition keys that its statements ask for, each once in the spelling that comes first, in the order of their
    /// names, whose case doesn't count.
    #[must_use]
    pub fn context_keys(&self) -> Vec<String> {
        let keys = self.statements().iter().flat_map(|statement| {
            let mut keys = statement.resource_keys(self.version());
            keys.extend(statement.condition_keys(self.version()));
            keys
        });
        distinct_keys(keys)
    }
}

impl Statement {
    /// The condition keys of the variables in its resources, in the order of the text.
    #[must_use]
    pub fn resource_keys(&self, version: Version) -> Vec<String> {
        match &self.resources {
            Some(Resources::Only(patterns) | Resources::AllBut(patterns)) => {
                patterns.iter().flat_map(|pattern| variables(pattern, version)).collect()
            }
            None => Vec::new(),
        }
    }

    /// The condition keys of its conditions and of the variables in their values.
    #[must_use]
    pub fn condition_keys(&self, version: Version) -> Vec<String> {
        let mut found = Vec::new();
        for (key, values) in self.conditions.values().flatten() {
            found.push(key.clone());
            found.extend(values.iter().flat_map(|value| variables(value, version)));
        }
        found
    }
}

/// Each key once, in the spelling that comes first, ordered by its name without regard to case.
pub fn distinct_keys(keys: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut distinct = BTreeMap::new();
    for key in keys {
        distinct.entry(key.to_ascii_lowercase()).or_insert(key);
    }
    distinct.into_values().collect()
}

fn variables(text: &str, version: Version) -> Vec<String> {
    let parts = match Text::new(text, Wildcards::Kept, version == Version::V2012) {
        Ok(Text::Variable(parts)) => parts,
        // Without variables, or, which the check of the document precludes, unreadable.
        Ok(Text::Fixed(_)) | Err(_) => return Vec::new(),
    };
    let keys = parts.iter().filter_map(|part| match part {
        Part::Key { key, .. } => Some(key.to_string()),
        Part::Fixed(_) => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'x'}/${*}",
         "Condition":{"StringLike":{"kms:ViaService":"*.amazonaws.com","AWS:UserName":["a","${aws:userid}"]}}},
        {"Effect":"Deny","NotAction":"s3:*","NotResource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

    #[test]
    fn keys_of_conditions_and_variables_are_told_once_each() {
        let document = PolicyDocument::parse(DOCUMENT).unwrap();
        let expected =
            ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:userid", "aws:username", "kms:ViaService"];
        assert_eq!(document.context_keys(), expected);
        let first = &document.statements()[0];
        assert_eq!(first.resource_keys(Version::V2012), ["aws:username", "aws:PrincipalTag/team"]);
        assert_eq!(first.condition_keys(Version::V2012), ["AWS:UserName", "aws:userid", "kms:ViaService"]);
    }

    #[test]
    fn the_old_version_has_no_variables() {
        let document = PolicyDocument::parse(&DOCUMENT.replace("2012", "2008")).unwrap();
        assert_eq!(document.context_keys(), ["aws:SecureTransport", "AWS:UserName", "kms:ViaService"]);
    }
}
