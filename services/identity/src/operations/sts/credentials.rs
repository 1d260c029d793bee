//! New sessions, and their credentials in answers and records.

use keywright_audit_log::Fields;
use keywright_aws_api::AccountId;
use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_aws_api::shown::shown_time;
use keywright_crypto::SecretString;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::directory::Directory;
use crate::domain::access_key::NewAccessKey;
use crate::domain::session::{Session, SessionCredentials, SessionOf, SessionPolicies, SessionTag};
use crate::error::IdentityError;

/// Temporary credentials, as they are shown once.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CredentialsOut {
    access_key_id: String,
    secret_access_key: SecretTextOut,
    session_token: SecretTextOut,
    expiration: Timestamp,
}

/// A session that is to be.
pub(super) struct NewSession {
    pub(super) of: SessionOf,
    pub(super) account: AccountId,
    pub(super) duration: Duration,
    pub(super) policies: Option<SessionPolicies>,
    pub(super) tags: Vec<SessionTag>,
    pub(super) source_identity: Option<String>,
    pub(super) federated_provider: Option<String>,
    pub(super) chained: bool,
}

impl NewSession {
    /// One with nothing that narrows or describes it.
    pub(super) fn of(of: SessionOf, account: AccountId, duration: Duration) -> Self {
        Self {
            of,
            account,
            duration,
            policies: None,
            tags: Vec::new(),
            source_identity: None,
            federated_provider: None,
            chained: false,
        }
    }

    /// Issues its credentials.
    pub(super) async fn issue_at(
        self,
        directory: &Directory,
        now: OffsetDateTime,
    ) -> Result<CredentialsOut, IdentityError> {
        let key = NewAccessKey::generate_temporary(self.account, directory.random.as_ref())?;
        // A token tells whole seconds. The earlier one: what revokes sessions up to now covers this one.
        let issued_at = now.replace_nanosecond(0).unwrap_or(now);
        let session = Session {
            access_key_id: key.access_key_id,
            of: self.of,
            issued_at,
            expires_at: issued_at + self.duration,
            policies: self.policies,
            tags: self.tags,
            source_identity: self.source_identity,
            federated_provider: self.federated_provider,
            chained: self.chained,
        };
        let credentials = SessionCredentials { session, secret_access_key: key.secret_access_key };
        let token = directory.issue_session_token(&credentials, now).await?;
        let SessionCredentials { session, secret_access_key } = credentials;
        Ok(CredentialsOut {
            access_key_id: session.access_key_id.to_string(),
            secret_access_key: SecretTextOut(secret_access_key),
            session_token: SecretTextOut(SecretString::new(token)),
            expiration: session.expires_at.into(),
        })
    }
}

impl CredentialsOut {
    /// What a record shows of them: neither the secret nor the token.
    pub(super) fn show(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields
            .push_str("accessKeyId", &*self.access_key_id)
            .push_str("expiration", shown_time(self.expiration.to_offset_date_time()));
        fields
    }
}
