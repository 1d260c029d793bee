//! Lists, each by the key it goes on behind.

use keywright_store::Connection;

use super::Scope;
use super::parameters::{metadata_from_row, parameter_from_row};
use crate::domain::filter::Conditions;
use crate::domain::parameter::{Metadata, Parameter, ParameterId};
use crate::domain::path::HierarchyPath;
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
    let Conditions { types, key_ids, key_id_prefixes, .. } = conditions;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&scope.region, &scope.account, &start, &range.end, types, key_ids, key_id_prefixes, &limit];
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
    let Conditions { types, key_ids, key_id_prefixes, .. } = conditions;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&scope.region, &scope.account, &parent, &after, types, key_ids, key_id_prefixes, &limit];
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
    let Conditions {
        types,
        key_ids,
        key_id_prefixes,
        tiers,
        paths,
        path_prefixes,
        name_parts,
        hierarchies,
        parents,
    } = conditions;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[
        &scope.region,
        &scope.account,
        &after,
        types,
        key_ids,
        key_id_prefixes,
        tiers,
        paths,
        path_prefixes,
        name_parts,
        hierarchies,
        parents,
        &limit,
    ];
    let sql = if paths.is_some() { DESCRIBE_NAMED } else { DESCRIBE };
    let rows = connection.query(sql, parameters).await?;
    rows.iter().map(metadata_from_row).collect()
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
) -> Result<Vec<Parameter>, Error> {
    let rows = connection.query(HISTORY, &[&scope.region, &scope.account, &id.0, &after, &limit]).await?;
    rows.iter().map(parameter_from_row).collect()
}

const LIST_BELOW: &str = include_str!("sql/list_below.sql");
const LIST_LEVEL: &str = include_str!("sql/list_level.sql");
const DESCRIBE: &str = include_str!("sql/describe.sql");
const DESCRIBE_NAMED: &str = include_str!("sql/describe_named.sql");
const HISTORY: &str = include_str!("sql/history.sql");
