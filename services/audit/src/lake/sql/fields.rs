//! The fields of an event, by the names that CloudTrail Lake gives them.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html>

use super::piece::Kind;

/// A field of an event.
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) place: Place,
}

/// Where a field is.
pub(super) enum Place {
    /// In a column of the views.
    Column(&'static str, Kind),
    /// In the record, under its name.
    Record(&'static Shape),
    /// It is the record.
    WholeRecord,
    /// The same for all events.
    Constant(&'static str),
}

/// What a part of the record has within.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Members of fixed names, which may be written in any case; some of them are in a column too.
    Struct(&'static [Member]),
    /// A list.
    List(&'static Shape),
    /// Whatever the operation has.
    Map,
    /// A text, a number or a truth value.
    Scalar,
}

/// A member of a [`Shape::Struct`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    /// The column of the views that holds the same.
    pub(super) column: Option<&'static str>,
}

const fn member(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, column: None }
}

const fn indexed(name: &'static str, column: &'static str) -> Member {
    Member { name, shape: SCALAR, column: Some(column) }
}

const fn column(name: &'static str, column: &'static str, kind: Kind) -> Field {
    Field { name, place: Place::Column(column, kind) }
}

const fn record(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, place: Place::Record(shape) }
}

const SCALAR: &Shape = &Shape::Scalar;

const SESSION_ISSUER: &Shape = &Shape::Struct(&[
    member("type", SCALAR),
    member("principalId", SCALAR),
    member("arn", SCALAR),
    member("accountId", SCALAR),
    member("userName", SCALAR),
]);

const SESSION_CONTEXT: &Shape = &Shape::Struct(&[
    member(
        "attributes",
        &Shape::Struct(&[member("creationDate", SCALAR), member("mfaAuthenticated", SCALAR)]),
    ),
    member("sessionIssuer", SESSION_ISSUER),
    member(
        "webIdFederationData",
        &Shape::Struct(&[member("federatedProvider", SCALAR), member("attributes", &Shape::Map)]),
    ),
    member("sourceIdentity", SCALAR),
    member("ec2RoleDelivery", SCALAR),
    member("ec2IssuedInVpc", SCALAR),
]);

const USER_IDENTITY: &Shape = &Shape::Struct(&[
    member("type", SCALAR),
    member("principalId", SCALAR),
    indexed("arn", "principal_arn"),
    member("accountId", SCALAR),
    indexed("accessKeyId", "access_key_id"),
    member("userName", SCALAR),
    member("sessionContext", SESSION_CONTEXT),
    member("invokedBy", SCALAR),
    member("identityProvider", SCALAR),
]);

/// The elements of `resources`.
pub(super) const RESOURCE: &Shape =
    &Shape::Struct(&[member("accountId", SCALAR), member("type", SCALAR), member("ARN", SCALAR)]);

/// The first element, which is in columns.
pub(super) const FIRST_RESOURCE: &Shape = &Shape::Struct(&[
    member("accountId", SCALAR),
    indexed("type", "resource_type"),
    indexed("ARN", "resource_name"),
]);

/// The list of them.
pub(super) const RESOURCES: &Shape = &Shape::List(RESOURCE);

const TLS_DETAILS: &Shape = &Shape::Struct(&[
    member("tlsVersion", SCALAR),
    member("cipherSuite", SCALAR),
    member("clientProvidedHostHeader", SCALAR),
]);

/// All fields, in the order in which `*` has them.
pub(super) const FIELDS: &[Field] = &[
    record("eventVersion", SCALAR),
    record("userIdentity", USER_IDENTITY),
    column("eventTime", "event_time", Kind::Time),
    column("eventSource", "event_source", Kind::Other),
    column("eventName", "event_name", Kind::Other),
    column("awsRegion", "region", Kind::Other),
    column("sourceIPAddress", "source_ip_address", Kind::Other),
    record("userAgent", SCALAR),
    column("errorCode", "error_code", Kind::Other),
    record("errorMessage", SCALAR),
    record("requestParameters", &Shape::Map),
    record("responseElements", &Shape::Map),
    record("additionalEventData", &Shape::Map),
    record("requestID", SCALAR),
    column("eventID", "event_id", Kind::Uuid),
    column("readOnly", "read_only", Kind::Other),
    record("resources", RESOURCES),
    record("eventType", SCALAR),
    record("apiVersion", SCALAR),
    record("managementEvent", SCALAR),
    column("recipientAccountId", "account", Kind::Other),
    record("sharedEventID", SCALAR),
    record("annotation", SCALAR),
    record("vpcEndpointId", SCALAR),
    record("serviceEventDetails", &Shape::Map),
    record("addendum", &Shape::Map),
    record("edgeDeviceDetails", &Shape::Map),
    record("insightDetails", &Shape::Map),
    // All that our services record are management events, as AWS's KMS, IAM, SSM and Secrets Manager record them.
    Field { name: "eventCategory", place: Place::Constant("Management") },
    record("tlsDetails", TLS_DETAILS),
    record("sessionCredentialFromConsole", SCALAR),
    Field { name: "eventJson", place: Place::WholeRecord },
];
