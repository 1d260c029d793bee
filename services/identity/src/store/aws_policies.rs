//! The managed policies that every account finds, kept as this program has them.

use keywright_store::Transaction;
use time::OffsetDateTime;

use super::{changes, column, policy_versions};
use crate::domain::aws_policies::BuiltInPolicy;
use crate::error::IdentityError;

/// Sees that a policy is there, and that its default version has this text; says whether it changed anything. Versions
/// that were there stay, as AWS's do.
///
/// # Errors
/// [`IdentityError`] of the store.
pub async fn ensure(
    transaction: &Transaction,
    policy: &BuiltInPolicy,
    now: OffsetDateTime,
) -> Result<bool, IdentityError> {
    let BuiltInPolicy { policy_id, name, description, document } = policy;
    let arn = &policy.arn();
    let sql = include_str!("sql/ensure_managed_policy.sql");
    let changed = transaction.execute(sql, &[arn, policy_id, name, description, &now]).await? > 0;
    let sql = include_str!("sql/default_text_of_policy.sql");
    match transaction.query_opt(sql, &[arn]).await? {
        None => {
            let first = crate::domain::managed_policy::VersionId::FIRST;
            policy_versions::insert(transaction, arn, first, document, now).await?;
            Ok(true)
        }
        Some(row) if column::<&str>(&row, "document")? == *document => Ok(changed),
        Some(_) => {
            let id = policy_versions::add_unlimited(transaction, arn, document, now).await?;
            policy_versions::set_default(transaction, arn, id).await?;
            // Whoever has it, in whatever account.
            changes::note(transaction, &["*"]).await?;
            Ok(true)
        }
    }
}
