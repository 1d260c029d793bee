//! Sees to it that every event's day has its partitions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::Clock;
use keywright_store::{Store, StoreError};
use time::{Date, OffsetDateTime};

use super::chain;
use crate::store;

/// The days that are known to have partitions.
#[derive(Default)]
pub(super) struct KnownDays(BTreeSet<Date>);

impl KnownDays {
    /// Makes the partitions of those of these days which aren't known to have any.
    pub(super) async fn ensure(&mut self, store: &Store, days: BTreeSet<Date>) -> Result<(), StoreError> {
        let unknown: Vec<Date> = days.difference(&self.0).copied().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let made = store::partitions::make(store, &unknown).await?;
        if made > 0 {
            tracing::info!(made, "partitions were made for the days of events that came");
        }
        self.0.extend(unknown);
        Ok(())
    }

    /// Somebody may have dropped some.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Makes the partitions of today and of the next `days` days, again every hour.
pub async fn keep_ahead(store: Store, clock: Arc<dyn Clock>, days: u16) {
    loop {
        let pause = match store::partitions::make(&store, &days_from(clock.now(), days)).await {
            Ok(made) => {
                if made > 0 {
                    tracing::info!(made, "partitions were made ahead");
                }
                INTERVAL
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "partitions could not be made ahead");
                RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// The day of `now` (UTC) and so many after it.
fn days_from(now: OffsetDateTime, days: u16) -> Vec<Date> {
    let mut day = now.to_offset(time::UtcOffset::UTC).date();
    let mut all = vec![day];
    for _ in 0..days {
        let Some(next) = day.next_day() else { break };
        day = next;
        all.push(day);
    }
    all
}

const INTERVAL: Duration = Duration::from_secs(3_600);
const RETRY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn days_are_those_of_utc_and_cross_months() {
        assert_eq!(
            days_from(datetime!(2026-02-27 23:30 -2), 2),
            [date!(2026 - 02 - 28), date!(2026 - 03 - 01), date!(2026 - 03 - 02)]
        );
    }
}
