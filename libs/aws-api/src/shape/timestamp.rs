//! Points in time: a number of seconds in JSON, ISO 8601 in XML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::check::Facets;
use super::{Kind, Shape};

/// A point in time with AWS's precision of a millisecond, between the years -9999 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// From milliseconds since 1970; `None` outside the years that have four digits.
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * NANOS_PER_MILLI).ok().map(Self)
    }

    /// Milliseconds since 1970.
    pub fn unix_millis(self) -> i64 {
        let millis = self.0.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLI);
        // Four-digit years fit many times over.
        i64::try_from(millis).unwrap_or(i64::MAX)
    }

    /// The same point in UTC.
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        self.0
    }

    /// ISO 8601 in UTC, `2026-01-31T09:26:53Z`, with milliseconds where there are any.
    pub fn to_iso8601(self) -> String {
        // The format can't fail for the years that the type admits.
        self.0.format(&Rfc3339).unwrap_or_default()
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        // The bound is that of four-digit years in milliseconds, so the cast is exact.
        (millis.is_finite() && millis.abs() < 4e14).then_some(millis as i64).and_then(Self::from_unix_millis)
    }

    fn from_text(text: &str) -> Option<Self> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(time) => Some(time.into()),
            Err(_) => Self::from_seconds(text.parse().ok()?),
        }
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Cuts to the millisecond and turns to UTC.
    fn from(time: OffsetDateTime) -> Self {
        let millis = time.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLI);
        let cut = OffsetDateTime::from_unix_timestamp_nanos(millis * NANOS_PER_MILLI);
        Self(cut.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl Serialize for Timestamp {
    /// Epoch seconds, with a fraction where there is one. The name tells the XML writer that it is a time.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TIMESTAMP_TOKEN, &EpochSeconds(self.unix_millis()))
    }
}

struct EpochSeconds(i64);

impl Serialize for EpochSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i64(self.0 / 1000)
        } else {
            // Milliseconds of four-digit years are exact in 53 bits.
            serializer.serialize_f64(self.0 as f64 / 1000.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl TimestampVisitor {
    fn accept<E: Error>(self, timestamp: Option<Timestamp>) -> Result<Timestamp, E> {
        timestamp.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Other("value"), &self))
    }
}

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Timestamp, E> {
        self.accept(seconds.checked_mul(1000).and_then(Timestamp::from_unix_millis))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Timestamp, E> {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.visit_i64(seconds)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Timestamp, E> {
        self.accept(Timestamp::from_seconds(seconds))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        self.accept(Timestamp::from_text(text))
    }
}

impl Shape for Timestamp {
    type Wire = Self;
    const KIND: Kind = Kind::Timestamp;

    fn facets(_wire: &Self) -> Facets<'_> {
        Facets::NONE
    }

    fn build(wire: Self) -> Option<Self> {
        Some(wire)
    }
}

/// The name under which a timestamp serializes, for writers that print it other than as a number.
pub(crate) const TIMESTAMP_TOKEN: &str = "$keywright::Timestamp";

const NANOS_PER_MILLI: i128 = 1_000_000;
