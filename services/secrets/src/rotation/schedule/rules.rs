//! The rules of a request, checked.

use keywright_aws_api::Input;
use time::OffsetDateTime;

use super::expression::Schedule;
use super::window::{Since, Window};
use crate::error::Error;

/// [RotationRulesType](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html).
#[derive(Input, Clone, Debug)]
pub struct RotationRulesInput {
    /// The days from one rotation to the next.
    #[member(range = 1..=1000)]
    pub automatically_after_days: Option<i64>,
    /// How long windows are open.
    #[member(length = 2..=3, pattern = "[0-9]+h")]
    pub duration: Option<String>,
    /// `rate(...)` or `cron(...)`.
    #[member(length = 1..=256, pattern = r"[0-9A-Za-z\(\)#\?\*\-\/, ]+")]
    pub schedule_expression: Option<String>,
}

/// When a secret is rotated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationRules {
    schedule: Option<Schedule>,
    /// As it was given, unless the days were.
    expression: Option<String>,
    /// In hours.
    duration: Option<u8>,
}

impl RotationRules {
    /// The rules of a request.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`].
    pub fn of_request(input: &RotationRulesInput) -> Result<Self, Error> {
        let (days, expression) = (input.automatically_after_days, input.schedule_expression.as_deref());
        let days =
            days.map(|days| u16::try_from(days).map_err(|_| Error::InvalidParameter(DAYS))).transpose()?;
        let duration =
            input.duration.as_deref().map(|text| hours(text).ok_or(Error::InvalidParameter(DURATION)));
        Self::checked(days, expression, duration.transpose()?).map_err(Error::InvalidParameter)
    }

    /// Rules that were stored.
    ///
    /// # Errors
    /// A text that says why they can't be.
    pub fn checked(
        days: Option<u16>,
        expression: Option<&str>,
        duration: Option<u8>,
    ) -> Result<Self, &'static str> {
        let schedule = match (days, expression) {
            (Some(_), Some(_)) => return Err(BOTH),
            (Some(days), None) => Some(Schedule::Days(days)),
            (None, Some(expression)) => Some(Schedule::parse(expression)?),
            (None, None) => None,
        };
        if let Some(duration) = duration {
            let (gap, last) = schedule.as_ref().ok_or(NO_SCHEDULE)?.room();
            if u16::from(duration) > gap {
                return Err(INTO_NEXT_WINDOW);
            }
            let is_daily = !matches!(schedule, Some(Schedule::Hours(_)));
            if is_daily && u16::from(last) + u16::from(duration) > 24 {
                return Err(INTO_NEXT_DAY);
            }
        }
        Ok(Self { schedule, expression: expression.map(str::to_owned), duration })
    }

    /// The days, where they were given as such.
    #[must_use]
    pub fn days(&self) -> Option<u16> {
        match (&self.schedule, &self.expression) {
            (Some(Schedule::Days(days)), None) => Some(*days),
            _ => None,
        }
    }

    /// The days that are told: those which were given, or which the rate says.
    #[must_use]
    pub fn told_days(&self) -> Option<u16> {
        match &self.schedule {
            Some(Schedule::Days(days)) => Some(*days),
            Some(Schedule::Hours(hours)) => Some(hours.div_ceil(24)),
            Some(Schedule::Cron(_)) | None => None,
        }
    }

    /// The expression, where there is one.
    #[must_use]
    pub fn expression(&self) -> Option<&str> {
        self.expression.as_deref()
    }

    /// How many hours windows are open, where that was given.
    #[must_use]
    pub fn duration(&self) -> Option<u8> {
        self.duration
    }

    /// Whether a value that somebody puts counts as a rotation: where the days from one to the next were given.
    #[must_use]
    pub fn count_changes(&self) -> bool {
        self.days().is_some()
    }

    /// The next window that isn't past at `now`, of a secret that was last rotated at `rotated`; none without schedule.
    #[must_use]
    pub fn next_window(&self, rotated: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<Window> {
        Window::next(self.schedule.as_ref()?, self.duration, Since { rotated, now })
    }
}

/// `3h`.
fn hours(text: &str) -> Option<u8> {
    text.strip_suffix('h')?.parse().ok().filter(|hours| (1..=24).contains(hours))
}

const DAYS: &str = "AutomaticallyAfterDays must be from 1 to 1000.";
const DURATION: &str = "Duration must be from 1h to 24h.";
const BOTH: &str = "You can't specify both AutomaticallyAfterDays and ScheduleExpression.";
const NO_SCHEDULE: &str = "Duration needs AutomaticallyAfterDays or ScheduleExpression.";
const INTO_NEXT_WINDOW: &str = "The rotation window must not extend into the next rotation window.";
const INTO_NEXT_DAY: &str = "The rotation window must not extend into the next UTC day.";

#[cfg(test)]
mod tests;
