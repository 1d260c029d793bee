//! The role that identity links to this service, as which it seals for other Regions what it could not seal while the
//! caller was there. KMS of both Regions decides for the role.

use std::sync::Arc;

use keywright_aws_api::{
    AccountId, Caller, Clock, CredentialError, CredentialRequest, CredentialSource, Region,
};
use keywright_service::ServiceError;
use keywright_service::identity::IdentityClientConfig;
use keywright_sigv4::CredentialScope;

use super::endpoint::SIGNING_NAME;
use crate::rotation::built_in::{RoleError, Roles, service_linked_role};

/// The service-linked roles of all accounts.
pub struct OwnRole {
    roles: Roles,
    credentials: Arc<dyn CredentialSource>,
    region: Region,
    clock: Arc<dyn Clock>,
}

/// Why nothing can be done as the role.
#[derive(Debug, thiserror::Error)]
pub enum OwnRoleError {
    /// There is no session.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The session isn't known.
    #[error("the session of the role cannot be verified")]
    Credential(#[source] CredentialError),
}

impl OwnRole {
    /// The roles, of which identity gives sessions.
    ///
    /// # Errors
    /// [`ServiceError`] when this service's own secret can't be read, or identity's endpoint is no URL.
    pub fn new(
        identity: &IdentityClientConfig,
        credentials: Arc<dyn CredentialSource>,
        region: &Region,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ServiceError> {
        let (roles, clock) = (Roles::new(identity, region, Arc::clone(clock))?, Arc::clone(clock));
        Ok(Self { roles, credentials, region: region.clone(), clock })
    }

    /// An account's role as a caller whom other services can be asked for.
    ///
    /// # Errors
    /// [`OwnRoleError`].
    pub async fn caller(&self, account: AccountId) -> Result<Arc<Caller>, OwnRoleError> {
        let session = self.roles.session(&service_linked_role(account), SESSION_NAME).await?;
        let (date, region) = (self.clock.now().date(), self.region.to_string());
        let scope = CredentialScope { date, region, service: SIGNING_NAME.to_owned() };
        let request = CredentialRequest {
            access_key_id: &session.key.access_key_id,
            scope: &scope,
            session_token: Some(session.token.expose_secret()),
        };
        let credential = match self.credentials.cached(request) {
            Some(credential) => credential,
            None => self.credentials.resolve(request).await.map_err(OwnRoleError::Credential)?,
        };
        Ok(Arc::clone(&credential.caller))
    }
}

impl OwnRoleError {
    /// Whether it may be otherwise later, with nothing done about it.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Role(RoleError::Refused { .. }) => false,
            Self::Role(RoleError::Unavailable(_) | RoleError::Malformed) | Self::Credential(_) => true,
        }
    }
}

const SESSION_NAME: &str = "secret-replication";
