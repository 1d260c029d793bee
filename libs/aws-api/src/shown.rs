//! What the audit record shows of one request.

use keywright_audit_log::Fields;
use keywright_audit_log::record::Resource;
use smallvec::SmallVec;

/// What an operation names of its input, output and resource for the audit record. All else stays out.
#[derive(Default)]
pub struct Shown<'a> {
    /// `requestParameters`.
    pub request: Fields<'a>,
    /// `responseElements`: what CloudTrail shows of the answer, which is nothing for reads and for cryptography.
    pub response: Fields<'a>,
    /// `additionalEventData`.
    pub additional: Fields<'a>,
    /// The resources, with ARN and owner.
    pub resources: SmallVec<[Resource<'a>; 2]>,
}

impl<'a> Shown<'a> {
    /// Names a resource that the request was about.
    ///
    /// `resource_type` is CloudFormation-like, such as `AWS::KMS::Key`.
    pub fn resource(&mut self, account_id: &'a str, resource_type: &'a str, arn: &'a str) {
        self.resources.push(Resource { account_id, resource_type, arn });
    }
}
