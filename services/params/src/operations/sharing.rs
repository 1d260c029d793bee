//! GetResourcePolicies, PutResourcePolicy, DeleteResourcePolicy: which other accounts may read a parameter.
//!
//! A parameter has one policy. What it allows is decided with it: `access.rs`.

mod delete;
mod list;
mod put;

pub use delete::{DeleteResourcePolicy, DeleteResourcePolicyInput};
pub use list::{GetResourcePolicies, GetResourcePoliciesInput};
pub use put::{PutResourcePolicy, PutResourcePolicyInput};

use keywright_aws_api::Call;
use keywright_service::PostgresWork;

use super::get_parameter::{Target, load_all};
use crate::domain::parameter::Metadata;
use crate::domain::sharing::SharingError;
use crate::error::Error;
use crate::service::Params;
use crate::store::Scope;
use crate::store::changes::{self, Locked};
use crate::store::sharing::{self, StoredPolicy};

/// Finds the parameter with this ARN.
async fn load(service: &Params, call: &Call, arn: &str) -> Result<Target, Error> {
    let mut found = if arn.starts_with("arn:") {
        load_all(service, call, &[arn.to_owned()]).await.map_err(|error| match error {
            Error::Name { .. } => SharingError::NotAParameter(arn.to_owned()).into(),
            other => other,
        })?
    } else {
        Vec::new()
    };
    let found = found.pop().filter(|target| target.reference.selector.is_none());
    found.ok_or_else(|| SharingError::NotAParameter(arn.to_owned()).into())
}

/// The parameter, if there is one.
fn metadata<'a>(target: &'a Target, arn: &str) -> Result<&'a Metadata, Error> {
    let parameter = target.parameter(arn).map_err(|error| match error {
        Error::NotFound(_) => SharingError::NotFound(arn.to_owned()).into(),
        other => other,
    });
    Ok(&parameter?.metadata)
}

/// Locks the parameter, so that its policy can be changed, and finds that.
async fn lock(
    service: &Params,
    target: &Target,
    call: &Call,
    work: &mut PostgresWork,
) -> Result<(Locked, Option<StoredPolicy>), Error> {
    let account = target.reference.account;
    service.directory.forget_after(work, account, target.reference.path());
    let scope = Scope::new(&call.region, account);
    let transaction = work.transaction().await?;
    let locked = changes::lock(transaction, &scope, target.reference.path()).await?;
    let locked = locked.ok_or_else(|| SharingError::NotFound(target.arn.clone()))?;
    let policy = sharing::find(transaction, locked.id).await?;
    Ok((locked, policy))
}

/// Whether this is the policy that a caller means to change, as it was when the caller saw it.
fn check_current(policy: Option<StoredPolicy>, id: &str, hash: &str) -> Result<StoredPolicy, Error> {
    let policy = policy.filter(|policy| policy.id == id).ok_or(SharingError::PolicyNotFound)?;
    if policy.hash == hash { Ok(policy) } else { Err(SharingError::Conflict.into()) }
}
