//! The orders in which secrets are listed, and where in one a page begins.

use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::name::SecretName;
use super::next_token;
use super::secret::Secret;
use crate::error::Error;

keywright_aws_api::wire_enum! {
    /// By what a list is ordered.
    pub enum SortBy {
        /// When a secret was made.
        CreatedDate = "created-date",
        /// When a value was last read.
        LastAccessedDate = "last-accessed-date",
        /// When anything was last changed.
        LastChangedDate = "last-changed-date",
        /// Its name.
        Name = "name",
    }
}

keywright_aws_api::wire_enum! {
    /// Which end of the order comes first.
    pub enum SortOrder {
        /// The smallest.
        Asc = "asc",
        /// The largest.
        Desc = "desc",
    }
}

/// An order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// By what.
    pub by: SortBy,
    /// Which end comes first.
    pub order: SortOrder,
}

/// Behind what a page begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The value that the order looks at.
    pub key: SortKey,
    /// The secret, where several have that value.
    pub secret_id: Uuid,
}

/// A value that an order looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// Of the orders by time.
    Time(OffsetDateTime),
    /// Of the order by the day of the last access.
    Day(Date),
    /// Of the order by name.
    Name(String),
}

impl Listing {
    /// Where the first page begins: before every secret.
    #[must_use]
    pub fn beginning(self) -> Cursor {
        let ascending = self.order == SortOrder::Asc;
        let key = match self.by {
            SortBy::CreatedDate | SortBy::LastChangedDate => SortKey::Time(if ascending {
                datetime!(0001-01-01 0:00 UTC)
            } else {
                datetime!(9999-12-31 0:00 UTC)
            }),
            SortBy::LastAccessedDate => SortKey::Day(if ascending { NEVER } else { date!(9999 - 12 - 31) }),
            // No byte of a name is as large.
            SortBy::Name => SortKey::Name(if ascending { String::new() } else { char::MAX.to_string() }),
        };
        Cursor { key, secret_id: if ascending { Uuid::nil() } else { Uuid::max() } }
    }

    /// Where the page behind `last` begins.
    #[must_use]
    pub fn behind(self, last: &Secret) -> Cursor {
        let key = match self.by {
            SortBy::CreatedDate => SortKey::Time(last.created_at),
            SortBy::LastChangedDate => SortKey::Time(last.last_changed_at),
            SortBy::LastAccessedDate => SortKey::Day(last.last_accessed_on.unwrap_or(NEVER)),
            SortBy::Name => SortKey::Name(last.name.as_str().to_owned()),
        };
        Cursor { key, secret_id: last.id }
    }

    /// The token for the page that begins behind `cursor`.
    #[must_use]
    pub fn token(self, cursor: &Cursor) -> String {
        let key = match &cursor.key {
            SortKey::Time(time) => (time.unix_timestamp_nanos() / NANOS_PER_MICRO).to_string(),
            SortKey::Day(day) => day.to_julian_day().to_string(),
            SortKey::Name(name) => name.clone(),
        };
        next_token::encode(&self.label(), &key, &cursor.secret_id.to_string())
    }

    /// Where the page of a token begins.
    ///
    /// # Errors
    /// [`Error::InvalidNextToken`] for a token that was not made here, or for another order.
    pub fn cursor(self, token: Option<&str>) -> Result<Cursor, Error> {
        let Some(token) = token else { return Ok(self.beginning()) };
        let (key, secret_id) = next_token::decode(&self.label(), token)?;
        let key = match self.by {
            SortBy::CreatedDate | SortBy::LastChangedDate => time_of(&key).map(SortKey::Time),
            SortBy::LastAccessedDate => {
                key.parse().ok().and_then(|day| Date::from_julian_day(day).ok()).map(SortKey::Day)
            }
            SortBy::Name => SecretName::parse(&key).is_ok().then_some(SortKey::Name(key)),
        };
        let secret_id = secret_id.parse().map_err(|_| Error::InvalidNextToken)?;
        Ok(Cursor { key: key.ok_or(Error::InvalidNextToken)?, secret_id })
    }

    fn label(self) -> String {
        format!("secrets by {} {}", self.by, self.order)
    }
}

fn time_of(micros: &str) -> Option<OffsetDateTime> {
    let micros: i64 = micros.parse().ok()?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * NANOS_PER_MICRO).ok()?;
    // The database takes no years before the common era.
    (time.year() > 0).then_some(time)
}

/// The day that stands for a secret which was never read, as in the index.
const NEVER: Date = date!(0001 - 01 - 01);
const NANOS_PER_MICRO: i128 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_returns_for_its_own_order_only() {
        for by in SortBy::ALL {
            for order in SortOrder::ALL {
                let listing = Listing { by: *by, order: *order };
                let mut cursor = listing.beginning();
                if *by == SortBy::Name {
                    cursor.key = SortKey::Name("app/db".to_owned());
                }
                let token = listing.token(&cursor);
                assert_eq!(listing.cursor(Some(&token)).unwrap(), cursor);
                let other = if *order == SortOrder::Asc { SortOrder::Desc } else { SortOrder::Asc };
                assert!(matches!(
                    Listing { by: *by, order: other }.cursor(Some(&token)),
                    Err(Error::InvalidNextToken)
                ));
            }
        }
    }

    #[test]
    fn a_token_with_an_impossible_key_is_refused() {
        for by in [SortBy::CreatedDate, SortBy::LastAccessedDate] {
            let listing = Listing { by, order: SortOrder::Asc };
            for key in ["", "x", "99999999999999999999", "-99999999999999999"] {
                let token = next_token::encode(&listing.label(), key, &Uuid::nil().to_string());
                assert!(listing.cursor(Some(&token)).is_err(), "{by} {key}");
            }
        }
        let listing = Listing { by: SortBy::Name, order: SortOrder::Asc };
        for (key, id) in [("a", "b"), ("a\0", &Uuid::nil().to_string())] {
            assert!(listing.cursor(Some(&next_token::encode(&listing.label(), key, id))).is_err());
        }
    }
}
