//! Uses that were not noted, because there was no room.

use std::sync::LazyLock;

use prometheus::IntCounter;

pub(super) fn count_dropped() {
    if let Some(dropped) = DROPPED.as_ref() {
        dropped.inc();
    }
}

static DROPPED: LazyLock<Option<IntCounter>> = LazyLock::new(|| {
    let help = "uses of keys that GetKeyLastUsage won't tell, because too many keys were used at once";
    let metric = IntCounter::new("keywright_kms_last_usage_dropped_total", help).ok()?;
    keywright_telemetry::registry().register(Box::new(metric.clone())).ok()?;
    Some(metric)
});
