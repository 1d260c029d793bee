//! GetEventDataStore.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventDataStore.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;

use super::described::Described;
use super::named_store::{StoreInput, access, find_store, show_store, tag_keys};
use crate::error::AuditError;
use crate::lake::event_data_store::EventDataStore;
use crate::service::AuditTrail;

/// Describes an event data store.
pub struct GetEventDataStore;

impl Operation for GetEventDataStore {
    type Service = AuditTrail;
    type Input = StoreInput;
    type Output = Described;
    type Resource = EventDataStore;
    type Error = AuditError;

    const NAME: &'static str = "GetEventDataStore";
    const ACTION: &'static str = "cloudtrail:GetEventDataStore";
    const READ_ONLY: bool = true;

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
        _work: &mut PostgresWork,
    ) -> Result<Described, AuditError> {
        Ok(Described::of(request.resource))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a StoreInput,
        _store: Option<&'a EventDataStore>,
        _output: Option<&'a Described>,
    ) {
        show_store(shown, &input.event_data_store);
    }
}
