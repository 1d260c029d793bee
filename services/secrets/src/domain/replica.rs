//! A secret in other Regions: where it is replicated to, or from.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html>

use keywright_aws_api::Region;
use time::Date;
use uuid::Uuid;

/// Of a replica: where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaOf {
    /// The Region of its primary secret.
    pub primary: Region,
    /// The replication that made it.
    pub replication: Uuid,
}

/// Of a primary secret: a Region that it is replicated to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// The Region.
    pub region: Region,
    /// The replication: another one for each time that the Region is added.
    pub replication: Uuid,
    /// The KMS key there, as it was named; none for the AWS managed one.
    pub kms_key_id: Option<String>,
    /// Whether a secret of the same name may be replaced there.
    pub overwrites: bool,
    /// Whether the Region has confirmed that it was made.
    pub is_made: bool,
    /// How it is.
    pub status: ReplicaStatus,
    /// More of that, in words.
    pub message: Option<String>,
    /// The day on which a value of it was last read there.
    pub last_accessed_on: Option<Date>,
}

/// How a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaStatus {
    /// As the primary secret is.
    InSync,
    /// It will be.
    InProgress,
    /// It won't be unless something is done.
    Failed,
}

impl ReplicaStatus {
    /// AWS's name of it, as it is stored as well.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "InSync",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
        }
    }

    /// Reads what was stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::InSync, Self::InProgress, Self::Failed].into_iter().find(|status| status.as_str() == text)
    }
}

/// The ARN of the same secret in another Region.
#[must_use]
pub fn arn_in(region: &Region, arn: &str) -> String {
    let parts = arn.split(':').enumerate();
    let parts = parts.map(|(at, part)| if at == REGION_OF_ARN { region.as_str() } else { part });
    parts.collect::<Vec<_>>().join(":")
}

/// The Region in an ARN.
#[must_use]
pub fn region_of(arn: &str) -> &str {
    arn.split(':').nth(REGION_OF_ARN).unwrap_or_default()
}

const REGION_OF_ARN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_differs_by_its_region_only() {
        let region = Region::parse("eu-west-1").unwrap();
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-abCD12";
        let there = arn_in(&region, arn);
        assert_eq!(there, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-abCD12");
        assert_eq!((region_of(arn), region_of(&there)), ("us-east-1", "eu-west-1"));
    }

    #[test]
    fn a_status_is_stored_by_its_name() {
        for status in [ReplicaStatus::InSync, ReplicaStatus::InProgress, ReplicaStatus::Failed] {
            assert_eq!(ReplicaStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(ReplicaStatus::parse("insync"), None);
    }
}
