//! CreateKey.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>

use keywright_audit_log::Fields;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::key_metadata::KeyMetadata;
use super::stored_keys;
use crate::domain::entry::KeyName;
use crate::domain::key::{CustomStoreKey, KeyManagerType, OriginType};
use crate::domain::key_spec::{CustomerMasterKeySpec, KeySpec, KeyUsageType};
use crate::domain::policy;
use crate::domain::tags::{self, Tag};
use crate::error::Error;
use crate::events::KEY_RESOURCE;
use crate::new_key::NewKey;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

pub(crate) struct CreateKey;

#[derive(Input)]
pub(crate) struct CreateKeyInput {
    #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: Option<String>,
    #[member(length = 0..=8192)]
    description: Option<String>,
    key_usage: Option<KeyUsageType>,
    customer_master_key_spec: Option<CustomerMasterKeySpec>,
    key_spec: Option<KeySpec>,
    origin: Option<OriginType>,
    #[member(length = 1..=64)]
    custom_key_store_id: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    #[member(shape)]
    tags: Option<Vec<Tag>>,
    multi_region: Option<bool>,
    #[member(length = 1..=128, pattern = "^[a-zA-Z0-9-_.]+$")]
    xks_key_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateKeyOutput {
    key_metadata: KeyMetadata,
}

impl CreateKeyInput {
    fn spec(&self) -> Result<KeySpec, Error> {
        match (self.key_spec, self.customer_master_key_spec) {
            (Some(_), Some(_)) => Err(Error::Invalid(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request",
            )),
            (Some(spec), None) => Ok(spec),
            (None, Some(spec)) => Ok(spec.into()),
            (None, None) => Ok(KeySpec::SymmetricDefault),
        }
    }

    fn origin(&self) -> OriginType {
        self.origin.unwrap_or(OriginType::AwsKms)
    }

    fn is_multi_region(&self) -> bool {
        self.multi_region == Some(true)
    }

    /// Refuses what never goes together.
    fn check(&self) -> Result<(), Error> {
        self.spec()?.usage(self.key_usage)?;
        self.check_store()?;
        self.policy.as_deref().map_or(Ok(()), policy::check)?;
        tags::check(self.tags.as_deref().unwrap_or_default())
    }

    /// Refuses what never goes together with, or without, a custom key store.
    fn check_store(&self) -> Result<(), Error> {
        let (store, xks_key_id) = (self.custom_key_store_id.is_some(), self.xks_key_id.as_deref());
        match self.origin() {
            OriginType::AwsKms | OriginType::External if store => {
                return Err(Error::Invalid(
                    "CustomKeyStoreId needs an Origin of AWS_CLOUDHSM or EXTERNAL_KEY_STORE",
                ));
            }
            OriginType::AwsCloudHsm | OriginType::ExternalKeyStore if !store => {
                return Err(Error::Invalid("This Origin needs a CustomKeyStoreId"));
            }
            OriginType::ExternalKeyStore if xks_key_id.is_none() => {
                return Err(Error::Invalid("An Origin of EXTERNAL_KEY_STORE needs an XksKeyId"));
            }
            OriginType::AwsKms | OriginType::External | OriginType::AwsCloudHsm if xks_key_id.is_some() => {
                return Err(Error::Invalid("XksKeyId needs an Origin of EXTERNAL_KEY_STORE"));
            }
            // They would mean another place in the proxy's paths.
            _ if matches!(xks_key_id, Some("." | "..")) => {
                return Err(Error::Invalid("XksKeyId is not valid"));
            }
            _ => {}
        }
        if store && (!self.spec()?.is_symmetric_encryption() || self.is_multi_region()) {
            return Err(Error::Unsupported(
                "A custom key store has symmetric encryption keys of a single Region only",
            ));
        }
        Ok(())
    }

    /// The key that is asked for.
    fn wanted(&self) -> Result<NewKey<'_>, Error> {
        let spec = self.spec()?;
        Ok(NewKey {
            manager: KeyManagerType::Customer,
            spec,
            usage: spec.usage(self.key_usage)?,
            origin: self.origin(),
            description: self.description.as_deref().unwrap_or_default(),
            multi_region: self.is_multi_region(),
            custom_store: self.custom_key_store_id.as_deref().map(|id| CustomStoreKey {
                store_id: id.into(),
                xks_key_id: self.xks_key_id.as_deref().map(Into::into),
            }),
        })
    }
}

impl Operation for CreateKey {
    type Service = Kms;
    type Input = CreateKeyInput;
    type Output = CreateKeyOutput;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = "CreateKey";
    const ACTION: &'static str = "kms:CreateKey";
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, input: &CreateKeyInput) -> Result<(), Error> {
        input.check()
    }

    fn accesses(_call: &Call, input: &CreateKeyInput, (): &()) -> Accesses {
        let mut accesses = Accesses::from(Access::any(Self::ACTION));
        if input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            accesses.push(Access::any("kms:TagResource"));
        }
        accesses
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateKeyOutput, Error> {
        let (account, input) = (request.call.account(), request.input);
        let key = kms.new_key(account, input.wanted()?)?;
        let policy = input.policy.clone().unwrap_or_else(|| policy::default_policy(account));
        let material = kms.first_material(&key).await?;
        let store = stored_keys::prepare(kms, &request, &key).await?;
        let transaction = work.transaction().await?;
        stored_keys::confirm(kms, transaction, &key).await?;
        let material = kms.insert_key(transaction, &key, &policy, material.as_ref()).await;
        let material = material.map_err(stored_keys::refusal)?;
        let at = KeyRow::new(&kms.region, KeyName { account, id: key.id });
        store::tags::put(transaction, &at, input.tags.as_deref().unwrap_or_default()).await?;
        let mut key_metadata = KeyMetadata::new(&key, &kms.region, material);
        if let Some(store) = store {
            key_metadata.add_store(&key, &store.store);
        }
        Ok(CreateKeyOutput { key_metadata })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CreateKeyInput,
        _resource: Option<&'a ()>,
        output: Option<&'a CreateKeyOutput>,
    ) {
        shown
            .request
            .push_opt_str("policy", input.policy.as_deref())
            .push_str("description", input.description.as_deref().unwrap_or_default())
            .push_opt_str("keyUsage", input.key_usage.map(KeyUsageType::as_str))
            .push_opt_str(
                "customerMasterKeySpec",
                input.customer_master_key_spec.map(CustomerMasterKeySpec::as_str),
            )
            .push_opt_str("keySpec", input.key_spec.map(KeySpec::as_str))
            .push_opt_str("origin", input.origin.map(OriginType::as_str))
            .push_opt_str("customKeyStoreId", input.custom_key_store_id.as_deref())
            .push_opt_str("xksKeyId", input.xks_key_id.as_deref())
            .push_bool("multiRegion", input.multi_region.unwrap_or(false))
            .push_bool(
                "bypassPolicyLockoutSafetyCheck",
                input.bypass_policy_lockout_safety_check.unwrap_or(false),
            );
        if let Some(tags) = &input.tags {
            shown.request.push_objects("tags", tags.iter().map(shown_tag));
        }
        if let Some(CreateKeyOutput { key_metadata }) = output {
            shown.response.push_object("keyMetadata", key_metadata.shown());
            shown.resource(key_metadata.account_id(), KEY_RESOURCE, key_metadata.arn());
        }
    }
}

/// A tag as CloudTrail shows it.
pub(super) fn shown_tag(tag: &Tag) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.push_str("tagKey", tag.tag_key.as_str()).push_str("tagValue", tag.tag_value.as_str());
    fields
}
