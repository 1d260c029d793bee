//! Applies the policies of parameters when they are due.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::due_work::keep_doing;
use time::OffsetDateTime;

use crate::domain::policies::PolicyType;
use crate::error::Error;
use crate::service::Params;
use crate::store::{Scope, changes, policies};

/// Looks for policies that are due, again and again, until it is aborted.
pub async fn run(params: Arc<Params>, interval: Duration) {
    keep_doing("apply parameter policies", interval, || apply_due_policies(&params, params.clock.now()))
        .await;
}

/// Applies every policy that is due at `now`; says how many.
///
/// # Errors
/// What kept the next one from being applied.
pub async fn apply_due_policies(params: &Params, now: OffsetDateTime) -> Result<usize, Error> {
    let mut count = 0;
    while apply_one(params, now).await? {
        count += 1;
    }
    Ok(count)
}

/// Applies one policy, in one transaction with its record; false when none is due.
async fn apply_one(params: &Params, now: OffsetDateTime) -> Result<bool, Error> {
    let transaction = params.store.begin().await?;
    let Some(policy) = policies::claim_due(&transaction, &params.region, now).await? else {
        transaction.rollback().await?;
        return Ok(false);
    };
    match policy.policy_type {
        PolicyType::Expiration => {
            let scope = Scope::new(&params.region, policy.account);
            changes::delete(&transaction, &scope, std::slice::from_ref(&policy.name)).await?;
        }
        PolicyType::ExpirationNotification | PolicyType::NoChangeNotification => {
            policy.finish(&transaction).await?;
        }
    }
    params.commit_policy_event(transaction, &policy, now).await?;
    params.directory.forget(policy.account, policy.name.path());
    Ok(true)
}
