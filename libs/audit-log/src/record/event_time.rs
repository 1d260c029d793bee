//! RFC 3339 time in whole seconds, as every CloudTrail record shows it.

use serde::ser::{Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset};

/// A moment that serializes as `2026-01-31T23:59:59Z`, without allocating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTime(pub OffsetDateTime);

impl Serialize for EventTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let utc = self.0.to_offset(UtcOffset::UTC);
        let (hour, minute, second) = utc.to_hms();
        let mut text = *b"0000-00-00T00:00:00Z";
        let [y0, y1, y2, y3, _, mo0, mo1, _, d0, d1, _, h0, h1, _, mi0, mi1, _, s0, s1, _] = &mut text;
        // CloudTrail knows four-digit years only; the clock of a running service is never outside them.
        let year = utc.year().unsigned_abs() % 10_000;
        (*y0, *y1) = two_digits((year / 100).to_le_bytes()[0]);
        (*y2, *y3) = two_digits((year % 100).to_le_bytes()[0]);
        (*mo0, *mo1) = two_digits(u8::from(utc.month()));
        (*d0, *d1) = two_digits(utc.day());
        (*h0, *h1) = two_digits(hour);
        (*mi0, *mi1) = two_digits(minute);
        (*s0, *s1) = two_digits(second);
        match std::str::from_utf8(&text) {
            Ok(text) => serializer.serialize_str(text),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

fn two_digits(value: u8) -> (u8, u8) {
    (b'0' + value / 10, b'0' + value % 10)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn is_shown_in_utc_and_whole_seconds() {
        let shown = |moment| serde_json::to_string(&EventTime(moment)).unwrap();
        assert_eq!(shown(datetime!(2026-01-31 23:59:59.987 UTC)), "\"2026-01-31T23:59:59Z\"");
        assert_eq!(shown(datetime!(2027-10-09 00:08:07 +02:30)), "\"2027-10-08T21:38:07Z\"");
    }
}
