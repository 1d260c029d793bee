//! What happened: one CloudTrail record, version 1.11.
//!
//! Field names and their meaning:
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.
//! A [`Record`] borrows all it shows and is serialized once, straight to bytes.

mod entry;
mod envelope;
mod event_time;
mod fields;
mod identity;
mod limits;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

pub use entry::Entry;
pub use envelope::{EnvelopeError, EventEnvelope, ResourceOwned};
pub use event_time::EventTime;
pub use fields::Fields;
pub use identity::{SessionAttributes, SessionContext, SessionIssuer, UserIdentity, WebIdFederationData};

/// The version of the record format.
pub const EVENT_VERSION: &str = "1.11";

/// One event in CloudTrail's form. `None` members that CloudTrail always shows are written as `null`, others left out.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Who asked.
    pub user_identity: UserIdentity<'a>,
    /// When the call was completed; shown in whole seconds, UTC.
    pub event_time: OffsetDateTime,
    /// The service's host name, such as `kms.amazonaws.com`.
    pub event_source: &'a str,
    /// The operation, such as `GenerateDataKey`.
    pub event_name: &'a str,
    /// The region that served the call.
    pub aws_region: &'a str,
    /// Where the call came from: an address, or the service that called for the caller.
    pub source_ip_address: SourceAddress<'a>,
    /// The caller's user agent.
    pub user_agent: Option<&'a str>,
    /// AWS's error code, when the call was refused or failed.
    pub error_code: Option<&'a str>,
    /// The public text of that error.
    pub error_message: Option<&'a str>,
    /// What of the input is shown.
    pub request_parameters: Option<&'a Fields<'a>>,
    /// What of the output is shown.
    pub response_elements: Option<&'a Fields<'a>>,
    /// What is neither input nor output, such as the key material used.
    pub additional_event_data: Option<&'a Fields<'a>>,
    /// The request id that the caller was given.
    pub request_id: Option<Uuid>,
    /// This event's own id, the key of its row.
    pub event_id: Uuid,
    /// Whether the operation changes nothing.
    pub read_only: bool,
    /// The resources that the call named.
    pub resources: &'a [Resource<'a>],
    /// A call, or something a service did by itself.
    pub event_type: EventType,
    /// The account that owns the resource.
    pub recipient_account_id: &'a str,
    /// What the events of one action have in common, when they are sent to more than one account.
    pub shared_event_id: Option<Uuid>,
    /// What a service did by itself, such as which material a rotation made the current one.
    pub service_event_details: Option<&'a Fields<'a>>,
    /// The transport of the call, when it was TLS.
    pub tls_details: Option<TlsDetails<'a>>,
}

/// A resource that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The owner's account.
    pub account_id: &'a str,
    /// CloudFormation-like type, such as `AWS::KMS::Key`.
    pub resource_type: &'a str,
    /// The resource's ARN.
    pub arn: &'a str,
}

/// Where a call came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceAddress<'a> {
    /// A network peer.
    Ip(IpAddr),
    /// A service that called on behalf of the caller, such as `ssm.amazonaws.com`.
    Service(&'a str),
}

/// What kind of event a record tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// An API was called.
    AwsApiCall,
    /// A service acted by itself, such as an automatic rotation.
    AwsServiceEvent,
}

/// The transport of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsDetails<'a> {
    /// Such as `TLSv1.3`.
    pub tls_version: &'a str,
    /// Such as `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: &'a str,
    /// The `Host` header that the client sent.
    pub client_provided_host_header: &'a str,
}

impl Record<'_> {
    /// The record as JSON, of which too long texts are cut and too large members left out as CloudTrail does. So it is
    /// never larger than what the journal takes.
    ///
    /// # Errors
    /// None for the types used here; the serializer's signature asks for one.
    pub fn to_json(&self) -> Result<Bytes, serde_json::Error> {
        let json = self.serialized()?;
        // No member can be too large in a record that is smaller than a member may be.
        if json.len() <= limits::MEMBER_BYTES { Ok(json) } else { limits::within(self) }
    }

    fn serialized(&self) -> Result<Bytes, serde_json::Error> {
        let mut json = Vec::with_capacity(TYPICAL_BYTES);
        serde_json::to_writer(&mut json, self)?;
        Ok(Bytes::from(json))
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Record", 25)?;
        record.serialize_field("eventVersion", EVENT_VERSION)?;
        record.serialize_field("userIdentity", &self.user_identity)?;
        record.serialize_field("eventTime", &EventTime(self.event_time))?;
        record.serialize_field("eventSource", self.event_source)?;
        record.serialize_field("eventName", self.event_name)?;
        record.serialize_field("awsRegion", self.aws_region)?;
        record.serialize_field("sourceIPAddress", &self.source_ip_address)?;
        record.serialize_field("userAgent", &self.user_agent.map(limits::cut))?;
        if let Some(code) = self.error_code {
            record.serialize_field("errorCode", limits::cut(code))?;
        }
        if let Some(message) = self.error_message {
            record.serialize_field("errorMessage", limits::cut(message))?;
        }
        record.serialize_field("requestParameters", &self.request_parameters)?;
        record.serialize_field("responseElements", &self.response_elements)?;
        if let Some(data) = self.additional_event_data {
            record.serialize_field("additionalEventData", data)?;
        }
        if let Some(id) = &self.request_id {
            record.serialize_field("requestID", id)?;
        }
        record.serialize_field("eventID", &self.event_id)?;
        record.serialize_field("readOnly", &self.read_only)?;
        if !self.resources.is_empty() {
            record.serialize_field("resources", self.resources)?;
        }
        record.serialize_field("eventType", &self.event_type)?;
        record.serialize_field("managementEvent", &true)?;
        record.serialize_field("recipientAccountId", self.recipient_account_id)?;
        if let Some(id) = &self.shared_event_id {
            record.serialize_field("sharedEventID", id)?;
        }
        if let Some(details) = self.service_event_details {
            record.serialize_field("serviceEventDetails", details)?;
        }
        record.serialize_field("eventCategory", "Management")?;
        if let Some(tls) = &self.tls_details {
            record.serialize_field("tlsDetails", tls)?;
        }
        record.end()
    }
}

impl Serialize for Resource<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut resource = serializer.serialize_struct("Resource", 3)?;
        resource.serialize_field("accountId", self.account_id)?;
        resource.serialize_field("type", self.resource_type)?;
        resource.serialize_field("ARN", self.arn)?;
        resource.end()
    }
}

impl Serialize for SourceAddress<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ip(address) => address.serialize(serializer),
            Self::Service(name) => serializer.serialize_str(name),
        }
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::AwsApiCall => "AwsApiCall",
            Self::AwsServiceEvent => "AwsServiceEvent",
        })
    }
}

impl Serialize for TlsDetails<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tls = serializer.serialize_struct("TlsDetails", 3)?;
        tls.serialize_field("tlsVersion", self.tls_version)?;
        tls.serialize_field("cipherSuite", self.cipher_suite)?;
        tls.serialize_field("clientProvidedHostHeader", self.client_provided_host_header)?;
        tls.end()
    }
}

/// Room for a usual record, so that its buffer grows seldom.
const TYPICAL_BYTES: usize = 1_536;
