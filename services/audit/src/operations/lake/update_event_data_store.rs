//! UpdateEventDataStore.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateEventDataStore.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::create_event_data_store::check_unsupported;
use super::described::Described;
use super::named_store::{access, find_store, show_store, tag_keys};
use super::shown_settings::Settings;
use crate::error::AuditError;
use crate::lake::event_data_store::{DEFAULT_NAME, EventDataStore};
use crate::lake::selectors::{AdvancedEventSelector, condition};
use crate::lake::store::event_data_stores;
use crate::service::AuditTrail;

/// Changes an event data store.
pub struct UpdateEventDataStore;

/// What is to be different.
#[derive(Input)]
pub struct UpdateEventDataStoreInput {
    /// Its ARN, or the id at the end of it.
    #[member(length = 3..=256, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub event_data_store: String,
    /// Its name.
    #[member(length = 3..=128, pattern = "^[a-zA-Z0-9._\\-]+$")]
    pub name: Option<String>,
    /// Which events it has.
    #[member(shape)]
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
    /// Whether it has those of all Regions.
    pub multi_region_enabled: Option<bool>,
    /// There are no organizations here.
    pub organization_enabled: Option<bool>,
    /// For how many days back it has events.
    #[member(range = 7..=3653)]
    pub retention_period: Option<i32>,
    /// Whether it can't be deleted.
    pub termination_protection_enabled: Option<bool>,
    /// There is nothing to encrypt.
    #[member(length = 1..=350, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub kms_key_id: Option<String>,
    /// What would be billed.
    #[member(one_of("EXTENDABLE_RETENTION_PRICING", "FIXED_RETENTION_PRICING"))]
    pub billing_mode: Option<String>,
}

impl Operation for UpdateEventDataStore {
    type Service = AuditTrail;
    type Input = UpdateEventDataStoreInput;
    type Output = Described;
    type Resource = EventDataStore;
    type Error = AuditError;

    const NAME: &'static str = "UpdateEventDataStore";
    const ACTION: &'static str = "cloudtrail:UpdateEventDataStore";
    const READ_ONLY: bool = false;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        input: &UpdateEventDataStoreInput,
    ) -> Result<EventDataStore, AuditError> {
        find_store(trail, call, &input.event_data_store).await
    }

    fn accesses(call: &Call, _input: &UpdateEventDataStoreInput, store: &EventDataStore) -> Accesses {
        access(Self::ACTION, call, &store.arn()).into()
    }

    fn context_keys(
        _call: &Call,
        _input: &UpdateEventDataStoreInput,
        store: &EventDataStore,
        keys: &mut ContextKeys,
    ) {
        tag_keys(store, keys);
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Described, AuditError> {
        let (input, store) = (request.input, request.resource);
        check_unsupported(input.organization_enabled, input.kms_key_id.as_deref())?;
        if store.is_default() {
            return Err(AuditError::Unsupported(
                "The event data store that every account has cannot be changed: create another one.",
            ));
        }
        if store.deleted_at.is_some() {
            return Err(AuditError::StoreInactive);
        }
        let mut changed = store.clone();
        if let Some(selectors) = &input.advanced_event_selectors {
            condition(selectors)?;
            changed.selectors.clone_from(selectors);
        }
        if let Some(name) = &input.name {
            if name == DEFAULT_NAME {
                return Err(AuditError::StoreExists(name.clone()));
            }
            changed.name.clone_from(name);
        }
        changed.multi_region = input.multi_region_enabled.unwrap_or(store.multi_region);
        changed.retention_days = input.retention_period.unwrap_or(store.retention_days);
        changed.termination_protection =
            input.termination_protection_enabled.unwrap_or(store.termination_protection);
        if let Some(billing_mode) = &input.billing_mode {
            changed.billing_mode.clone_from(billing_mode);
        }
        changed.updated_at = request.call.received_at;
        event_data_stores::update(work.transaction().await?, &changed).await.map_err(|error| match error
            .unique_violation()
        {
            Some(_) => AuditError::StoreExists(changed.name.clone()),
            None => error.into(),
        })?;
        Ok(Described::of(&changed))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateEventDataStoreInput,
        _store: Option<&'a EventDataStore>,
        _output: Option<&'a Described>,
    ) {
        show_store(shown, &input.event_data_store);
        shown.request.push_opt_str("name", input.name.as_deref());
        Settings {
            selectors: input.advanced_event_selectors.as_deref(),
            multi_region: input.multi_region_enabled,
            organization: input.organization_enabled,
            retention_period: input.retention_period,
            termination_protection: input.termination_protection_enabled,
            kms_key_id: input.kms_key_id.as_deref(),
            billing_mode: input.billing_mode.as_deref(),
        }
        .show(shown);
    }
}
