//! What a file may declare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use keywright_aws_api::AccountId;
use serde::Deserialize;
use serde_json::Value;

use super::error::ApplyError;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    #[serde(default)]
    pub(super) accounts: Vec<Account>,
}

/// An account, and what is in it. An account that isn't there is made, with its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) id: AccountId,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) policies: Vec<ManagedPolicy>,
    #[serde(default)]
    pub(super) groups: Vec<Identity>,
    #[serde(default)]
    pub(super) users: Vec<Identity>,
    #[serde(default)]
    pub(super) roles: Vec<Identity>,
    #[serde(default)]
    pub(super) keys: Vec<Key>,
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
}

/// A managed policy of the account's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagedPolicy {
    pub(super) name: String,
    #[serde(default = "root_path")]
    pub(super) path: String,
    pub(super) description: Option<String>,
    pub(super) document: Value,
}

/// A user, a group or a role. Each has only what IAM gives its kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub(super) name: String,
    #[serde(default = "root_path")]
    pub(super) path: String,
    /// Of a role: who may assume it.
    pub(super) trust_policy: Option<Value>,
    /// Of a role.
    pub(super) description: Option<String>,
    /// Of a role.
    pub(super) max_session_seconds: Option<u32>,
    /// The ARN of a managed policy; not of a group.
    pub(super) boundary: Option<String>,
    /// Not of a group.
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// Inline policies by their names.
    #[serde(default)]
    pub(super) policies: BTreeMap<String, Value>,
    /// ARNs of managed policies.
    #[serde(default)]
    pub(super) attached: Vec<String>,
    /// Of a user: its groups.
    #[serde(default)]
    pub(super) groups: Vec<String>,
}

/// A KMS key, which is known by its alias.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub(super) alias: String,
    /// Further aliases.
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) region: Option<String>,
    pub(super) spec: Option<String>,
    pub(super) usage: Option<String>,
    #[serde(default)]
    pub(super) multi_region: bool,
    pub(super) description: Option<String>,
    pub(super) policy: Option<Value>,
    /// From one automatic rotation to the next.
    pub(super) rotation_days: Option<u32>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

/// A parameter. Its value stands here, or in a file beside this one, or in a variable of the environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) region: Option<String>,
    #[serde(rename = "type", default = "string_type")]
    pub(super) parameter_type: String,
    pub(super) description: Option<String>,
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
    pub(super) value_file: Option<PathBuf>,
    pub(super) value_env: Option<String>,
}

impl Declared {
    /// Reads a file. Files that it names are looked for beside it.
    pub(crate) fn read(path: &Path) -> Result<Self, ApplyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| ApplyError::File { path: path.to_owned(), cause })?;
        let mut declared = Self::parse(&text)?;
        let beside = path.parent().unwrap_or(Path::new(""));
        for parameter in declared.accounts.iter_mut().flat_map(|account| &mut account.parameters) {
            if let Some(file) = &mut parameter.value_file {
                *file = beside.join(&file);
            }
        }
        Ok(declared)
    }

    fn parse(text: &str) -> Result<Self, ApplyError> {
        toml::from_str(text).map_err(|error| ApplyError::Document(Box::new(error)))
    }
}

fn root_path() -> String {
    "/".to_owned()
}

fn string_type() -> String {
    "String".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_written_as_a_table() {
        let declared = Declared::parse(
            r#"
            [[accounts]]
            id = "444455556666"
            name = "payments"
            [[accounts.roles]]
            name = "app"
            attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            [accounts.roles.trust_policy]
            Version = "2012-10-17"
            Statement = [{ Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "sts:AssumeRole" }]
            "#,
        )
        .unwrap();
        let role = &declared.accounts[0].roles[0];
        let trust = role.trust_policy.as_ref().unwrap();
        assert_eq!(trust["Statement"][0]["Principal"]["AWS"], "111122223333");
        assert_eq!((role.path.as_str(), role.attached.len()), ("/", 1));
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for wrong in
            ["[[account]]", "[[accounts]]\nid = \"1\"", "[[accounts]]\nid = \"111122223333\"\nrole = []"]
        {
            assert!(Declared::parse(wrong).is_err(), "{wrong}");
        }
    }
}
