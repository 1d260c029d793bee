//! When keys are rotated, and which ones can be.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>

use std::sync::Arc;

use keywright_aws_api::Region;
use time::{Duration, OffsetDateTime};

use super::key::{AutomaticRotation, Key, MultiRegionKeyType, OriginType};
use super::state::KeyState;
use crate::error::Error;

impl AutomaticRotation {
    /// A rotation that begins at `now`.
    #[must_use]
    pub fn starting(now: OffsetDateTime, period_days: i32) -> Self {
        Self { period_days, next: now + days(period_days) }
    }

    /// What follows the rotation that was done at `now`: the schedule goes on where it was, and never into the past.
    #[must_use]
    pub fn after_rotation(self, now: OffsetDateTime) -> Self {
        let next = self.next + days(self.period_days);
        if next > now { Self { next, ..self } } else { Self::starting(now, self.period_days) }
    }

    /// What holds once a key is enabled again: a rotation that it missed is done now, and the next one a period later.
    #[must_use]
    pub fn resumed(self, now: OffsetDateTime) -> Self {
        Self { next: self.next.max(now), ..self }
    }

    /// With this period, from `now` on; a period that is already in force changes nothing, so that asking for it again
    /// and again doesn't put a rotation off.
    #[must_use]
    pub fn with_period(current: Option<Self>, period_days: i32, now: OffsetDateTime) -> Self {
        match current {
            Some(current) if current.period_days == period_days => current,
            _ => Self::starting(now, period_days),
        }
    }
}

impl Key {
    /// Refuses keys whose material never changes.
    ///
    /// # Errors
    /// [`Error::NotForKey`].
    pub fn check_rotatable(&self) -> Result<(), Error> {
        if !self.spec.is_symmetric_encryption() {
            return Err(self.not_for("key spec", self.spec.as_str()));
        }
        match self.origin {
            OriginType::AwsKms | OriginType::External => Ok(()),
            OriginType::AwsCloudHsm | OriginType::ExternalKeyStore => Err(self.not_for_origin()),
        }
    }

    /// Refuses keys whose material KMS doesn't make, and so can't replace by itself.
    ///
    /// # Errors
    /// [`Error::NotForKey`].
    pub fn check_rotatable_automatically(&self) -> Result<(), Error> {
        self.check_rotatable()?;
        if self.origin == OriginType::AwsKms { Ok(()) } else { Err(self.not_for_origin()) }
    }

    /// Refuses replica keys: their rotation is the primary key's.
    ///
    /// # Errors
    /// [`Error::NotForKey`].
    pub fn check_primary(&self, region: &Region) -> Result<(), Error> {
        match self.multi_region.as_ref().map(|regions| regions.key_type(region)) {
            Some(replica @ MultiRegionKeyType::Replica) => {
                Err(self.not_for("multi-Region key type", replica.as_str()))
            }
            Some(MultiRegionKeyType::Primary) | None => Ok(()),
        }
    }

    /// Refuses to rotate, or to change the rotation of, a key that isn't enabled.
    ///
    /// # Errors
    /// As [`Key::check_usable`].
    pub fn check_rotation_state(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Updating => Err(self.wrong_state()),
            _ => self.check_usable(),
        }
    }

    /// Refuses an on-demand rotation while another one is under way, or the automatic one is about to begin.
    ///
    /// # Errors
    /// [`Error::RotationConflict`].
    pub fn check_no_rotation_near(&self, now: OffsetDateTime) -> Result<(), Error> {
        let soon = self.rotation.is_some_and(|rotation| rotation.next <= now + NEAR);
        if soon || self.on_demand.started_at.is_some() {
            return Err(Error::RotationConflict { arn: Arc::clone(&self.arn) });
        }
        Ok(())
    }

    /// Its automatic rotation, as the key's state lets it take place: while a key waits for its deletion it has none.
    #[must_use]
    pub fn effective_rotation(&self) -> Option<AutomaticRotation> {
        self.rotation.filter(|_| !self.is_pending_deletion())
    }

    /// The refusal of what a key of this origin doesn't do.
    #[must_use]
    pub fn not_for_origin(&self) -> Error {
        self.not_for("origin", self.origin.as_str())
    }

    fn not_for(&self, property: &'static str, value: &'static str) -> Error {
        Error::NotForKey { arn: Arc::clone(&self.arn), property, value }
    }
}

fn days(days: i32) -> Duration {
    Duration::days(days.into())
}

/// From one automatic rotation to the next, unless the caller says otherwise; always, for AWS managed keys.
pub const DEFAULT_PERIOD_DAYS: i32 = 365;
/// How often a key can be rotated on demand.
pub const MOST_ON_DEMAND_ROTATIONS: i32 = 25;
/// So near to an automatic rotation none is begun on demand.
const NEAR: Duration = Duration::minutes(20);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    #[test]
    fn ten_years_keep_to_their_schedule_however_late_the_worker_is() {
        let mut rotation = AutomaticRotation::starting(START, 90);
        for number in 1..=40_i32 {
            assert_eq!(rotation.next, START + days(90 * number));
            // The worker comes some time after the date, each time later.
            rotation = rotation.after_rotation(rotation.next + Duration::hours(number.into()));
        }
    }

    #[test]
    fn what_was_missed_for_years_is_done_once() {
        let rotation = AutomaticRotation::starting(START, 365);
        let late = START + days(5 * 365 + 100);
        assert_eq!(rotation.after_rotation(late).next, late + days(365));
        let exactly = rotation.next + days(365);
        assert_eq!(rotation.after_rotation(exactly).next, exactly + days(365));
    }

    #[test]
    fn a_key_that_is_enabled_again_rotates_at_once_or_as_before() {
        let rotation = AutomaticRotation::starting(START, 365);
        let (early, late) = (START + days(100), START + days(400));
        assert_eq!(rotation.resumed(early), rotation);
        assert_eq!(rotation.resumed(late).next, late);
        assert_eq!(rotation.resumed(late).after_rotation(late).next, late + days(365));
    }

    #[test]
    fn another_period_counts_from_now_and_the_same_one_goes_on() {
        let rotation = AutomaticRotation::starting(START, 365);
        let later = START + days(30);
        assert_eq!(AutomaticRotation::with_period(None, 365, START), rotation);
        assert_eq!(AutomaticRotation::with_period(Some(rotation), 365, later), rotation);
        assert_eq!(AutomaticRotation::with_period(Some(rotation), 90, later).next, later + days(90));
    }
}
