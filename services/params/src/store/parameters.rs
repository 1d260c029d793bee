//! Finding parameters by name and version.

use keywright_store::types::FromSql;
use keywright_store::{Connection, Row, StoreError};

use super::Scope;
use crate::domain::kind::Tier;
use crate::domain::parameter::{Metadata, Parameter, ParameterId, StoredValue};
use crate::domain::reference::Selector;
use crate::domain::tags::ResourceTags;
use crate::error::Error;

/// What is asked for: a path, and a version of it (else the current one).
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose it is.
    pub account: &'a str,
    /// The name as its ARN has it.
    pub path: &'a str,
    /// The version, by its number or a label.
    pub selector: Option<&'a Selector>,
}

/// What was found of it.
#[derive(Clone, Debug)]
pub enum Found {
    /// No such parameter.
    Missing,
    /// The parameter of this name, which has no such version.
    NoSuchVersion {
        /// The parameter.
        id: ParameterId,
        /// Its name.
        name: String,
    },
    /// The version.
    Version(Parameter),
}

/// A parameter's version, and the parameter's tags.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// The version.
    pub found: Found,
    /// None, where the parameter is missing.
    pub tags: ResourceTags,
    /// The parameter's resource policy, where it has one.
    pub policy: Option<String>,
}

impl Tagged {
    /// No such parameter.
    #[must_use]
    pub fn missing() -> Self {
        Self { found: Found::Missing, tags: ResourceTags::default(), policy: None }
    }
}

/// Finds all that is asked for, in its order, in one query.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn find(connection: &Connection, region: &str, asked: &[Asked<'_>]) -> Result<Vec<Tagged>, Error> {
    let accounts = asked.iter().map(|asked| asked.account).collect::<Vec<_>>();
    let paths = asked.iter().map(|asked| asked.path).collect::<Vec<_>>();
    let versions = asked.iter().map(|asked| match asked.selector {
        Some(Selector::Version(version)) => Some(*version),
        Some(Selector::Label(_)) | None => None,
    });
    let labels = asked.iter().map(|asked| match asked.selector {
        Some(Selector::Label(label)) => Some(&**label),
        Some(Selector::Version(_)) | None => None,
    });
    let (versions, labels) = (versions.collect::<Vec<_>>(), labels.collect::<Vec<_>>());
    let rows = connection.query(FIND, &[&region, &accounts, &paths, &versions, &labels]).await?;
    let mut found = vec![Tagged::missing(); asked.len()];
    for row in rows {
        let position: i64 = get(&row, "position")?;
        let place = usize::try_from(position - 1).ok().and_then(|index| found.get_mut(index));
        *place.ok_or(Error::Corrupt("position"))? = Tagged {
            found: found_from_row(&row)?,
            tags: tags_from_row(&row)?,
            policy: get(&row, "resource_policy")?,
        };
    }
    Ok(found)
}

/// Finds the current version of one parameter.
///
/// # Errors
/// As [`find`].
pub async fn find_current(
    connection: &Connection,
    scope: &Scope,
    path: &str,
) -> Result<Option<Parameter>, Error> {
    Ok(find_tagged(connection, scope, path).await?.map(|(parameter, _)| parameter))
}

/// The same with the parameter's tags.
///
/// # Errors
/// As [`find`].
pub async fn find_tagged(
    connection: &Connection,
    scope: &Scope,
    path: &str,
) -> Result<Option<(Parameter, ResourceTags)>, Error> {
    let asked = Asked { account: &scope.account, path, selector: None };
    match find(connection, &scope.region, &[asked]).await?.pop() {
        Some(Tagged { found: Found::Version(parameter), tags, .. }) => Ok(Some((parameter, tags))),
        None | Some(Tagged { found: Found::Missing, .. }) => Ok(None),
        Some(Tagged { found: Found::NoSuchVersion { .. }, .. }) => Err(Error::Corrupt("version")),
    }
}

pub(super) fn tags_from_row(row: &Row) -> Result<ResourceTags, StoreError> {
    let (keys, values): (Vec<String>, Vec<String>) = (get(row, "tag_keys")?, get(row, "tag_values")?);
    Ok(ResourceTags::new(keys.into_iter().zip(values).collect()))
}

fn found_from_row(row: &Row) -> Result<Found, Error> {
    if get::<Option<i64>>(row, "version")?.is_some() {
        return Ok(Found::Version(parameter_from_row(row)?));
    }
    Ok(Found::NoSuchVersion { id: ParameterId(get(row, "parameter_id")?), name: get(row, "name")? })
}

/// A version with its value.
pub(super) fn parameter_from_row(row: &Row) -> Result<Parameter, Error> {
    let value = match (get::<Option<String>>(row, "value")?, get::<Option<Vec<u8>>>(row, "ciphertext")?) {
        (Some(text), None) => StoredValue::Plain(text),
        (None, Some(blob)) => StoredValue::Sealed(blob),
        (Some(_), Some(_)) | (None, None) => return Err(Error::Corrupt("value")),
    };
    Ok(Parameter { metadata: metadata_from_row(row)?, value })
}

/// A version without its value.
pub(super) fn metadata_from_row(row: &Row) -> Result<Metadata, Error> {
    let parameter_type: &str = get(row, "type")?;
    Ok(Metadata {
        id: ParameterId(get(row, "parameter_id")?),
        name: get(row, "name")?,
        version: get(row, "version")?,
        parameter_type: parameter_type.parse().map_err(|_| Error::Corrupt("type"))?,
        tier: Tier::parse(get(row, "tier")?).ok_or(Error::Corrupt("tier"))?,
        data_type: get(row, "data_type")?,
        key_id: get(row, "key_id")?,
        description: get(row, "description")?,
        allowed_pattern: get(row, "allowed_pattern")?,
        modified_at: get(row, "modified_at")?,
        modified_by: get(row, "modified_by")?,
    })
}

pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}

const FIND: &str = include_str!("sql/find.sql");
