//! Session policies: what narrows a session from the start.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use std::collections::BTreeSet;

use keywright_audit_log::Fields;
use keywright_aws_api::{AccountId, Arn, Input};
use keywright_policy::{PolicyDocument, PolicyKind};
use keywright_store::Connection;

use crate::domain::session::{SessionPolicies, SessionTag};
use crate::domain::session_size::{packed_percent, packed_policy};
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;
use crate::store::policies;

/// A managed policy, by its ARN.
#[derive(Input)]
pub(super) struct PolicyDescriptor {
    #[member(name = "arn", length = 20..=2048, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]+")]
    arn: Option<String>,
}

/// The policies that came with a request, checked.
///
/// # Errors
/// [`IdentityError::Policy`] for a text that is no policy; [`StsRefusal`] for a managed policy that the account doesn't
/// find.
pub(super) async fn checked(
    connection: &Connection,
    account: AccountId,
    inline: Option<&str>,
    managed: Option<&[PolicyDescriptor]>,
) -> Result<Option<SessionPolicies>, IdentityError> {
    let inline = match inline {
        None => None,
        Some(text) => {
            PolicyDocument::parse(text)?.check_kind(PolicyKind::Session)?;
            Some(packed_policy(text))
        }
    };
    let asked = managed.unwrap_or_default().iter().filter_map(|policy| policy.arn.clone());
    let arns: Vec<String> = asked.collect::<BTreeSet<_>>().into_iter().collect();
    if let Some(wrong) = arns.iter().find(|arn| Arn::parse(arn).is_err()) {
        return Err(StsRefusal::Arn(wrong.clone()).into());
    }
    let found = policies::managed(connection, account.as_str(), &arns).await?;
    let is_found = |arn: &String| found.iter().any(|policy| policy.arn.as_ref() == Some(arn));
    if let Some(missing) = arns.iter().find(|arn| !is_found(arn)) {
        return Err(StsRefusal::NoSuchPolicy(missing.clone()).into());
    }
    Ok((inline.is_some() || !arns.is_empty()).then_some(SessionPolicies { inline, arns }))
}

/// How full the token is, in percent; nothing where there is nothing to tell.
///
/// # Errors
/// [`StsRefusal::PackedTooLarge`] when they don't fit.
pub(super) fn packed_size(
    policies: Option<&SessionPolicies>,
    tags: &[SessionTag],
) -> Result<Option<usize>, StsRefusal> {
    match packed_percent(policies, tags) {
        0 => Ok(None),
        percent @ 1..=100 => Ok(Some(percent)),
        percent => Err(StsRefusal::PackedTooLarge(percent)),
    }
}

/// What a record shows of them.
pub(super) fn show<'a>(
    request: &mut Fields<'a>,
    inline: Option<&'a str>,
    managed: Option<&'a [PolicyDescriptor]>,
) {
    request.push_opt_str("policy", inline);
    if let Some(managed) = managed {
        request.push_objects(
            "policyArns",
            managed.iter().map(|policy| {
                let mut fields = Fields::new();
                fields.push_opt_str("arn", policy.arn.as_deref());
                fields
            }),
        );
    }
}
