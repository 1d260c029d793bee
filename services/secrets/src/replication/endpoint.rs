//! `Deliver`: where other Regions tell how their secrets are. An internal API beside Secrets Manager's, on the same address
//! and behind the same pipeline. It admits this service's own principal, as which the Secrets Manager of every Region of the
//! installation signs, and nobody else: no policy of a user or role counts.

use std::sync::Arc;

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{
    Access, Accesses, AccountId, ApiBuilder, Arn, Authorized, Call, Input, Operation, Protocol, Shown, Target,
};
use keywright_policy::{Policy, PolicyDocument, PolicyError, ResourcePolicyRule};
use keywright_service::{ApiNames, PostgresWork};

use super::message::{Answer, Message, UNREADABLE};
use crate::error::Error;
use crate::events::{EVENT_SOURCE as OWN_PRINCIPAL, SECRET_RESOURCE};
use crate::service::Secrets;

/// How it is called on the wire.
pub const NAMES: ApiNames = ApiNames {
    event_source: EVENT_SOURCE,
    signing_name: SIGNING_NAME,
    protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
    internal: true,
};

/// Registers the operation.
#[must_use]
pub fn register(api: ApiBuilder<Secrets>) -> ApiBuilder<Secrets> {
    api.operation::<Deliver>()
}

/// Who may tell.
///
/// # Errors
/// [`PolicyError`] never.
pub fn policy() -> Result<Arc<Policy>, PolicyError> {
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": OWN_PRINCIPAL },
        "Action": ACTION,
        "Resource": "*",
    }]});
    let document = PolicyDocument::parse(&document.to_string())?;
    Ok(Arc::new(Policy::compile(&document, "KeywrightSecretsRegions")))
}

/// A message.
#[derive(Input)]
pub struct DeliverInput {
    /// As JSON.
    #[member(length = 1..=1048576)]
    pub message: Blob,
}

/// A message that was read, and what admits it.
pub struct Delivered {
    message: Option<Message>,
    /// The account and the ARN of the secret, as it is called here.
    secret: Option<(AccountId, String)>,
    policy: Arc<Policy>,
    arn: Arc<str>,
    account: AccountId,
}

/// The operation.
pub struct Deliver;

impl Operation for Deliver {
    type Service = Secrets;
    type Input = DeliverInput;
    type Output = Answer;
    type Resource = Delivered;
    type Error = Error;

    const NAME: &'static str = OPERATION;
    const ACTION: &'static str = ACTION;
    const READ_ONLY: bool = false;

    async fn load(service: &Secrets, call: &Call, input: &DeliverInput) -> Result<Delivered, Error> {
        let message = Message::read(input.message.as_bytes());
        let subject = message.as_ref().and_then(Message::subject);
        let secret = subject.map(|subject| {
            (subject.account, subject.name.arn(&service.region, subject.account, &subject.suffix))
        });
        let (policy, account) = (Arc::clone(&service.delivery_policy), call.account());
        let arn = Arn::global("keywright-secrets-regions", account.as_str(), "messages").into();
        Ok(Delivered { message, secret, policy, arn, account })
    }

    fn accesses(_call: &Call, _input: &DeliverInput, delivered: &Delivered) -> Accesses {
        let (arn, account) = (Arc::clone(&delivered.arn), Some(delivered.account));
        let (policy, rule) = (Some(Arc::clone(&delivered.policy)), ResourcePolicyRule::Required);
        Access::new(Self::ACTION, Target { arn, account, policy, rule }).into()
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Answer, Error> {
        let message = request.resource.message.as_ref().ok_or(UNREADABLE)?;
        if service.peers.get(&message.from).is_none() {
            return Err(Error::InvalidParameter("The Region is not known here."));
        }
        service.heed(work, message).await
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        _input: &'a DeliverInput,
        delivered: Option<&'a Delivered>,
        output: Option<&'a Answer>,
    ) {
        let Some(delivered) = delivered else { return };
        if let Some(message) = &delivered.message {
            shown.request.push_str("fromRegion", message.from.as_str());
            shown.request.push_str("message", message.content.kind());
            shown.request.push_i64("number", message.number);
        }
        if let Some((account, arn)) = &delivered.secret {
            shown.request.push_str("secretArn", arn.as_str());
            shown.resource(account.as_str(), SECRET_RESOURCE, arn);
        }
        if let Some(answer) = output {
            shown.response.push_str("answer", answer.kind());
        }
    }
}

/// The name of the operation.
pub(super) const OPERATION: &str = "Deliver";
/// `secretsmanager`: identity gives this service the signing keys of that scope.
pub(super) const SIGNING_NAME: &str = "secretsmanager";
/// The prefix in `x-amz-target`.
pub const TARGET_PREFIX: &str = "KeywrightSecretsRegions";
const EVENT_SOURCE: &str = "keywright-secrets-regions.amazonaws.com";
const ACTION: &str = "keywright-secrets-regions:Deliver";
