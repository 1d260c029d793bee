//! Policies of parameters.

use keywright_aws_api::{AccountId, Region};
use keywright_store::{Connection, Row, StoreError, Transaction};
use time::OffsetDateTime;

use super::parameters::get;
use crate::domain::kind::{ParameterType, Tier};
use crate::domain::name::ParameterName;
use crate::domain::parameter::{Metadata, ParameterId};
use crate::domain::policies::{Due, ParameterPolicies, PolicyType};
use crate::error::Error;

/// Sets the policies of a locked parameter with its new version, in the place of those it has.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn replace(
    transaction: &Transaction,
    region: &Region,
    id: ParameterId,
    version: i64,
    policies: &ParameterPolicies,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(REPLACE, &[&id.0, &version]).await?;
    transaction.execute(TRIM, &[&id.0, &(version - super::changes::HISTORY_LENGTH + 1)]).await?;
    if policies.is_empty() {
        return Ok(());
    }
    let types = policies.iter().map(|policy| policy.policy_type.as_str()).collect::<Vec<_>>();
    let texts = policies.iter().map(|policy| policy.text.as_str()).collect::<Vec<_>>();
    let (after, at): (Vec<_>, Vec<_>) = policies
        .iter()
        .map(|policy| match policy.due {
            Due::At(at) => (None, Some(at)),
            Due::AfterChange(after) => (Some(after.whole_seconds()), None),
        })
        .unzip();
    let parameters: &[&(dyn keywright_store::types::ToSql + Sync)] =
        &[&id.0, &version, &region.as_str(), &now, &types, &texts, &after, &at];
    transaction.execute(INSERT, parameters).await.map(|_| ())
}

/// What is counted from the last change of a locked parameter is counted from `now` on.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn rearm(
    transaction: &Transaction,
    id: ParameterId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    transaction.execute(REARM, &[&id.0, &now]).await.map(|_| ())
}

/// Policies as they are, of several parameters and versions.
#[derive(Default)]
pub struct StoredPolicies(Vec<StoredPolicy>);

/// A policy as it is.
pub struct StoredPolicy {
    id: ParameterId,
    since_version: i64,
    until_version: Option<i64>,
    /// What it does.
    pub policy_type: PolicyType,
    /// Its JSON.
    pub text: String,
    /// Whether it was applied.
    pub status: String,
}

impl StoredPolicies {
    /// Those of these versions. Parameters that can't have any cost nothing.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn of<'a>(
        connection: &Connection,
        versions: impl IntoIterator<Item = &'a Metadata>,
    ) -> Result<Self, Error> {
        let advanced = versions.into_iter().filter(|version| version.tier == Tier::Advanced);
        let (mut ids, versions): (Vec<_>, Vec<_>) =
            advanced.map(|metadata| (metadata.id.0, metadata.version)).unzip();
        let Some(oldest) = versions.into_iter().min() else { return Ok(Self(Vec::new())) };
        ids.dedup();
        let rows = connection.query(LIST, &[&ids, &oldest]).await?;
        rows.iter().map(StoredPolicy::from_row).collect::<Result<_, _>>().map(Self)
    }

    /// Those of one version, in order.
    pub fn of_version(&self, version: &Metadata) -> impl Iterator<Item = &StoredPolicy> {
        let (id, version) = (version.id, version.version);
        self.0.iter().filter(move |policy| {
            policy.id == id
                && policy.since_version <= version
                && policy.until_version.is_none_or(|until| version < until)
        })
    }
}

impl StoredPolicy {
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: ParameterId(get(row, "parameter_id")?),
            since_version: get(row, "since_version")?,
            until_version: get(row, "until_version")?,
            policy_type: policy_type(get(row, "type")?)?,
            text: get(row, "policy")?,
            status: get(row, "status")?,
        })
    }
}

/// A policy that is due, whose parameter is locked with it.
pub struct DuePolicy {
    /// What it does.
    pub policy_type: PolicyType,
    /// Its JSON.
    pub text: String,
    /// When it was set.
    pub set_at: OffsetDateTime,
    /// The parameter's account.
    pub account: AccountId,
    /// The parameter's name.
    pub name: ParameterName,
    /// The parameter's type.
    pub parameter_type: ParameterType,
    /// What the parameter is for.
    pub description: Option<String>,
    id: ParameterId,
    since_version: i64,
    number: i32,
}

/// Claims a policy that is due at `now` and isn't being applied by another replica.
///
/// # Errors
/// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
pub async fn claim_due(
    transaction: &Transaction,
    region: &Region,
    now: OffsetDateTime,
) -> Result<Option<DuePolicy>, Error> {
    let row = transaction.query_opt(CLAIM_DUE, &[&region.as_str(), &now]).await?;
    row.as_ref().map(DuePolicy::from_row).transpose()
}

impl DuePolicy {
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            policy_type: policy_type(get(row, "policy_type")?)?,
            text: get(row, "policy")?,
            set_at: get(row, "set_at")?,
            account: AccountId::parse(get(row, "account_id")?).map_err(|_| Error::Corrupt("account_id"))?,
            name: ParameterName::parse(get(row, "name")?).map_err(|_| Error::Corrupt("name"))?,
            parameter_type: get::<&str>(row, "type")?.parse().map_err(|_| Error::Corrupt("type"))?,
            description: get(row, "description")?,
            id: ParameterId(get(row, "parameter_id")?),
            since_version: get(row, "since_version")?,
            number: get(row, "number")?,
        })
    }

    /// Notes that it was applied.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn finish(&self, transaction: &Transaction) -> Result<(), StoreError> {
        transaction.execute(FINISH, &[&self.id.0, &self.since_version, &self.number]).await.map(|_| ())
    }
}

fn policy_type(text: &str) -> Result<PolicyType, Error> {
    text.parse().map_err(|_| Error::Corrupt("policy_type"))
}

const REPLACE: &str = include_str!("sql/replace_policies.sql");
const INSERT: &str = include_str!("sql/insert_policies.sql");
const TRIM: &str = include_str!("sql/trim_policies.sql");
const REARM: &str = include_str!("sql/rearm_policies.sql");
const LIST: &str = include_str!("sql/list_policies.sql");
const CLAIM_DUE: &str = include_str!("sql/claim_due_policy.sql");
const FINISH: &str = include_str!("sql/finish_policy.sql");
