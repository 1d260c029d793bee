//! What an operator does to the key hierarchy: an API of our own beside AWS's, on the same address, behind the same
//! pipeline. It is signed for as KMS is, decided on by actions named `keywright:`, and open to the installation's first
//! account only.

mod describe_key_hierarchy;
mod rotate_domain_key;
mod rotate_root_key;

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, AccountId, ApiBuilder, Arn, Protocol, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::ApiNames;
use keywright_service::kms::{ADMIN_TARGET_PREFIX, SIGNING_NAME};

use crate::events::EVENT_SOURCE;
use crate::service::Kms;

/// How the API is called on the wire.
pub const NAMES: ApiNames = ApiNames {
    event_source: EVENT_SOURCE,
    signing_name: SIGNING_NAME,
    protocol: Protocol::Json11 { target_prefix: ADMIN_TARGET_PREFIX },
    internal: false,
};

/// Registers every operation.
#[must_use]
pub fn register(api: ApiBuilder<Kms>) -> ApiBuilder<Kms> {
    api.operation::<describe_key_hierarchy::DescribeKeyHierarchy>()
        .operation::<rotate_domain_key::RotateDomainKey>()
        .operation::<rotate_root_key::RotateRootKey>()
}

/// The key hierarchy, as a resource of the installation's first account.
pub(crate) struct Hierarchy {
    arn: Arc<str>,
    account: AccountId,
}

impl Hierarchy {
    fn of(kms: &Kms) -> Self {
        let arn = Arn::regional("kms", &kms.region, kms.account, "key-hierarchy").into();
        Self { arn, account: kms.account }
    }

    /// An action on it. No other account's principals are ever allowed: nothing delegates to them.
    fn access(&self, action: &'static str) -> Accesses {
        let (arn, account) = (Arc::clone(&self.arn), Some(self.account));
        let rule = ResourcePolicyRule::Additional;
        Access::new(action, Target { arn, account, policy: None, rule }).into()
    }
}
