//! Shapes that several answers share.

use std::collections::BTreeMap;

use keywright_aws_api::Shown;
use keywright_aws_api::shape::Timestamp;
use serde::Serialize;
use time::{Date, Time};

use crate::domain::secret::Secret;
use crate::domain::tags::Tag;
use crate::rotation::schedule::RotationRules;

/// A secret, and the version that a request made of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretVersionOutput {
    /// The secret's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The version, where the request had a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretOutput {
    /// The secret's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// An answer without members.
#[derive(Debug, Serialize)]
pub struct Nothing {}

/// What DescribeSecret and ListSecrets both tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretDetails {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_enabled: Option<bool>,
    #[serde(rename = "RotationLambdaARN", skip_serializing_if = "Option::is_none")]
    rotation_lambda_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_rules: Option<RotationRulesOutput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotated_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<Timestamp>,
    created_date: Timestamp,
    last_changed_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accessed_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owning_service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_region: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

/// The rules by which a secret is rotated.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RotationRulesOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    automatically_after_days: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_expression: Option<String>,
}

/// Versions, each with its labels.
pub type StagesByVersion = BTreeMap<String, Vec<String>>;

impl SecretOutput {
    /// Tells of a secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self { arn: secret.arn.to_string(), name: secret.name.to_string() }
    }

    /// What the record shows of it.
    pub fn show<'a>(&'a self, shown: &mut Shown<'a>) {
        shown.response.push_str("arn", &self.arn).push_str("name", &self.name);
    }
}

impl SecretVersionOutput {
    /// Tells of a secret and its new version.
    #[must_use]
    pub fn of(secret: &Secret, version_id: Option<String>) -> Self {
        Self { arn: secret.arn.to_string(), name: secret.name.to_string(), version_id }
    }

    /// What the record shows of it.
    pub fn show<'a>(&'a self, shown: &mut Shown<'a>) {
        shown.response.push_str("arn", &self.arn).push_str("name", &self.name);
        shown.response.push_opt_str("versionId", self.version_id.as_deref());
    }
}

impl SecretDetails {
    /// Tells of a secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        let rotation = secret.rotation.as_ref();
        let enabled = rotation.filter(|rotation| rotation.enabled);
        Self {
            rotation_enabled: rotation.map(|rotation| rotation.enabled),
            rotation_lambda_arn: rotation.map(|rotation| rotation.function.to_string()),
            rotation_rules: rotation.map(|rotation| RotationRulesOutput::of(&rotation.rules)),
            last_rotated_date: enabled.and_then(|rotation| rotation.last_rotated_at).map(Into::into),
            next_rotation_date: enabled
                .and_then(|rotation| rotation.window)
                .map(|window| window.last_second().into()),
            arn: secret.arn.to_string(),
            name: secret.name.to_string(),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            created_date: secret.created_at.into(),
            last_changed_date: secret.last_changed_at.into(),
            last_accessed_date: secret.last_accessed_on.map(day),
            deleted_date: secret.deletion.map(|deletion| deletion.deletion_date.into()),
            owning_service: secret.owning_service.clone(),
            primary_region: secret.primary_region().map(str::to_owned),
            tags: secret.tags.clone(),
        }
    }
}

impl RotationRulesOutput {
    fn of(rules: &RotationRules) -> Self {
        Self {
            automatically_after_days: rules.told_days(),
            duration: rules.duration().map(|hours| format!("{hours}h")),
            schedule_expression: rules.expression().map(str::to_owned),
        }
    }
}

/// The labels of a secret, by version; none where it has no version.
#[must_use]
pub fn stages_by_version(secret: &Secret) -> Option<StagesByVersion> {
    let versions = secret.stages.by_version();
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    let owned: StagesByVersion =
        versions.into_iter().map(|(id, stages)| (id.to_owned(), owned(stages))).collect();
    (!owned.is_empty()).then_some(owned)
}

/// A day as AWS tells it: its beginning, UTC.
#[must_use]
pub fn day(day: Date) -> Timestamp {
    day.with_time(Time::MIDNIGHT).assume_utc().into()
}
