//! Managed policies.

use keywright_aws_api::AccountId;
use keywright_store::{Connection, Row, StoreError, Transaction};

use super::identities::{stored_tags, tags};
use super::lists::Slice;
use super::{column, parsed};
use crate::domain::identity::IdentityKind;
use crate::domain::managed_policy::{ManagedPolicy, VersionId};
use crate::domain::names::{IdentityName, Path, PolicyName};
use crate::domain::quota::Quota;
use crate::domain::tags::Tags;
use crate::error::{Entity, IdentityError, Left};

/// The policy of this ARN, if the account finds it.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn find(
    connection: &Connection,
    account: AccountId,
    arn: &str,
) -> Result<Option<ManagedPolicy>, IdentityError> {
    let sql = include_str!("sql/find_whole_managed_policy.sql");
    let row = connection.query_opt(sql, &[&account.as_str(), &arn]).await?;
    row.map(|row| policy(&row)).transpose()
}

/// Which policies are listed.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// The account's own ones.
    pub local: bool,
    /// Those that every account finds.
    pub aws: bool,
    /// Whose path begins with this.
    pub path_prefix: &'a str,
    /// Only those that are attached to an identity of the account.
    pub attached: bool,
    /// Only those that bound an identity of the account.
    pub bounding: bool,
    /// Only those of which either is true.
    pub used: bool,
    /// The same, but only of those that every account finds.
    pub aws_used: bool,
}

/// The policies that the account finds, in the order of their ids.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn list(
    connection: &Connection,
    account: AccountId,
    which: Listed<'_>,
    slice: &Slice,
) -> Result<Vec<ManagedPolicy>, IdentityError> {
    let sql = include_str!("sql/list_managed_policies.sql");
    let Listed { local, aws, path_prefix, attached, bounding, used, aws_used } = which;
    let Slice { after, rows } = slice;
    let account = account.as_str();
    let rows = connection
        .query(
            sql,
            &[&account, &local, &aws, after, &path_prefix, &attached, &bounding, &used, rows, &aws_used],
        )
        .await?;
    rows.iter().map(policy).collect()
}

/// Makes those who add policies to an account take turns until the transaction ends, and sees that there may be another
/// one.
///
/// # Errors
/// [`IdentityError::LimitExceeded`].
pub async fn admit_another(transaction: &Transaction, account: AccountId) -> Result<(), IdentityError> {
    let sql = "SELECT 1 FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE";
    transaction.query_opt(sql, &[&account.as_str()]).await?;
    let sql = "SELECT count(*) AS count FROM managed_policies WHERE account_id = $1";
    let count: i64 = column(&transaction.query_one(sql, &[&account.as_str()]).await?, "count")?;
    let room = usize::try_from(count).is_ok_and(|count| count < Quota::POLICIES.most);
    if room { Ok(()) } else { Err(IdentityError::LimitExceeded(Quota::POLICIES)) }
}

/// Makes a policy, as yet without a text.
///
/// # Errors
/// [`IdentityError::EntityAlreadyExists`] when the account has one of this name.
pub async fn insert(transaction: &Transaction, policy: &ManagedPolicy) -> Result<(), IdentityError> {
    let ManagedPolicy {
        arn, id, account, name, path, default_version, description, tags, created_at, ..
    } = policy;
    let account = account.as_ref().map(AccountId::as_str);
    let (name, path, version) = (name.as_str(), path.as_str(), default_version.to_string());
    let tags = stored_tags(tags);
    let parameters: [&(dyn keywright_store::types::ToSql + Sync); 9] =
        [arn, id, &account, &name, &path, &version, description, &tags, created_at];
    match transaction.execute(include_str!("sql/insert_managed_policy.sql"), &parameters).await {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => {
            Err(IdentityError::EntityAlreadyExists(Entity::PolicyName(name.to_owned())))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_taken(error: &StoreError) -> bool {
    matches!(error.unique_violation(), Some("managed_policies_by_name" | "managed_policies_pkey"))
}

/// Makes those who change a policy or use it anew take turns until the transaction ends, and tells how it is now.
///
/// # Errors
/// [`IdentityError::NoSuchEntity`] when it is gone by now.
pub async fn lock(
    transaction: &Transaction,
    account: AccountId,
    arn: &str,
) -> Result<ManagedPolicy, IdentityError> {
    let sql = "SELECT 1 FROM managed_policies WHERE policy_arn = $1 FOR UPDATE";
    transaction.query_opt(sql, &[&arn]).await?;
    find(transaction, account, arn)
        .await?
        .ok_or_else(|| IdentityError::NoSuchEntity(Entity::Policy(arn.to_owned())))
}

/// Takes a locked policy away with its only version.
///
/// # Errors
/// [`IdentityError::DeleteConflict`] when it is in use, or has other versions.
pub async fn delete(transaction: &Transaction, policy: &ManagedPolicy) -> Result<(), IdentityError> {
    if policy.attachments > 0 || policy.boundaries > 0 {
        return Err(IdentityError::DeleteConflict(Left::UsesOfPolicy));
    }
    let sql = "SELECT count(*) AS count FROM managed_policy_versions WHERE policy_arn = $1";
    let versions: i64 = column(&transaction.query_one(sql, &[&policy.arn]).await?, "count")?;
    if versions > 1 {
        return Err(IdentityError::DeleteConflict(Left::VersionsOfPolicy));
    }
    transaction.execute("DELETE FROM managed_policy_versions WHERE policy_arn = $1", &[&policy.arn]).await?;
    transaction.execute("DELETE FROM managed_policies WHERE policy_arn = $1", &[&policy.arn]).await?;
    Ok(())
}

/// Sets the tags of a policy.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn set_tags(transaction: &Transaction, arn: &str, tags: &Tags) -> Result<(), StoreError> {
    let sql = "UPDATE managed_policies SET tags = $2 WHERE policy_arn = $1";
    transaction.execute(sql, &[&arn, &stored_tags(tags)]).await.map(|_| ())
}

/// Which users of a policy are listed.
#[derive(Clone, Debug)]
pub struct Entities<'a> {
    /// Of these kinds.
    pub kinds: &'a [IdentityKind],
    /// Whose path begins with this.
    pub path_prefix: &'a str,
    /// Those that it bounds.
    pub bounded: bool,
    /// Those that it is attached to.
    pub attached: bool,
}

/// An identity that uses a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEntity {
    /// What it is.
    pub kind: IdentityKind,
    /// Its unique id, in whose order they are listed.
    pub id: String,
    /// Its name.
    pub name: IdentityName,
}

/// The identities of an account that use a policy.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn entities(
    connection: &Connection,
    account: AccountId,
    arn: &str,
    which: Entities<'_>,
    slice: &Slice,
) -> Result<Vec<PolicyEntity>, IdentityError> {
    let sql = include_str!("sql/entities_of_policy.sql");
    let Entities { kinds, path_prefix, bounded, attached } = which;
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let Slice { after, rows } = slice;
    let account = account.as_str();
    let rows = connection
        .query(sql, &[&account, &arn, &kinds, &path_prefix, after, &bounded, &attached, rows])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PolicyEntity {
                kind: parsed(row, "kind", |kind| IdentityKind::parse(kind).ok_or(()))?,
                id: column(row, "identity_id")?,
                name: parsed(row, "name", IdentityName::parse)?,
            })
        })
        .collect()
}

fn policy(row: &Row) -> Result<ManagedPolicy, IdentityError> {
    let account: Option<String> = column(row, "account_id")?;
    let account = account.as_deref().map(AccountId::parse).transpose();
    Ok(ManagedPolicy {
        arn: column(row, "policy_arn")?,
        id: column(row, "policy_id")?,
        account: account.map_err(|_| IdentityError::Row("account_id"))?,
        name: parsed(row, "policy_name", PolicyName::parse)?,
        path: parsed(row, "path", Path::parse)?,
        default_version: parsed(row, "default_version", |id| VersionId::parse(id).ok_or(()))?,
        description: column(row, "description")?,
        tags: tags(row)?,
        created_at: column(row, "created_at")?,
        updated_at: column(row, "updated_at")?,
        attachments: column(row, "attachments")?,
        boundaries: column(row, "boundaries")?,
    })
}
