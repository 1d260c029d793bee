//! What Regions tell each other of a key.
//!
//! A message is JSON, and behind it the secrets, each as `length (4, big-endian) || bytes`, in the order in which the
//! JSON has their materials; in front stands the JSON's length (4, big-endian).

use std::fmt::Display;
use std::str::FromStr;

use keywright_aws_api::{AccountId, Region};
use keywright_crypto::SecretBytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::entry::KeyName;
use crate::domain::key::{AutomaticRotation, OnDemandRotations, OriginType};
use crate::domain::key_id::{KeyId, KeyMaterialId};
use crate::domain::key_spec::{KeySpec, KeyUsageType};
use crate::domain::material::{KeyMaterialState, MaterialFacts, Rotated, RotationType};
use crate::domain::state::KeyState;
use crate::domain::tags::Tag;

/// A message about one key.
#[derive(Serialize, Deserialize, Debug)]
pub struct Message {
    account: AccountId,
    #[serde(with = "as_text")]
    key_id: KeyId,
    /// Above that of each earlier message of this Region about the key.
    pub version: i64,
    /// What is told, or asked.
    pub content: Content,
}

/// What is told, or asked.
#[derive(Serialize, Deserialize, Debug)]
pub enum Content {
    /// How is the key there?
    Ask,
    /// How the primary key is.
    Primary(Box<PrimaryState>),
    /// How a replica key is.
    Replica(ReplicaState),
}

/// How a primary key is: all that is shared with its replica keys.
#[derive(Serialize, Deserialize, Debug)]
pub struct PrimaryState {
    /// How often the primary Region was changed.
    pub epoch: i64,
    /// Where the primary key is from now on.
    pub primary: Region,
    /// Where the replica keys are.
    pub replicas: Vec<Region>,
    /// The kind of the material.
    pub spec: KeySpec,
    /// What the key is for.
    pub usage: KeyUsageType,
    /// Where its material comes from.
    pub origin: OriginType,
    /// Its rotation.
    pub rotation: SharedRotation,
    /// Its materials.
    pub materials: Vec<SharedMaterial>,
    /// The replica key that is to be made.
    pub new_replica: Option<NewReplica>,
    /// Whether that is only announced: its materials will come with the next message.
    pub is_announcement: bool,
}

/// How a key is rotated.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedRotation {
    period_days: Option<i32>,
    #[serde(with = "as_microseconds")]
    next: Option<OffsetDateTime>,
    on_demand_count: i32,
    #[serde(with = "as_microseconds")]
    on_demand_started: Option<OffsetDateTime>,
}

/// A material. Imported material is named only: each Region imports it by itself.
#[derive(Serialize, Deserialize, Debug)]
pub struct SharedMaterial {
    #[serde(with = "as_text")]
    id: KeyMaterialId,
    state: KeyMaterialState,
    imported: bool,
    #[serde(with = "as_microseconds")]
    created_at: Option<OffsetDateTime>,
    #[serde(with = "as_microseconds")]
    rotated_at: Option<OffsetDateTime>,
    rotated_by: Option<RotationType>,
    has_secret: bool,
    /// The material itself; it isn't part of the JSON.
    #[serde(skip)]
    pub secret: Option<SecretBytes>,
}

/// A replica key that is to be made.
#[derive(Serialize, Deserialize, Debug, Clone)]
pub struct NewReplica {
    /// Tells it from one that was made, and deleted, before.
    pub id: Uuid,
    /// Its key policy.
    pub policy: String,
    /// Its description.
    pub description: String,
    tags: Vec<(String, String)>,
}

/// How a replica key is.
#[derive(Serialize, Deserialize, Debug)]
pub struct ReplicaState {
    /// Whether it is there at all.
    pub exists: bool,
    /// The materials that it has.
    pub held: Vec<Held>,
}

/// A material that a replica key has.
#[derive(Serialize, Deserialize, Debug, Clone, Copy)]
#[serde(transparent)]
pub struct Held(#[serde(with = "as_text")] pub KeyMaterialId);

/// What is answered.
#[derive(Serialize, Deserialize, Debug)]
pub enum Answer {
    /// It was heeded; the key has these materials now.
    Done {
        /// The materials.
        held: Vec<Held>,
    },
    /// A newer message was heeded before.
    Superseded {
        /// Its version.
        version: i64,
    },
    /// There is no such key.
    Gone,
    /// There is a key already.
    Exists,
    /// Another Region has the primary key.
    OtherPrimary {
        /// How often the primary Region was changed, as far as is known there.
        epoch: i64,
        /// Where the primary key is.
        primary: Region,
    },
    /// It can't be heeded.
    Refused {
        /// Why.
        reason: String,
    },
    /// The key as it is there.
    Key(Option<Box<KeyView>>),
}

/// A key as another Region sees it.
#[derive(Serialize, Deserialize, Debug)]
pub struct KeyView {
    /// Its state.
    pub state: KeyState,
    /// Its key policy.
    pub policy: String,
    /// Where its primary key is.
    pub primary: Region,
    /// Where the replica keys are.
    pub replicas: Vec<Region>,
}

impl Message {
    /// A message about a key.
    #[must_use]
    pub fn new(name: KeyName, version: i64, content: Content) -> Self {
        Self { account: name.account, key_id: name.id, version, content }
    }

    /// The key.
    #[must_use]
    pub fn name(&self) -> KeyName {
        KeyName { account: self.account, id: self.key_id }
    }

    /// What it is called in records.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Ask => "Ask",
            Content::Primary(state) if state.is_announcement => "Announcement",
            Content::Primary(_) => "PrimaryState",
            Content::Replica(_) => "ReplicaState",
        }
    }

    /// The message in bytes, to be sealed.
    ///
    /// # Errors
    /// None in practice: all of it has a form in JSON, and no part is 4 GiB long.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        let secrets = || self.secrets().into_iter().flatten();
        let length = secrets().map(|secret| LENGTH + secret.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(LENGTH + json.len() + length);
        for part in std::iter::once(json.as_slice()).chain(secrets().map(SecretBytes::expose_secret)) {
            let length =
                u32::try_from(part.len()).map_err(<serde_json::Error as serde::ser::Error>::custom)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Ok(SecretBytes::new(bytes))
    }

    /// Reads the same; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &SecretBytes) -> Option<Self> {
        let (json, mut rest) = take_part(bytes.expose_secret())?;
        let mut message: Self = serde_json::from_slice(json).ok()?;
        if let Content::Primary(state) = &mut message.content {
            for material in state.materials.iter_mut().filter(|material| material.has_secret) {
                let (secret, behind) = take_part(rest)?;
                material.secret = Some(SecretBytes::new(secret.to_vec()));
                rest = behind;
            }
        }
        rest.is_empty().then_some(message)
    }

    fn secrets(&self) -> Option<impl Iterator<Item = &SecretBytes>> {
        match &self.content {
            Content::Primary(state) => {
                Some(state.materials.iter().filter_map(|material| material.secret.as_ref()))
            }
            Content::Ask | Content::Replica(_) => None,
        }
    }
}

impl Answer {
    /// The answer in bytes, to be sealed.
    ///
    /// # Errors
    /// None in practice.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        serde_json::to_vec(self).map(SecretBytes::new)
    }

    /// Reads the same; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &SecretBytes) -> Option<Self> {
        serde_json::from_slice(bytes.expose_secret()).ok()
    }
}

impl SharedRotation {
    /// Of a key.
    #[must_use]
    pub fn new(rotation: Option<AutomaticRotation>, on_demand: OnDemandRotations) -> Self {
        Self {
            period_days: rotation.map(|rotation| rotation.period_days),
            next: rotation.map(|rotation| rotation.next),
            on_demand_count: on_demand.count,
            on_demand_started: on_demand.started_at,
        }
    }

    /// The automatic rotation.
    #[must_use]
    pub fn automatic(&self) -> Option<AutomaticRotation> {
        let (period_days, next) = (self.period_days?, self.next?);
        Some(AutomaticRotation { period_days, next })
    }

    /// The on-demand rotations.
    #[must_use]
    pub fn on_demand(&self) -> OnDemandRotations {
        OnDemandRotations { count: self.on_demand_count, started_at: self.on_demand_started }
    }
}

impl SharedMaterial {
    /// A material, with its bytes unless it was imported.
    #[must_use]
    pub fn new(facts: &MaterialFacts, secret: Option<SecretBytes>) -> Self {
        Self {
            id: facts.id,
            state: facts.state,
            imported: facts.imported,
            created_at: Some(facts.created_at),
            rotated_at: facts.rotated.map(|rotated| rotated.at),
            rotated_by: facts.rotated.map(|rotated| rotated.by),
            has_secret: secret.is_some(),
            secret,
        }
    }

    /// What is known of it, as of `now` where the message doesn't say when it came.
    #[must_use]
    pub fn facts(&self, now: OffsetDateTime) -> MaterialFacts {
        let rotated = self.rotated_at.zip(self.rotated_by).map(|(at, by)| Rotated { at, by });
        MaterialFacts {
            id: self.id,
            state: self.state,
            description: None,
            imported: self.imported,
            valid_to: None,
            rotated,
            created_at: self.created_at.unwrap_or(now),
        }
    }
}

impl NewReplica {
    /// A replica key with this id of its own.
    #[must_use]
    pub fn new(id: Uuid, policy: String, description: String, tags: &[Tag]) -> Self {
        let tags = tags.iter().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect();
        Self { id, policy, description, tags }
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        let tag = |(key, value): &(String, String)| Tag { tag_key: key.clone(), tag_value: value.clone() };
        self.tags.iter().map(tag).collect()
    }
}

fn take_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    rest.split_at_checked(length)
}

const LENGTH: usize = size_of::<u32>();

/// Types with a text form of their own.
mod as_text {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| serde::de::Error::custom("not a value of its type"))
    }
}

/// Times, as exact as the database has them.
mod as_microseconds {
    use super::{Deserialize, Deserializer, OffsetDateTime, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Option<OffsetDateTime>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.unix_timestamp_nanos() / NANOSECONDS).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let Some(microseconds) = Option::<i64>::deserialize(from)? else { return Ok(None) };
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * NANOSECONDS);
        time.map(Some).map_err(serde::de::Error::custom)
    }

    const NANOSECONDS: i128 = 1_000;
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn name() -> KeyName {
        KeyName {
            account: AccountId::parse("000000000000").unwrap(),
            id: KeyId::parse("mrk-1234abcd12ab34cd56ef1234567890ab").unwrap(),
        }
    }

    fn facts(id: u8, imported: bool) -> MaterialFacts {
        MaterialFacts {
            id: KeyMaterialId::from_bytes([id; 32]),
            state: KeyMaterialState::Current,
            description: None,
            imported,
            valid_to: None,
            rotated: Some(Rotated {
                at: datetime!(2026-01-02 03:04:05.000006 UTC),
                by: RotationType::OnDemand,
            }),
            created_at: datetime!(2026-01-01 00:00 UTC),
        }
    }

    fn state(materials: Vec<SharedMaterial>) -> Message {
        let rotation = AutomaticRotation { period_days: 90, next: datetime!(2027-01-01 00:00 UTC) };
        let content = Content::Primary(Box::new(PrimaryState {
            epoch: 3,
            primary: Region::parse("us-east-1").unwrap(),
            replicas: vec![Region::parse("eu-west-1").unwrap()],
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsageType::EncryptDecrypt,
            origin: OriginType::AwsKms,
            rotation: SharedRotation::new(Some(rotation), OnDemandRotations::default()),
            materials,
            new_replica: None,
            is_announcement: false,
        }));
        Message::new(name(), 7, content)
    }

    #[test]
    fn a_message_survives_its_bytes() {
        let secret = |byte| Some(SecretBytes::new(vec![byte; 32]));
        let shared = |id, byte| SharedMaterial::new(&facts(id, false), secret(byte));
        let sent = state(vec![shared(1, 8), SharedMaterial::new(&facts(2, true), None), shared(3, 9)]);
        let received = Message::decode(&sent.encode().unwrap()).unwrap();
        assert_eq!((received.name(), received.version), (name(), 7));
        let Content::Primary(received) = received.content else { panic!("another kind of message") };
        assert_eq!(received.rotation.automatic().map(|rotation| rotation.period_days), Some(90));
        let secrets: Vec<_> = received
            .materials
            .iter()
            .map(|material| material.secret.as_ref().map(|secret| secret.expose_secret().to_vec()))
            .collect();
        assert_eq!(secrets, [Some(vec![8; 32]), None, Some(vec![9; 32])]);
        let now = datetime!(2030-01-01 00:00 UTC);
        assert_eq!(received.materials[0].facts(now), facts(1, false));
    }

    #[test]
    fn cut_or_longer_bytes_are_no_message() {
        let shared = SharedMaterial::new(&facts(1, false), Some(SecretBytes::new(vec![8; 32])));
        let bytes = state(vec![shared]).encode().unwrap().expose_secret().to_vec();
        for length in 0..bytes.len() {
            assert!(Message::decode(&SecretBytes::new(bytes[..length].to_vec())).is_none(), "{length}");
        }
        assert!(Message::decode(&SecretBytes::new([bytes.as_slice(), &[0]].concat())).is_none());
    }

    #[test]
    fn no_secret_is_in_the_readable_part() {
        let shared = SharedMaterial::new(&facts(1, false), Some(SecretBytes::new(b"top secret".to_vec())));
        let message = state(vec![shared]);
        assert!(!serde_json::to_string(&message).unwrap().contains("secret\":\""));
        assert!(!format!("{message:?}").contains("top secret"));
    }
}
