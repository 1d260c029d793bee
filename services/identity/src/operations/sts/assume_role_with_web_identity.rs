//! [AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown, WebIdentity};
use keywright_crypto::SecretString;
use keywright_policy::Principal;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::assuming::{Asked, Assumed, AssumedRoleUser, Assuming, show_packed_size};
use super::credentials::CredentialsOut;
use super::session_policies::{self, PolicyDescriptor};
use super::session_tags::SessionTags;
use crate::directory::Directory;
use crate::domain::role_arn::RoleArn;
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;
use crate::store::oidc_providers;
use crate::web_identity::{Unverified, WebIdentityClaims, WebIdentityError};

/// Gives a session of a role to whom an OpenID Connect provider vouches for.
pub struct AssumeRoleWithWebIdentity;

/// Which role, by which token.
#[derive(Input)]
pub struct AssumeRoleWithWebIdentityInput {
    #[member(length = 20..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+")]
    role_arn: String,
    #[member(length = 2..=64, pattern = "[0-9A-Za-z_+=,.@-]*")]
    role_session_name: String,
    #[member(length = 4..=20000, sensitive)]
    web_identity_token: SecretString,
    #[member(length = 4..=2048)]
    provider_id: Option<String>,
    #[member(shape, length = ..=10)]
    policy_arns: Option<Vec<PolicyDescriptor>>,
    #[member(length = 1..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
    policy: Option<String>,
    #[member(range = 900..=43200)]
    duration_seconds: Option<i32>,
}

/// The session, and whose it is.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleWithWebIdentityOutput {
    credentials: CredentialsOut,
    subject_from_web_identity_token: String,
    assumed_role_user: AssumedRoleUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed_policy_size: Option<usize>,
    provider: String,
    audience: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<String>,
}

/// A role, and who would become it by a token that is believed.
pub struct Vouched {
    assuming: Assuming,
    claims: WebIdentityClaims,
    provider_arn: String,
    principal: Arc<Principal>,
}

impl Operation for AssumeRoleWithWebIdentity {
    type Service = Directory;
    type Input = AssumeRoleWithWebIdentityInput;
    type Output = AssumeRoleWithWebIdentityOutput;
    type Resource = Vouched;
    type Error = IdentityError;

    const NAME: &'static str = "AssumeRoleWithWebIdentity";
    const ACTION: &'static str = "sts:AssumeRoleWithWebIdentity";
    const READ_ONLY: bool = true;
    const SIGNED: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &AssumeRoleWithWebIdentityInput,
    ) -> Result<Vouched, IdentityError> {
        if input.provider_id.is_some() {
            return Err(StsRefusal::ProviderId.into());
        }
        let arn = RoleArn::parse(&input.role_arn);
        let arn = arn.ok_or_else(|| StsRefusal::Arn(input.role_arn.clone()))?;
        let token = Unverified::parse(input.web_identity_token.expose_secret())?;
        let url = token.provider_url()?;
        let connection = directory.store.connection().await?;
        let provider = oidc_providers::find(&connection, arn.account(), url).await?;
        // The issuer may take its time, and connections are few.
        drop(connection);
        let no_provider = || WebIdentityError::NoProvider { issuer: format!("https://{url}") };
        let provider = provider.ok_or_else(no_provider)?;
        let claims = directory.web_identities.verify_at(&token, &provider, call.received_at).await?;

        let tags = SessionTags::given(claims.tags.clone())?;
        let source_identity = claims.source_identity.clone();
        let connection = directory.store.connection().await?;
        let assuming = Assuming::find(&connection, arn, tags, source_identity).await?;
        let provider_arn = provider.arn();
        let principal = Arc::new(Principal::identity_provider(provider_arn.clone()));
        Ok(Vouched { assuming, claims, provider_arn, principal })
    }

    fn accesses(_: &Call, _: &AssumeRoleWithWebIdentityInput, vouched: &Vouched) -> Accesses {
        vouched.assuming.accesses(Self::ACTION, Some(&vouched.principal))
    }

    /// Whose token isn't believed is told why.
    fn accesses_unloaded(_: &Call, _: &AssumeRoleWithWebIdentityInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(
        _: &Call,
        input: &AssumeRoleWithWebIdentityInput,
        vouched: &Vouched,
        keys: &mut ContextKeys,
    ) {
        vouched.assuming.push_condition_keys(&input.role_session_name, keys);
    }

    fn condition_key(
        _: &Call,
        _: &AssumeRoleWithWebIdentityInput,
        vouched: Option<&Vouched>,
        _: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        vouched.is_some_and(|vouched| vouched.claims.condition_key(key, each))
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<AssumeRoleWithWebIdentityOutput, IdentityError> {
        let Authorized { call, input, resource: vouched, .. } = request;
        let Vouched { assuming, claims, provider_arn, .. } = vouched;
        let (inline, managed) = (input.policy.as_deref(), input.policy_arns.as_deref());
        let connection = directory.store.connection().await?;
        let policies =
            session_policies::checked(&connection, assuming.arn.account(), inline, managed).await?;
        drop(connection);
        let asked = Asked {
            session_name: &input.role_session_name,
            duration: input.duration_seconds,
            policies,
            federated_provider: Some(provider_arn.clone()),
            chained: false,
        };
        let Assumed { credentials, user, packed_policy_size } =
            assuming.issue_at(directory, asked, call.received_at).await?;
        Ok(AssumeRoleWithWebIdentityOutput {
            credentials,
            subject_from_web_identity_token: claims.subject.clone(),
            assumed_role_user: user,
            packed_policy_size,
            provider: provider_arn.clone(),
            audience: claims.audience.clone(),
            source_identity: assuming.source_identity.clone(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a AssumeRoleWithWebIdentityInput,
        vouched: Option<&'a Vouched>,
        output: Option<&'a AssumeRoleWithWebIdentityOutput>,
    ) {
        let request = &mut shown.request;
        request
            .push_str("roleArn", &*input.role_arn)
            .push_str("roleSessionName", &*input.role_session_name)
            .push_opt_str("providerId", input.provider_id.as_deref());
        if let Some(seconds) = input.duration_seconds {
            request.push_i64("durationSeconds", i64::from(seconds));
        }
        session_policies::show(request, input.policy.as_deref(), input.policy_arns.as_deref());
        if let Some(Vouched { assuming, claims, provider_arn, .. }) = vouched {
            assuming.tags.show_given(request);
            request.push_opt_str("sourceIdentity", assuming.source_identity.as_deref());
            shown.web_identity = Some(WebIdentity {
                principal_id: format!("{provider_arn}:{}:{}", claims.audience, claims.subject).into(),
                user_name: &claims.subject,
                identity_provider: provider_arn,
            });
            assuming.show(shown);
            assuming.show_to_owner(shown);
        }
        if let Some(output) = output {
            let response = &mut shown.response;
            response
                .push_object("credentials", output.credentials.show())
                .push_str("subjectFromWebIdentityToken", &*output.subject_from_web_identity_token)
                .push_object("assumedRoleUser", output.assumed_role_user.show())
                .push_str("provider", &*output.provider)
                .push_str("audience", &*output.audience)
                .push_opt_str("sourceIdentity", output.source_identity.as_deref());
            show_packed_size(response, output.packed_policy_size);
        }
    }
}
