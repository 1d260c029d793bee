//! Who is who: what every operation of identity looks up.

use std::sync::Arc;

use keywright_aws_api::{AccountId, Clock, ServiceState};
use keywright_crypto::{Random, SecretString};
use keywright_policy::Policy;
use keywright_root_key::RootKeys;
use keywright_service::PostgresWork;
use keywright_service::identity::message::{Facts, Keep, PolicyFacts, PrincipalFacts};
use keywright_store::{Connection, Store};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::config::AnswersSection;
use crate::domain::access_key::AccessKeyId;
use crate::domain::forward_token::ForwardClaims;
use crate::domain::names::ServiceName;
use crate::domain::owner::Owner;
use crate::domain::sealing::{Purpose, SealingKeys};
use crate::error::IdentityError;
use crate::events::Events;
use crate::store::{access_keys, policies};
use crate::token_keys::{KeyAccess, TokenKeys};

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
    pub(crate) token_keys: TokenKeys,
}

/// A usable access key with its secret, for one use.
pub(crate) struct UsableKey {
    pub(crate) access_key_id: AccessKeyId,
    pub(crate) owner: Owner,
    pub(crate) secret: SecretString,
}

impl Directory {
    /// The access key, if it may be used now.
    ///
    /// # Errors
    /// [`IdentityError::UnknownAccessKey`] when it doesn't exist, or is inactive, or its account is closed.
    pub(crate) async fn usable_key(
        &self,
        connection: &Connection,
        access_key_id: &str,
    ) -> Result<UsableKey, IdentityError> {
        let unknown = || IdentityError::UnknownAccessKey(access_key_id.to_owned());
        let access_key_id = AccessKeyId::parse(access_key_id).map_err(|_| unknown())?;
        let stored = access_keys::find_usable(connection, &access_key_id).await?.ok_or_else(unknown)?;
        let secret = unseal_secret(&self.sealing, &access_key_id, &stored.owner, &stored.sealed_secret)?;
        Ok(UsableKey { access_key_id, owner: stored.owner, secret })
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
        match key.owner {
            Owner::Service(name) => Ok((name, key.secret)),
            Owner::Root { .. } | Owner::User(_) => Err(IdentityError::NotAService),
        }
    }

    /// What is told of an owner.
    ///
    /// # Errors
    /// [`IdentityError`] of the store.
    pub(crate) async fn facts(
        &self,
        connection: &Connection,
        access_key_id: &AccessKeyId,
        owner: &Owner,
        keep: Keep,
    ) -> Result<Facts, IdentityError> {
        let arn = owner.arn();
        let (principal, policies) = match owner {
            Owner::Root { account } => (PrincipalFacts::Root { account: *account, arn }, Vec::new()),
            Owner::User(user) => {
                let user_name = user.user_name.to_string();
                let policies = policies::of_user(connection, user).await?;
                (PrincipalFacts::User { account: user.account, arn, user_name }, policies)
            }
            Owner::Service(name) => (PrincipalFacts::Service { name: name.to_string() }, Vec::new()),
        };
        let policies = policies.into_iter().map(|policy| PolicyFacts {
            name: policy.name,
            arn: policy.arn,
            document: policy.document,
        });
        Ok(Facts {
            principal,
            principal_id: owner.principal_id(),
            access_key_id: access_key_id.to_string(),
            policies: policies.collect(),
            forward_token: None,
            keep,
        })
    }

    /// A token by which `audience` may act for the owner of an access key; none for a service, which acts for itself.
    ///
    /// # Errors
    /// [`IdentityError`] when no token key can be had.
    pub(crate) async fn issue_forward_token(
        &self,
        access_key_id: &AccessKeyId,
        owner: &Owner,
        audience: ServiceName,
        now: OffsetDateTime,
    ) -> Result<Option<String>, IdentityError> {
        if let Owner::Service(_) = owner {
            return Ok(None);
        }
        let claims = ForwardClaims {
            access_key_id: access_key_id.clone(),
            principal_id: owner.principal_id(),
            audience,
            expires_at: now + Duration::seconds(i64::from(self.answers.forward_token_seconds)),
        };
        self.token_keys.issue_at(&claims, self.key_access(), now).await.map(Some)
    }

    /// For whom the service that owns `sender_access_key_id` acts by this token.
    ///
    /// # Errors
    /// [`IdentityError::ForwardToken`] when it may not use the token now; [`IdentityError::UnknownAccessKey`] when the
    /// access key of token or sender is no more usable.
    pub(crate) async fn forwarded(
        &self,
        connection: &Connection,
        token: &str,
        sender_access_key_id: &str,
        now: OffsetDateTime,
    ) -> Result<Facts, IdentityError> {
        let (sender, _secret) = self.service_secret(connection, sender_access_key_id).await?;
        let claims = self.token_keys.read_at(token, &sender, &self.sealing, connection, now).await?;
        let key = self.usable_key(connection, claims.access_key_id.as_str()).await?;
        if key.owner.principal_id() != claims.principal_id {
            return Err(IdentityError::UnknownAccessKey(claims.access_key_id.to_string()));
        }
        let keep = Keep { ends_at: Some(claims.expires_at.unix_timestamp()), ..self.keep() };
        self.facts(connection, &key.access_key_id, &key.owner, keep).await
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
