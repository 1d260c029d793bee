//! How often an account may call. Nothing is limited unless it is set.

use keywright_aws_api::{ApiError, Call};
use keywright_service::quotas::{AccountQuotas, QuotaError, QuotasSection};

use crate::app::NAME;

/// The buckets of all accounts.
pub struct Throughput(AccountQuotas);

impl Throughput {
    /// All buckets full.
    ///
    /// # Errors
    /// [`QuotaError`] for a setting that can't be counted.
    pub fn new(section: &QuotasSection) -> Result<Self, QuotaError> {
        let table = QUOTAS.map(|(name, rate, _)| (name, Some(rate)));
        AccountQuotas::new(NAME, section, "secrets_quotas", &table).map(Self)
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`Common::Throttling`](keywright_aws_api::Common::Throttling) when its quota is used up.
    pub fn admit(&self, call: &Call, operation: &str) -> Result<(), ApiError> {
        if !self.0.is_limited() {
            return Ok(());
        }
        let quota = QUOTAS.iter().find(|(_, _, operations)| operations.contains(&operation));
        quota.map_or(Ok(()), |(name, ..)| self.0.admit(call.account(), name, call.received_at))
    }
}

/// Names, the figures that AWS publishes, in calls a second, and which operations share them.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const QUOTAS: [(&str, f64, &[&str]); 12] = [
    ("describe_and_get_secret_value", 10_000.0, &["DescribeSecret", "GetSecretValue"]),
    ("batch_get_secret_value", 100.0, &["BatchGetSecretValue"]),
    ("list_secrets", 100.0, &["ListSecrets"]),
    ("list_secret_version_ids", 50.0, &["ListSecretVersionIds"]),
    ("create_secret", 50.0, &["CreateSecret"]),
    (
        "change_values",
        50.0,
        &[
            "PutSecretValue",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "StopReplicationToReplica",
            "UpdateSecret",
            "UpdateSecretVersionStage",
        ],
    ),
    ("delete_secret", 50.0, &["DeleteSecret"]),
    ("restore_secret", 50.0, &["RestoreSecret"]),
    ("rotation", 50.0, &["RotateSecret", "CancelRotateSecret"]),
    ("tags", 50.0, &["TagResource", "UntagResource"]),
    (
        "resource_policies",
        50.0,
        &["GetResourcePolicy", "PutResourcePolicy", "DeleteResourcePolicy", "ValidateResourcePolicy"],
    ),
    ("get_random_password", 50.0, &["GetRandomPassword"]),
];
