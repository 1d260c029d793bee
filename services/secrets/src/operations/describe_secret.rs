//! DescribeSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::replica_regions::ReplicationStatus;
use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::{SecretDetails, StagesByVersion, stages_by_version};
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

/// Input of [DescribeSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html).
#[derive(Input)]
pub struct DescribeSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
}

/// Output of DescribeSecret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeSecretOutput {
    #[serde(flatten)]
    details: SecretDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_ids_to_stages: Option<StagesByVersion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replication_status: Vec<ReplicationStatus>,
}

/// The operation.
pub struct DescribeSecret;

impl Operation for DescribeSecret {
    type Service = Secrets;
    type Input = DescribeSecretInput;
    type Output = DescribeSecretOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "DescribeSecret";
    const ACTION: &'static str = "secretsmanager:DescribeSecret";
    const READ_ONLY: bool = true;

    async fn load(service: &Secrets, call: &Call, input: &DescribeSecretInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &DescribeSecretInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &DescribeSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, _input: &DescribeSecretInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<DescribeSecretOutput, Error> {
        let secret = request.resource;
        let version_ids_to_stages = stages_by_version(secret);
        let replication_status = ReplicationStatus::of_all(&service.replicas(secret).await?);
        Ok(DescribeSecretOutput {
            details: SecretDetails::of(secret),
            version_ids_to_stages,
            replication_status,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DescribeSecretInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a DescribeSecretOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        show_secret(shown, secret);
    }
}
