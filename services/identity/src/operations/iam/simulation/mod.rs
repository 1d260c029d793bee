//! The policy simulator.

mod context_keys;
mod principal;
mod results;
mod scenario;
mod simulate;

pub(super) use context_keys::{GetContextKeysForCustomPolicy, GetContextKeysForPrincipalPolicy};
pub(super) use simulate::{SimulateCustomPolicy, SimulatePrincipalPolicy};

use keywright_policy::PolicyKind;

use crate::error::IdentityError;
use crate::simulation::{SourcePolicy, SourceType};

/// The policies of a request's list, which are called by their place in it.
///
/// # Errors
/// [`IdentityError::InvalidInput`] for a text that is no policy of this kind.
fn given_policies(
    list: &str,
    kind: PolicyKind,
    texts: &[String],
) -> Result<Vec<SourcePolicy>, IdentityError> {
    let numbered = (1..).zip(texts);
    numbered
        .map(|(number, text)| given_policy(format!("{list}.{number}"), SourceType::None, kind, text))
        .collect()
}

fn given_policy(
    id: String,
    source: SourceType,
    kind: PolicyKind,
    text: &str,
) -> Result<SourcePolicy, IdentityError> {
    let invalid = |error| IdentityError::InvalidInput(format!("The policy {id} is malformed: {error}"));
    SourcePolicy::read(id.clone(), source, kind, text).map_err(invalid)
}
