//! Times: intervals, parts, and the functions of Presto.

use sqlparser::ast::{DateTimeField, Expr, Interval};

use super::error::SqlError;
use super::expression::text_literal;
use super::piece::{Piece, literal};
use super::query::number_of;

/// `INTERVAL '7' DAY`.
pub(super) fn interval(interval: &Interval) -> Result<Piece, SqlError> {
    let Interval {
        value,
        leading_field: Some(field),
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    } = interval
    else {
        return Err(SqlError::Unsupported("this form of an interval"));
    };
    let count = text_literal(value).and_then(|text| text.parse::<i32>().ok());
    let count = count.or_else(|| number_of(value).and_then(|number| i32::try_from(number).ok()));
    let count = count.ok_or(SqlError::Unsupported("an interval that isn't a whole number"))?;
    let unit = match field {
        DateTimeField::Year | DateTimeField::Years => "year",
        DateTimeField::Month | DateTimeField::Months => "month",
        DateTimeField::Week(None) | DateTimeField::Weeks => "week",
        DateTimeField::Day | DateTimeField::Days => "day",
        DateTimeField::Hour | DateTimeField::Hours => "hour",
        DateTimeField::Minute | DateTimeField::Minutes => "minute",
        DateTimeField::Second | DateTimeField::Seconds => "second",
        _ => return Err(SqlError::Unsupported("this unit of an interval")),
    };
    Ok(Piece::other(format!("interval '{count} {unit}'")))
}

/// `EXTRACT(field FROM time)`.
pub(super) fn extract(field: &DateTimeField, piece: &Piece) -> Result<Piece, SqlError> {
    let part = match field {
        DateTimeField::Year => "year",
        DateTimeField::Quarter => "quarter",
        DateTimeField::Month => "month",
        DateTimeField::Week(None) => "week",
        DateTimeField::Day => "day",
        DateTimeField::DayOfWeek | DateTimeField::Dow => "isodow",
        DateTimeField::DayOfYear | DateTimeField::Doy => "doy",
        DateTimeField::Hour => "hour",
        DateTimeField::Minute => "minute",
        DateTimeField::Second => "second",
        _ => return Err(SqlError::Unsupported("this part of a time")),
    };
    Ok(part_of(part, piece))
}

fn part_of(part: &str, piece: &Piece) -> Piece {
    Piece::other(format!("floor(extract({part} FROM {}))::bigint", piece.as_time()))
}

/// A function of times; none if it isn't one.
pub(super) fn call(name: &str, arguments: &[&Expr], pieces: &[Piece]) -> Result<Option<Piece>, SqlError> {
    let unit = || arguments.first().and_then(|unit| text_literal(unit)).map(str::to_ascii_lowercase);
    let piece = match (name, pieces) {
        ("now" | "current_timestamp" | "localtimestamp", []) => Piece::time("now()".to_owned()),
        ("current_date", []) => Piece::other("current_date".to_owned()),
        ("from_iso8601_timestamp" | "from_iso8601_date", [text]) => Piece::time(text.as_time()),
        ("date", [time]) => Piece::other(format!("({})::date", time.as_time())),
        ("year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second", [time]) => {
            part_of(name, time)
        }
        ("day_of_month", [time]) => part_of("day", time),
        ("day_of_week" | "dow", [time]) => part_of("isodow", time),
        ("day_of_year" | "doy", [time]) => part_of("doy", time),
        ("week_of_year", [time]) => part_of("week", time),
        ("to_unixtime", [time]) => {
            Piece::other(format!("extract(epoch FROM {})::double precision", time.as_time()))
        }
        ("from_unixtime", [seconds]) => Piece::time(format!("to_timestamp({})", seconds.value())),
        ("to_iso8601", [time]) => {
            Piece::other(format!("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')", time.as_time()))
        }
        ("date_trunc", [_, time]) => {
            let unit = unit().ok_or(SqlError::Arguments("date_trunc"))?;
            if !TRUNCATED_TO.contains(&unit.as_str()) {
                return Err(SqlError::Arguments("date_trunc"));
            }
            Piece::time(format!("date_trunc('{unit}', {})", time.as_time()))
        }
        ("date_add", [_, count, time]) => {
            let unit = unit().filter(|unit| TRUNCATED_TO.contains(&unit.as_str()));
            let unit = match unit.as_deref().ok_or(SqlError::Arguments("date_add"))? {
                "quarter" => "3 month".to_owned(),
                unit => format!("1 {unit}"),
            };
            Piece::time(format!("({} + ({}) * interval '{unit}')", time.as_time(), count.value()))
        }
        ("date_diff", [_, from, to]) => {
            let seconds = match unit().as_deref() {
                Some("second") => 1,
                Some("minute") => 60,
                Some("hour") => 3_600,
                Some("day") => 86_400,
                Some("week") => 604_800,
                _ => return Err(SqlError::Arguments("date_diff")),
            };
            let (from, to) = (from.as_time(), to.as_time());
            Piece::other(format!("trunc(extract(epoch FROM ({to} - {from})) / {seconds})::bigint"))
        }
        ("date_format", [time, _]) => {
            let format = arguments.get(1).and_then(|format| text_literal(format));
            let format = format.and_then(to_char_format).ok_or(SqlError::Arguments("date_format"))?;
            Piece::other(format!("to_char({}, {})", time.as_time(), literal(&format)))
        }
        _ => return Ok(None),
    };
    Ok(Some(piece))
}

/// MySQL's format, which Presto takes, in Postgres's terms.
fn to_char_format(format: &str) -> Option<String> {
    let (mut pattern, mut chars) = (String::new(), format.chars());
    while let Some(ch) = chars.next() {
        if ch != '%' {
            // Quoted, so that it isn't taken for a pattern.
            pattern.push_str(&if ch == '"' { "\\\"".to_owned() } else { format!("\"{ch}\"") });
            continue;
        }
        pattern.push_str(match chars.next()? {
            'Y' => "YYYY",
            'y' => "YY",
            'm' => "MM",
            'c' => "FMMM",
            'd' => "DD",
            'e' => "FMDD",
            'H' | 'k' => "HH24",
            'h' | 'I' => "HH12",
            'i' => "MI",
            's' | 'S' => "SS",
            'f' => "US",
            'p' => "AM",
            'M' => "FMMonth",
            'b' => "Mon",
            'W' => "FMDay",
            'a' => "Dy",
            'j' => "DDD",
            'T' => "HH24:MI:SS",
            'v' => "IW",
            _ => return None,
        });
    }
    Some(pattern)
}

const TRUNCATED_TO: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
