//! Schedule expressions: `rate(...)` and `cron(...)`.

use super::cron::Cron;

/// How often a secret is rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// So many days behind the last rotation.
    Days(u16),
    /// So many hours behind the last rotation.
    Hours(u16),
    /// At these times.
    Cron(Cron),
}

impl Schedule {
    /// Reads an expression; the error says what is wrong with it.
    ///
    /// # Errors
    /// A text for the caller.
    pub fn parse(expression: &str) -> Result<Self, &'static str> {
        if let Some(fields) = within(expression, "cron(") {
            return Cron::parse(fields).map(Self::Cron);
        }
        let rate = within(expression, "rate(").ok_or(NEITHER)?;
        let (value, unit) = rate.trim().split_once(' ').ok_or(NOT_A_RATE)?;
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let value: u16 = value.parse().ok().filter(|_| is_number).ok_or(NOT_A_RATE)?;
        match unit.trim() {
            "day" | "days" if (1..=LONGEST_DAYS).contains(&value) => Ok(Self::Days(value)),
            "hour" | "hours" if (SHORTEST_HOURS..=LONGEST_DAYS * 24).contains(&value) => {
                Ok(Self::Hours(value))
            }
            "hour" | "hours" if value < SHORTEST_HOURS => Err(TOO_OFTEN),
            "day" | "days" | "hour" | "hours" => Err(OUT_OF_RANGE),
            _ => Err(NOT_A_RATE),
        }
    }

    /// The hours from one window's opening to the next one's, at least; and how far into its day the last one of a day
    /// opens. A window must fit into both.
    pub(super) fn room(&self) -> (u16, u8) {
        match self {
            Self::Days(_) => (24, 0),
            Self::Hours(hours) => (*hours, 0),
            Self::Cron(cron) => cron.room(),
        }
    }

    /// Whether it repeats within a day, so that windows close after an hour by themselves.
    pub(super) fn is_in_hours(&self) -> bool {
        match self {
            Self::Days(_) => false,
            Self::Hours(_) => true,
            Self::Cron(cron) => cron.is_in_hours(),
        }
    }
}

fn within<'a>(expression: &'a str, opening: &str) -> Option<&'a str> {
    expression.strip_prefix(opening)?.strip_suffix(')')
}

/// A secret is rotated every four hours at most.
pub(super) const SHORTEST_HOURS: u16 = 4;
const LONGEST_DAYS: u16 = 999;

const NEITHER: &str = "The ScheduleExpression must be a rate() or a cron() expression.";
const NOT_A_RATE: &str = "The rate in the ScheduleExpression must be a positive number of hours or days.";
const OUT_OF_RANGE: &str = "The rate in the ScheduleExpression must be from 4 hours to 999 days.";
pub(super) const TOO_OFTEN: &str = "A secret can be rotated every four hours at most.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_in_days_or_in_at_least_four_hours() {
        assert_eq!(Schedule::parse("rate(1 day)"), Ok(Schedule::Days(1)));
        assert_eq!(Schedule::parse("rate(10 days)"), Ok(Schedule::Days(10)));
        assert_eq!(Schedule::parse("rate(12 hours)"), Ok(Schedule::Hours(12)));
        for wrong in [
            "",
            "rate()",
            "rate(days)",
            "rate(0 days)",
            "rate(-1 days)",
            "rate(+4 hours)",
            "rate(3 hours)",
            "rate(1000 days)",
            "rate(5 minutes)",
            "rate(1.5 days)",
            "rate(99999 hours)",
            "every day",
            "rate(1 day",
        ] {
            assert!(Schedule::parse(wrong).is_err(), "{wrong}");
        }
    }
}
