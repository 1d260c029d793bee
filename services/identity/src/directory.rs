//! Who is who: whose credentials may be used now.

use std::sync::Arc;

use keywright_aws_api::{AccountId, ApiError, Call, CallerKind, Clock, Common, ServiceState};
use keywright_crypto::{Random, SecretString};
use keywright_policy::Policy;
use keywright_root_key::RootKeys;
use keywright_service::PostgresWork;
use keywright_service::identity::message::{Facts, Keep};
use keywright_store::{Connection, Store};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::change_feed::ChangeFeed;
use crate::config::AnswersSection;
use crate::domain::access_key::AccessKeyId;
use crate::domain::forward_token::{ForwardClaims, ForwardTokenError, Subject, goes_on};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::ServiceName;
use crate::domain::owner::Owner;
use crate::domain::sealing::{Purpose, SealingKeys};
use crate::domain::session::{Session, SessionCredentials, SessionOf};
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;
use crate::events::Events;
use crate::last_use::LastUse;
use crate::store::{access_keys, identities};
use crate::token_keys::{KeyAccess, TokenKeys};
use crate::web_identity::WebIdentities;

/// The accounts, users, services and access keys of this installation. Keeps no secret access key in memory: each is
/// unsealed for one use.
pub struct Directory {
    pub(crate) store: Store,
    pub(crate) sealing: SealingKeys,
    pub(crate) root_keys: Arc<RootKeys>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Events,
    pub(crate) home: AccountId,
    pub(crate) internal_policy: Option<Arc<Policy>>,
    pub(crate) answers: AnswersSection,
    pub(crate) web_identities: WebIdentities,
    pub(crate) token_keys: TokenKeys,
    pub(crate) changes: ChangeFeed,
    pub(crate) last_use: Arc<LastUse>,
}

/// Usable credentials with their secret, for one use.
pub(crate) struct UsableCredentials {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) holder: Holder,
    pub(crate) secret: SecretString,
}

/// Who acts by credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The owner of a long-term access key.
    Owner(Owner),
    /// A session, with who is behind it.
    Session(Box<Session>, Behind),
}

/// Who is behind a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A role.
    Role(Identity),
    /// A user, or a root user.
    Owner(Owner),
}

impl Directory {
    /// The credentials of an access key and of the session token beside it, if they may be used now.
    ///
    /// # Errors
    /// [`IdentityError::UnknownAccessKey`] when the access key doesn't exist, or is inactive, or its account is closed, or
    /// who is behind a session is gone; [`IdentityError::SessionToken`] for a token that isn't this access key's, and
    /// [`IdentityError::SessionExpired`].
    pub(crate) async fn usable(
        &self,
        connection: &Connection,
        access_key_id: &str,
        session_token: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<UsableCredentials, IdentityError> {
        let Some(token) = session_token else {
            return self.usable_key(connection, access_key_id).await;
        };
        let opened =
            self.token_keys.open_at(Purpose::SessionToken, token, &self.sealing, connection, now).await?;
        let credentials = opened.as_ref().and_then(SessionCredentials::decode);
        let SessionCredentials { session, secret_access_key } =
            credentials.ok_or(IdentityError::SessionToken)?;
        if session.access_key_id.as_str() != access_key_id {
            return Err(IdentityError::SessionToken);
        }
        let holder = self.session(connection, session, now).await?;
        let access_key_id = AccessKeyId::parse(access_key_id)?;
        Ok(UsableCredentials { access_key_id, holder, secret: secret_access_key })
    }

    /// The long-term access key, if it may be used now.
    async fn usable_key(
        &self,
        connection: &Connection,
        access_key_id: &str,
    ) -> Result<UsableCredentials, IdentityError> {
        let unknown = || IdentityError::UnknownAccessKey(access_key_id.to_owned());
        let access_key_id = AccessKeyId::parse(access_key_id).map_err(|_| unknown())?;
        let stored = access_keys::find_usable(connection, &access_key_id).await?.ok_or_else(unknown)?;
        let secret = unseal_secret(&self.sealing, &access_key_id, &stored.owner, &stored.sealed_secret)?;
        Ok(UsableCredentials { access_key_id, holder: Holder::Owner(stored.owner), secret })
    }

    /// A session, if it hasn't ended and who is behind it is still there.
    async fn session(
        &self,
        connection: &Connection,
        session: Session,
        now: OffsetDateTime,
    ) -> Result<Holder, IdentityError> {
        if session.expires_at <= now {
            return Err(IdentityError::SessionExpired);
        }
        let unknown = || IdentityError::UnknownAccessKey(session.access_key_id.to_string());
        let behind = match &session.of {
            SessionOf::Role { role_id, .. } => {
                let role = identities::find_by_id(connection, role_id).await?;
                Behind::Role(role.filter(|role| role.kind == IdentityKind::Role).ok_or_else(unknown)?)
            }
            SessionOf::Owner { issuing_key } | SessionOf::Federated { issuing_key, .. } => {
                let stored = access_keys::find_usable(connection, issuing_key).await?;
                Behind::Owner(stored.ok_or_else(unknown)?.owner)
            }
        };
        Ok(Holder::Session(Box::new(session), behind))
    }

    /// The secret of a service's own access key.
    ///
    /// # Errors
    /// [`IdentityError::NotAService`] when the access key is somebody else's.
    pub(crate) async fn service_secret(
        &self,
        connection: &Connection,
        access_key_id: &str,
    ) -> Result<(ServiceName, SecretString), IdentityError> {
        let key = self.usable_key(connection, access_key_id).await?;
        match key.holder {
            Holder::Owner(Owner::Service(name)) => Ok((name, key.secret)),
            Holder::Owner(Owner::Root { .. } | Owner::User(_)) | Holder::Session(..) => {
                Err(IdentityError::NotAService)
            }
        }
    }

    /// A token by which `audience` may act for the holder of credentials; none for a service, which acts for itself. It
    /// ends with the session.
    ///
    /// # Errors
    /// [`IdentityError`] when no token key can be had.
    pub(crate) async fn issue_forward_token(
        &self,
        access_key_id: &AccessKeyId,
        holder: &Holder,
        audience: ServiceName,
        now: OffsetDateTime,
    ) -> Result<Option<String>, IdentityError> {
        let ends_at = now + Duration::seconds(i64::from(self.answers.forward_token_seconds));
        let (subject, expires_at) = match holder {
            Holder::Owner(Owner::Service(_)) => return Ok(None),
            Holder::Owner(owner) => {
                let principal_id = owner.principal_id();
                (Subject::Owner { access_key_id: access_key_id.clone(), principal_id }, ends_at)
            }
            Holder::Session(session, _) => {
                (Subject::Session(session.clone()), ends_at.min(session.expires_at))
            }
        };
        self.seal_claims(&ForwardClaims { subject, audience, expires_at }, now).await.map(Some)
    }

    async fn seal_claims(
        &self,
        claims: &ForwardClaims,
        now: OffsetDateTime,
    ) -> Result<String, IdentityError> {
        let claims = claims.encode().map_err(|_| IdentityError::Encode)?;
        self.token_keys.issue_at(Purpose::ForwardToken, &claims, self.key_access(), now).await
    }

    /// The token of a new session.
    ///
    /// # Errors
    /// [`IdentityError`] when no token key can be had.
    pub(crate) async fn issue_session_token(
        &self,
        credentials: &SessionCredentials,
        now: OffsetDateTime,
    ) -> Result<String, IdentityError> {
        let encoded = credentials.encode().map_err(|_| IdentityError::Encode)?;
        let purpose = Purpose::SessionToken;
        self.token_keys.issue_at(purpose, encoded.expose_secret(), self.key_access(), now).await
    }

    /// Seals what is to be known of a refusal for those of the account who may decode it.
    ///
    /// # Errors
    /// [`IdentityError`] when no token key can be had.
    pub async fn encode_authorization_message(
        &self,
        account: AccountId,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<String, IdentityError> {
        let message = format!("{account}{message}");
        let purpose = Purpose::AuthorizationMessage;
        self.token_keys.issue_at(purpose, message.as_bytes(), self.key_access(), now).await
    }

    /// What [`encode_authorization_message`](Self::encode_authorization_message) sealed for this account.
    ///
    /// # Errors
    /// [`IdentityError`] when the token keys can't be read.
    pub(crate) async fn decode_authorization_message(
        &self,
        account: AccountId,
        encoded: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, IdentityError> {
        let (connection, purpose) = (self.store.connection().await?, Purpose::AuthorizationMessage);
        let opened = self.token_keys.open_at(purpose, encoded, &self.sealing, &connection, now).await?;
        let message = opened.and_then(|opened| String::from_utf8(opened.expose_secret().to_vec()).ok());
        Ok(message.and_then(|message| message.strip_prefix(account.as_str()).map(str::to_owned)))
    }

    /// For whom the service that owns `sender_access_key_id` acts by this token, shown to `receiver`, which gets a token
    /// of its own where a chain goes on from it.
    ///
    /// # Errors
    /// [`IdentityError::ForwardToken`] when it may not use the token now; [`IdentityError::UnknownAccessKey`] when the
    /// access key of token or sender is no more usable, or who is behind a session is gone.
    pub(crate) async fn forwarded(
        &self,
        connection: &Connection,
        token: &str,
        sender_access_key_id: &str,
        receiver: Option<&ServiceName>,
        now: OffsetDateTime,
    ) -> Result<Facts, IdentityError> {
        let (sender, _secret) = self.service_secret(connection, sender_access_key_id).await?;
        let opened =
            self.token_keys.open_at(Purpose::ForwardToken, token, &self.sealing, connection, now).await?;
        let opened = opened.ok_or(ForwardTokenError::Invalid)?;
        let claims = ForwardClaims::decode_at(opened.expose_secret(), &sender, now)?;
        let (access_key_id, holder) = match claims.subject.clone() {
            Subject::Owner { access_key_id, principal_id } => {
                let unknown = || IdentityError::UnknownAccessKey(access_key_id.to_string());
                let stored = access_keys::find_usable(connection, &access_key_id).await?;
                let owner = stored.ok_or_else(unknown)?.owner;
                if owner.principal_id() != principal_id {
                    return Err(unknown());
                }
                (access_key_id, Holder::Owner(owner))
            }
            Subject::Session(session) => {
                let access_key_id = session.access_key_id.clone();
                (access_key_id, self.session(connection, *session, now).await?)
            }
        };
        let keep = Keep { ends_at: Some(claims.expires_at.unix_timestamp()), ..self.keep() };
        let facts = self.facts(connection, &access_key_id, &holder, keep).await?;
        let forward_token = match receiver {
            Some(receiver) if goes_on(&sender, receiver) => {
                Some(self.seal_claims(&ForwardClaims { audience: receiver.clone(), ..claims }, now).await?)
            }
            Some(_) | None => None,
        };
        Ok(Facts { forward_token, ..facts })
    }

    /// How long an answer may be kept.
    pub(crate) fn keep(&self) -> Keep {
        Keep {
            refresh_after_seconds: self.answers.refresh_after_seconds,
            fresh_seconds: self.answers.fresh_seconds,
            outage_seconds: self.answers.outage_seconds,
            ends_at: None,
        }
    }

    fn key_access(&self) -> KeyAccess<'_> {
        KeyAccess {
            store: &self.store,
            sealing: &self.sealing,
            random: self.random.as_ref(),
            events: &self.events,
        }
    }
}

impl ServiceState for Directory {
    type Work = PostgresWork;

    fn work(&self) -> PostgresWork {
        self.events.outbox().work()
    }

    /// Sessions of users and root users can't be used for IAM, and for little of STS: by what they may there, they could
    /// outlive the key that they are bound to.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
    fn admit(&self, call: &Call, operation: &'static str) -> Result<(), ApiError> {
        let caller = &call.caller;
        let federated = match caller.kind {
            CallerKind::FederatedUser { .. } => true,
            CallerKind::Root | CallerKind::User { .. } if caller.session.is_some() => false,
            _ => return Ok(()),
        };
        match operation {
            "GetCallerIdentity" => Ok(()),
            // An operator's, on which policies decide alone.
            "CloseAccount" | "CreateAccount" | "DescribePrincipal" | "ListAccounts" | "RotateRootKey" => {
                Ok(())
            }
            "AssumeRole" if !federated => Ok(()),
            "AssumeRole"
            | "DecodeAuthorizationMessage"
            | "GetAccessKeyInfo"
            | "GetFederationToken"
            | "GetSessionToken" => Err(IdentityError::from(StsRefusal::SessionMayNotCall(operation)).into()),
            _ => Err(ApiError::common(
                Common::UnknownAccessKey,
                "The security token included in the request is invalid",
            )),
        }
    }

    fn delivered(&self, event_id: Uuid) {
        self.events.outbox().delivered(event_id);
    }
}

/// Seals a secret for its access key and owner.
pub(crate) fn seal_secret(
    sealing: &SealingKeys,
    access_key_id: &AccessKeyId,
    owner: &Owner,
    secret: &SecretString,
    random: &dyn Random,
) -> Result<Vec<u8>, IdentityError> {
    let belongs_to = belongs_to(access_key_id, owner);
    let secret = secret.expose_secret().as_bytes();
    Ok(sealing.seal(Purpose::SecretAccessKey, belongs_to.as_bytes(), secret, random)?)
}

/// Opens what [`seal_secret`] sealed for the same access key and owner.
pub(crate) fn unseal_secret(
    sealing: &SealingKeys,
    access_key_id: &AccessKeyId,
    owner: &Owner,
    sealed: &[u8],
) -> Result<SecretString, IdentityError> {
    let secret = sealing
        .open(Purpose::SecretAccessKey, belongs_to(access_key_id, owner).as_bytes(), sealed)
        .map_err(|cause| IdentityError::Sealed { of: format!("access key {access_key_id}"), cause })?;
    let text = String::from_utf8(secret.expose_secret().to_vec())
        .map_err(|_| IdentityError::Row("sealed_secret"))?;
    Ok(SecretString::new(text))
}

/// An access key id contains no slash, so that id and owner can't run into each other.
fn belongs_to(access_key_id: &AccessKeyId, owner: &Owner) -> String {
    format!("{access_key_id}/{}", owner.binding())
}
