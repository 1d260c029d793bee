//! What the audit record shows of one request.

use std::borrow::Cow;

use keywright_audit_log::Fields;
use keywright_audit_log::record::Resource;
use smallvec::SmallVec;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::ids::AccountId;

/// What an operation names of its input, output and resource for the audit record. All else stays out.
#[derive(Default)]
pub struct Shown<'a> {
    /// `requestParameters`.
    pub request: Fields<'a>,
    /// `responseElements`: what CloudTrail shows of the answer, which is nothing for reads and for cryptography.
    pub response: Fields<'a>,
    /// `additionalEventData`.
    pub additional: Fields<'a>,
    /// Who asked by an identity provider's token, where the request isn't signed.
    pub web_identity: Option<WebIdentity<'a>>,
    /// Whose trail it belongs to, where that isn't the caller's account.
    pub recipient: Option<&'a AccountId>,
    /// The resources, with ARN and owner.
    pub resources: SmallVec<[Resource<'a>; 2]>,
    /// What has a record of its own beside the request's, as if it had been asked for alone.
    pub parts: Vec<Part<'a>>,
}

/// One part of a request that stands for several.
pub struct Part<'a> {
    /// The operation that it is.
    pub event_name: &'a str,
    /// Whether that changes nothing.
    pub read_only: bool,
    /// `requestParameters`.
    pub request: Fields<'a>,
    /// What it was about, where that was found.
    pub resource: Option<Resource<'a>>,
    /// Why it was refused, or failed: code and message.
    pub error: Option<(&'a str, &'a str)>,
    /// Whether the caller may do it: only then the resource's account is told.
    pub is_authorized: bool,
}

/// Whom an identity provider vouches for: CloudTrail's `WebIdentityUser`.
#[derive(Clone, Debug)]
pub struct WebIdentity<'a> {
    /// `issuer:audience:subject`.
    pub principal_id: Cow<'a, str>,
    /// The token's subject.
    pub user_name: &'a str,
    /// The issuer.
    pub identity_provider: &'a str,
}

impl<'a> Shown<'a> {
    /// Names a resource that the request was about.
    ///
    /// `resource_type` is CloudFormation-like, such as `AWS::KMS::Key`.
    pub fn resource(&mut self, account_id: &'a str, resource_type: &'a str, arn: &'a str) {
        self.resources.push(Resource { account_id, resource_type, arn });
    }
}

/// A time as CloudTrail shows it among parameters and elements, in whole seconds and UTC: `Nov 22, 2026, 9:05:07 PM`.
#[must_use]
pub fn shown_time(time: OffsetDateTime) -> String {
    // A time always has all the parts that the format names.
    time.to_offset(UtcOffset::UTC).format(SHOWN_TIME).unwrap_or_default()
}

const SHOWN_TIME: &[BorrowedFormatItem<'_>] = format_description!(
    "[month repr:short] [day padding:none], [year], [hour repr:12 padding:none]:[minute]:[second] [period]"
);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_is_as_cloudtrail_writes_it() {
        assert_eq!(shown_time(datetime!(2026-11-02 21:05:07 UTC)), "Nov 2, 2026, 9:05:07 PM");
        assert_eq!(shown_time(datetime!(2026-01-31 00:00:00 +1)), "Jan 30, 2026, 11:00:00 PM");
    }
}
