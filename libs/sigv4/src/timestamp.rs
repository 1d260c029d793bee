//! Times as signatures write them: `20260101T000000Z`, and of a `Date` header also `Thu, 01 Jan 2026 00:00:00 GMT`.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::Malformed;

/// Reads ISO 8601 basic format.
pub(crate) fn parse_basic(text: &str) -> Result<OffsetDateTime, Malformed> {
    let (day, time) = text.split_once('T').ok_or(Malformed::Timestamp)?;
    let date = parse_day(day).ok_or(Malformed::Timestamp)?;
    let clock = time.strip_suffix('Z').and_then(digits::<6>).ok_or(Malformed::Timestamp)?;
    let [h1, h2, m1, m2, s1, s2] = clock;
    let time = Time::from_hms(h1 * 10 + h2, m1 * 10 + m2, s1 * 10 + s2).map_err(|_| Malformed::Timestamp)?;
    Ok(PrimitiveDateTime::new(date, time).assume_utc())
}

/// Reads a `Date` header: ISO 8601 basic format or an HTTP date (RFC 9110, section 5.6.7, IMF-fixdate).
pub(crate) fn parse_date_header(text: &str) -> Result<OffsetDateTime, Malformed> {
    if let Ok(time) = parse_basic(text) {
        return Ok(time);
    }
    let time = PrimitiveDateTime::parse(text, HTTP_DATE).map_err(|_| Malformed::Timestamp)?;
    Ok(time.assume_utc())
}

/// Reads `YYYYMMDD`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits::<8>(text)?;
    let year = i32::from(y1) * 1000 + i32::from(y2) * 100 + i32::from(y3) * 10 + i32::from(y4);
    let month = Month::try_from(m1 * 10 + m2).ok()?;
    Date::from_calendar_date(year, month, d1 * 10 + d2).ok()
}

/// `YYYYMMDD`.
pub(crate) fn day(date: Date) -> [u8; 8] {
    let (year, month, day) = date.to_calendar_date();
    let year = u16::try_from(year).unwrap_or(0);
    let [century, year] = [year / 100, year % 100].map(|pair| two(u8::try_from(pair).unwrap_or(0)));
    let [month, day] = [two(u8::from(month)), two(day)];
    let [[a, b], [c, d], [e, f], [g, h]] = [century, year, month, day];
    [a, b, c, d, e, f, g, h]
}

/// `YYYYMMDDTHHMMSSZ`, in UTC.
pub(crate) fn basic(time: OffsetDateTime) -> [u8; 16] {
    let time = time.to_offset(UtcOffset::UTC);
    let [a, b, c, d, e, f, g, h] = day(time.date());
    let (hour, minute, second) = time.to_hms();
    let [[i, j], [k, l], [m, n]] = [two(hour), two(minute), two(second)];
    [a, b, c, d, e, f, g, h, b'T', i, j, k, l, m, n, b'Z']
}

/// [`basic`] as text.
pub(crate) fn text(time: OffsetDateTime) -> String {
    basic(time).into_iter().map(char::from).collect()
}

/// [`day`] as text.
pub(crate) fn day_text(date: Date) -> String {
    day(date).into_iter().map(char::from).collect()
}

fn two(value: u8) -> [u8; 2] {
    [b'0' + value / 10 % 10, b'0' + value % 10]
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes: [u8; N] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(u8::is_ascii_digit).then(|| bytes.map(|byte| byte - b'0'))
}

const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn both_formats_of_a_date_header_are_read() {
        let expected = datetime!(1994-11-06 08:49:37 UTC);
        assert_eq!(parse_date_header("Sun, 06 Nov 1994 08:49:37 GMT"), Ok(expected));
        assert_eq!(parse_date_header("19941106T084937Z"), Ok(expected));
        assert_eq!(text(expected), "19941106T084937Z");
        assert_eq!(text(datetime!(1994-11-06 10:49:37 +2)), "19941106T084937Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "T",
            "20150830",
            "20150830T123600",
            "20150830T123660Z",
            "20150230T123600Z",
            "20151330T123600Z",
            "2015-08-30T12:36:00Z",
            "+0150830T123600Z",
            "20150830t123600z",
            "20150830T123600ZZ",
        ] {
            assert_eq!(parse_basic(wrong), Err(Malformed::Timestamp), "{wrong}");
            assert_eq!(parse_date_header(wrong), Err(Malformed::Timestamp), "{wrong}");
        }
    }
}
