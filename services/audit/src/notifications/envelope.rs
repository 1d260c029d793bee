//! EventBridge's envelope, and which events have one.
//!
//! The form: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>; the events of
//! [KMS](https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html), of
//! [Parameter Store](https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html) and
//! [those through CloudTrail](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html).

use keywright_audit_log::record::EventTime;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::domain::event::Event;

/// What is told of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The envelope's own id.
    pub id: Uuid,
    /// The service, such as `aws.kms`.
    pub source: String,
    /// What happened, such as `KMS CMK Rotation`.
    pub detail_type: &'static str,
    /// What it is about: an ARN, or else the account.
    pub resource: String,
    /// The whole envelope as JSON.
    pub body: Vec<u8>,
}

/// The notifications of an event: of what changes something, and of what a service did by itself.
#[must_use]
pub fn of(event: &Event) -> Vec<Notification> {
    if event.read_only || event.account == INTERNAL {
        return Vec::new();
    }
    let Ok(parsed) = serde_json::from_slice::<Parsed<'_>>(&event.record) else { return Vec::new() };
    let mut notifications = Vec::new();
    if event.error_code.is_none() {
        notifications.extend(of_key(event));
        notifications.extend(of_policy(event, &parsed));
        notifications.extend(of_parameters(event, &parsed));
    }
    let detail_type = if parsed.event_type == SERVICE_EVENT { SERVICE_EVENT_DETAIL } else { API_CALL_DETAIL };
    // It parsed, so it is JSON.
    if let Ok(record) = serde_json::from_slice::<&RawValue>(&event.record) {
        // As on AWS, the record itself names the resources.
        notifications.extend(notification(event, detail_type, &[], record));
    }
    notifications
}

/// What KMS does to a key by itself.
fn of_key(event: &Event) -> Option<Notification> {
    let detail_type = match (event.source.as_str(), event.name.as_str()) {
        (KMS, "RotateKey") => "KMS CMK Rotation",
        (KMS, "DeleteExpiredKeyMaterial") => "KMS Imported Key Material Expiration",
        (KMS, "DeleteKey") => "KMS CMK Deletion",
        _ => return None,
    };
    let arn = &event.resources.first()?.name;
    let (_, key_id) = arn.rsplit_once('/')?;
    notification(event, detail_type, &[arn], &KeyDetail { key_id })
}

/// What a policy of a parameter did.
fn of_policy(event: &Event, parsed: &Parsed<'_>) -> Option<Notification> {
    let done = parsed.service_event_details.as_ref().filter(|_| event.source == SSM)?;
    let (name, policy_type) = (done.parameter_name.as_deref()?, done.policy_type.as_deref()?);
    let arn = parameter_arn(event, name)?;
    let detail = PolicyDetail {
        parameter_name: name,
        parameter_type: done.parameter_type.as_deref(),
        policy_type,
        policy_content: done.policy_content.as_deref(),
        action_status: done.action_status.as_deref(),
        action_reason: done.action_reason.as_deref(),
    };
    notification(event, "Parameter Store Policy Action", &[arn], &detail)
}

/// What became of parameters.
fn of_parameters<'a>(event: &Event, parsed: &'a Parsed<'a>) -> Vec<Notification> {
    let (asked, answered) = (parsed.request_parameters.as_ref(), parsed.response_elements.as_ref());
    let done = parsed.service_event_details.as_ref();
    let changed = |operation, name: &str| {
        let arn = parameter_arn(event, name)?;
        let detail = ParameterDetail {
            operation,
            name,
            parameter_type: asked
                .and_then(|asked| asked.parameter_type.as_deref())
                .or_else(|| done.and_then(|done| done.parameter_type.as_deref())),
            description: asked
                .and_then(|asked| asked.description.as_deref())
                .or_else(|| done.and_then(|done| done.description.as_deref())),
        };
        notification(event, "Parameter Store Change", &[arn], &detail)
    };
    // Parameter Store takes no notice of spaces around a name.
    let named = asked.and_then(|asked| asked.name.as_deref()).map(|name| name.trim_matches(' '));
    match (event.source.as_str(), event.name.as_str()) {
        (SSM, "PutParameter") => {
            let is_new = answered.and_then(|answered| answered.version) == Some(1);
            let operation = if is_new { "Create" } else { "Update" };
            named.and_then(|name| changed(operation, name)).into_iter().collect()
        }
        (SSM, "LabelParameterVersion") => {
            named.and_then(|name| changed("LabelParameterVersion", name)).into_iter().collect()
        }
        (SSM, "DeleteParameter") => named.and_then(|name| changed("Delete", name)).into_iter().collect(),
        (SSM, "DeleteExpiredParameter") => {
            let name = done.and_then(|done| done.parameter_name.as_deref());
            name.and_then(|name| changed("Delete", name)).into_iter().collect()
        }
        (SSM, "DeleteParameters") => {
            let deleted = answered.and_then(|answered| answered.deleted_parameters.as_deref());
            deleted.unwrap_or_default().iter().filter_map(|name| changed("Delete", name)).collect()
        }
        _ => Vec::new(),
    }
}

/// The ARN of a parameter among the resources of its event.
fn parameter_arn<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    let path = name.strip_prefix('/').unwrap_or(name);
    let of_name = |arn: &&str| arn.split_once(":parameter/").is_some_and(|(_, rest)| rest == path);
    event.resources.iter().map(|resource| resource.name.as_str()).find(of_name)
}

fn notification(
    event: &Event,
    detail_type: &'static str,
    resources: &[&str],
    detail: &(impl Serialize + ?Sized),
) -> Option<Notification> {
    let service = event.source.strip_suffix(".amazonaws.com")?;
    let (id, source) = (Uuid::now_v7(), format!("aws.{service}"));
    let envelope = Envelope {
        version: "0",
        id,
        detail_type,
        source: &source,
        account: &event.account,
        time: EventTime(event.time),
        region: &event.region,
        resources,
        detail,
    };
    let body = serde_json::to_vec(&envelope).ok()?;
    let resource = match event.resources.first() {
        Some(resource) => resources.first().copied().unwrap_or(&resource.name).to_owned(),
        None => event.account.clone(),
    };
    Some(Notification { id, source, detail_type, resource, body })
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope<'a, D: ?Sized> {
    version: &'a str,
    id: Uuid,
    detail_type: &'a str,
    source: &'a str,
    account: &'a str,
    time: EventTime,
    region: &'a str,
    resources: &'a [&'a str],
    detail: &'a D,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct KeyDetail<'a> {
    key_id: &'a str,
}

#[derive(Serialize)]
struct ParameterDetail<'a> {
    operation: &'a str,
    name: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    parameter_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyDetail<'a> {
    policy_type: &'a str,
    parameter_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parsed<'a> {
    #[serde(borrow)]
    event_type: std::borrow::Cow<'a, str>,
    request_parameters: Option<Asked>,
    response_elements: Option<Given>,
    service_event_details: Option<Done>,
}

/// What counts here of the parameters of a request; those of other services have the same names for other things.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "text")]
    parameter_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    description: Option<String>,
}

/// What counts here of what a service did by itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    #[serde(default, deserialize_with = "text")]
    parameter_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    parameter_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    description: Option<String>,
    #[serde(default, deserialize_with = "text")]
    policy_type: Option<String>,
    #[serde(default, deserialize_with = "text")]
    policy_content: Option<String>,
    #[serde(default, deserialize_with = "text")]
    action_status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    action_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    #[serde(default, deserialize_with = "number")]
    version: Option<i64>,
    #[serde(default, deserialize_with = "texts")]
    deleted_parameters: Option<Vec<String>>,
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_owned))
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_i64())
}

fn texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let texts = |values: &Vec<serde_json::Value>| {
        values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    Ok(value.as_array().map(texts))
}

const KMS: &str = "kms.amazonaws.com";
const SSM: &str = "ssm.amazonaws.com";
const SERVICE_EVENT: &str = "AwsServiceEvent";
const SERVICE_EVENT_DETAIL: &str = "AWS Service Event via CloudTrail";
const API_CALL_DETAIL: &str = "AWS API Call via CloudTrail";
/// The account of what concerns the installation.
const INTERNAL: &str = "internal";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn event(change: Value) -> Event {
        let mut record = json!({
            "userIdentity": {"type": "IAMUser"}, "eventTime": "2026-01-31T23:59:59Z",
            "eventSource": "kms.amazonaws.com", "eventName": "RotateKey", "awsRegion": "us-east-1",
            "eventID": "6f1c3f5e-3d0c-4c5e-9a53-1c2b3d4e5f60", "readOnly": false, "eventType": "AwsServiceEvent",
            "recipientAccountId": "111122223333", "requestParameters": null, "responseElements": null,
            "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY}],
        });
        for (name, value) in change.as_object().unwrap() {
            record[name] = value.clone();
        }
        Event::read(&record.to_string().into(), datetime!(2026-02-01 00:00 UTC)).unwrap()
    }

    fn told(change: Value) -> Vec<Value> {
        of(&event(change)).iter().map(|told| serde_json::from_slice(&told.body).unwrap()).collect()
    }

    #[test]
    fn what_kms_does_by_itself_has_the_documented_form() {
        for (name, detail_type) in [
            ("RotateKey", "KMS CMK Rotation"),
            ("DeleteExpiredKeyMaterial", "KMS Imported Key Material Expiration"),
            ("DeleteKey", "KMS CMK Deletion"),
        ] {
            let told = told(json!({ "eventName": name }));
            assert_eq!(told.len(), 2);
            let expected = json!({
                "version": "0", "id": told[0]["id"], "detail-type": detail_type, "source": "aws.kms",
                "account": "111122223333", "time": "2026-01-31T23:59:59Z", "region": "us-east-1",
                "resources": [KEY], "detail": {"key-id": "1234abcd-12ab-34cd-56ef-1234567890ab"},
            });
            assert_eq!(told[0], expected);
            assert_eq!(told[1]["detail-type"], "AWS Service Event via CloudTrail");
            assert_eq!(told[1]["detail"]["eventName"], name);
            assert_ne!(told[0]["id"], told[1]["id"]);
        }
    }

    fn of_parameter(name: &str, asked: Value, answered: Value, resources: &[&str]) -> Vec<Value> {
        let resources: Vec<_> = resources.iter().map(|arn| json!({ "ARN": arn })).collect();
        let mut told = told(json!({
            "eventSource": "ssm.amazonaws.com", "eventName": name, "eventType": "AwsApiCall",
            "requestParameters": asked, "responseElements": answered, "resources": resources,
        }));
        let through_cloudtrail = told.pop().unwrap();
        assert_eq!(through_cloudtrail["detail-type"], "AWS API Call via CloudTrail");
        assert_eq!(through_cloudtrail["detail"]["requestParameters"], asked);
        told
    }

    #[test]
    fn parameters_are_created_updated_and_deleted() {
        let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/app/x";
        let asked =
            json!({ "name": "/app/x", "type": "String", "description": "what it is", "value": "HIDDEN" });
        for (version, operation) in [(1, "Create"), (2, "Update")] {
            let told = of_parameter("PutParameter", asked.clone(), json!({ "version": version }), &[arn]);
            assert_eq!(told.len(), 1);
            assert_eq!(told[0]["detail-type"], "Parameter Store Change");
            assert_eq!(told[0]["resources"], json!([arn]));
            let detail = json!({
                "operation": operation, "name": "/app/x", "type": "String", "description": "what it is",
            });
            assert_eq!(told[0]["detail"], detail);
        }
        let labelled = json!({ "name": " /app/x ", "labels": ["prod"] });
        let told = of_parameter("LabelParameterVersion", labelled, json!({ "parameterVersion": 1 }), &[arn]);
        assert_eq!(told[0]["detail"], json!({ "operation": "LabelParameterVersion", "name": "/app/x" }));
        let told = of_parameter("DeleteParameter", json!({ "name": "/app/x" }), Value::Null, &[arn]);
        assert_eq!(told[0]["detail"], json!({ "operation": "Delete", "name": "/app/x" }));
        let plain = "arn:aws:ssm:us-east-1:111122223333:parameter/plain";
        let answered = json!({ "deletedParameters": ["plain", "/app/x"], "invalidParameters": ["/no"] });
        let names = json!({ "names": ["plain", "/app/x", "/no"] });
        let told = of_parameter("DeleteParameters", names, answered, &[arn, plain]);
        let resources: Vec<_> = told.iter().map(|told| &told["resources"][0]).collect();
        assert_eq!(resources, [plain, arn]);
    }

    #[test]
    fn policies_of_parameters_are_told_with_what_they_did() {
        let arn = "arn:aws:ssm:us-east-1:111122223333:parameter/app/x";
        let by_policy = |name: &str, policy_type: &str| {
            told(json!({
                "eventSource": "ssm.amazonaws.com", "eventName": name, "resources": [{ "ARN": arn }],
                "serviceEventDetails": {
                    "parameterName": "/app/x", "parameterType": "String", "description": "what it is",
                    "policyType": policy_type, "policyContent": "{}", "actionStatus": "Success",
                    "actionReason": "why",
                },
            }))
        };
        for (name, policy_type) in [
            ("NotifyParameterNoChange", "NoChangeNotification"),
            ("NotifyParameterExpiration", "ExpirationNotification"),
            ("DeleteExpiredParameter", "Expiration"),
        ] {
            let told = by_policy(name, policy_type);
            let expected = json!({
                "version": "0", "id": told[0]["id"], "detail-type": "Parameter Store Policy Action",
                "source": "aws.ssm", "account": "111122223333", "time": "2026-01-31T23:59:59Z",
                "region": "us-east-1", "resources": [arn],
                "detail": {
                    "policy-type": policy_type, "parameter-name": "/app/x", "parameter-type": "String",
                    "policy-content": "{}", "action-status": "Success", "action-reason": "why",
                },
            });
            assert_eq!(told[0], expected);
            assert_eq!(told.last().unwrap()["detail-type"], "AWS Service Event via CloudTrail");
            assert_eq!(told.len(), if policy_type == "Expiration" { 3 } else { 2 });
        }
        let deleted = &by_policy("DeleteExpiredParameter", "Expiration")[1];
        assert_eq!(deleted["detail-type"], "Parameter Store Change");
        let detail = json!({
            "operation": "Delete", "name": "/app/x", "type": "String", "description": "what it is",
        });
        assert_eq!((&deleted["detail"], &deleted["resources"]), (&detail, &json!([arn])));
    }

    #[test]
    fn what_is_refused_is_told_through_cloudtrail_only_and_what_only_reads_not_at_all() {
        let refused = told(json!({ "errorCode": "AccessDeniedException", "eventType": "AwsApiCall" }));
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0]["detail"]["errorCode"], "AccessDeniedException");
        assert_eq!(told(json!({ "readOnly": true })), Vec::<Value>::new());
        assert_eq!(told(json!({ "recipientAccountId": "internal" })), Vec::<Value>::new());
    }

    #[test]
    fn what_has_a_name_of_another_type_is_told_too() {
        let asked = json!({ "name": 5, "type": ["x"], "description": null, "deletedParameters": {} });
        let told = told(json!({
            "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "eventType": "AwsApiCall",
            "requestParameters": asked, "responseElements": {"version": "v1"}, "resources": [],
        }));
        assert_eq!(told[0]["source"], "aws.iam");
        assert_eq!(told[0]["detail"]["requestParameters"], asked);
    }

    #[test]
    fn those_of_one_resource_have_its_order_whatever_their_form() {
        let told = of(&event(json!({})));
        assert!(told.iter().all(|told| told.resource == KEY));
        assert_eq!(of(&event(json!({ "resources": null })))[0].resource, "111122223333");
    }
}
