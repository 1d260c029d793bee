//! The trail that a request names.

use keywright_aws_api::{Access, Call, Input};

use crate::error::AuditError;
use crate::operations::lake::access;
use crate::service::AuditTrail;
use crate::trails::{Trail, arn_of};

/// The input of operations on one trail.
#[derive(Input)]
pub struct NameInput {
    /// Its name or ARN.
    pub name: String,
}

/// The same where the member has another name.
#[derive(Input)]
pub struct TrailNameInput {
    /// Its name or ARN.
    pub trail_name: String,
}

pub(super) fn find(trail: &AuditTrail, call: &Call, named: &str) -> Result<Trail, AuditError> {
    Trail::named(named, call.account(), &trail.home_region, trail.bucket.as_deref())
}

/// An action on the trail of this name or ARN.
pub(super) fn on_trail(action: &'static str, call: &Call, named: &str) -> Access {
    access(action, call, &arn_of(named, call.account(), &call.region))
}
