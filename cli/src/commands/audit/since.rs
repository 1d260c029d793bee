//! Times as people give them: `2026-11-01`, `2026-11-01T09:00:00Z`, or `7d` for seven days ago.

use std::str::FromStr;

use keywright_aws_api::{Clock as _, SystemClock};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) OffsetDateTime);

impl Moment {
    /// As statements have it.
    pub(super) fn sql(self) -> String {
        let format = format_description!("'[year]-[month]-[day] [hour]:[minute]:[second]'");
        // A time always has all the parts that the format names.
        self.0.to_offset(UtcOffset::UTC).format(&format).unwrap_or_default()
    }

    fn parse(text: &str, now: OffsetDateTime) -> Option<Self> {
        if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
            return Some(Self(time));
        }
        if let Ok(day) = Date::parse(text, &format_description!("[year]-[month]-[day]")) {
            return Some(Self(day.with_time(Time::MIDNIGHT).assume_utc()));
        }
        let unit = text.chars().next_back()?;
        let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
        let seconds = i64::from(count)
            * match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return None,
            };
        now.checked_sub(Duration::seconds(seconds)).map(Self)
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text, SystemClock.now()).ok_or_else(|| {
            "give a day (2026-11-01), a time (2026-11-01T09:00:00Z) or an age (7d, 12h, 30m)".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn days_times_and_ages_are_understood() {
        let now = datetime!(2026-11-10 12:00 UTC);
        for (text, expected) in [
            ("2026-11-01", "'2026-11-01 00:00:00'"),
            ("2026-11-01T09:00:00+02:00", "'2026-11-01 07:00:00'"),
            ("7d", "'2026-11-03 12:00:00'"),
            ("90m", "'2026-11-10 10:30:00'"),
        ] {
            assert_eq!(Moment::parse(text, now).unwrap().sql(), expected, "{text}");
        }
        for bad in ["", "d", "7", "7y", "yesterday", "-7d", "2026-13-01", "7ü"] {
            assert_eq!(Moment::parse(bad, now), None, "{bad}");
        }
    }
}
