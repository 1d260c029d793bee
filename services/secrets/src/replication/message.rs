//! What Regions tell each other.

use keywright_aws_api::shape::Blob;
use keywright_aws_api::{AccountId, Region};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::domain::name::{SecretName, Suffix};
use crate::domain::secret::SecretSubject;
use crate::domain::version::WrappedDataKey;
use crate::error::Error;
use crate::rotation::function::FunctionArn;
use crate::rotation::schedule::{RotationRules, Window};
use crate::rotation::state::Rotation;
use crate::store::copies::SealedCopy;

/// One message, as the internal operation takes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Delivery {
    message: Blob,
}

/// How a secret is in the Region that tells it.
#[derive(Serialize, Deserialize)]
pub struct Message {
    /// The Region that tells.
    pub from: Region,
    account: AccountId,
    name: String,
    suffix: String,
    /// Above that of all messages of the Region about the secret before.
    pub number: i64,
    /// How it is.
    pub content: Content,
}

/// How a secret is.
#[derive(Serialize, Deserialize)]
pub enum Content {
    /// It is a primary secret, of which the other Region has a replica or is to have one.
    Primary(Box<PrimaryState>),
    /// It is a replica of the other Region's.
    Replica(ReplicaState),
    /// It has nothing to do with the other Region's.
    Apart {
        /// The replication by which it was a replica last.
        ended: Option<Uuid>,
    },
}

/// What a primary secret shares with its replica.
#[derive(Serialize, Deserialize)]
pub struct PrimaryState {
    /// The replication.
    pub replication: Uuid,
    /// Whether a secret of the same name may be replaced.
    pub overwrites: bool,
    /// The KMS key that the replica begins with.
    pub kms_key_id: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The service that manages it.
    pub owning_service: Option<String>,
    /// In microseconds since 1970, as all times.
    pub last_changed_at: i64,
    /// Its resource policy.
    pub policy: Option<String>,
    /// Its tags, by key.
    pub tags: Vec<(String, String)>,
    /// How it is rotated.
    pub rotation: Option<RotationState>,
    /// Values that the Region may not have yet.
    pub copies: Vec<CopyState>,
    /// The labels with their versions; none while the current one isn't among what the Region has and gets.
    pub stages: Option<Vec<(String, String)>>,
}

/// A value, sealed under a KMS key of the Region that gets it.
#[derive(Serialize, Deserialize)]
pub struct CopyState {
    /// The version.
    pub version: String,
    /// When that was made.
    pub created_at: i64,
    sealed_value: Blob,
    encrypted_data_key: Blob,
    kms_key_arn: String,
    is_managed: bool,
}

/// How a primary secret is rotated.
#[derive(Serialize, Deserialize)]
pub struct RotationState {
    enabled: bool,
    function: String,
    days: Option<u16>,
    expression: Option<String>,
    hours: Option<u8>,
    last_rotated_at: Option<i64>,
    window: Option<(i64, i64)>,
}

/// What a replica tells its primary secret.
#[derive(Serialize, Deserialize)]
pub struct ReplicaState {
    /// The replication.
    pub replication: Uuid,
    /// What is its own.
    #[serde(flatten)]
    pub own: ReplicaOwn,
}

/// What of a replica is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaOwn {
    /// Its KMS key.
    pub kms_key_id: Option<String>,
    /// The day on which a value of it was last read: the year, and the day of that.
    accessed_on: Option<(i32, u16)>,
}

/// What the Region that was told says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It is as it was told.
    Done(Option<ReplicaOwn>),
    /// It has heard of something newer.
    Superseded {
        /// The number of that.
        number: i64,
    },
    /// There was a replica, but there is none any more.
    Gone,
    /// There won't be a replica.
    Refused {
        /// Why, in words.
        message: String,
    },
    /// It lacks versions that it is said to have.
    Missing {
        /// Which.
        versions: Vec<String>,
    },
}

impl Delivery {
    /// A message on its way; none if it has no form, which can't be.
    #[must_use]
    pub fn new(message: &Message) -> Option<Self> {
        Some(Self { message: Blob(serde_json::to_vec(message).ok()?) })
    }
}

impl Message {
    /// A message of `from` about a secret.
    #[must_use]
    pub fn new(from: &Region, subject: &SecretSubject, number: i64, content: Content) -> Self {
        let SecretSubject { account, name, suffix } = subject;
        let (name, suffix) = (name.as_str().to_owned(), suffix.as_str().to_owned());
        Self { from: from.clone(), account: *account, name, suffix, number, content }
    }

    /// Reads what was delivered.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The secret.
    #[must_use]
    pub fn subject(&self) -> Option<SecretSubject> {
        let name = SecretName::parse(&self.name).ok()?;
        Some(SecretSubject { account: self.account, name, suffix: Suffix::parse(&self.suffix)? })
    }
}

impl Content {
    /// Its kind, as records have it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Primary(_) => "primary",
            Self::Replica(_) => "replica",
            Self::Apart { .. } => "apart",
        }
    }
}

impl Answer {
    /// Its kind, as records have it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Superseded { .. } => "superseded",
            Self::Gone => "gone",
            Self::Refused { .. } => "refused",
            Self::Missing { .. } => "missing",
        }
    }
}

impl CopyState {
    pub(super) fn new(version: &str, created_at: OffsetDateTime, copy: &SealedCopy) -> Self {
        Self {
            version: version.to_owned(),
            created_at: micros(created_at),
            sealed_value: Blob(copy.sealed_value.clone()),
            encrypted_data_key: Blob(copy.data_key.encrypted.clone()),
            kms_key_arn: copy.data_key.kms_key_arn.clone(),
            is_managed: copy.data_key.is_managed,
        }
    }

    pub(super) fn sealed(&self) -> SealedCopy {
        SealedCopy {
            sealed_value: self.sealed_value.0.clone(),
            data_key: WrappedDataKey {
                encrypted: self.encrypted_data_key.0.clone(),
                kms_key_arn: self.kms_key_arn.clone(),
                is_managed: self.is_managed,
            },
        }
    }
}

impl RotationState {
    pub(super) fn of(rotation: &Rotation) -> Self {
        let rules = &rotation.rules;
        Self {
            enabled: rotation.enabled,
            function: rotation.function.to_string(),
            days: rules.days(),
            expression: rules.expression().map(str::to_owned),
            hours: rules.duration(),
            last_rotated_at: rotation.last_rotated_at.map(micros),
            window: rotation.window.map(|window| (micros(window.opens), micros(window.closes))),
        }
    }

    /// The same as a replica shows it: nothing of it runs there.
    pub(super) fn shown(&self) -> Result<Rotation, Error> {
        let rules = RotationRules::checked(self.days, self.expression.as_deref(), self.hours);
        let window = self.window.map(|(opens, closes)| {
            Ok::<_, Error>(Window { opens: from_micros(opens)?, closes: from_micros(closes)? })
        });
        Ok(Rotation {
            enabled: self.enabled,
            function: FunctionArn::new(&self.function),
            rules: rules.map_err(|_| UNREADABLE)?,
            last_rotated_at: self.last_rotated_at.map(from_micros).transpose()?,
            window: window.transpose()?,
            run: None,
            fence: 0,
        })
    }
}

impl ReplicaOwn {
    pub(super) fn new(kms_key_id: Option<String>, last_accessed_on: Option<Date>) -> Self {
        let accessed_on = last_accessed_on.map(|day| (day.year(), day.ordinal()));
        Self { kms_key_id, accessed_on }
    }

    /// The day on which a value of it was last read.
    #[must_use]
    pub fn accessed_on(&self) -> Option<Date> {
        self.accessed_on.and_then(|(year, day)| Date::from_ordinal_date(year, day).ok())
    }
}

/// As precise as the database is.
pub(super) fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

pub(super) fn from_micros(micros: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| UNREADABLE)
}

/// Of a message that isn't one.
pub(super) const UNREADABLE: Error = Error::InvalidParameter("The message can't be read.");

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn times_and_days_survive() {
        let time = datetime!(2026-03-10 08:00:01.123456 UTC);
        assert_eq!(from_micros(micros(time)).unwrap(), time);
        let own = ReplicaOwn::new(Some("alias/there".to_owned()), Some(date!(2026 - 03 - 10)));
        let read: ReplicaOwn = serde_json::from_str(&serde_json::to_string(&own).unwrap()).unwrap();
        assert_eq!((read.accessed_on(), &read), (Some(date!(2026 - 03 - 10)), &own));
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        assert!(Message::read(b"{}").is_none() && Message::read(b"\xff").is_none());
        let json = r#"{"from":"eu-west-1","account":"111122223333","name":"a b","suffix":"abCD12","number":1,
            "content":{"Apart":{"ended":null}}}"#;
        assert!(Message::read(json.as_bytes()).unwrap().subject().is_none(), "no name of a secret");
    }
}
