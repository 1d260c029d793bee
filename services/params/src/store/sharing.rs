//! Policies of parameters that are shared. Whoever changes them has the parameter locked.

use std::sync::Arc;

use keywright_policy::{Policy, PolicyDocument};
use keywright_store::{Connection, StoreError, Transaction};

use super::parameters::get;
use crate::domain::parameter::ParameterId;
use crate::domain::sharing::SharingPolicy;
use crate::error::Error;

/// A policy as it is stored.
#[derive(Clone, Debug)]
pub struct StoredPolicy {
    /// Its id, which it keeps.
    pub id: String,
    /// What tells its text from others.
    pub hash: String,
    /// Its text.
    pub text: String,
}

/// The policy of a parameter.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn find(connection: &Connection, id: ParameterId) -> Result<Option<StoredPolicy>, StoreError> {
    connection.query_opt(GET, &[&id.0]).await?.map(|row| policy_from_row(&row)).transpose()
}

/// Gives a parameter a policy, or its policy another text.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn put(
    transaction: &Transaction,
    id: ParameterId,
    policy_id: &str,
    hash: &str,
    policy: &SharingPolicy,
) -> Result<(), StoreError> {
    transaction.execute(PUT, &[&id.0, &policy_id, &hash, &policy.text()]).await?;
    transaction.execute(DELETE_SHARES, &[&id.0]).await?;
    transaction.execute(INSERT_SHARES, &[&id.0, &policy.shared_with()]).await.map(|_| ())
}

/// Takes a parameter's policy away.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn delete(transaction: &Transaction, id: ParameterId) -> Result<(), StoreError> {
    transaction.execute(DELETE, &[&id.0]).await.map(|_| ())
}

/// The policy of the parameter with this ARN as it is stored, ready to decide.
///
/// # Errors
/// [`Error::Corrupt`] for one that was not checked before it was stored.
pub fn compile(policy: &str, arn: &str) -> Result<Arc<Policy>, Error> {
    let document = PolicyDocument::parse(policy).map_err(|_| Error::Corrupt("resource policy"))?;
    Ok(Arc::new(Policy::compile(&document, arn)))
}

fn policy_from_row(row: &keywright_store::Row) -> Result<StoredPolicy, StoreError> {
    Ok(StoredPolicy { id: get(row, "policy_id")?, hash: get(row, "policy_hash")?, text: get(row, "policy")? })
}

const GET: &str = include_str!("sql/get_resource_policy.sql");
const PUT: &str = include_str!("sql/put_resource_policy.sql");
const DELETE: &str = include_str!("sql/delete_resource_policy.sql");
const DELETE_SHARES: &str = include_str!("sql/delete_shares.sql");
const INSERT_SHARES: &str = include_str!("sql/insert_shares.sql");
