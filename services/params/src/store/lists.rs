//! Lists, each by the key it goes on behind.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row};

use super::Scope;
use super::parameters::{get, metadata_from_row, parameter_from_row, tags_from_row};
use crate::domain::filter::Conditions;
use crate::domain::parameter::{Metadata, Parameter, ParameterId};
use crate::domain::path::HierarchyPath;
use crate::domain::tags::ResourceTags;
use crate::error::Error;

/// The parameters below `path`, on any level, behind the path `after`, by path.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn below(
    connection: &Connection,
    scope: &Scope,
    path: &HierarchyPath,
    conditions: &Conditions,
    after: &str,
    limit: i64,
) -> Result<Vec<Parameter>, Error> {
    let range = path.range();
    let start = range.start.as_str().max(after);
    let Conditions { types, key_ids, key_id_prefixes, labels, label_prefixes, .. } = conditions;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[
        &scope.region,
        &scope.account,
        &start,
        &range.end,
        types,
        key_ids,
        key_id_prefixes,
        labels,
        label_prefixes,
        &limit,
    ];
    let rows = connection.query(LIST_BELOW, parameters).await?;
    rows.iter().map(parameter_from_row).collect()
}

/// The parameters on the level `path` itself, behind the path `after`, by path.
///
/// # Errors
/// As [`below`].
pub async fn on_level(
    connection: &Connection,
    scope: &Scope,
    path: &HierarchyPath,
    conditions: &Conditions,
    after: &str,
    limit: i64,
) -> Result<Vec<Parameter>, Error> {
    let parent = path.as_parent();
    let Conditions { types, key_ids, key_id_prefixes, labels, label_prefixes, .. } = conditions;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[
        &scope.region,
        &scope.account,
        &parent,
        &after,
        types,
        key_ids,
        key_id_prefixes,
        labels,
        label_prefixes,
        &limit,
    ];
    let rows = connection.query(LIST_LEVEL, parameters).await?;
    rows.iter().map(parameter_from_row).collect()
}

/// What is known of the parameters that satisfy `conditions`, behind the path `after`, by path.
///
/// # Errors
/// As [`below`].
pub async fn describe(
    connection: &Connection,
    scope: &Scope,
    conditions: &Conditions,
    after: &str,
    limit: i64,
) -> Result<Vec<Metadata>, Error> {
    let sql = match conditions {
        Conditions { paths: Some(_), .. } => DESCRIBE_NAMED,
        Conditions { parents: Some(_), .. } => DESCRIBE_LEVELS,
        _ => DESCRIBE,
    };
    let rows = described(connection, sql, scope, conditions, after, limit).await?;
    rows.iter().map(metadata_from_row).collect()
}

/// What another account shares.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The current version.
    pub metadata: Metadata,
    /// Whose it is.
    pub owner: AccountId,
    /// By which policy.
    pub policy: String,
    /// Its tags.
    pub tags: ResourceTags,
    /// Its place in the list.
    pub location: String,
}

/// What is known of the parameters whose policies name this account, behind the location `after`, by location.
///
/// # Errors
/// As [`below`].
pub async fn shared(
    connection: &Connection,
    scope: &Scope,
    conditions: &Conditions,
    after: &str,
    limit: i64,
) -> Result<Vec<Shared>, Error> {
    let rows = described(connection, DESCRIBE_SHARED, scope, conditions, after, limit).await?;
    let shared = rows.iter().map(|row| {
        Ok(Shared {
            metadata: metadata_from_row(row)?,
            owner: AccountId::parse(get(row, "account_id")?).map_err(|_| Error::Corrupt("account"))?,
            policy: get(row, "resource_policy")?,
            tags: tags_from_row(row)?,
            location: get(row, "location")?,
        })
    });
    shared.collect()
}

async fn described(
    connection: &Connection,
    sql: &str,
    scope: &Scope,
    conditions: &Conditions,
    after: &str,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let Conditions {
        types,
        key_ids,
        key_id_prefixes,
        tiers,
        paths,
        prefixes,
        name_parts,
        parents,
        data_types,
        labels: _,
        label_prefixes: _,
        tags,
    } = conditions;
    let (first, behind) = prefixes.ranges();
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[
        &scope.region,
        &scope.account,
        &after,
        types,
        key_ids,
        key_id_prefixes,
        tiers,
        name_parts,
        data_types,
        &tags.keys,
        &tags.values,
        &tags.are_prefixes,
        &limit,
        &first,
        &behind,
        parents,
        paths,
    ];
    Ok(connection.query(sql, parameters).await?)
}

/// A version, with its labels.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The version.
    pub parameter: Parameter,
    /// Its labels, in their order.
    pub labels: Vec<String>,
}

/// The versions of a parameter behind the version `after`, oldest first.
///
/// # Errors
/// As [`below`].
pub async fn history(
    connection: &Connection,
    scope: &Scope,
    id: ParameterId,
    after: i64,
    limit: i64,
) -> Result<Vec<Labelled>, Error> {
    let rows = connection.query(HISTORY, &[&scope.region, &scope.account, &id.0, &after, &limit]).await?;
    let labelled = |row| Ok(Labelled { parameter: parameter_from_row(row)?, labels: get(row, "labels")? });
    rows.iter().map(labelled).collect()
}

/// A page of what is below a path, or on its level.
macro_rules! list {
    ($place:literal) => {
        concat!(include_str!("sql/list.sql"), $place, "ORDER BY p.path\nLIMIT $10\n")
    };
}

/// A page of an account's own parameters, found as the file says.
macro_rules! describe {
    ($file:literal) => {
        concat!(
            include_str!(concat!("sql/", $file)),
            include_str!("sql/describe_conditions.sql"),
            "    ORDER BY p.path\n    LIMIT $13\n) AS described\nORDER BY described.path\nLIMIT $13\n"
        )
    };
}

/// Those below a path.
pub const LIST_BELOW: &str = list!("    AND p.path > $3 AND p.path < $4\n");
/// Those on a level.
pub const LIST_LEVEL: &str = list!("    AND p.parent = $3 AND p.path > $4\n");
/// What is known of those in ranges of paths.
pub const DESCRIBE: &str = describe!("describe.sql");
/// What is known of those on levels.
pub const DESCRIBE_LEVELS: &str = describe!("describe_levels.sql");
/// What is known of those that are named.
pub const DESCRIBE_NAMED: &str = describe!("describe_named.sql");
const DESCRIBE_SHARED: &str = concat!(
    include_str!("sql/describe_shared.sql"),
    include_str!("sql/describe_conditions.sql"),
    "ORDER BY s.location\nLIMIT $13\n"
);
const HISTORY: &str = include_str!("sql/history.sql");
