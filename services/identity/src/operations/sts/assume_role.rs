//! [AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, CallerKind, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::assuming::{Asked, Assumed, AssumedRoleUser, Assuming, show_packed_size};
use super::credentials::CredentialsOut;
use super::long_term::{no_second_factor, not_on_behalf};
use super::session_policies::{self, PolicyDescriptor};
use super::session_tags::{self, SessionTags, Tag};
use crate::directory::Directory;
use crate::domain::role_arn::RoleArn;
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;

/// Gives a session of a role to whom its trust policy lets in.
pub struct AssumeRole;

/// Which role, and how narrow the session is to be.
#[derive(Input)]
pub struct AssumeRoleInput {
    #[member(length = 20..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+")]
    role_arn: String,
    #[member(length = 2..=64, pattern = "[0-9A-Za-z_+=,.@-]*")]
    role_session_name: String,
    #[member(shape, length = ..=10)]
    policy_arns: Option<Vec<PolicyDescriptor>>,
    #[member(length = 1..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: Option<String>,
    #[member(range = 900..=43200)]
    duration_seconds: Option<i32>,
    #[member(shape, length = ..=50)]
    tags: Option<Vec<Tag>>,
    #[member(length = ..=50, each(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"))]
    transitive_tag_keys: Option<Vec<String>>,
    #[member(length = 2..=1224, pattern = "[0-9A-Za-z_+=,.@:/-]*")]
    external_id: Option<String>,
    #[member(length = 9..=256, pattern = "[0-9A-Za-z_+=/:,.@-]*")]
    serial_number: Option<String>,
    #[member(length = 6..=6, pattern = "[0-9]*")]
    token_code: Option<String>,
    #[member(length = 2..=64, pattern = "[0-9A-Za-z_+=,.@-]*")]
    source_identity: Option<String>,
    #[member(shape, length = 1..=5)]
    provided_contexts: Option<Vec<ProvidedContext>>,
}

/// A trusted context of a provider.
#[derive(Input)]
pub(super) struct ProvidedContext {
    #[member(length = 20..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+")]
    _provider_arn: Option<String>,
    #[member(length = 4..=2048)]
    _context_assertion: Option<String>,
}

/// The session.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleOutput {
    credentials: CredentialsOut,
    assumed_role_user: AssumedRoleUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed_policy_size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<String>,
}

impl Operation for AssumeRole {
    type Service = Directory;
    type Input = AssumeRoleInput;
    type Output = AssumeRoleOutput;
    type Resource = Assuming;
    type Error = IdentityError;

    const NAME: &'static str = "AssumeRole";
    const ACTION: &'static str = "sts:AssumeRole";
    const READ_ONLY: bool = true;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &AssumeRoleInput,
    ) -> Result<Assuming, IdentityError> {
        not_on_behalf(call, Self::NAME)?;
        if call.caller.kind == CallerKind::Root {
            return Err(StsRefusal::RootMayNotAssume.into());
        }
        no_second_factor(input.serial_number.as_ref(), input.token_code.as_ref())?;
        if input.provided_contexts.is_some() {
            return Err(StsRefusal::ContextProvider.into());
        }
        let arn = RoleArn::parse(&input.role_arn);
        let arn = arn.ok_or_else(|| StsRefusal::Arn(input.role_arn.clone()))?;
        let (tags, transitive) = (input.tags.as_deref(), input.transitive_tag_keys.as_deref());
        let tags = SessionTags::of_request(&call.caller, tags, transitive)?;
        let source_identity = source_identity(call, input.source_identity.as_deref())?;
        let connection = directory.store.connection().await?;
        Assuming::find(&connection, arn, tags, source_identity).await
    }

    fn accesses(_: &Call, _: &AssumeRoleInput, assuming: &Assuming) -> Accesses {
        assuming.accesses(Self::ACTION, None)
    }

    /// What can't be loaded is told by the request alone, or by the caller's own session.
    fn accesses_unloaded(_: &Call, _: &AssumeRoleInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(_: &Call, input: &AssumeRoleInput, assuming: &Assuming, keys: &mut ContextKeys) {
        assuming.push_condition_keys(&input.role_session_name, keys);
        if let Some(external_id) = &input.external_id {
            keys.push("sts:ExternalId", external_id.clone());
        }
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<AssumeRoleOutput, IdentityError> {
        let Authorized { call, input, resource: assuming, .. } = request;
        let (inline, managed) = (input.policy.as_deref(), input.policy_arns.as_deref());
        let connection = directory.store.connection().await?;
        let policies =
            session_policies::checked(&connection, assuming.arn.account(), inline, managed).await?;
        drop(connection);
        let asked = Asked {
            session_name: &input.role_session_name,
            duration: input.duration_seconds,
            policies,
            federated_provider: None,
            chained: matches!(call.caller.kind, CallerKind::Role { .. }),
        };
        let Assumed { credentials, user, packed_policy_size } =
            assuming.issue_at(directory, asked, call.received_at).await?;
        let source_identity = assuming.source_identity.clone();
        Ok(AssumeRoleOutput { credentials, assumed_role_user: user, packed_policy_size, source_identity })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a AssumeRoleInput,
        assuming: Option<&'a Assuming>,
        output: Option<&'a AssumeRoleOutput>,
    ) {
        let request = &mut shown.request;
        request
            .push_str("roleArn", &*input.role_arn)
            .push_str("roleSessionName", &*input.role_session_name)
            .push_opt_str("externalId", input.external_id.as_deref())
            .push_opt_str("sourceIdentity", input.source_identity.as_deref());
        if let Some(seconds) = input.duration_seconds {
            request.push_i64("durationSeconds", i64::from(seconds));
        }
        session_policies::show(request, input.policy.as_deref(), input.policy_arns.as_deref());
        session_tags::show(request, input.tags.as_deref(), input.transitive_tag_keys.as_deref());
        if let Some(assuming) = assuming {
            assuming.tags.show_inherited(request);
            assuming.show(shown);
            if call.caller.service_name().is_some() {
                // A service has no account: it is an event of the role's.
                assuming.show_to_owner(shown);
            }
        }
        if let Some(output) = output {
            let response = &mut shown.response;
            response
                .push_object("credentials", output.credentials.show())
                .push_object("assumedRoleUser", output.assumed_role_user.show())
                .push_opt_str("sourceIdentity", output.source_identity.as_deref());
            show_packed_size(response, output.packed_policy_size);
        }
    }
}

/// The one that is asked for, or that of the calling session, which can't be changed.
fn source_identity(call: &Call, asked: Option<&str>) -> Result<Option<String>, IdentityError> {
    let own = call.caller.session.as_ref().and_then(|session| session.source_identity.as_deref());
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(StsRefusal::SourceIdentityIsSet.into()),
        (own, asked) => Ok(own.or(asked).map(str::to_owned)),
    }
}
