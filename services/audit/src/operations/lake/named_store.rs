//! The store that a request names.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Call, Input, Shown, Target};
use keywright_policy::ResourcePolicyRule;

use crate::error::AuditError;
use crate::lake::event_data_store::{EventDataStore, id_of};
use crate::lake::store::event_data_stores;
use crate::service::AuditTrail;

/// The input of operations on one store.
#[derive(Input)]
pub struct StoreInput {
    /// Its ARN, or the id at the end of it.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: String,
}

/// All stores of the caller's account in the Region, the one that it always has first.
pub(super) async fn all_stores(trail: &AuditTrail, call: &Call) -> Result<Vec<EventDataStore>, AuditError> {
    let mut stores = vec![EventDataStore::of_account(call.account(), &call.region)];
    let connection = trail.store.connection().await?;
    stores
        .extend(event_data_stores::find(&connection, call.account(), &call.region, call.received_at).await?);
    Ok(stores)
}

/// The store of this id or ARN.
pub(in crate::operations) async fn find_store(
    trail: &AuditTrail,
    call: &Call,
    named: &str,
) -> Result<EventDataStore, AuditError> {
    let id = id_of(named, call.account(), &call.region)?;
    let stores = all_stores(trail, call).await?;
    stores.into_iter().find(|store| store.id == id).ok_or(AuditError::StoreNotFound)
}

/// An action on a store.
pub(in crate::operations) fn access(action: &'static str, call: &Call, arn: &str) -> Access {
    Access::new(
        action,
        Target {
            arn: Arc::from(arn),
            account: Some(call.account()),
            policy: None,
            rule: ResourcePolicyRule::Additional,
        },
    )
}

/// The condition keys of a store's tags.
pub(super) fn tag_keys(store: &EventDataStore, keys: &mut ContextKeys) {
    for tag in &store.tags {
        keys.push(format!("aws:ResourceTag/{}", tag.key), tag.value.clone().unwrap_or_default());
    }
}

/// What the record shows of it.
pub(super) fn show_store<'a>(shown: &mut Shown<'a>, named: &'a str) {
    shown.request.push_str("eventDataStore", named);
}
