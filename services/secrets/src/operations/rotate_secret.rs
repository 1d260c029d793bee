//! RotateSecret.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use time::OffsetDateTime;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::SecretVersionOutput;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::version::Version;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::events::SecretEvent;
use crate::replication::copying::Copies;
use crate::rotation::begin::{begin, due_at, incomplete};
use crate::rotation::function::FunctionArn;
use crate::rotation::schedule::{RotationRules, RotationRulesInput};
use crate::rotation::state::{Rotation, Run, RunKind};
use crate::service::{Secrets, add_version};
use crate::store;

/// Input of [RotateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
#[derive(Input)]
pub struct RotateSecretInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// Becomes the version's id.
    #[member(length = 32..=64)]
    pub client_request_token: Option<String>,
    /// Who rotates; as before if there is none.
    #[member(name = "RotationLambdaARN", length = 0..=2048)]
    pub rotation_lambda_arn: Option<String>,
    /// When; as before if there are none.
    #[member(shape)]
    pub rotation_rules: Option<RotationRulesInput>,
    /// What a partner needs who manages the secret; not offered.
    #[member(shape)]
    pub external_secret_rotation_metadata: Option<Vec<ExternalSecretRotationMetadataItem>>,
    /// The role for that.
    #[member(length = 20..=2048)]
    pub external_secret_rotation_role_arn: Option<String>,
    /// Whether it is rotated now and not only tried out.
    pub rotate_immediately: Option<bool>,
}

/// A key and its value for a partner.
#[derive(Input)]
pub struct ExternalSecretRotationMetadataItem {
    /// The key.
    #[member(length = 1..=256)]
    pub key: Option<String>,
    /// The value.
    #[member(length = 1..=2048)]
    pub value: Option<String>,
}

/// The operation.
pub struct RotateSecret;

impl Operation for RotateSecret {
    type Service = Secrets;
    type Input = RotateSecretInput;
    type Output = SecretVersionOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "RotateSecret";
    const ACTION: &'static str = "secretsmanager:RotateSecret";
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &RotateSecretInput) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    /// Who has a function called needs the right to call it.
    fn accesses(call: &Call, input: &RotateSecretInput, secret: &Secret) -> Accesses {
        let mut accesses: Accesses = on_secret(Self::ACTION, secret).into();
        if let Ok(function) = function(call, input, secret) {
            let rule = ResourcePolicyRule::Additional;
            let (arn, account) = (function.unqualified().into(), Some(secret.account));
            accesses.push(Access::new(INVOKE, Target { arn, account, policy: None, rule }));
        }
        accesses
    }

    fn accesses_unloaded(call: &Call, input: &RotateSecretInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(_call: &Call, input: &RotateSecretInput, secret: &Secret, keys: &mut ContextKeys) {
        add_context_keys(keys, secret);
        keys.push("secretsmanager:RotateImmediately", is_immediate(input).to_string());
        keys.push("secretsmanager:ModifyRotationRules", input.rotation_rules.is_some().to_string());
        if let Some(function) = given(input.rotation_lambda_arn.as_deref()) {
            keys.push("secretsmanager:RotationLambdaARN", function.to_owned());
        }
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<SecretVersionOutput, Error> {
        let (call, input, now) = (request.call, request.input, request.call.received_at);
        let secret = request.resource.active()?.own()?;
        if input.external_secret_rotation_metadata.is_some()
            || input.external_secret_rotation_role_arn.is_some()
        {
            return Err(Error::InvalidParameter("Secrets that a partner manages are not available."));
        }
        let function = function(call, input, secret)?;
        let given_rules = input.rotation_rules.as_ref().map(RotationRules::of_request).transpose()?;
        let version = VersionId::of_request(input.client_request_token.as_deref())?;
        if !service.rotation.functions.has(function.name()) {
            return Err(Error::FunctionNotCallable);
        }
        if is_repeated(secret, &version) {
            return Ok(SecretVersionOutput::of(secret, Some(version.to_string())));
        }
        if incomplete(&secret.stages).is_some() {
            service.take_up_failed(secret, now).await?;
            return Err(Error::RotationIncomplete);
        }
        // All that KMS has to do is done before the secret is locked.
        let copy = match is_immediate(input) {
            true => None,
            false => Some(copy_of_current(service, call, secret, version.clone()).await?),
        };

        let (transaction, locked) = service.change(work, secret).await?;
        locked.active()?;
        if is_repeated(&locked, &version) {
            return Ok(SecretVersionOutput::of(&locked, Some(version.to_string())));
        }
        if incomplete(&locked.stages).is_some() {
            return Err(Error::RotationIncomplete);
        }
        if store::versions::exists(transaction, locked.id, &version).await? {
            return Err(Error::TokenInUse { version, arn: locked.arn.to_string() });
        }
        let (run, event, rotated) = match copy {
            None => {
                let run = begin(transaction, &locked, version.clone(), now).await?;
                (run, SecretEvent::RotationStarted, Some(now))
            }
            Some((copy, copies)) => {
                if locked.kms_key_id != secret.kms_key_id {
                    return Err(Error::Conflict);
                }
                add_version(transaction, &locked, &copy, &[Stage::pending()]).await?;
                copies.store(transaction, locked.id).await?;
                let run = Run::new(RunKind::Test, version.clone());
                (run, SecretEvent::TestRotationStarted, last_rotated(&locked))
            }
        };
        let rules = given_rules.or_else(|| locked.rotation.as_ref().map(|rotation| rotation.rules.clone()));
        let rules = rules.unwrap_or_default();
        let rotation = Rotation {
            enabled: true,
            window: rules.next_window(rotated, now),
            function,
            rules,
            last_rotated_at: last_rotated(&locked),
            run: Some(run),
            fence: 0,
        };
        let due = due_at(&rotation, locked.id, now);
        store::rotations::put(transaction, &service.region, locked.id, &rotation, due).await?;
        store::secrets::set_changed(transaction, locked.id, now).await?;
        service.tell_regions_after(work, &locked, now).await?;
        service.add_event(work, event, &locked, now).await?;
        let rung = std::sync::Arc::clone(&service.rotation.due);
        work.after_commit(move || rung.notify_one());
        Ok(SecretVersionOutput::of(&locked, Some(version.to_string())))
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a RotateSecretInput,
        secret: Option<&'a Secret>,
        output: Option<&'a SecretVersionOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        shown.request.push_opt_str("clientRequestToken", input.client_request_token.as_deref());
        shown.request.push_opt_str("rotationLambdaARN", input.rotation_lambda_arn.as_deref());
        if let Some(rules) = &input.rotation_rules {
            let mut fields = keywright_audit_log::Fields::new();
            if let Some(days) = rules.automatically_after_days {
                fields.push_i64("automaticallyAfterDays", days);
            }
            fields.push_opt_str("duration", rules.duration.as_deref());
            fields.push_opt_str("scheduleExpression", rules.schedule_expression.as_deref());
            shown.request.push_object("rotationRules", fields);
        }
        if let Some(immediately) = input.rotate_immediately {
            shown.request.push_bool("rotateImmediately", immediately);
        }
        show_secret(shown, secret);
        if let Some(output) = output {
            output.show(shown);
        }
    }
}

fn is_immediate(input: &RotateSecretInput) -> bool {
    input.rotate_immediately.unwrap_or(true)
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The function that the request names, or that the secret has.
fn function(call: &Call, input: &RotateSecretInput, secret: &Secret) -> Result<FunctionArn, Error> {
    match (given(input.rotation_lambda_arn.as_deref()), &secret.rotation) {
        (Some(arn), _) => FunctionArn::parse(arn, &call.region, secret.account),
        (None, Some(rotation)) => Ok(rotation.function.clone()),
        (None, None) => Err(Error::NoRotationFunction),
    }
}

fn last_rotated(secret: &Secret) -> Option<OffsetDateTime> {
    secret.rotation.as_ref().and_then(|rotation| rotation.last_rotated_at)
}

/// Whether the same request has begun the rotation before, which may have ended by now.
fn is_repeated(secret: &Secret, version: &VersionId) -> bool {
    let run = secret.rotation.as_ref().and_then(|rotation| rotation.run.as_ref());
    let is_rotated =
        last_rotated(secret).is_some() && secret.stages.version(&Stage::current()) == Some(version);
    run.is_some_and(|run| run.version == *version) || is_rotated
}

/// The current value as another version, for the function to try out. Nobody has it copied who may not read it.
async fn copy_of_current(
    service: &Secrets,
    call: &Call,
    secret: &Secret,
    id: VersionId,
) -> Result<(Version, Copies), Error> {
    let current = secret.stages.version(&Stage::current()).ok_or(Error::StageNotFound(Stage::current()))?;
    let connection = service.store.connection().await?;
    let version = store::versions::find(&connection, secret.id, current).await?;
    drop(connection);
    let version = version.ok_or_else(|| Error::VersionNotFound(current.clone()))?;
    let value = service.envelope.open(&call.caller, &secret.arn, &version).await?;
    let (key, now) = (secret.kms_key_id.as_deref(), call.received_at);
    let copy = service.envelope.seal(&call.caller, &secret.arn, key, id, &value, now).await?;
    let copies = service.copies_of_new(&call.caller, secret, &copy, value).await?;
    Ok((copy, copies))
}

/// The action of calling a function.
const INVOKE: &str = "lambda:InvokeFunction";
