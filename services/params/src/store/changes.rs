//! New versions, and deletions.

use keywright_service::Announcements;
use keywright_store::{StoreError, Transaction};
use time::OffsetDateTime;

use super::Scope;
use super::parameters::get;
use crate::domain::kind::Tier;
use crate::domain::name::ParameterName;
use crate::domain::parameter::{ParameterId, StoredValue};
use crate::domain::revision::Revision;

/// A parameter whose row no other transaction can change until this one ends.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The row.
    pub id: ParameterId,
    /// Its name.
    pub name: String,
    /// Its current version.
    pub version: i64,
    /// The tier of that; none for a parameter which has no version yet.
    pub tier: Option<Tier>,
}

/// A version that is to be stored.
pub struct NewVersion<'a> {
    /// The parameter.
    pub id: ParameterId,
    /// Its number.
    pub version: i64,
    /// All but the value.
    pub revision: &'a Revision,
    /// The value.
    pub value: &'a StoredValue,
    /// When.
    pub modified_at: OffsetDateTime,
    /// The ARN of who.
    pub modified_by: &'a str,
}

impl NewVersion<'_> {
    /// The latest version that the history then no longer has.
    #[must_use]
    pub fn forgotten(&self) -> Option<i64> {
        Some(self.version - HISTORY_LENGTH).filter(|version| *version > 0)
    }
}

/// Locks the parameter with this path, and waits for whoever has it locked. All replicas are told that it has changed when the
/// transaction commits.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn lock(
    transaction: &Transaction,
    scope: &Scope,
    path: &str,
) -> Result<Option<Locked>, StoreError> {
    let Some(row) = transaction.query_opt(LOCK, &[&scope.region, &scope.account, &path]).await? else {
        return Ok(None);
    };
    CHANGES.tell(transaction, &scope.region, &scope.account, path).await?;
    let id = ParameterId(get(&row, "parameter_id")?);
    let tier = Tier::parse(get(&row, "tier")?);
    Ok(Some(Locked { id, name: get(&row, "name")?, version: get(&row, "version")?, tier }))
}

/// Adds a parameter, whose first version must follow; `None` when another transaction was faster. All replicas are told: pages
/// have one more.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn insert(
    transaction: &Transaction,
    scope: &Scope,
    name: &ParameterName,
    tier: Tier,
) -> Result<Option<ParameterId>, StoreError> {
    let (path, parent, name) = (name.path(), name.parent(), name.as_str());
    CHANGES.tell(transaction, &scope.region, &scope.account, path).await?;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&scope.region, &scope.account, &path, &parent, &name, &tier.as_str()];
    let row = transaction.query_opt(INSERT_PARAMETER, parameters).await?;
    row.map(|row| get(&row, "parameter_id").map(ParameterId)).transpose()
}

/// Stores a version of a locked parameter, makes it the current one, and drops what is too old for the history.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn add_version(transaction: &Transaction, new: &NewVersion<'_>) -> Result<(), StoreError> {
    let Revision { parameter_type, tier, data_type, key_id, description, allowed_pattern } = new.revision;
    let (text, blob) = match new.value {
        StoredValue::Plain(text) => (Some(text), None),
        StoredValue::Sealed(blob) => (None, Some(blob)),
    };
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[
        &new.id.0,
        &new.version,
        &parameter_type.as_str(),
        &tier.as_str(),
        data_type,
        &text,
        &blob,
        key_id,
        description,
        allowed_pattern,
        &new.modified_at,
        &new.modified_by,
    ];
    transaction.execute(INSERT_VERSION, parameters).await?;
    if new.version > 1 {
        transaction.execute(SET_VERSION, &[&new.id.0, &new.version, &tier.as_str()]).await?;
    }
    if let Some(forgotten) = new.forgotten() {
        transaction.execute(TRIM_HISTORY, &[&new.id.0, &forgotten]).await?;
    }
    Ok(())
}

/// Deletes parameters with all their versions and tags; says which ones there were.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(
    transaction: &Transaction,
    scope: &Scope,
    names: &[ParameterName],
) -> Result<Vec<String>, StoreError> {
    for name in names {
        CHANGES.tell(transaction, &scope.region, &scope.account, name.path()).await?;
    }
    let paths = names.iter().map(ParameterName::path).collect::<Vec<_>>();
    let names = names.iter().map(ParameterName::as_str).collect::<Vec<_>>();
    let rows = transaction.query(DELETE_PARAMETERS, &[&scope.region, &scope.account, &names, &paths]).await?;
    rows.iter().map(|row| get(row, "name")).collect()
}

/// Where replicas are told of changes, by paths.
pub const CHANGES: Announcements = Announcements::on("keywright_params_changed");
/// How many versions are kept.
pub(super) const HISTORY_LENGTH: i64 = 100;
const LOCK: &str = include_str!("sql/lock.sql");
const INSERT_PARAMETER: &str = include_str!("sql/insert_parameter.sql");
const INSERT_VERSION: &str = include_str!("sql/insert_version.sql");
const SET_VERSION: &str = include_str!("sql/set_version.sql");
const TRIM_HISTORY: &str = include_str!("sql/trim_history.sql");
const DELETE_PARAMETERS: &str = include_str!("sql/delete_parameters.sql");
