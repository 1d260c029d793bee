//! How many parameters an account has, as far as it is limited.

use keywright_store::{Connection, StoreError, Transaction};

use super::Scope;
use super::parameters::get;
use crate::domain::kind::Tier;

/// Whether an account has more than `limit` parameters of a tier. Others that ask wait until the transaction ends, and see
/// then what it has added.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn exceeds(
    transaction: &Transaction,
    scope: &Scope,
    tier: Tier,
    limit: i64,
) -> Result<bool, StoreError> {
    transaction.query_one(LOCK, &[&scope.region, &scope.account, &tier.as_str()]).await?;
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&scope.region, &scope.account, &(limit + 1)];
    let counted: i64 = get(&transaction.query_one(count_of(tier), parameters).await?, "count")?;
    Ok(counted > limit)
}

/// Whether an account has `limit` parameters of a tier already, as it seems now.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn reaches(
    connection: &Connection,
    scope: &Scope,
    tier: Tier,
    limit: i64,
) -> Result<bool, StoreError> {
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] = &[&scope.region, &scope.account, &limit];
    let counted: i64 = get(&connection.query_one(count_of(tier), parameters).await?, "count")?;
    Ok(counted >= limit)
}

fn count_of(tier: Tier) -> &'static str {
    match tier {
        Tier::Standard => COUNT_STANDARD,
        Tier::Advanced => COUNT_ADVANCED,
    }
}

const LOCK: &str = include_str!("sql/lock_count.sql");
const COUNT_STANDARD: &str = include_str!("sql/count_standard.sql");
const COUNT_ADVANCED: &str = include_str!("sql/count_advanced.sql");
