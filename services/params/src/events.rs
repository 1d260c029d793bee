//! The records of what Parameter Store does by itself.
//!
//! The audit service makes the events `Parameter Store Policy Action` and `Parameter Store Change` of them:
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html>.

use keywright_audit_log::record::{EventType, Record, Resource, SourceAddress};
use keywright_audit_log::{Fields, UserIdentity};
use keywright_store::Transaction;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::domain::policies::{PolicyType, period};
use crate::error::Error;
use crate::operations::access::PARAMETER_RESOURCE;
use crate::service::Params;
use crate::store::policies::DuePolicy;

impl Params {
    /// Commits what was done by a policy, together with its record.
    ///
    /// # Errors
    /// [`Error::Event`] when it was not, or may not have been, committed.
    pub async fn commit_policy_event(
        &self,
        transaction: Transaction,
        policy: &DuePolicy,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let details = details(policy);
        let arn = policy.name.arn(&self.region, policy.account);
        let account = policy.account.as_str();
        let resource = Resource { account_id: account, resource_type: PARAMETER_RESOURCE, arn: &arn };
        let record = Record {
            user_identity: UserIdentity::AwsService { invoked_by: EVENT_SOURCE },
            event_time: now,
            event_source: EVENT_SOURCE,
            event_name: event_name(policy.policy_type),
            aws_region: self.region.as_str(),
            source_ip_address: SourceAddress::Service(EVENT_SOURCE),
            user_agent: Some(EVENT_SOURCE),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: None,
            request_id: None,
            event_id: Uuid::now_v7(),
            read_only: false,
            resources: std::slice::from_ref(&resource),
            event_type: EventType::AwsServiceEvent,
            recipient_account_id: account,
            shared_event_id: None,
            service_event_details: Some(&details),
            tls_details: None,
        };
        self.outbox.commit_event(transaction, &record).await.map_err(Error::Event)
    }
}

fn event_name(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Expiration => "DeleteExpiredParameter",
        PolicyType::ExpirationNotification => "NotifyParameterExpiration",
        PolicyType::NoChangeNotification => "NotifyParameterNoChange",
    }
}

fn details(policy: &DuePolicy) -> Fields<'_> {
    let mut fields = Fields::new();
    fields
        .push_str("parameterName", policy.name.as_str())
        .push_str("parameterType", policy.parameter_type.as_str())
        .push_opt_str("description", policy.description.as_deref())
        .push_str("policyType", policy.policy_type.as_str())
        .push_str("policyContent", &policy.text)
        .push_str("actionStatus", "Success")
        .push_str("actionReason", reason(policy));
    fields
}

/// Why it was applied, as AWS's events have it.
fn reason(policy: &DuePolicy) -> String {
    let period = period(&policy.text).unwrap_or_default();
    let set_at = policy.set_at.format(&Rfc3339).unwrap_or_default();
    let by_policy = format!("based on the policy created at {set_at}");
    match policy.policy_type {
        PolicyType::Expiration => format!("The parameter has expired. It was deleted {by_policy}"),
        PolicyType::ExpirationNotification => {
            format!(
                "The parameter will expire in {period} or less. This notification was generated {by_policy}"
            )
        }
        PolicyType::NoChangeNotification => {
            format!(
                "The parameter has not been changed for {period}. This notification was generated {by_policy}"
            )
        }
    }
}

/// CloudTrail's `eventSource` of Parameter Store, which is also its service principal.
pub const EVENT_SOURCE: &str = "ssm.amazonaws.com";
