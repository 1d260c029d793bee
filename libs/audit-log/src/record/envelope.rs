//! What a consumer indexes of a record, read from its bytes without building the whole.

use std::borrow::Cow;

use serde::Deserialize;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The indexed members of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEnvelope {
    /// The event's own id.
    pub event_id: Uuid,
    /// When it happened, in whole seconds.
    pub event_time: OffsetDateTime,
    /// The operation.
    pub event_name: String,
    /// The service, such as `kms.amazonaws.com`.
    pub event_source: String,
    /// The region.
    pub aws_region: String,
    /// The account that owns the event.
    pub recipient_account_id: String,
    /// The caller's access key.
    pub access_key_id: Option<String>,
    /// The caller's ARN.
    pub principal_arn: Option<String>,
    /// The address that the call came from, or the service that called.
    pub source_ip_address: Option<String>,
    /// Whether the operation changes nothing.
    pub read_only: bool,
    /// The error's code, when it was refused or failed.
    pub error_code: Option<String>,
    /// What it was about.
    pub resources: Vec<ResourceOwned>,
    username: Option<String>,
}

/// A resource of an [`EventEnvelope`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ResourceOwned {
    /// The owner's account.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// Such as `AWS::KMS::Key`.
    #[serde(rename = "type")]
    pub resource_type: Option<String>,
    /// The resource's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
}

/// Why bytes are no record.
#[derive(Debug, Error)]
pub enum EnvelopeError {
    /// Not JSON, or a member is missing or of the wrong type.
    #[error("not a CloudTrail record")]
    Json(#[from] serde_json::Error),
    /// `eventTime` is no RFC 3339 time.
    #[error("event time is not RFC 3339")]
    EventTime(#[from] time::error::Parse),
}

impl EventEnvelope {
    /// Reads the indexed members of one record.
    ///
    /// # Errors
    /// When the bytes are not a CloudTrail record: such an event belongs to the dead letters.
    pub fn parse(record: &[u8]) -> Result<Self, EnvelopeError> {
        let parsed: Parsed<'_> = serde_json::from_slice(record)?;
        Ok(Self {
            event_id: parsed.event_id,
            event_time: OffsetDateTime::parse(&parsed.event_time, &Rfc3339)?,
            event_name: parsed.event_name,
            event_source: parsed.event_source,
            aws_region: parsed.aws_region,
            recipient_account_id: parsed.recipient_account_id,
            username: parsed.user_identity.username(),
            access_key_id: parsed.user_identity.access_key_id.map(Cow::into_owned),
            principal_arn: parsed.user_identity.arn.map(Cow::into_owned),
            source_ip_address: parsed.source_ip_address,
            read_only: parsed.read_only,
            error_code: parsed.error_code,
            resources: parsed.resources.unwrap_or_default(),
        })
    }

    /// The name LookupEvents finds the event by: the user's name, `root`, the role session's name, or the service.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parsed<'a> {
    #[serde(rename = "eventID")]
    event_id: Uuid,
    #[serde(borrow)]
    event_time: Cow<'a, str>,
    event_name: String,
    event_source: String,
    aws_region: String,
    recipient_account_id: String,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
    #[serde(borrow)]
    user_identity: ParsedIdentity<'a>,
    #[serde(default)]
    read_only: bool,
    error_code: Option<String>,
    resources: Option<Vec<ResourceOwned>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParsedIdentity<'a> {
    #[serde(rename = "type", borrow)]
    identity_type: Cow<'a, str>,
    #[serde(borrow)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    principal_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    access_key_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    invoked_by: Option<Cow<'a, str>>,
}

impl ParsedIdentity<'_> {
    fn username(&self) -> Option<String> {
        let name = match self.identity_type.as_ref() {
            "Root" => Some("root"),
            "AssumedRole" | "FederatedUser" => {
                self.principal_id.as_deref().and_then(|id| id.split_once(':')).map(|(_, session)| session)
            }
            "AWSService" => self.invoked_by.as_deref(),
            _ => self.user_name.as_deref(),
        };
        name.map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_identity(identity: &str) -> EventEnvelope {
        let record = format!(
            r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"2026-01-31T23:59:59Z",
                "eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1",
                "eventID":"6f1c3f5e-3d0c-4c5e-9a53-1c2b3d4e5f60","recipientAccountId":"000000000000","later":[{{}}]}}"#
        );
        EventEnvelope::parse(record.as_bytes()).unwrap()
    }

    #[test]
    fn the_username_is_the_one_lookup_events_shows() {
        for (identity, username) in [
            (r#"{"type":"Root","principalId":"000000000000"}"#, Some("root")),
            (r#"{"type":"IAMUser","userName":"ad\u006din","invokedBy":"ssm.amazonaws.com"}"#, Some("admin")),
            (r#"{"type":"AssumedRole","principalId":"AROAEXAMPLE:session"}"#, Some("session")),
            (
                r#"{"type":"AWSService","invokedBy":"secretsmanager.amazonaws.com"}"#,
                Some("secretsmanager.amazonaws.com"),
            ),
            (r#"{"type":"AWSAccount","principalId":"AIDAEXAMPLE","accountId":"111111111111"}"#, None),
            (r#"{"type":"Unknown"}"#, None),
        ] {
            assert_eq!(with_identity(identity).username(), username, "{identity}");
        }
    }

    #[test]
    fn what_is_no_record_is_an_error() {
        for bytes in [&b""[..], b"{}", b"\xff", b"[]", br#"{"eventID":"1"}"#] {
            assert!(EventEnvelope::parse(bytes).is_err());
        }
    }

    #[test]
    fn a_record_without_resources_or_access_key_is_one_too() {
        let envelope = with_identity(r#"{"type":"Root"}"#);
        assert!(envelope.resources.is_empty() && envelope.access_key_id.is_none() && !envelope.read_only);
    }
}
