//! CreateEventDataStore.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html>

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;

use super::described::Described;
use super::named_store::access;
use super::shown_settings::Settings;
use crate::error::AuditError;
use crate::lake::event_data_store::{
    DEFAULT_BILLING_MODE, DEFAULT_NAME, DEFAULT_RETENTION_DAYS, EventDataStore, MAX_STORES, Tag,
};
use crate::lake::selectors::{AdvancedEventSelector, all_events, condition};
use crate::lake::store::event_data_stores;
use crate::service::AuditTrail;

/// Makes an event data store: a named selection of the account's events, those of before it included.
pub struct CreateEventDataStore;

/// What it is to be.
#[derive(Input)]
pub struct CreateEventDataStoreInput {
    /// Its name.
    #[member(length = 3..=128, pattern = "^[a-zA-Z0-9._\\-]+$")]
    pub name: String,
    /// Which events it has; all if there are none.
    #[member(shape)]
    pub advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
    /// Whether it has those of all Regions, which is the default.
    pub multi_region_enabled: Option<bool>,
    /// There are no organizations here.
    pub organization_enabled: Option<bool>,
    /// For how many days back it has events.
    #[member(range = 7..=3653)]
    pub retention_period: Option<i32>,
    /// Whether it can't be deleted, which is the default.
    pub termination_protection_enabled: Option<bool>,
    /// Its tags.
    #[member(shape, length = 0..=200)]
    pub tags_list: Option<Vec<TagInput>>,
    /// Its events aren't stored again, so there is nothing to encrypt.
    #[member(length = 1..=350, pattern = "^[a-zA-Z0-9._/\\-:]+$")]
    pub kms_key_id: Option<String>,
    /// Events are always stored.
    pub start_ingestion: Option<bool>,
    /// What would be billed.
    #[member(one_of("EXTENDABLE_RETENTION_PRICING", "FIXED_RETENTION_PRICING"))]
    pub billing_mode: Option<String>,
}

/// A tag.
#[derive(Input)]
pub struct TagInput {
    /// Its key.
    #[member(length = 1..=128)]
    pub key: String,
    /// Its value.
    #[member(length = 1..=256)]
    pub value: Option<String>,
}

impl Operation for CreateEventDataStore {
    type Service = AuditTrail;
    type Input = CreateEventDataStoreInput;
    type Output = Described;
    /// Its ARN is known once it is made.
    type Resource = String;
    type Error = AuditError;

    const NAME: &'static str = "CreateEventDataStore";
    const ACTION: &'static str = "cloudtrail:CreateEventDataStore";
    const READ_ONLY: bool = false;

    async fn load(
        trail: &AuditTrail,
        call: &Call,
        _input: &CreateEventDataStoreInput,
    ) -> Result<String, AuditError> {
        let bytes = trail.random.bytes().map_err(AuditError::Random)?;
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Ok(EventDataStore { id, ..EventDataStore::of_account(call.account(), &call.region) }.arn())
    }

    fn accesses(call: &Call, input: &CreateEventDataStoreInput, arn: &String) -> Accesses {
        let mut accesses: Accesses = access(Self::ACTION, call, arn).into();
        if input.tags_list.as_ref().is_some_and(|tags| !tags.is_empty()) {
            accesses.push(access("cloudtrail:AddTags", call, arn));
        }
        accesses
    }

    fn accesses_unloaded(_call: &Call, _input: &CreateEventDataStoreInput) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn context_keys(_call: &Call, input: &CreateEventDataStoreInput, _arn: &String, keys: &mut ContextKeys) {
        for tag in input.tags_list.iter().flatten() {
            keys.push(format!("aws:RequestTag/{}", tag.key), tag.value.clone().unwrap_or_default());
            keys.push("aws:TagKeys", tag.key.clone());
        }
    }

    async fn run(
        _trail: &AuditTrail,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Described, AuditError> {
        let (call, input) = (request.call, request.input);
        check_unsupported(input.organization_enabled, input.kms_key_id.as_deref())?;
        if input.start_ingestion == Some(false) {
            return Err(AuditError::Unsupported(
                "Events are always ingested: StartIngestion cannot be false.",
            ));
        }
        let selectors = input.advanced_event_selectors.clone().unwrap_or_else(all_events);
        condition(&selectors)?;
        let existing = event_data_stores::find(
            work.transaction().await?,
            call.account(),
            &call.region,
            call.received_at,
        )
        .await?;
        let existing: Vec<_> = existing.into_iter().filter(|store| store.deleted_at.is_none()).collect();
        if input.name == DEFAULT_NAME || existing.iter().any(|store| store.name == input.name) {
            return Err(AuditError::StoreExists(input.name.clone()));
        }
        if i64::try_from(existing.len()).unwrap_or(i64::MAX) >= MAX_STORES {
            return Err(AuditError::TooManyStores);
        }
        let id = request.resource.rsplit('/').next().and_then(|id| uuid::Uuid::try_parse(id).ok());
        let tags = input.tags_list.iter().flatten();
        let tags: Vec<_> = tags.map(|tag| Tag { key: tag.key.clone(), value: tag.value.clone() }).collect();
        let store = EventDataStore {
            id: id.ok_or(AuditError::InvalidStoreArn)?,
            account: call.account(),
            region: call.region.clone(),
            name: input.name.clone(),
            selectors,
            multi_region: input.multi_region_enabled.unwrap_or(true),
            retention_days: input.retention_period.unwrap_or(DEFAULT_RETENTION_DAYS),
            termination_protection: input.termination_protection_enabled.unwrap_or(true),
            billing_mode: input.billing_mode.clone().unwrap_or_else(|| DEFAULT_BILLING_MODE.to_owned()),
            tags: tags.clone(),
            created_at: call.received_at,
            updated_at: call.received_at,
            deleted_at: None,
        };
        event_data_stores::insert(work.transaction().await?, &store).await.map_err(|error| {
            // Another request was as quick.
            match error.unique_violation() {
                Some(_) => AuditError::StoreExists(store.name.clone()),
                None => error.into(),
            }
        })?;
        Ok(Described::of(&store).with_tags(tags))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a CreateEventDataStoreInput,
        arn: Option<&'a String>,
        output: Option<&'a Described>,
    ) {
        shown.request.push_str("name", input.name.as_str());
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
        if let Some(ingestion) = input.start_ingestion {
            shown.request.push_bool("startIngestion", ingestion);
        }
        if let Some(tags) = &input.tags_list {
            let tags = tags.iter().map(|tag| {
                let mut fields = keywright_audit_log::Fields::new();
                fields.push_str("key", tag.key.as_str()).push_opt_str("value", tag.value.as_deref());
                fields
            });
            shown.request.push_objects("tagsList", tags);
        }
        if output.is_some()
            && let Some(arn) = arn
        {
            shown.response.push_str("eventDataStoreArn", arn.as_str());
            shown.resource(call.account_ref().as_str(), "AWS::CloudTrail::EventDataStore", arn);
        }
    }
}

/// What stores can't have here.
pub(super) fn check_unsupported(organization: Option<bool>, key: Option<&str>) -> Result<(), AuditError> {
    if organization == Some(true) {
        return Err(AuditError::Unsupported(
            "There are no organizations: OrganizationEnabled cannot be true.",
        ));
    }
    if key.is_some() {
        return Err(AuditError::Unsupported(
            "An event data store selects events and stores none, so that a KmsKeyId cannot be given.",
        ));
    }
    Ok(())
}
