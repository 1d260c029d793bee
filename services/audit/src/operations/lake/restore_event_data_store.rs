//! RestoreEventDataStore.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RestoreEventDataStore.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Operation, Shown};
use keywright_service::PostgresWork;

use super::described::Described;
use super::named_store::{StoreInput, access, find_store, show_store, tag_keys};
use crate::error::AuditError;
use crate::lake::event_data_store::{EventDataStore, MAX_STORES};
use crate::lake::store::event_data_stores;
use crate::service::AuditTrail;

/// Takes back the deletion of an event data store.
pub struct RestoreEventDataStore;

impl Operation for RestoreEventDataStore {
    type Service = AuditTrail;
    type Input = StoreInput;
    type Output = Described;
    type Resource = EventDataStore;
    type Error = AuditError;

    const NAME: &'static str = "RestoreEventDataStore";
    const ACTION: &'static str = "cloudtrail:RestoreEventDataStore";
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
    ) -> Result<Described, AuditError> {
        let store = request.resource;
        if store.deleted_at.is_none() {
            return Err(AuditError::StoreNotDeleted);
        }
        let others = event_data_stores::find(
            work.transaction().await?,
            store.account,
            &store.region,
            request.call.received_at,
        )
        .await?;
        let others: Vec<_> = others.into_iter().filter(|other| other.deleted_at.is_none()).collect();
        if i64::try_from(others.len()).unwrap_or(i64::MAX) >= MAX_STORES {
            return Err(AuditError::TooManyStores);
        }
        if others.iter().any(|other| other.name == store.name) {
            return Err(AuditError::StoreExists(store.name.clone()));
        }
        let updated_at = request.call.received_at;
        let restored = EventDataStore { deleted_at: None, updated_at, ..store.clone() };
        event_data_stores::update(work.transaction().await?, &restored).await?;
        Ok(Described::of(&restored))
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
