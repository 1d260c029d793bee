//! ValidateResourcePolicy.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown, ask_policy};
use keywright_policy::{Policy, ResourcePolicyAnswer};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use crate::domain::resource_policy;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::service::Secrets;

/// Input of
/// [ValidateResourcePolicy](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ValidateResourcePolicy.html).
#[derive(Input)]
pub struct ValidateResourcePolicyInput {
    /// The secret that it is to be attached to, if that is known.
    #[member(length = 1..=2048)]
    pub secret_id: Option<String>,
    /// The policy.
    #[member(length = 1..=20480)]
    pub resource_policy: String,
}

/// Output of ValidateResourcePolicy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidateResourcePolicyOutput {
    policy_validation_passed: bool,
    validation_errors: Vec<ValidationErrorsEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ValidationErrorsEntry {
    check_name: &'static str,
    error_message: &'static str,
}

/// The operation.
pub struct ValidateResourcePolicy;

impl Operation for ValidateResourcePolicy {
    type Service = Secrets;
    type Input = ValidateResourcePolicyInput;
    type Output = ValidateResourcePolicyOutput;
    type Resource = Option<Secret>;
    type Error = Error;

    const NAME: &'static str = "ValidateResourcePolicy";
    const ACTION: &'static str = "secretsmanager:ValidateResourcePolicy";
    const READ_ONLY: bool = true;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &ValidateResourcePolicyInput,
    ) -> Result<Option<Secret>, Error> {
        match &input.secret_id {
            Some(id) => service.find(call, id).await.map(Some),
            None => Ok(None),
        }
    }

    fn accesses(_call: &Call, _input: &ValidateResourcePolicyInput, secret: &Option<Secret>) -> Accesses {
        let access =
            |action| secret.as_ref().map_or_else(|| Access::any(action), |secret| on_secret(action, secret));
        [access(Self::ACTION), access(PUT)].into()
    }

    fn accesses_unloaded(call: &Call, input: &ValidateResourcePolicyInput) -> Accesses {
        input.secret_id.iter().flat_map(|id| unfound(Self::ACTION, call, id)).collect()
    }

    fn context_keys(
        _call: &Call,
        _input: &ValidateResourcePolicyInput,
        secret: &Option<Secret>,
        keys: &mut ContextKeys,
    ) {
        if let Some(secret) = secret {
            add_context_keys(keys, secret);
        }
    }

    async fn run(
        _service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ValidateResourcePolicyOutput, Error> {
        let secret = request.resource.as_ref();
        secret.map(Secret::active).transpose()?;
        let document = resource_policy::check(&request.input.resource_policy)?;
        let mut validation_errors = Vec::new();
        if document.is_public() {
            validation_errors.push(ValidationErrorsEntry {
                check_name: "PUBLIC_POLICY",
                error_message: "The resource policy allows broad access to the secret.",
            });
        }
        let name = secret.map_or("the new policy", |secret| &secret.arn);
        if locks_out(request.call, secret, &Policy::compile(&document, name)) {
            validation_errors.push(ValidationErrorsEntry {
                check_name: "LOCKOUT",
                error_message: "The resource policy would lock you out: by it you could not change it again.",
            });
        }
        Ok(ValidateResourcePolicyOutput {
            policy_validation_passed: validation_errors.is_empty(),
            validation_errors,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ValidateResourcePolicyInput,
        secret: Option<&'a Option<Secret>>,
        _output: Option<&'a ValidateResourcePolicyOutput>,
    ) {
        shown.request.push_opt_str("secretId", input.secret_id.as_deref());
        shown.request.push_str("resourcePolicy", &input.resource_policy);
        show_secret(shown, secret.and_then(Option::as_ref));
    }
}

/// Whether the caller could not set the secret's policy again: it is denied, or the caller is of another account and the
/// policy doesn't allow it.
fn locks_out(call: &Call, secret: Option<&Secret>, policy: &Policy) -> bool {
    let mut keys = ContextKeys::default();
    let access = match secret {
        Some(secret) => {
            add_context_keys(&mut keys, secret);
            on_secret(PUT, secret)
        }
        None => Access::any(PUT),
    };
    keys.push("secretsmanager:BlockPublicPolicy", "false");
    let is_own = access.target.account.is_none_or(|account| account == call.account());
    match ask_policy(call, &access, &keys, policy) {
        ResourcePolicyAnswer::Denies(_) => true,
        ResourcePolicyAnswer::Silent => !is_own,
        ResourcePolicyAnswer::Delegates(_) | ResourcePolicyAnswer::Allows(_) => false,
    }
}

const PUT: &str = "secretsmanager:PutResourcePolicy";
