//! How the rotations of secrets are, from Secrets Manager and the audit trail.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::api_client::{ApiClient, ApiError, CLOUDTRAIL, JsonApi, SECRETS_MANAGER, patiently};

/// What ListSecrets tells of a secret.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Secret {
    #[serde(rename = "ARN")]
    arn: String,
    pub(super) name: String,
    #[serde(default)]
    rotation_enabled: bool,
    #[serde(rename = "RotationLambdaARN")]
    rotation_lambda_arn: Option<String>,
    /// Seconds since 1970, as all times of this API.
    last_rotated_date: Option<f64>,
    next_rotation_date: Option<f64>,
    #[serde(default)]
    secret_versions_to_stages: BTreeMap<String, Vec<String>>,
}

/// The latest rotation of a secret that failed or was abandoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) at: OffsetDateTime,
    pub(super) why: String,
    pub(super) is_abandoned: bool,
}

/// How a secret's rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    NeverSetUp,
    Off,
    Well,
    Rotating,
    Overdue,
    Abandoned,
    Failed,
}

impl Standing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NeverSetUp => "not-set-up",
            Self::Off => "off",
            Self::Well => "well",
            Self::Rotating => "rotating",
            Self::Overdue => "overdue",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
        }
    }

    /// Whether somebody should look at it.
    pub(super) fn is_bad(self) -> bool {
        self == Self::Overdue || self.is_of_failure()
    }

    pub(super) fn is_of_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Abandoned)
    }
}

impl Secret {
    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    pub(super) fn function_arn(&self) -> Option<&str> {
        self.rotation_lambda_arn.as_deref()
    }

    pub(super) fn function_name(&self) -> Option<&str> {
        let arn = self.function_arn()?;
        arn.split_once(":function:").map(|(_, name)| name).or(Some(arn))
    }

    pub(super) fn last_rotated(&self) -> Option<OffsetDateTime> {
        moment(self.last_rotated_date)
    }

    pub(super) fn next_rotation(&self) -> Option<OffsetDateTime> {
        moment(self.next_rotation_date)
    }

    pub(super) fn standing(&self, failure: Option<&Failure>, now: OffsetDateTime) -> Standing {
        if self.function_arn().is_none() {
            return Standing::NeverSetUp;
        }
        if !self.rotation_enabled {
            return Standing::Off;
        }
        // A success since says that it is over.
        let failure = failure.filter(|failure| self.last_rotated().is_none_or(|last| failure.at > last));
        match failure {
            Some(failure) if failure.is_abandoned => return Standing::Abandoned,
            Some(_) => return Standing::Failed,
            None => {}
        }
        if self.has_incomplete_version() {
            return Standing::Rotating;
        }
        match self.next_rotation() {
            Some(next) if next < now => Standing::Overdue,
            Some(_) | None => Standing::Well,
        }
    }

    /// Whether a version is pending that isn't the current one.
    fn has_incomplete_version(&self) -> bool {
        let has = |stages: &[String], stage: &str| stages.iter().any(|own| own == stage);
        let mut versions = self.secret_versions_to_stages.values();
        versions.any(|stages| has(stages, "AWSPENDING") && !has(stages, "AWSCURRENT"))
    }
}

/// All secrets whose names begin so, by name.
pub(super) async fn secrets(client: &ApiClient, prefix: Option<&str>) -> Result<Vec<Secret>, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        secret_list: Vec<Secret>,
        next_token: Option<String>,
    }
    let mut input = json!({ "MaxResults": 100, "SortBy": "name", "SortOrder": "asc" });
    if let Some(prefix) = prefix {
        set(&mut input, "Filters", json!([{ "Key": "name", "Values": [prefix] }]));
    }
    let mut secrets = Vec::new();
    loop {
        let page: Page = ask(client, SECRETS_MANAGER, "ListSecrets", &input).await?;
        secrets.extend(page.secret_list);
        match page.next_token {
            Some(token) => set(&mut input, "NextToken", token.into()),
            None => return Ok(secrets),
        }
    }
}

/// The latest failure of each secret that has one, by ARN.
pub(super) async fn failures(
    client: &ApiClient,
    now: OffsetDateTime,
) -> Result<BTreeMap<String, Failure>, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        events: Vec<Event>,
        next_token: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Event {
        cloud_trail_event: String,
    }
    let mut failures: BTreeMap<String, Failure> = BTreeMap::new();
    for name in [FAILED, ABANDONED] {
        let mut input = json!({
            "LookupAttributes": [{ "AttributeKey": "EventName", "AttributeValue": name }],
            "StartTime": (now - LOOKED_BACK).unix_timestamp(),
            "MaxResults": 50,
        });
        loop {
            let page: Page = ask(client, CLOUDTRAIL, "LookupEvents", &input).await?;
            for (arn, failure) in page.events.iter().filter_map(|event| failure_of(&event.cloud_trail_event))
            {
                match failures.get(&arn) {
                    Some(latest) if latest.at >= failure.at => {}
                    Some(_) | None => _ = failures.insert(arn, failure),
                }
            }
            match page.next_token {
                Some(token) => set(&mut input, "NextToken", token.into()),
                None => break,
            }
        }
    }
    Ok(failures)
}

async fn ask<O: DeserializeOwned>(
    client: &ApiClient,
    api: JsonApi,
    operation: &str,
    input: &Value,
) -> Result<O, ApiError> {
    let answer = patiently(|| client.json(api, None, operation, input)).await?;
    serde_json::from_value(answer).map_err(|_| ApiError::Answer { operation: operation.to_owned() })
}

fn set(input: &mut Value, member: &str, value: Value) {
    if let Some(members) = input.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// The secret that a record is about, and what it says.
fn failure_of(record: &str) -> Option<(String, Failure)> {
    let record: Value = serde_json::from_str(record).ok()?;
    let arn =
        record.pointer("/additionalEventData/SecretId").or_else(|| record.pointer("/resources/0/ARN"))?;
    let at = OffsetDateTime::parse(record.get("eventTime")?.as_str()?, &Rfc3339).ok()?;
    let is_abandoned = record.get("eventName").and_then(Value::as_str) == Some(ABANDONED);
    let why = record.get("errorMessage").and_then(Value::as_str);
    let why = why.unwrap_or(if is_abandoned { WHY_ABANDONED } else { "no reason is recorded" });
    Some((arn.as_str()?.to_owned(), Failure { at, why: why.to_owned(), is_abandoned }))
}

fn moment(seconds: Option<f64>) -> Option<OffsetDateTime> {
    OffsetDateTime::UNIX_EPOCH.checked_add(Duration::seconds_f64(seconds?))
}

const FAILED: &str = "RotationFailed";
const ABANDONED: &str = "RotationAbandoned";
const WHY_ABANDONED: &str = "another value was put meanwhile, or AWSPENDING was taken from its version";
/// As far as LookupEvents looks.
const LOOKED_BACK: Duration = Duration::days(90);

#[cfg(test)]
pub(super) mod tests {
    use time::macros::datetime;

    use super::*;

    /// As ListSecrets tells it.
    pub(in super::super) fn secret(members: Value) -> Secret {
        let mut all = json!({ "ARN": "arn:1", "Name": "db" });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn record(name: &str, time: &str, why: Option<&str>) -> String {
        let mut record =
            json!({ "eventName": name, "eventTime": time, "additionalEventData": { "SecretId": "arn:1" } });
        if let Some(why) = why {
            record["errorMessage"] = why.into();
        }
        record.to_string()
    }

    #[test]
    fn a_failure_counts_until_the_next_success() {
        let now = datetime!(2026-11-10 12:00 UTC);
        let (arn, failure) =
            failure_of(&record("RotationFailed", "2026-11-10T11:00:00Z", Some("no login"))).unwrap();
        assert_eq!((arn.as_str(), failure.why.as_str()), ("arn:1", "no login"));
        let mut members = json!({
            "RotationEnabled": true, "RotationLambdaARN": "arn:aws:lambda:r:1:function:keywright-redis",
            "LastRotatedDate": datetime!(2026-11-09 0:00 UTC).unix_timestamp(),
            "NextRotationDate": datetime!(2026-11-11 0:00 UTC).unix_timestamp(),
        });
        let failed = secret(members.clone());
        assert_eq!(failed.function_name(), Some("keywright-redis"));
        assert_eq!(failed.standing(Some(&failure), now), Standing::Failed);
        assert_eq!(failed.standing(None, datetime!(2026-11-12 0:00 UTC)), Standing::Overdue);
        members["LastRotatedDate"] = datetime!(2026-11-10 11:30 UTC).unix_timestamp().into();
        assert_eq!(secret(members.clone()).standing(Some(&failure), now), Standing::Well);
        members["SecretVersionsToStages"] = json!({ "a": ["AWSCURRENT"], "b": ["AWSPENDING"] });
        assert_eq!(secret(members.clone()).standing(Some(&failure), now), Standing::Rotating);
        members["RotationEnabled"] = json!(false);
        assert_eq!(secret(members).standing(Some(&failure), now), Standing::Off);
    }

    #[test]
    fn what_is_not_rotated_and_what_never_was_are_told_apart() {
        let now = datetime!(2026-11-10 12:00 UTC);
        assert_eq!(secret(json!({})).standing(None, now), Standing::NeverSetUp);
        let never = secret(json!({ "RotationEnabled": true, "RotationLambdaARN": "own" }));
        assert_eq!((never.standing(None, now), never.function_name()), (Standing::Well, Some("own")));
        let (_, abandoned) = failure_of(&record("RotationAbandoned", "2026-11-10T11:00:00Z", None)).unwrap();
        assert_eq!(abandoned.why, WHY_ABANDONED);
        assert_eq!(never.standing(Some(&abandoned), now), Standing::Abandoned);
        assert_eq!(failure_of("{}"), None);
    }
}
