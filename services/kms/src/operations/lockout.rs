//! The check that a new key policy doesn't lock out who sets it.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>

use keywright_aws_api::{Access, Call, ask_policy};
use keywright_policy::Policy;

use super::condition_keys::{ConditionKeys, RequestKeys, boolean};
use crate::domain::entry::KeyEntry;
use crate::error::Error;

/// Refuses a policy by which the caller could not set the key's policy again: one that neither allows it nor leaves it to
/// the caller's account.
pub(crate) fn check(call: &Call, entry: &KeyEntry, new_policy: &Policy) -> Result<(), Error> {
    let others = [("BypassPolicyLockoutSafetyCheck", boolean(None))];
    let request = RequestKeys { others: &others, ..RequestKeys::default() };
    let keys = ConditionKeys::new(call, Some(entry)).with(request);
    let access = Access::new("kms:PutKeyPolicy", entry.target());
    if ask_policy(call, &access, &keys, new_policy).admits() { Ok(()) } else { Err(Error::LockedOut) }
}
