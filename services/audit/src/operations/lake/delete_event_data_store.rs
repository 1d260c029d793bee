//! DeleteEventDataStore.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteEventDataStore.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::named_store::{StoreInput, access, find_store, show_store, tag_keys};
use crate::error::AuditError;
use crate::lake::event_data_store::EventDataStore;
use crate::lake::store::event_data_stores;
use crate::service::AuditTrail;

/// Deletes an event data store; it can be restored for seven days. The events it showed stay where they are.
pub struct DeleteEventDataStore;

/// The answer has no members.
#[derive(Serialize)]
pub struct Nothing {}

impl Operation for DeleteEventDataStore {
    type Service = AuditTrail;
    type Input = StoreInput;
    type Output = Nothing;
    type Resource = EventDataStore;
    type Error = AuditError;

    const NAME: &'static str = "DeleteEventDataStore";
    const ACTION: &'static str = "cloudtrail:DeleteEventDataStore";
    const READ_ONLY: bool = false;

    async fn load(trail: &AuditTrail, call: &Call, input: &StoreInput) -> Result<EventDataStore, AuditError> {
        find_store(trail, call, &input.event_data_store).await
    }

    fn accesses(call: &Call, _input: &StoreInput, store: &EventDataStore) -> Accesses {
        access(Self::ACTION, call, &store.arn()).into()
    }

    fn context_keys(_call: &Call, _input: &StoreInput, store: &EventDataStore, keys: &mut ContextKeys) {
        tag_keys(store, keys);
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, AuditError> {
        let store = request.resource;
        if store.termination_protection {
            return Err(AuditError::StoreProtected);
        }
        if store.deleted_at.is_some() {
            return Err(AuditError::StoreInactive);
        }
        let now = request.call.received_at;
        let deleted = EventDataStore { deleted_at: Some(now), updated_at: now, ..store.clone() };
        event_data_stores::update(work.transaction().await?, &deleted).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a StoreInput,
        _store: Option<&'a EventDataStore>,
        _output: Option<&'a Nothing>,
    ) {
        show_store(shown, &input.event_data_store);
    }
}
