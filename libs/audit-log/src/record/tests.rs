use serde_json::{Value, json};
use time::macros::datetime;

use super::*;

fn record<'a>(parameters: &'a Fields<'a>, resources: &'a [Resource<'a>]) -> Record<'a> {
    Record {
        user_identity: UserIdentity::IamUser {
            principal_id: "AIDAEXAMPLE",
            arn: "arn:aws:iam::000000000000:user/admin",
            account_id: "000000000000",
            access_key_id: Some("AKIAEXAMPLE"),
            user_name: "admin",
            session_context: None,
            invoked_by: Some("ssm.amazonaws.com"),
        },
        event_time: datetime!(2026-01-31 23:59:59.5 UTC),
        event_source: "kms.amazonaws.com",
        event_name: "Decrypt",
        aws_region: "us-east-1",
        source_ip_address: SourceAddress::Service("ssm.amazonaws.com"),
        user_agent: Some("ssm.amazonaws.com"),
        error_code: None,
        error_message: None,
        request_parameters: Some(parameters),
        response_elements: None,
        additional_event_data: None,
        request_id: Some(Uuid::from_u128(1)),
        event_id: Uuid::from_u128(2),
        read_only: true,
        resources,
        event_type: EventType::AwsApiCall,
        recipient_account_id: "000000000000",
        service_event_details: None,
        shared_event_id: None,
        tls_details: None,
    }
}

const KEY: Resource<'static> = Resource {
    account_id: "000000000000",
    resource_type: "AWS::KMS::Key",
    arn: "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
};

fn shown(record: &Record<'_>) -> Value {
    serde_json::from_slice(&record.to_json().unwrap()).unwrap()
}

#[test]
fn a_call_is_shown_in_cloudtrails_form() {
    let mut parameters = Fields::new();
    parameters
        .push_map("encryptionContext", [("PARAMETER_ARN", "arn:aws:ssm:us-east-1:000000000000:parameter/x")]);
    let expected = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": "arn:aws:iam::000000000000:user/admin",
            "accountId": "000000000000",
            "accessKeyId": "AKIAEXAMPLE",
            "userName": "admin",
            "invokedBy": "ssm.amazonaws.com"
        },
        "eventTime": "2026-01-31T23:59:59Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "ssm.amazonaws.com",
        "userAgent": "ssm.amazonaws.com",
        "requestParameters": {
            "encryptionContext": {"PARAMETER_ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/x"}
        },
        "responseElements": null,
        "requestID": "00000000-0000-0000-0000-000000000001",
        "eventID": "00000000-0000-0000-0000-000000000002",
        "readOnly": true,
        "resources": [{
            "accountId": "000000000000",
            "type": "AWS::KMS::Key",
            "ARN": "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        }],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "000000000000",
        "eventCategory": "Management"
    });
    assert_eq!(shown(&record(&parameters, &[KEY])), expected);
}

#[test]
fn a_refused_call_shows_its_error_and_its_transport() {
    let none = Fields::new();
    let mut refused = record(&none, &[]);
    refused.error_code = Some("AccessDenied");
    refused.error_message = Some("not authorized");
    refused.request_parameters = None;
    refused.source_ip_address = SourceAddress::Ip("2001:db8::1".parse().unwrap());
    refused.tls_details = Some(TlsDetails {
        tls_version: "TLSv1.3",
        cipher_suite: "TLS_AES_128_GCM_SHA256",
        client_provided_host_header: "kms.example",
    });
    let shown = shown(&refused);
    assert_eq!(shown["errorCode"], "AccessDenied");
    assert_eq!(shown["errorMessage"], "not authorized");
    assert_eq!(shown["requestParameters"], Value::Null);
    assert_eq!(shown["sourceIPAddress"], "2001:db8::1");
    assert_eq!(shown["tlsDetails"]["clientProvidedHostHeader"], "kms.example");
    assert_eq!(shown.get("resources"), None);
}

#[test]
fn what_a_service_did_by_itself_is_shown_with_its_details() {
    let (none, mut details) = (Fields::new(), Fields::new());
    details.push_str("rotationType", "AUTOMATIC");
    let mut event = record(&none, &[KEY]);
    assert_eq!(shown(&event).get("serviceEventDetails"), None);
    event.event_type = EventType::AwsServiceEvent;
    event.service_event_details = Some(&details);
    assert_eq!(shown(&event)["serviceEventDetails"], json!({ "rotationType": "AUTOMATIC" }));
}

#[test]
fn every_kind_of_caller_is_shown_by_its_type() {
    let root = UserIdentity::Root {
        principal_id: "000000000000",
        arn: "arn:aws:iam::000000000000:root",
        account_id: "000000000000",
        access_key_id: None,
        session_context: None,
        invoked_by: None,
    };
    let session = UserIdentity::AssumedRole {
        principal_id: "AROAEXAMPLE:pod",
        arn: "arn:aws:sts::000000000000:assumed-role/app/pod",
        account_id: "000000000000",
        access_key_id: Some("ASIAEXAMPLE"),
        session_context: Some(SessionContext {
            session_issuer: Some(SessionIssuer {
                issuer_type: "Role",
                principal_id: "AROAEXAMPLE",
                arn: "arn:aws:iam::000000000000:role/app",
                account_id: "000000000000",
                user_name: Some("app"),
            }),
            web_id_federation_data: None,
            source_identity: None,
            attributes: SessionAttributes {
                creation_date: datetime!(2026-01-31 20:00 UTC),
                mfa_authenticated: false,
            },
        }),
        invoked_by: None,
    };
    let service = UserIdentity::AwsService { invoked_by: "kms.amazonaws.com" };
    let account = UserIdentity::AwsAccount { principal_id: "AIDA", account_id: "1", invoked_by: None };
    let unknown = UserIdentity::Unknown { access_key_id: Some("AKIA"), account_id: None, invoked_by: None };
    for (identity, expected) in [
        (
            root,
            json!({"type": "Root", "principalId": "000000000000", "arn": "arn:aws:iam::000000000000:root", "accountId": "000000000000"}),
        ),
        (
            session,
            json!({
                "type": "AssumedRole",
                "principalId": "AROAEXAMPLE:pod",
                "arn": "arn:aws:sts::000000000000:assumed-role/app/pod",
                "accountId": "000000000000",
                "accessKeyId": "ASIAEXAMPLE",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROAEXAMPLE",
                        "arn": "arn:aws:iam::000000000000:role/app",
                        "accountId": "000000000000",
                        "userName": "app"
                    },
                    "attributes": {"creationDate": "2026-01-31T20:00:00Z", "mfaAuthenticated": "false"}
                }
            }),
        ),
        (service, json!({"type": "AWSService", "invokedBy": "kms.amazonaws.com"})),
        (account, json!({"type": "AWSAccount", "principalId": "AIDA", "accountId": "1"})),
        (unknown, json!({"type": "Unknown", "accessKeyId": "AKIA"})),
    ] {
        assert_eq!(serde_json::to_value(&identity).unwrap(), expected);
    }
}

#[test]
fn a_consumer_reads_back_what_it_indexes() {
    let parameters = Fields::new();
    let json = record(&parameters, &[KEY]).to_json().unwrap();
    let envelope = EventEnvelope::parse(&json).unwrap();
    assert_eq!(envelope.event_id, Uuid::from_u128(2));
    assert_eq!(envelope.event_time, datetime!(2026-01-31 23:59:59 UTC));
    assert_eq!(envelope.event_name, "Decrypt");
    assert_eq!(envelope.event_source, "kms.amazonaws.com");
    assert_eq!(envelope.aws_region, "us-east-1");
    assert_eq!(envelope.recipient_account_id, "000000000000");
    assert_eq!(envelope.username(), Some("admin"));
    assert_eq!(envelope.access_key_id.as_deref(), Some("AKIAEXAMPLE"));
    assert!(envelope.read_only);
    assert_eq!(envelope.resources.len(), 1);
    assert_eq!(envelope.resources[0].arn, KEY.arn);
}

#[test]
fn an_event_of_several_accounts_says_which_events_are_the_same() {
    let none = Fields::new();
    let mut shared = record(&none, &[KEY]);
    assert_eq!(shown(&shared).get("sharedEventID"), None);
    shared.shared_event_id = Some(Uuid::from_u128(3));
    assert_eq!(shown(&shared)["sharedEventID"], "00000000-0000-0000-0000-000000000003");
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let (none, long) = (Fields::new(), "é".repeat(1_000));
    let mut cut = record(&none, &[]);
    (cut.user_agent, cut.error_code, cut.error_message) = (Some(&*long), Some(&*long), Some(&*long));
    let shown = shown(&cut);
    for member in ["userAgent", "errorCode", "errorMessage"] {
        assert_eq!(shown[member].as_str().unwrap(), "é".repeat(512), "{member}");
    }
    let exact = "x".repeat(1_024);
    assert_eq!(limits::cut(&exact), exact);
}

fn fields_of(bytes: usize) -> Fields<'static> {
    let mut fields = Fields::new();
    // `{"a":""}` is around it.
    fields.push_str("a", "x".repeat(bytes - 8));
    fields
}

#[test]
fn a_member_that_is_too_large_is_left_out_with_its_size() {
    let (fits, too_large) = (fields_of(limits::MEMBER_BYTES), fields_of(limits::MEMBER_BYTES + 1));
    let mut large = record(&fits, &[KEY]);
    large.response_elements = Some(&too_large);
    large.additional_event_data = Some(&too_large);
    large.service_event_details = Some(&too_large);
    let shown = shown(&large);
    assert_eq!(shown["requestParameters"]["a"].as_str().unwrap().len(), limits::MEMBER_BYTES - 8);
    for member in ["responseElements", "additionalEventData", "serviceEventDetails"] {
        let reason = format!("{member} too large");
        assert_eq!(shown[member], json!({ "omitted": true, "originalSize": 102_401, "reason": reason }));
    }
}

#[test]
fn of_a_record_that_is_too_large_the_largest_members_are_left_out() {
    let (largest, large, small) = (fields_of(102_000), fields_of(101_000), fields_of(70_000));
    let mut whole = record(&large, &[KEY]);
    whole.response_elements = Some(&largest);
    whole.additional_event_data = Some(&small);
    let json = whole.to_json().unwrap();
    assert!(json.len() <= limits::RECORD_BYTES);
    let shown: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(shown["responseElements"]["omitted"], true);
    assert!(shown["requestParameters"]["a"].is_string() && shown["additionalEventData"]["a"].is_string());
}

#[test]
fn no_record_is_larger_than_what_the_journal_takes() {
    let huge = fields_of(900_000);
    let arn = "x".repeat(2_048);
    let resources =
        [Resource { account_id: "000000000000", resource_type: "AWS::SSM::Parameter", arn: &arn }; 50];
    let mut record = record(&huge, &resources);
    record.response_elements = Some(&huge);
    record.additional_event_data = Some(&huge);
    record.service_event_details = Some(&huge);
    let json = record.to_json().unwrap();
    assert!((json.len() as u64) < crate::journal::MAX_ENTRY_BYTES / 2);
    assert_eq!(EventEnvelope::parse(&json).unwrap().resources.len(), 50);
}
