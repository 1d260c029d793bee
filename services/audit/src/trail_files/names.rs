//! What files are called: as in a trail's bucket.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>

use keywright_crypto::{Sha256, hex_lower};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// The log file of an account and a Region, delivered at this time, of records from this leaf on.
pub(super) fn log_file(account: &str, region: &str, at: OffsetDateTime, first_leaf: i64) -> String {
    let (day, minute) = (shown(at, DAY), shown(at, MINUTE));
    let mut unique = Sha256::new();
    for part in [account.as_bytes(), region.as_bytes(), &first_leaf.to_be_bytes()] {
        unique.update(part);
    }
    let unique = hex_lower(&unique.finish());
    let unique = unique.get(..UNIQUE).unwrap_or_default();
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{minute}_{unique}.json.gz"
    )
}

/// The digest file of an account and a Region that ends at this time.
pub(super) fn digest(
    account: &str,
    region: &str,
    trail: &str,
    home_region: &str,
    end: OffsetDateTime,
) -> String {
    let (day, second) = (shown(end, DAY), shown(end, SECOND));
    format!(
        "AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/{account}_CloudTrail-Digest_{region}_{trail}_{home_region}_{second}.json.gz"
    )
}

/// A time as digest files show it.
pub(super) fn time(at: OffsetDateTime) -> String {
    shown(at, EXTENDED)
}

fn shown(at: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    // A time always has all the parts that the formats name.
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]/[month]/[day]");
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute]Z");
const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const EXTENDED: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const UNIQUE: usize = 16;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn names_are_those_of_a_trails_bucket() {
        let at = datetime!(2026-01-31 23:05:07.9 UTC);
        let name = log_file("111122223333", "us-east-1", at, 7);
        let (fixed, unique) = name.rsplit_once('_').unwrap();
        assert_eq!(
            fixed,
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31/111122223333_CloudTrail_us-east-1_20260131T2305Z"
        );
        assert_eq!(unique.len(), 16 + ".json.gz".len());
        assert_ne!(name, log_file("111122223333", "us-east-1", at, 8));
        assert_eq!(
            digest("111122223333", "eu-west-1", "keywright", "us-east-1", at),
            "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/01/31/\
             111122223333_CloudTrail-Digest_eu-west-1_keywright_us-east-1_20260131T230507Z.json.gz"
        );
        assert_eq!(time(at), "2026-01-31T23:05:07Z");
    }
}
