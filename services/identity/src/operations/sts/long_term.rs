//! Operations that turn long-term credentials into temporary ones.

use keywright_aws_api::{AccountId, Call, CallerKind};

use crate::domain::access_key::AccessKeyId;
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;

/// A user, or a root user, by its own access key.
pub(super) struct LongTerm {
    pub(super) account: AccountId,
    pub(super) access_key_id: AccessKeyId,
    pub(super) is_root: bool,
}

impl LongTerm {
    /// The caller, if it calls by an access key of its own.
    ///
    /// # Errors
    /// [`StsRefusal`] for sessions, services, and services that act for somebody.
    pub(super) fn of(call: &Call, operation: &'static str) -> Result<Self, IdentityError> {
        not_on_behalf(call, operation)?;
        if call.caller.session.is_some() {
            return Err(StsRefusal::SessionMayNotCall(operation).into());
        }
        let is_root = match call.caller.kind {
            CallerKind::Root => true,
            CallerKind::User { .. } => false,
            CallerKind::Role { .. } | CallerKind::FederatedUser { .. } => {
                return Err(StsRefusal::SessionMayNotCall(operation).into());
            }
            CallerKind::Service { .. } | CallerKind::Anonymous => {
                return Err(StsRefusal::ServiceMayNotCall(operation).into());
            }
        };
        let access_key_id = AccessKeyId::parse(&call.caller.access_key_id)?;
        Ok(Self { account: call.account(), access_key_id, is_root })
    }

    /// How long the session may be, in seconds.
    pub(super) fn seconds(&self, asked: Option<i32>) -> i64 {
        let seconds = i64::from(asked.unwrap_or(DEFAULT_SECONDS));
        if self.is_root { seconds.min(ROOT_SECONDS) } else { seconds }
    }
}

/// A service that acts for a caller must not get the caller's credentials: it would outlast its forward token.
pub(super) fn not_on_behalf(call: &Call, operation: &'static str) -> Result<(), IdentityError> {
    match call.via {
        Some(_) => Err(StsRefusal::NotOnBehalf(operation).into()),
        None => Ok(()),
    }
}

/// There is no second factor that a code could be checked against.
pub(super) fn no_second_factor(
    serial_number: Option<&String>,
    token_code: Option<&String>,
) -> Result<(), IdentityError> {
    match (serial_number, token_code) {
        (None, None) => Ok(()),
        _ => Err(StsRefusal::SecondFactor.into()),
    }
}

const DEFAULT_SECONDS: i32 = 43_200;
const ROOT_SECONDS: i64 = 3_600;
