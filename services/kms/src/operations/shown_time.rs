//! Times as CloudTrail shows them inside of KMS's records: `Nov 22, 2026, 9:05:07 PM`.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// The time in whole seconds, UTC.
pub(crate) fn shown_time(time: OffsetDateTime) -> String {
    // A time always has all the parts that the format names.
    time.to_offset(time::UtcOffset::UTC).format(FORMAT).unwrap_or_default()
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
        assert_eq!(shown_time(datetime!(2026-01-31 00:00:00 +1)), "Jan 30, 2026, 11:00:00 PM");
    }
}
