//! For how long an answer is used, as arithmetic.

use time::OffsetDateTime;

use super::message::Keep;

/// A time in milliseconds since 1970: compared with each request, so that it is a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Millis(pub(super) i64);

/// The bounds of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    refresh_at: Millis,
    fresh_until: Millis,
    usable_until: Millis,
}

/// How old an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// Used as it is.
    Fresh,
    /// Used as it is, and asked for again behind the caller's back.
    Ripe,
    /// Used only while identity can't be asked.
    Stale,
    /// Not used.
    Over,
}

impl Millis {
    /// This time, and the seconds after it.
    fn after(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(i64::from(seconds) * 1_000))
    }

    /// In whole seconds.
    pub(super) fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

impl From<OffsetDateTime> for Millis {
    fn from(time: OffsetDateTime) -> Self {
        Self(time.unix_timestamp() * 1_000 + i64::from(time.millisecond()))
    }
}

impl Lifetime {
    /// The lifetime of an answer to a question of `asked_at`. Bounds that contradict each other are narrowed.
    pub(super) fn new(keep: &Keep, asked_at: Millis) -> Self {
        let end = keep.ends_at.map(|seconds| Millis(seconds.saturating_mul(1_000)));
        let bounded = |time: Millis| end.map_or(time, |end| time.min(end));
        let fresh_until = bounded(asked_at.after(keep.fresh_seconds));
        Self {
            refresh_at: asked_at.after(keep.refresh_after_seconds).min(fresh_until),
            fresh_until,
            usable_until: bounded(asked_at.after(keep.outage_seconds.max(keep.fresh_seconds))),
        }
    }

    /// How old the answer is at `now`.
    pub(super) fn age_at(&self, now: Millis) -> Age {
        if now < self.refresh_at {
            Age::Fresh
        } else if now < self.fresh_until {
            Age::Ripe
        } else if now < self.usable_until {
            Age::Stale
        } else {
            Age::Over
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const ASKED: OffsetDateTime = datetime!(2026-01-02 03:04:05.678 UTC);

    fn keep(ends_at: Option<i64>) -> Keep {
        Keep { refresh_after_seconds: 45, fresh_seconds: 60, outage_seconds: 900, ends_at }
    }

    fn age(lifetime: &Lifetime, seconds: i64) -> Age {
        lifetime.age_at((ASKED + time::Duration::seconds(seconds)).into())
    }

    #[test]
    fn an_answer_ripens_goes_stale_and_ends() {
        let lifetime = Lifetime::new(&keep(None), ASKED.into());
        let expected = [
            (0, Age::Fresh),
            (44, Age::Fresh),
            (45, Age::Ripe),
            (59, Age::Ripe),
            (60, Age::Stale),
            (899, Age::Stale),
            (900, Age::Over),
        ];
        for (seconds, expected) in expected {
            assert_eq!(age(&lifetime, seconds), expected, "after {seconds} s");
        }
    }

    #[test]
    fn nothing_is_used_behind_the_end_of_its_token() {
        let lifetime = Lifetime::new(&keep(Some(ASKED.unix_timestamp() + 30)), ASKED.into());
        assert_eq!((age(&lifetime, 29), age(&lifetime, 30)), (Age::Fresh, Age::Over));
        let lifetime = Lifetime::new(&keep(Some(ASKED.unix_timestamp() - 1)), ASKED.into());
        assert_eq!(age(&lifetime, 0), Age::Over);
    }
}
