//! Dates of conditions: the forms of ISO 8601 that the W3C's note admits (`2026`, `2026-11`, `2026-11-26`,
//! `2026-11-26T13:05Z`, with seconds and fractions, with an offset), or seconds since 1970.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// A moment, in nanoseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i128);

impl Moment {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::from_epoch(text).or_else(|| Self::from_iso(text))
    }

    /// Four digits are a year.
    fn from_epoch(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_year = text.len() == 4;
        if is_year || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds: i64 = text.parse().ok()?;
        Some(Self(i128::from(seconds) * NANOS_OF_SECOND))
    }

    fn from_iso(text: &str) -> Option<Self> {
        let (day, clock) = match text.split_once('T') {
            Some((day, clock)) => (day, Some(clock)),
            None => (text, None),
        };
        let mut fields = day.split('-');
        let year = digits(fields.next()?, 4)?;
        let month = fields.next().map_or(Some(1), |text| digits(text, 2))?;
        let day_of_month = fields.next().map_or(Some(1), |text| digits(text, 2))?;
        let complete = day.len() == 10;
        if fields.next().is_some() || (clock.is_some() && !complete) {
            return None;
        }
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let year = i32::try_from(year).ok()?;
        let date = Date::from_calendar_date(year, month, u8::try_from(day_of_month).ok()?).ok()?;
        let (time, offset) = match clock {
            Some(clock) => time_of_day(clock)?,
            None => (Time::MIDNIGHT, UtcOffset::UTC),
        };
        Some(Self(OffsetDateTime::new_in_offset(date, time, offset).unix_timestamp_nanos()))
    }
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, with `Z` or `+hh:mm`; without either it is taken as UTC.
fn time_of_day(text: &str) -> Option<(Time, UtcOffset)> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        None => (text, UtcOffset::UTC),
        Some(at) => (text.get(..at)?, offset(text.get(at..)?)?),
    };
    let mut fields = clock.split(':');
    let hour = digits(fields.next()?, 2)?;
    let minute = digits(fields.next()?, 2)?;
    let (second, nanos) = match fields.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (digits(seconds, 2)?, 0),
            Some((whole, part)) => (digits(whole, 2)?, nanoseconds(part)?),
        },
    };
    if fields.next().is_some() {
        return None;
    }
    let small = |number| u8::try_from(number).ok();
    Some((Time::from_hms_nano(small(hour)?, small(minute)?, small(second)?, nanos).ok()?, offset))
}

fn offset(text: &str) -> Option<UtcOffset> {
    if text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    UtcOffset::from_whole_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

fn nanoseconds(part: &str) -> Option<u32> {
    if part.is_empty() || part.len() > 9 {
        return None;
    }
    let power = 10_u32.pow(u32::try_from(9 - part.len()).ok()?);
    Some(digits(part, part.len())? * power)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

const NANOS_OF_SECOND: i128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_one_moment_are_equal() {
        let moment = Moment::parse("2026-11-26T00:00:00Z").unwrap();
        for same in [
            "2026-11-26",
            "2026-11-26T00:00Z",
            "2026-11-26T00:00:00.000Z",
            "2026-11-26T01:30:00+01:30",
            "2026-11-25T19:00-05:00",
            "2026-11-26T00:00:00",
            "1795651200",
        ] {
            assert_eq!(Moment::parse(same), Some(moment), "{same}");
        }
        assert!(Moment::parse("2026").unwrap() < Moment::parse("2026-02").unwrap());
        assert!(Moment::parse("2026-11-26T00:00:00.5Z").unwrap() > moment);
        assert!(Moment::parse("-1").unwrap() < Moment::parse("1970-01-01").unwrap());
    }

    #[test]
    fn other_texts_are_no_dates() {
        for bad in [
            "",
            "-",
            "now",
            "26-11-26",
            "2026-13",
            "2026-02-30",
            "2026-11T00:00Z",
            "2026-11-26T24:00Z",
            "2026-11-26T00Z",
            "2026-11-26 00:00Z",
            "2026-11-26T00:00:00.Z",
            "2026-11-26T00:00+1",
            "2026-1-1",
            "2026-11-26T00:00:00ZZ",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }
}
