//! Where other Regions deliver their messages: the one way into KMS besides the request pipeline.
//!
//! A Region of another installation has no principal here that could sign, so what admits a message is its seal alone:
//! it opens only with this Region's private key, and only if a Region whose public key is configured here has sealed
//! it. Nothing else is looked at or answered, and each message is recorded before it is answered, whether it was
//! admitted or not.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress};
use keywright_audit_log::{Entry, Fields, UserIdentity};
use keywright_aws_api::error::chain;
use keywright_aws_api::{
    AccountId, ApiSettings, HttpApi, HttpRequest, HttpResponse, OperationInfo, Protocol, Recorder, RequestId,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::envelope::{Asked, Envelope};
use super::message::Message;
use super::peers::{Peer, PeerError};
use crate::events::KEY_RESOURCE;
use crate::service::Kms;

/// The API of one operation, `Deliver`.
pub struct Endpoint {
    kms: Arc<Kms>,
    settings: ApiSettings,
    recorder: Recorder,
}

/// Why a message isn't admitted, or gets no answer.
struct Refusal {
    status: u16,
    code: &'static str,
    reason: &'static str,
}

/// A message that was opened.
struct Opened {
    peer: Arc<Peer>,
    message: Message,
    asked: Asked,
}

/// What a record shows of a message.
#[derive(Default)]
struct Facts {
    from: Option<String>,
    key: Option<(String, String)>,
    kind: Option<&'static str>,
    version: i64,
}

impl Endpoint {
    /// The endpoint of `kms`, which records with `recorder`.
    #[must_use]
    pub fn new(kms: Arc<Kms>, recorder: Recorder, home_account: AccountId, time_limit: Duration) -> Self {
        let settings = ApiSettings {
            event_source: EVENT_SOURCE,
            signing_name: SIGNING_NAME,
            protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
            regions: vec![kms.region.clone()],
            home_account,
            internal: true,
            time_limit,
        };
        Self { kms, settings, recorder }
    }

    async fn answer(&self, request: &HttpRequest<'_>, facts: &mut Facts) -> Result<Vec<u8>, Refusal> {
        if !self.recorder.is_accepting() {
            return Err(UNRECORDED);
        }
        let Opened { peer, message, asked } = self.open(request, facts)?;
        let heeded = tokio::time::timeout(self.settings.time_limit, self.kms.heed(&peer.region, message));
        let answer = match heeded.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(from = %peer.region, error = %chain(&error), "a message could not be heeded");
                return Err(FAILED);
            }
            Err(_elapsed) => return Err(FAILED),
        };
        let between = self.kms.peers.between(&peer);
        let sealed = answer.encode().map_err(PeerError::from).and_then(|bytes| {
            let envelope = between.seal_answer(&asked, &bytes, &*self.kms.random)?;
            Ok(serde_json::to_vec(&envelope)?)
        });
        sealed.map_err(|error| {
            tracing::error!(from = %peer.region, error = %chain(&error), "an answer could not be sealed");
            FAILED
        })
    }

    fn open(&self, request: &HttpRequest<'_>, facts: &mut Facts) -> Result<Opened, Refusal> {
        if request.body_too_large {
            return Err(TOO_LARGE);
        }
        if request.method != "POST" || request.header("x-amz-target") != Some(DELIVER_TARGET) {
            return Err(UNKNOWN);
        }
        let envelope: Envelope = serde_json::from_slice(&request.body).map_err(|_| UNREADABLE)?;
        facts.from = Some(envelope.from.to_string());
        // Who isn't known is told the same as who isn't whom they say to be.
        let peer = self.kms.peers.get(&envelope.from).ok_or(NOT_ADMITTED)?;
        let (bytes, asked) = self.kms.peers.between(&peer).open(&envelope).map_err(|_| NOT_ADMITTED)?;
        let message = Message::decode(&bytes).ok_or(UNREADABLE)?;
        let name = message.name();
        facts.key = Some((name.account.to_string(), name.id.arn(&self.kms.region, name.account)));
        facts.kind = Some(message.kind());
        facts.version = message.version;
        if !peer.accounts.include(name.account) {
            return Err(OTHER_ACCOUNT);
        }
        Ok(Opened { peer, message, asked })
    }

    async fn record(
        &self,
        request: &HttpRequest<'_>,
        request_id: RequestId,
        received_at: OffsetDateTime,
        facts: &Facts,
        refusal: Option<&Refusal>,
    ) -> Result<(), Refusal> {
        let mut shown = Fields::new();
        shown
            .push_opt_str("fromRegion", facts.from.as_deref())
            .push_opt_str("message", facts.kind)
            .push_opt_str("keyArn", facts.key.as_ref().map(|(_, arn)| arn.as_str()));
        if facts.kind.is_some() {
            shown.push_i64("version", facts.version);
        }
        let resource = facts.key.as_ref().map(|(account_id, arn)| Resource {
            account_id,
            resource_type: KEY_RESOURCE,
            arn,
        });
        let event_id = Uuid::now_v7();
        let admitted = facts.kind.is_some();
        let record = Record {
            user_identity: if admitted {
                UserIdentity::AwsService { invoked_by: SENDER }
            } else {
                UserIdentity::Unknown { access_key_id: None, account_id: None, invoked_by: None }
            },
            event_time: received_at,
            event_source: EVENT_SOURCE,
            event_name: OPERATION,
            aws_region: self.kms.region.as_str(),
            source_ip_address: match request.source_ip {
                Some(ip) => SourceAddress::Ip(ip),
                None => SourceAddress::Service(SENDER),
            },
            user_agent: None,
            error_code: refusal.map(|refusal| refusal.code),
            error_message: refusal.map(|refusal| refusal.reason),
            request_parameters: Some(&shown),
            response_elements: None,
            additional_event_data: None,
            request_id: Some(request_id.as_uuid()),
            event_id,
            read_only: false,
            resources: resource.as_slice(),
            event_type: EventType::AwsApiCall,
            recipient_account_id: RECIPIENT,
            service_event_details: None,
            shared_event_id: None,
            tls_details: None,
        };
        let payload = record.to_json().map_err(|_| FAILED)?;
        let key = facts.key.as_ref().map_or(RECIPIENT, |(_, arn)| arn.as_str()).to_owned();
        self.recorder.append(Entry::new(event_id, key, payload)).await.map_err(|error| {
            tracing::error!(error = %chain(&error), "a message could not be recorded");
            UNRECORDED
        })
    }
}

impl HttpApi for Endpoint {
    fn handle<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, HttpResponse> {
        Box::pin(async move {
            let (request_id, received_at) = (RequestId::generate(), self.kms.now());
            let mut facts = Facts::default();
            let answer = self.answer(&request, &mut facts).await;
            let recorded =
                self.record(&request, request_id, received_at, &facts, answer.as_ref().err()).await;
            respond(request_id, recorded.and(answer))
        })
    }

    fn settings(&self) -> &ApiSettings {
        &self.settings
    }

    fn operations(&self) -> Vec<OperationInfo> {
        vec![OperationInfo { name: OPERATION, action: "", read_only: false, signed: true, members: &[] }]
    }
}

fn respond(request_id: RequestId, answer: Result<Vec<u8>, Refusal>) -> HttpResponse {
    let (status, error_type, body) = match answer {
        Ok(body) => (200, None, body),
        Err(Refusal { status, code, reason }) => {
            let body = serde_json::json!({ "__type": code, "message": reason });
            (status, Some(code), body.to_string().into_bytes())
        }
    };
    let content_type = "application/x-amz-json-1.1";
    HttpResponse { status, content_type, cache_control: None, request_id, error_type, body }
}

const NOT_ADMITTED: Refusal = Refusal {
    status: 403,
    code: "AccessDeniedException",
    reason: "the message is not sealed for this region by a region that is known here",
};
const OTHER_ACCOUNT: Refusal = Refusal {
    status: 403,
    code: "AccessDeniedException",
    reason: "keys of this account are not shared with the region",
};
const UNREADABLE: Refusal =
    Refusal { status: 400, code: "SerializationException", reason: "the message cannot be read" };
const UNKNOWN: Refusal =
    Refusal { status: 400, code: "UnknownOperationException", reason: "messages are delivered only" };
const TOO_LARGE: Refusal =
    Refusal { status: 413, code: "RequestEntityTooLargeException", reason: "the message is too large" };
const FAILED: Refusal =
    Refusal { status: 503, code: "ServiceUnavailableException", reason: "the message cannot be heeded now" };
const UNRECORDED: Refusal = Refusal {
    status: 503,
    code: "ServiceUnavailableException",
    reason: "the audit journal cannot accept records",
};

/// `x-amz-target` of a message.
pub const DELIVER_TARGET: &str = "KeywrightKmsRegions.Deliver";
const TARGET_PREFIX: &str = "KeywrightKmsRegions";
const SIGNING_NAME: &str = "keywright-kms-regions";
const EVENT_SOURCE: &str = "keywright-kms-regions.amazonaws.com";
const OPERATION: &str = "Deliver";
const SENDER: &str = "kms.amazonaws.com";
const RECIPIENT: &str = "internal";
