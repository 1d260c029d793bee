//! Rotation windows.

use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

use super::expression::Schedule;

/// A stretch of time within which a secret is to be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it opens.
    pub opens: OffsetDateTime,
    /// When it has closed.
    pub closes: OffsetDateTime,
}

/// What the next window depends upon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since {
    /// When the secret was last rotated.
    pub(super) rotated: Option<OffsetDateTime>,
    /// The time: what has closed by then is past, and a secret that never was rotated counts from here.
    pub(super) now: OffsetDateTime,
}

impl Window {
    /// The last moment of it, in whole seconds: the date on or before which the secret is rotated.
    #[must_use]
    pub fn last_second(&self) -> OffsetDateTime {
        self.closes - Duration::SECOND
    }

    /// The first window of a schedule behind the last rotation that isn't past. `length` in hours; by default an hour for
    /// schedules in hours, else to the end of the day.
    pub(super) fn next(schedule: &Schedule, length: Option<u8>, since: Since) -> Option<Self> {
        let now = since.now.to_offset(UtcOffset::UTC);
        let rotated = since.rotated.map(|at| at.to_offset(UtcOffset::UTC));
        let default = if schedule.is_in_hours() { Some(1) } else { None };
        let lasting = |opens: OffsetDateTime| Self::lasting(opens, length.or(default));
        match schedule {
            Schedule::Days(days) => {
                let due = rotated.unwrap_or(now).date().checked_add(Duration::days((*days).into()))?;
                let window = lasting(midnight(due.max(now.date())))?;
                if window.closes > now { Some(window) } else { lasting(midnight(now.date().next_day()?)) }
            }
            Schedule::Hours(hours) => {
                let due = match rotated {
                    Some(rotated) => on_the_hour(rotated).checked_add(Duration::hours((*hours).into()))?,
                    // The first one of all opens at midnight.
                    None => midnight(now.date().next_day()?),
                };
                lasting(due.max(on_the_hour(now)))
            }
            Schedule::Cron(cron) => {
                // A window that was open when the secret was rotated has been used.
                let from = rotated.map_or(now.date(), |rotated| rotated.date().max(now.date()));
                let mut day = cron.first_day(from)?;
                loop {
                    for hour in cron.hours() {
                        let window = lasting(midnight(day) + Duration::hours(hour.into()))?;
                        if window.closes > now && rotated.is_none_or(|rotated| window.opens > rotated) {
                            return Some(window);
                        }
                    }
                    day = cron.first_day(day.next_day()?)?;
                }
            }
        }
    }

    fn lasting(opens: OffsetDateTime, hours: Option<u8>) -> Option<Self> {
        let closes = match hours {
            Some(hours) => opens.checked_add(Duration::hours(hours.into()))?,
            None => midnight(opens.date().next_day()?),
        };
        Some(Self { opens, closes })
    }
}

fn midnight(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_utc()
}

fn on_the_hour(at: OffsetDateTime) -> OffsetDateTime {
    midnight(at.date()) + Duration::hours(at.hour().into())
}
