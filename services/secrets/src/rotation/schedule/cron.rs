//! AWS's cron expressions, as far as Secrets Manager takes them: the minute is 0, the year is any.
//!
//! No crate reads this dialect: weekdays count from Sunday as 1, one of the two fields of days is `?`, and `L` and `#`
//! select days.

use std::ops::RangeInclusive;

use time::Date;
use time::macros::date;

use super::expression::{SHORTEST_HOURS, TOO_OFTEN};

/// A cron expression. It has windows: one that never fits any day is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// The hours, a bit each.
    hours: u32,
    months: u32,
    days: Days,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    OfMonth {
        days: u32,
        /// The last one, whichever it is.
        last: bool,
    },
    OfWeek {
        /// Sunday is bit 1.
        weekdays: u32,
        /// The last of these in a month.
        last: u32,
        /// The n-th of a weekday in a month.
        nth: Vec<(u32, u8)>,
    },
}

impl Cron {
    /// Reads the fields between the parentheses.
    ///
    /// # Errors
    /// A text for the caller.
    pub fn parse(fields: &str) -> Result<Self, &'static str> {
        let fields: Vec<&str> = fields.split(' ').filter(|field| !field.is_empty()).collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields.as_slice() else {
            return Err(SIX_FIELDS);
        };
        if *minutes != "0" {
            return Err(MINUTES);
        }
        if *year != "*" {
            return Err(YEAR);
        }
        let days = match (*day_of_month, *day_of_week) {
            ("?", "?") => return Err(ONE_OF_DAYS),
            (days, "?") => Days::of_month(days)?,
            ("?", days) => Days::of_week(days)?,
            _ => return Err(ONE_OF_DAYS),
        };
        let cron = Self {
            hours: items(hours, 0..=23, &[]).ok_or(HOURS)?,
            months: items(month, 1..=12, &MONTHS).ok_or(MONTH)?,
            days,
        };
        if cron.gaps().any(|gap| u16::from(gap) < SHORTEST_HOURS) {
            return Err(TOO_OFTEN);
        }
        match cron.first_day(date!(2000 - 01 - 01)) {
            Some(_) => Ok(cron),
            None => Err(NEVER),
        }
    }

    /// The hours of a day at which windows open, in order.
    pub(super) fn hours(&self) -> impl Iterator<Item = u8> + '_ {
        (0..24).filter(|hour| self.hours & (1 << hour) != 0)
    }

    /// Whether it has windows on a day.
    pub(super) fn has(&self, day: Date) -> bool {
        self.months & (1 << u8::from(day.month())) != 0 && self.days.have(day)
    }

    /// The first day with windows, from this one on.
    pub(super) fn first_day(&self, from: Date) -> Option<Date> {
        // The 29th of February needs up to eight years, and five of its weekday up to forty.
        std::iter::successors(Some(from), |day| day.next_day())
            .take(LONGEST_SEARCH)
            .find(|day| self.has(*day))
    }

    pub(super) fn is_in_hours(&self) -> bool {
        self.hours.count_ones() > 1
    }

    pub(super) fn room(&self) -> (u16, u8) {
        (self.gaps().min().map_or(24, u16::from), self.hours().last().unwrap_or(0))
    }

    fn gaps(&self) -> impl Iterator<Item = u8> + '_ {
        self.hours().zip(self.hours().skip(1)).map(|(one, next)| next - one)
    }
}

impl Days {
    fn of_month(field: &str) -> Result<Self, &'static str> {
        let (mut days, mut last) = (0, false);
        for part in field.split(',') {
            match part {
                "L" => last = true,
                part => days |= items(part, 1..=31, &[]).ok_or(DAY_OF_MONTH)?,
            }
        }
        Ok(Self::OfMonth { days, last })
    }

    fn of_week(field: &str) -> Result<Self, &'static str> {
        let (mut weekdays, mut last, mut nth) = (0, 0, Vec::new());
        let one = |text: &str| number(text, &(1..=7), &WEEKDAYS).map(|day| 1 << day).ok_or(DAY_OF_WEEK);
        for part in field.split(',') {
            if part == "L" {
                weekdays |= 1 << 7;
            } else if let Some((weekday, n)) = part.split_once('#') {
                let n = number(n, &(1..=5), &[]).ok_or(DAY_OF_WEEK)?;
                nth.push((one(weekday)?, n));
            } else if let Some(weekday) = part.strip_suffix('L') {
                last |= one(weekday)?;
            } else {
                weekdays |= items(part, 1..=7, &WEEKDAYS).ok_or(DAY_OF_WEEK)?;
            }
        }
        Ok(Self::OfWeek { weekdays, last, nth })
    }

    fn have(&self, day: Date) -> bool {
        let (of_month, length) = (day.day(), day.month().length(day.year()));
        match self {
            Self::OfMonth { days, last } => days & (1 << of_month) != 0 || (*last && of_month == length),
            Self::OfWeek { weekdays, last, nth } => {
                let weekday = 1 << day.weekday().number_from_sunday();
                weekdays & weekday != 0
                    || (last & weekday != 0 && of_month + 7 > length)
                    || nth.iter().any(|(of, n)| of & weekday != 0 && of_month.div_ceil(7) == *n)
            }
        }
    }
}

/// The values of a field of lists, ranges and steps, a bit each. `names` are those of the values from the first on.
fn items(field: &str, all: RangeInclusive<u8>, names: &[&str]) -> Option<u32> {
    let mut values = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step, &(1..=*all.end()), &[])?)),
            None => (part, None),
        };
        let (first, last) = match (range.split_once('-'), step) {
            _ if range == "*" => (*all.start(), *all.end()),
            (Some((first, last)), _) => (number(first, &all, names)?, number(last, &all, names)?),
            // A step from one value goes on to the end.
            (None, Some(_)) => (number(range, &all, names)?, *all.end()),
            (None, None) => (number(range, &all, names)?, number(range, &all, names)?),
        };
        if first > last {
            return None;
        }
        values |= (first..=last).step_by(step.unwrap_or(1).into()).fold(0, |bits, value| bits | (1 << value));
    }
    Some(values)
}

fn number(text: &str, all: &RangeInclusive<u8>, names: &[&str]) -> Option<u8> {
    if let Some(place) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return Some(all.start() + u8::try_from(place).ok()?);
    }
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| digits && all.contains(value))
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const LONGEST_SEARCH: usize = 41 * 366;

const SIX_FIELDS: &str = "The cron expression must have six fields.";
const MINUTES: &str = "The minutes field of the cron expression must be 0.";
const YEAR: &str = "The year field of the cron expression must be *.";
const ONE_OF_DAYS: &str =
    "One of the fields day-of-month and day-of-week of the cron expression must be ?, and only one.";
const HOURS: &str = "The hours field of the cron expression is not valid.";
const MONTH: &str = "The month field of the cron expression is not valid.";
const DAY_OF_MONTH: &str = "The day-of-month field of the cron expression is not valid.";
const DAY_OF_WEEK: &str = "The day-of-week field of the cron expression is not valid.";
const NEVER: &str = "The cron expression never comes true.";

#[cfg(test)]
mod tests {
    use super::*;

    fn days(cron: &str, from: Date, count: usize) -> Vec<Date> {
        let cron = Cron::parse(cron).unwrap_or_else(|reason| panic!("{cron}: {reason}"));
        let next = |day: &Date| cron.first_day(day.next_day()?);
        std::iter::successors(cron.first_day(from), next).take(count).collect()
    }

    #[test]
    fn the_examples_of_awss_guide_mean_what_it_says() {
        let from = date!(2026 - 03 - 02); // a Monday
        for (cron, expected) in [
            ("0 8 * * ? *", [date!(2026 - 03 - 02), date!(2026 - 03 - 03)]),
            ("0 8 1/7 * ? *", [date!(2026 - 03 - 08), date!(2026 - 03 - 15)]),
            ("0 2 ? * SUN *", [date!(2026 - 03 - 08), date!(2026 - 03 - 15)]),
            ("0 0 ? * SUN#1 *", [date!(2026 - 04 - 05), date!(2026 - 05 - 03)]),
            ("0 16 L * ? *", [date!(2026 - 03 - 31), date!(2026 - 04 - 30)]),
            ("0 1 ? 1-4 MON-FRI *", [date!(2026 - 03 - 02), date!(2026 - 03 - 03)]),
            ("0 8 1 JAN,APR,JUL,OCT ? *", [date!(2026 - 04 - 01), date!(2026 - 07 - 01)]),
            ("0 3 ? * 6L *", [date!(2026 - 03 - 27), date!(2026 - 04 - 24)]),
            ("0 3 ? * L *", [date!(2026 - 03 - 07), date!(2026 - 03 - 14)]),
            ("0 3 29 2 ? *", [date!(2028 - 02 - 29), date!(2032 - 02 - 29)]),
        ] {
            assert_eq!(days(cron, from, 2), expected, "{cron}");
        }
        let hours = |cron: &str| Cron::parse(cron).unwrap().hours().collect::<Vec<_>>();
        assert_eq!(hours("0 4/12 * * ? *"), [4, 16]);
        assert_eq!(hours("0 8/8 * * ? *"), [8, 16]);
        assert_eq!(hours("0 0,12 * * ? *"), [0, 12]);
    }

    #[test]
    fn what_secrets_manager_does_not_take_is_refused() {
        for cron in [
            "0 8 * * ?",
            "5 8 * * ? *",
            "* 8 * * ? *",
            "0 8 * * ? 2030",
            "0 8 * * * *",
            "0 8 ? * ? *",
            "0 24 * * ? *",
            "0 * * * ? *",
            "0 0/2 * * ? *",
            "0 8,9 * * ? *",
            "0 8 0 * ? *",
            "0 8 32 * ? *",
            "0 8 ? * 0 *",
            "0 8 ? * 8 *",
            "0 8 ? * MON#6 *",
            "0 8 * 13 ? *",
            "0 8 * X ? *",
            "0 8 30 2 ? *",
            "0 8 5-1 * ? *",
            "0 8 1/0 * ? *",
            "0 8 1W * ? *",
            "0 8 , * ? *",
            "0 8 +1 * ? *",
            "0 008 * * ? *",
            "0 8 ? * #1 *",
            "0 8 ? * XL *",
        ] {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
    }
}
