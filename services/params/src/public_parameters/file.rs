//! The file in which an operator publishes parameters.

use std::collections::BTreeMap;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tree::PublicTree;
use crate::domain::kind::{ParameterType, Tier};
use crate::domain::name::{MAX_LEVELS, ParameterName};
use crate::domain::parameter::{Metadata, Parameter, ParameterId, StoredValue};

/// Why a file can't be published.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("the file of public parameters cannot be read")]
    Read(#[source] std::io::Error),
    /// It is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file of public parameters is too large")]
    TooLarge,
    /// It isn't of the form.
    #[error("the file of public parameters is not understood")]
    Form(#[from] Box<toml::de::Error>),
    /// A parameter can't be.
    #[error("a public parameter is not valid, name={name}: {reason}")]
    Parameter {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The parameters of a file.
///
/// # Errors
/// [`FileError`] with the first thing that is wrong.
pub(super) fn parse(text: &str) -> Result<PublicTree, FileError> {
    let file: File = toml::from_str(text).map_err(Box::new)?;
    let mut parameters = BTreeMap::<String, BTreeMap<i64, Parameter>>::new();
    for entry in file.parameter {
        let name = entry.name.clone();
        let invalid = |reason| FileError::Parameter { name: name.clone(), reason };
        let version = entry.parameter().map_err(invalid)?;
        let versions = parameters.entry(version.metadata.path().to_owned()).or_default();
        if versions.insert(version.metadata.version, version).is_some() {
            return Err(invalid("this version is there twice"));
        }
    }
    Ok(PublicTree::new(parameters))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    parameter: Vec<Entry>,
}

/// One version of a parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    value: String,
    last_modified: toml::value::Datetime,
    #[serde(default = "first")]
    version: i64,
    r#type: Option<String>,
    data_type: Option<String>,
    description: Option<String>,
}

fn first() -> i64 {
    1
}

impl Entry {
    fn parameter(self) -> Result<Parameter, &'static str> {
        let name = ParameterName::parse(&self.name).map_err(|_| "the name is not a parameter's")?;
        if !self.name.starts_with(PUBLIC_PREFIX) {
            return Err("the name must begin with /aws/service/");
        }
        if name.path().split('/').count() > MAX_LEVELS {
            return Err("the name has too many levels");
        }
        let parameter_type = match self.r#type.as_deref() {
            None | Some("String") => ParameterType::String,
            Some("StringList") => ParameterType::StringList,
            Some(_) => return Err("the type is neither String nor StringList"),
        };
        if self.value.is_empty() || self.value.len() > Tier::Advanced.max_value_bytes() {
            return Err("the value is empty or too long");
        }
        if self.version < 1 {
            return Err("the version is not positive");
        }
        let modified_at = OffsetDateTime::parse(&self.last_modified.to_string(), &Rfc3339);
        let metadata = Metadata {
            id: ParameterId(0),
            name: self.name,
            version: self.version,
            parameter_type,
            tier: Tier::Standard,
            data_type: self.data_type.unwrap_or_else(|| "text".to_owned()),
            key_id: None,
            description: self.description,
            allowed_pattern: None,
            modified_at: modified_at.map_err(|_| "last_modified is no date and time with an offset")?,
            modified_by: PUBLISHER.to_owned(),
        };
        Ok(Parameter { metadata, value: StoredValue::Plain(self.value) })
    }
}

const PUBLIC_PREFIX: &str = "/aws/service/";
/// Who has modified what the operator has published, as histories show it.
const PUBLISHER: &str = "AWS";

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        [[parameter]]
        name = "/aws/service/x/url"
        value = "v2"
        version = 2
        last_modified = 2026-11-02T03:04:05Z

        [[parameter]]
        name = "/aws/service/x/url"
        value = "v1"
        last_modified = 2026-11-01T03:04:05+01:00
        type = "String"
        data_type = "text"
        description = "where it is"
    "#;

    #[test]
    fn a_file_lists_versions_in_any_order() {
        let tree = parse(GOOD).unwrap();
        let (first, last) = (tree.find("aws/service/x/url", Some(1)), tree.find("aws/service/x/url", None));
        let version = |found: Option<&Parameter>| found.unwrap().metadata.version;
        assert_eq!((version(first), version(last)), (1, 2));
        assert_eq!(first.unwrap().metadata.description.as_deref(), Some("where it is"));
        assert!(parse("").unwrap().find("aws/service/x/url", None).is_none());
    }

    #[test]
    fn whatever_is_wrong_is_told() {
        let change =
            |from: &str, to: &str| parse(&GOOD.replace(from, to)).err().map(|error| error.to_string());
        for (from, to, reason) in [
            ("/aws/service/x/url", "/prod/url", "must begin with /aws/service/"),
            ("/aws/service/x/url", "aws/service/x", "not a parameter's"),
            ("/aws/service/x/url", "/aws/service//x", "not a parameter's"),
            ("\"v1\"", "\"\"", "empty or too long"),
            ("version = 2", "version = 0", "not positive"),
            ("version = 2", "version = 1", "there twice"),
            ("\"String\"", "\"SecureString\"", "neither String nor StringList"),
            ("2026-11-02T03:04:05Z", "2026-11-02", "no date and time"),
            ("data_type", "datatype", "not understood"),
            ("[[parameter]]", "[[parameters]]", "not understood"),
        ] {
            let error = change(from, to).unwrap_or_default();
            assert!(error.contains(reason), "{to}: {error}");
        }
    }
}
