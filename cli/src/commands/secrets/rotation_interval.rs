//! How often a secret is rotated, as it is given on the command line.

use std::str::FromStr;

/// A rate of days or hours, within what Secrets Manager takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RotationInterval {
    Days(u16),
    Hours(u16),
}

impl FromStr for RotationInterval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |digits: &str| digits.parse::<u16>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let days = text.strip_suffix('d').and_then(number).filter(|days| (1..=MOST_DAYS).contains(days));
        let hours = text
            .strip_suffix('h')
            .and_then(number)
            .filter(|hours| (LEAST_HOURS..=MOST_HOURS).contains(hours));
        days.map(Self::Days)
            .or(hours.map(Self::Hours))
            .ok_or_else(|| "give days or hours, from 4h to 999d, such as 30d".to_owned())
    }
}

impl RotationInterval {
    /// As a schedule expression.
    pub(super) fn expression(self) -> String {
        let (count, unit) = match self {
            Self::Days(count) => (count, "day"),
            Self::Hours(count) => (count, "hour"),
        };
        let plural = if count == 1 { "" } else { "s" };
        format!("rate({count} {unit}{plural})")
    }
}

const MOST_DAYS: u16 = 999;
const LEAST_HOURS: u16 = 4;
const MOST_HOURS: u16 = MOST_DAYS * 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_that_secrets_manager_takes() {
        let expression = |text: &str| text.parse().map(RotationInterval::expression);
        assert_eq!(expression("30d"), Ok("rate(30 days)".to_owned()));
        assert_eq!(expression("1d"), Ok("rate(1 day)".to_owned()));
        assert_eq!(expression("12h"), Ok("rate(12 hours)".to_owned()));
        for wrong in ["", "30", "d", "0d", "1000d", "3h", "+5d", "-1d", "1w", "30 d"] {
            assert!(expression(wrong).is_err(), "{wrong}");
        }
    }
}
