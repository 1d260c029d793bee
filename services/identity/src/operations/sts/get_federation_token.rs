//! [GetFederationToken](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html).

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, Arn, Authorized, Call, Input, Operation, Shown, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use serde::Serialize;
use time::Duration;

use super::assuming::show_packed_size;
use super::credentials::{CredentialsOut, NewSession};
use super::long_term::LongTerm;
use super::session_policies::{self, PolicyDescriptor, packed_size};
use super::session_tags::{self, SessionTags, Tag};
use crate::directory::Directory;
use crate::domain::session::SessionOf;
use crate::error::IdentityError;

/// Gives temporary credentials to whom a user, or a root user, names. They may what both the user and the session policies
/// allow; without session policies, what policies of resources give them by name.
pub struct GetFederationToken;

/// To whom, and what they may.
#[derive(Input)]
pub struct GetFederationTokenInput {
    #[member(length = 2..=32, pattern = "[0-9A-Za-z_+=,.@-]*")]
    name: String,
    #[member(length = 1..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: Option<String>,
    #[member(shape, length = ..=10)]
    policy_arns: Option<Vec<PolicyDescriptor>>,
    #[member(range = 900..=129600)]
    duration_seconds: Option<i32>,
    #[member(shape, length = ..=50)]
    tags: Option<Vec<Tag>>,
}

/// The session.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetFederationTokenOutput {
    credentials: CredentialsOut,
    federated_user: FederatedUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed_policy_size: Option<usize>,
}

/// The session's principal.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FederatedUser {
    federated_user_id: String,
    arn: String,
}

/// Who names whom.
pub struct Federating {
    owner: LongTerm,
    arn: Arc<str>,
    tags: SessionTags,
}

impl Operation for GetFederationToken {
    type Service = Directory;
    type Input = GetFederationTokenInput;
    type Output = GetFederationTokenOutput;
    type Resource = Federating;
    type Error = IdentityError;

    const NAME: &'static str = "GetFederationToken";
    const ACTION: &'static str = "sts:GetFederationToken";
    const READ_ONLY: bool = true;

    async fn load(
        _: &Directory,
        call: &Call,
        input: &GetFederationTokenInput,
    ) -> Result<Federating, IdentityError> {
        let owner = LongTerm::of(call, Self::NAME)?;
        let tags = SessionTags::of_request(&call.caller, input.tags.as_deref(), None)?;
        let arn =
            Arn::global("sts", owner.account.as_str(), &format!("federated-user/{}", input.name)).into();
        Ok(Federating { owner, arn, tags })
    }

    fn accesses(_: &Call, _: &GetFederationTokenInput, federating: &Federating) -> Accesses {
        let access = |action| {
            let (arn, account) = (Arc::clone(&federating.arn), Some(federating.owner.account));
            Access::new(action, Target { arn, account, policy: None, rule: ResourcePolicyRule::Additional })
        };
        let tagging = (!federating.tags.is_empty()).then_some("sts:TagSession");
        [Some(Self::ACTION), tagging].into_iter().flatten().map(access).collect()
    }

    /// What can't be loaded is told by the request alone.
    fn accesses_unloaded(_: &Call, _: &GetFederationTokenInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(_: &Call, _: &GetFederationTokenInput, federating: &Federating, keys: &mut ContextKeys) {
        federating.tags.push_condition_keys(keys);
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<GetFederationTokenOutput, IdentityError> {
        let Authorized { call, input, resource: Federating { owner, arn, tags }, .. } = request;
        let (inline, managed) = (input.policy.as_deref(), input.policy_arns.as_deref());
        let connection = directory.store.connection().await?;
        let policies = session_policies::checked(&connection, owner.account, inline, managed).await?;
        drop(connection);
        let tags = tags.all();
        let packed_policy_size = packed_size(policies.as_ref(), &tags)?;
        let of =
            SessionOf::Federated { issuing_key: owner.access_key_id.clone(), user_name: input.name.clone() };
        let duration = Duration::seconds(owner.seconds(input.duration_seconds));
        let session = NewSession {
            // None at all would leave it all that the user may.
            policies: Some(policies.unwrap_or_default()),
            tags,
            ..NewSession::of(of, owner.account, duration)
        };
        let credentials = session.issue_at(directory, call.received_at).await?;
        let federated_user = FederatedUser {
            federated_user_id: format!("{}:{}", owner.account, input.name),
            arn: arn.to_string(),
        };
        Ok(GetFederationTokenOutput { credentials, federated_user, packed_policy_size })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a GetFederationTokenInput,
        _: Option<&'a Federating>,
        output: Option<&'a GetFederationTokenOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("name", &*input.name);
        if let Some(seconds) = input.duration_seconds {
            request.push_i64("durationSeconds", i64::from(seconds));
        }
        session_policies::show(request, input.policy.as_deref(), input.policy_arns.as_deref());
        session_tags::show(request, input.tags.as_deref(), None);
        if let Some(output) = output {
            let mut user = Fields::new();
            user.push_str("federatedUserId", &*output.federated_user.federated_user_id)
                .push_str("arn", &*output.federated_user.arn);
            let response = &mut shown.response;
            response.push_object("credentials", output.credentials.show()).push_object("federatedUser", user);
            show_packed_size(response, output.packed_policy_size);
        }
    }
}
