//! The transparency log with its records, and the dead letters, for operators: an API of our own beside CloudTrail's, on the same address, behind the same
//! pipeline. It is signed for as CloudTrail is, decided on by actions named `keywright:`, and open to the installation's
//! first account only.

mod find_log_leaves;
mod get_consistency_proof;
mod get_log_days;
mod get_log_entries;
mod list_dead_letters;
mod list_strays;
mod prove_event;
mod replay_dead_letters;

use std::sync::Arc;

use keywright_audit_log::Journal;
use keywright_aws_api::{Access, Accesses, AccountId, ApiBuilder, Arn, Call, Protocol, ServiceState, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::{ApiNames, Outbox, PostgresWork};
use keywright_store::Store;
use uuid::Uuid;

use crate::service::EVENT_SOURCE;

/// How the API is called on the wire.
pub const NAMES: ApiNames = ApiNames {
    event_source: EVENT_SOURCE,
    signing_name: SIGNING_NAME,
    protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
    internal: false,
};

/// CloudTrail's name in the credential scope, which brings requests to the audit service.
pub const SIGNING_NAME: &str = "cloudtrail";
/// The API's prefix in `x-amz-target`.
pub const TARGET_PREFIX: &str = "KeywrightAuditAdmin";

/// Registers every operation.
#[must_use]
pub fn register(api: ApiBuilder<AuditAdmin>) -> ApiBuilder<AuditAdmin> {
    api.operation::<find_log_leaves::FindLogLeaves>()
        .operation::<get_consistency_proof::GetConsistencyProof>()
        .operation::<get_log_days::GetLogDays>()
        .operation::<get_log_entries::GetLogEntries>()
        .operation::<list_dead_letters::ListDeadLetters>()
        .operation::<list_strays::ListStrays>()
        .operation::<prove_event::ProveEvent>()
        .operation::<replay_dead_letters::ReplayDeadLetters>()
}

/// What the operations share.
pub struct AuditAdmin {
    /// The database.
    pub store: Store,
    /// Changes with their records.
    pub outbox: Outbox,
    /// The service's own journal, by which a dead letter goes its way once more.
    pub journal: Journal,
    /// The installation's first account.
    pub account: AccountId,
}

impl ServiceState for AuditAdmin {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.outbox.work()
    }

    fn delivered(&self, event_id: Uuid) {
        self.outbox.delivered(event_id);
    }
}

/// What operators see to, as a resource of the installation's first account.
pub(crate) struct AdminResource {
    arn: Arc<str>,
    account: AccountId,
}

impl AdminResource {
    /// The transparency log.
    fn log(admin: &AuditAdmin, call: &Call) -> Self {
        Self::named("transparency-log", admin, call)
    }

    /// The dead letters.
    fn dead_letters(admin: &AuditAdmin, call: &Call) -> Self {
        Self::named("dead-letters", admin, call)
    }

    fn named(name: &str, admin: &AuditAdmin, call: &Call) -> Self {
        let arn = Arn::regional("cloudtrail", &call.region, admin.account, name).into();
        Self { arn, account: admin.account }
    }

    /// An action on it. No other account's principals are ever allowed: nothing delegates to them.
    fn access(&self, action: &'static str) -> Accesses {
        let (arn, account) = (Arc::clone(&self.arn), Some(self.account));
        let rule = ResourcePolicyRule::Additional;
        Access::new(action, Target { arn, account, policy: None, rule }).into()
    }
}

/// A number that was checked not to be negative.
fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
