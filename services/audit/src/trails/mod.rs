//! The one trail that there is: all events of an account, of all Regions, into Postgres.
//!
//! Nothing of it can be changed by the API; what tools ask of trails is answered truthfully.

use keywright_aws_api::{AccountId, Arn, Region};
use keywright_store::{Connection, StoreError};
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::AuditError;

/// A trail, as DescribeTrails and GetTrail show it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trail {
    name: &'static str,
    include_global_service_events: bool,
    is_multi_region_trail: bool,
    home_region: String,
    #[serde(rename = "S3BucketName", skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
    #[serde(rename = "TrailARN")]
    arn: String,
    log_file_validation_enabled: bool,
    has_custom_event_selectors: bool,
    has_insight_selectors: bool,
    is_organization_trail: bool,
}

impl Trail {
    /// The trail of an account. It has a bucket where its log files and their digest files are written.
    #[must_use]
    pub fn of_account(account: AccountId, home_region: &Region, bucket: Option<&str>) -> Self {
        Self {
            name: NAME,
            include_global_service_events: true,
            is_multi_region_trail: true,
            home_region: home_region.to_string(),
            arn: arn_of(NAME, account, home_region),
            bucket: bucket.map(str::to_owned),
            log_file_validation_enabled: bucket.is_some(),
            has_custom_event_selectors: false,
            has_insight_selectors: false,
            is_organization_trail: false,
        }
    }

    /// The same, if this is its name or ARN.
    ///
    /// # Errors
    /// [`AuditError::TrailNotFound`] if it isn't; [`AuditError::InvalidTrailName`] for what could be no trail's.
    pub fn named(
        named: &str,
        account: AccountId,
        home_region: &Region,
        bucket: Option<&str>,
    ) -> Result<Self, AuditError> {
        let trail = Self::of_account(account, home_region, bucket);
        if named == trail.name || named == trail.arn {
            return Ok(trail);
        }
        let is_name = (3..=128).contains(&named.len())
            && named.chars().all(|ch| ch.is_ascii_alphanumeric() || "._-".contains(ch));
        let is_arn = Arn::parse(named).is_ok_and(|arn| arn.resource().starts_with("trail/"));
        if is_name || is_arn {
            return Err(AuditError::TrailNotFound(named.to_owned()));
        }
        Err(AuditError::InvalidTrailName)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The Region where it is said to have been made.
    #[must_use]
    pub fn home_region(&self) -> &str {
        &self.home_region
    }
}

/// The ARN of a trail of this name, or the name if it is one.
#[must_use]
pub fn arn_of(named: &str, account: AccountId, region: &Region) -> String {
    if named.starts_with("arn:") {
        return named.to_owned();
    }
    Arn::regional("cloudtrail", region, account, &format!("trail/{named}"))
}

/// When the latest event of an account in a Region happened that is stored.
///
/// # Errors
/// Any [`StoreError`] of a statement.
pub async fn latest_event(
    connection: &Connection,
    account: AccountId,
    region: &Region,
    since: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let row = connection
        .query_one(include_str!("latest_event.sql"), &[&account.as_str(), &region.as_str(), &since])
        .await?;
    row.try_get(0).map_err(StoreError::from)
}

/// The trail's name.
pub const NAME: &str = "keywright";
