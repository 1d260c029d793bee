//! CreateSecret.

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::SecretBlob;
use keywright_aws_api::{Access, Accesses, AccountId, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::{RandomExt as _, SecretString};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::replica_regions::{
    ReplicaRegion, ReplicationStatus, add_replica_keys, show_replicas, show_statuses, wanted,
};
use super::replicate_secret_to_regions;
use super::secret_access::{add_request_keys, on_arn, unfound};
use super::tag_resource::{add_request_tags, show_tags};
use super::wire::SecretVersionOutput;
use crate::domain::name::{SecretName, Suffix};
use crate::domain::reference::SecretReference;
use crate::domain::secret::{Secret, customer_key};
use crate::domain::stages::Stages;
use crate::domain::storable::storable;
use crate::domain::tags::{self, TagInput};
use crate::domain::value::SecretValue;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SECRET_RESOURCE;
use crate::replication::copying::Original;
use crate::service::Secrets;
use crate::store;
use crate::store::secrets::NewSecret;

/// Input of [CreateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
#[derive(Input)]
pub struct CreateSecretInput {
    /// The name.
    #[member(length = 1..=512)]
    pub name: String,
    /// Becomes the version's id.
    #[member(length = 32..=64)]
    pub client_request_token: Option<String>,
    /// A description.
    #[member(length = ..=2048)]
    pub description: Option<String>,
    /// The KMS key; the AWS managed one if there is none.
    #[member(length = 0..=2048)]
    pub kms_key_id: Option<String>,
    /// The value, if it is bytes.
    #[member(length = 1..=65536)]
    pub secret_binary: Option<SecretBlob>,
    /// The value, if it is text.
    #[member(length = 1..=65536)]
    pub secret_string: Option<SecretString>,
    /// Tags.
    #[member(shape)]
    pub tags: Option<Vec<TagInput>>,
    /// Regions to replicate to.
    #[member(shape, length = 1..)]
    pub add_replica_regions: Option<Vec<ReplicaRegion>>,
    /// Whether secrets of the same name are replaced there.
    pub force_overwrite_replica_secret: Option<bool>,
    /// The kind of a secret that a partner manages; not offered.
    #[member(length = 0..=256)]
    pub r#type: Option<String>,
}

/// The secret that is to be.
pub struct Creation {
    account: AccountId,
    name: SecretName,
    suffix: Suffix,
    arn: Arc<str>,
    /// The secret that has the name.
    present: Option<Secret>,
}

/// Output of CreateSecret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSecretOutput {
    #[serde(flatten)]
    made: SecretVersionOutput,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replication_status: Vec<ReplicationStatus>,
}

/// The operation.
pub struct CreateSecret;

impl Operation for CreateSecret {
    type Service = Secrets;
    type Input = CreateSecretInput;
    type Output = CreateSecretOutput;
    type Resource = Creation;
    type Error = Error;

    const NAME: &'static str = "CreateSecret";
    const ACTION: &'static str = "secretsmanager:CreateSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &CreateSecretInput) -> Result<Creation, Error> {
        let name = SecretName::parse(&input.name)?;
        let account = call.account();
        let reference = SecretReference { account, complete: None, name: name.clone() };
        let connection = service.store.connection().await?;
        let present = store::secrets::find(&connection, &service.region, &reference).await?;
        let suffix = Suffix::generate(service.random.as_ref())?;
        let arn = match &present {
            Some(present) => Arc::clone(&present.arn),
            None => name.arn(&service.region, account, &suffix).into(),
        };
        Ok(Creation { account, name, suffix, arn, present })
    }

    fn accesses(_call: &Call, input: &CreateSecretInput, creation: &Creation) -> Accesses {
        let mut accesses: Accesses = on_arn(Self::ACTION, &creation.arn, creation.account).into();
        if input.tags.as_deref().is_some_and(|tags| !tags.is_empty()) {
            let tagging: Access = on_arn(super::tag_resource::ACTION, &creation.arn, creation.account);
            accesses.push(tagging);
        }
        if !regions(input).is_empty() {
            accesses.push(on_arn(replicate_secret_to_regions::ACTION, &creation.arn, creation.account));
        }
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &CreateSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.name)
    }

    fn context_keys(call: &Call, input: &CreateSecretInput, _creation: &Creation, keys: &mut ContextKeys) {
        keys.push("secretsmanager:Name", input.name.clone());
        add_request_keys(keys, call, input.description.as_deref(), input.kms_key_id.as_deref());
        add_request_tags(keys, input.tags.as_deref().unwrap_or_default());
        add_replica_keys(keys, regions(input), input.force_overwrite_replica_secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateSecretOutput, Error> {
        let (call, input, creation) = (request.call, request.input, request.resource);
        refuse_what_is_not_offered(input)?;
        let value = SecretValue::of_request(input.secret_string.as_ref(), input.secret_binary.as_ref())?;
        let tags = tags::of_request(input.tags.as_deref())?;
        tags::check_limit(&[], &tags)?;
        if let Some(present) = &creation.present {
            return repeated(service, call, input, present, value.as_ref()).await;
        }
        let replicas = wanted(service, regions(input), input.force_overwrite_replica_secret, &[])?;
        let description = input.description.as_deref().map(storable).transpose()?;
        let kms_key_id = customer_key(storable(input.kms_key_id.as_deref().unwrap_or_default())?);
        let version = match &value {
            None => None,
            Some(value) => {
                let id = VersionId::of_request(input.client_request_token.as_deref())?;
                let sealing = service.envelope.seal(
                    &call.caller,
                    &creation.arn,
                    kms_key_id,
                    id,
                    value,
                    call.received_at,
                );
                Some(sealing.await?)
            }
        };

        let originals: Vec<_> =
            version.iter().zip(value).map(|(version, value)| Original::new(version, value)).collect();
        let copies = service.copies(&call.caller, &creation.arn, &originals, &replicas).await;
        let secret = NewSecret {
            id: uuid::Builder::from_random_bytes(service.random.bytes()?).into_uuid(),
            region: &service.region,
            account: creation.account,
            name: &creation.name,
            suffix: &creation.suffix,
            description,
            kms_key_id,
            owning_service: call.invoked_by().map(service_id),
            created_at: call.received_at,
        };
        let transaction = work.transaction().await?;
        if !store::secrets::insert(transaction, &secret).await? {
            return Err(Error::SecretExists { name: input.name.clone() });
        }
        if let Some(limit) = service.limits.secrets_per_account.count()
            && store::secrets::exceeds(transaction, &service.region, creation.account, limit).await?
        {
            return Err(Error::LimitExceeded(
                "The account has as many secrets in this Region as it may have.",
            ));
        }
        if let Some(version) = &version {
            let mut stages = Stages::default();
            stages.add_version(&version.id, &[])?;
            store::versions::insert(transaction, secret.id, version).await?;
            let changes = stages.changes_since(&Stages::default());
            store::versions::change_stages(transaction, secret.id, &changes).await?;
        }
        store::tags::put(transaction, secret.id, &tags).await?;
        let mut replication_status = Vec::new();
        if !replicas.is_empty() {
            let made = store::secrets::lock(transaction, &service.region, secret.id).await?;
            let (made, now) = (made.ok_or(Error::Conflict)?, call.received_at);
            service.begin_replication(work, &made, &replicas, &copies, now).await?;
            let begun = store::replicas::of_secret(work.transaction().await?, secret.id).await?;
            replication_status = ReplicationStatus::of_all(&begun);
        }
        let made = SecretVersionOutput {
            arn: creation.arn.to_string(),
            name: creation.name.to_string(),
            version_id: version.map(|version| version.id.to_string()),
        };
        Ok(CreateSecretOutput { made, replication_status })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a CreateSecretInput,
        creation: Option<&'a Creation>,
        output: Option<&'a CreateSecretOutput>,
    ) {
        shown.request.push_str("name", &input.name);
        shown.request.push_opt_str("clientRequestToken", input.client_request_token.as_deref());
        shown.request.push_opt_str("description", input.description.as_deref());
        shown.request.push_opt_str("kmsKeyId", input.kms_key_id.as_deref());
        show_tags(shown, input.tags.as_deref());
        let replicas = input.add_replica_regions.as_deref();
        show_replicas(shown, replicas, input.force_overwrite_replica_secret);
        if let Some(creation) = creation {
            shown.resource(creation.account.as_str(), SECRET_RESOURCE, &creation.arn);
        }
        if let Some(output) = output {
            output.made.show(shown);
            if !output.replication_status.is_empty() {
                show_statuses(shown, &output.replication_status);
            }
        }
    }
}

fn regions(input: &CreateSecretInput) -> &[ReplicaRegion] {
    input.add_replica_regions.as_deref().unwrap_or_default()
}

/// The answer where the name is taken: a success if the same request has made the secret before.
async fn repeated(
    service: &Secrets,
    call: &Call,
    input: &CreateSecretInput,
    present: &Secret,
    value: Option<&SecretValue>,
) -> Result<CreateSecretOutput, Error> {
    if present.deletion.is_some() {
        return Err(Error::NameMarkedForDeletion);
    }
    let exists = || Error::SecretExists { name: input.name.clone() };
    let (Some(value), Some(token)) = (value, input.client_request_token.as_deref()) else {
        return Err(exists());
    };
    let id = VersionId::parse(token)?;
    let connection = service.store.connection().await?;
    let version = store::versions::find(&connection, present.id, &id).await?.ok_or_else(exists)?;
    drop(connection);
    let stored = service.envelope.open(&call.caller, &present.arn, &version).await?;
    if stored.is_same_as(value) {
        let replication_status = ReplicationStatus::of_all(&service.replicas(present).await?);
        let made = SecretVersionOutput::of(present, Some(id.to_string()));
        Ok(CreateSecretOutput { made, replication_status })
    } else {
        Err(Error::TokenInUse { version: id, arn: present.arn.to_string() })
    }
}

/// The id of a service that makes a secret for a caller, as `OwningService` has it.
fn service_id(principal: &str) -> &str {
    principal.strip_suffix(".amazonaws.com").unwrap_or(principal)
}

fn refuse_what_is_not_offered(input: &CreateSecretInput) -> Result<(), Error> {
    if input.r#type.as_deref().is_some_and(|kind| !kind.is_empty()) {
        return Err(Error::InvalidParameter("Secrets that a partner manages are not available."));
    }
    Ok(())
}
