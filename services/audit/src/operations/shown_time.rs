//! Times as CloudTrail shows them among the parameters of its own API: `Nov 22, 2026, 9:05:07 PM`.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// The time in whole seconds, UTC.
pub(super) fn shown_time(time: OffsetDateTime) -> String {
    // A time always has all the parts that the format names.
    time.to_offset(UtcOffset::UTC).format(FORMAT).unwrap_or_default()
}

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
    "[month repr:short] [day padding:none], [year], [hour repr:12 padding:none]:[minute]:[second] [period]"
);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn is_as_cloudtrail_writes_it() {
        assert_eq!(shown_time(datetime!(2026-11-02 21:05:07 UTC)), "Nov 2, 2026, 9:05:07 PM");
    }
}
