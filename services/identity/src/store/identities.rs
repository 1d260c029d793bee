//! Users, groups and roles.

use keywright_aws_api::AccountId;
use keywright_store::types::ToSql;
use keywright_store::{Connection, Row, StoreError, Transaction};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{column, parsed};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::domain::policy::StoredPolicy;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError};

/// The identity of this kind and name; names are told apart without regard to case.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    kind: IdentityKind,
    name: &IdentityName,
) -> Result<Option<Identity>, IdentityError> {
    let sql = include_str!("sql/find_identity.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &kind.as_str(), &name.as_str()]).await?;
    row.map(|row| identity(&row)).transpose()
}

/// The identity of this unique id, in an account that is open.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find_by_id(connection: &Connection, id: &str) -> Result<Option<Identity>, IdentityError> {
    let row = connection.query_opt(include_str!("sql/find_identity_by_id.sql"), &[&id]).await?;
    row.map(|row| identity(&row)).transpose()
}

/// Makes an identity that has nothing yet: a user or a group.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when the name is taken.
pub async fn insert(
    transaction: &Transaction,
    identity: &Identity,
    now: OffsetDateTime,
) -> Result<(), IdentityError> {
    insert_stored(transaction, &StoredIdentity::new(identity.clone(), now)).await
}

/// Makes an identity with all that it has.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when the name is taken.
pub async fn insert_stored(transaction: &Transaction, stored: &StoredIdentity) -> Result<(), IdentityError> {
    let StoredIdentity { identity, created_at, tags, boundary_arn, role } = stored;
    let Identity { kind, account, id, name, path } = identity;
    let role = role.as_ref();
    let seconds = role.map(|role| stored_seconds(role.max_session_seconds));
    let parameters: [&(dyn ToSql + Sync); 12] = [
        id,
        &account.as_str(),
        &kind.as_str(),
        &name.as_str(),
        &path.as_str(),
        created_at,
        &stored_tags(tags),
        boundary_arn,
        &role.map(|role| &role.trust_policy),
        &role.and_then(|role| role.description.as_ref()),
        &seconds,
        &role.and_then(|role| role.service_name.as_ref()),
    ];
    let inserted = transaction.execute(include_str!("sql/insert_identity.sql"), &parameters).await;
    named_once(inserted, *kind, name)
}

/// A statement that gives an identity its name, which may be taken.
pub(super) fn named_once(
    done: Result<u64, StoreError>,
    kind: IdentityKind,
    name: &IdentityName,
) -> Result<(), IdentityError> {
    match done {
        Ok(_) => Ok(()),
        Err(error) if error.unique_violation() == Some("identities_by_name") => {
            Err(IdentityError::EntityAlreadyExists(Entity::Identity(kind, name.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// An identity with all that is stored of it.
#[derive(Clone, Debug)]
pub struct StoredIdentity {
    /// Who it is.
    pub identity: Identity,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Its tags; a group has none.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary_arn: Option<String>,
    /// What only a role has.
    pub role: Option<StoredRole>,
}

/// What only a role has.
#[derive(Clone, Debug)]
pub struct StoredRole {
    /// Who may assume it.
    pub trust_policy: String,
    /// What it is for.
    pub description: Option<String>,
    /// How long a session may be, in seconds.
    pub max_session_seconds: u32,
    /// Whose it is, if it is linked to a service, such as `ssm.amazonaws.com`.
    pub service_name: Option<String>,
    /// When a session of it last made a request, and in which Region.
    pub last_used: Option<(OffsetDateTime, String)>,
}

impl StoredIdentity {
    /// An identity that has nothing yet.
    #[must_use]
    pub fn new(identity: Identity, now: OffsetDateTime) -> Self {
        Self { identity, created_at: now, tags: Tags::new(), boundary_arn: None, role: None }
    }
}

/// The identity of this kind and name, with all that is stored of it.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find_stored(
    connection: &Connection,
    account: AccountId,
    kind: IdentityKind,
    name: &IdentityName,
) -> Result<Option<StoredIdentity>, IdentityError> {
    let sql = include_str!("sql/find_stored_identity.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &kind.as_str(), &name.as_str()]).await?;
    row.map(|row| stored(&row)).transpose()
}

/// The identity in a row with all columns.
pub(super) fn stored(row: &Row) -> Result<StoredIdentity, IdentityError> {
    let identity = identity(row)?;
    let role = match identity.kind {
        IdentityKind::User | IdentityKind::Group => None,
        IdentityKind::Role => {
            let seconds: i32 = column(row, "max_session_seconds")?;
            let last_used_at: Option<OffsetDateTime> = column(row, "last_used_at")?;
            Some(StoredRole {
                trust_policy: column(row, "trust_policy")?,
                description: column(row, "description")?,
                max_session_seconds: seconds
                    .try_into()
                    .map_err(|_| IdentityError::Row("max_session_seconds"))?,
                service_name: column(row, "service_name")?,
                last_used: last_used_at.zip(column(row, "last_used_region")?),
            })
        }
    };
    Ok(StoredIdentity {
        identity,
        created_at: column(row, "created_at")?,
        tags: tags(row)?,
        boundary_arn: column(row, "boundary_arn")?,
        role,
    })
}

/// What counts in decisions besides an identity's policies.
pub struct Traits {
    /// Its tags.
    pub tags: Tags,
    /// Its permissions boundary.
    pub boundary: Option<StoredPolicy>,
}

/// Tags and boundary.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn traits(connection: &Connection, identity: &Identity) -> Result<Traits, IdentityError> {
    let row = connection.query_one(include_str!("sql/traits_of_identity.sql"), &[&identity.id]).await?;
    let boundary = match column::<Option<String>>(&row, "boundary_arn")? {
        None => None,
        Some(arn) => Some(StoredPolicy {
            name: column(&row, "boundary_name")?,
            arn: Some(arn),
            document: column(&row, "boundary_document")?,
        }),
    };
    Ok(Traits { tags: tags(&row)?, boundary })
}

/// The tags in a row.
pub(super) fn tags(row: &Row) -> Result<Tags, IdentityError> {
    let tags: serde_json::Value = column(row, "tags")?;
    Tags::deserialize(tags).map_err(|_| IdentityError::Row("tags"))
}

/// The column for tags.
pub(super) fn stored_tags(tags: &Tags) -> serde_json::Value {
    tags.iter().map(|(key, value)| (key.clone(), serde_json::Value::from(value.as_str()))).collect()
}

/// At most 43,200, as the API checks.
pub(super) fn stored_seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The identity in a row with `kind`, `account_id`, `identity_id`, `name` and `path`.
pub(super) fn identity(row: &Row) -> Result<Identity, IdentityError> {
    Ok(Identity {
        kind: parsed(row, "kind", |kind| IdentityKind::parse(kind).ok_or(()))?,
        account: parsed(row, "account_id", AccountId::parse)?,
        id: column(row, "identity_id")?,
        name: parsed(row, "name", IdentityName::parse)?,
        path: parsed(row, "path", Path::parse)?,
    })
}
