//! What must be there before the first request: keys, the home account, its `admin` user, and our services as
//! principals. Done at every start, in one transaction; a start that finds all of it changes nothing.

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::AccountId;
use keywright_crypto::{Key256, Random, SecretBytes, constant_time_eq};
use keywright_root_key::{RootKeys, WrappedKey};
use keywright_service::{RootKeySection, ServiceError, open_root_keys};
use keywright_store::{Store, Transaction};
use time::OffsetDateTime;

use crate::config::ServicePrincipal;
use crate::directory::{seal_secret, unseal_secret};
use crate::domain::aws_policies::{ADMINISTRATOR_ACCESS, AWS_POLICIES};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path, ServiceName, SigningScope};
use crate::domain::owner::Owner;
use crate::domain::sealing::SealingKeys;
use crate::error::IdentityError;
use crate::events::{Event, Events};
use crate::store::{
    access_keys, accounts, aws_policies, identities, keys, lock_bootstrap, policies, service_principals,
};

/// What bootstrap works with.
pub struct Bootstrap<'a> {
    /// The database.
    pub store: &'a Store,
    /// Where the key is that wraps the sealing keys.
    pub root_key: &'a RootKeySection,
    /// Where the one before it is, while it is being replaced.
    pub previous_root_key: Option<&'a RootKeySection>,
    /// Where new keys and ids come from.
    pub random: Arc<dyn Random>,
    /// Where it is recorded what was made.
    pub events: &'a Events,
    /// The installation's first account.
    pub home: AccountId,
    /// Our services, as configured.
    pub services: &'a [ServicePrincipal],
}

/// What bootstrap found or made.
pub struct Bootstrapped {
    /// The keys that seal secrets.
    pub sealing: SealingKeys,
    /// What wraps them.
    pub root_keys: Arc<RootKeys>,
    /// Our services with their scopes.
    pub services: Vec<(ServiceName, Vec<SigningScope>)>,
}

impl Bootstrap<'_> {
    /// Makes what is missing.
    ///
    /// # Errors
    /// [`ServiceError`] when something can't be made, or the root key isn't the one that wrapped what is there.
    pub async fn run_at(&self, now: OffsetDateTime) -> Result<Bootstrapped, ServiceError> {
        let transaction = self.store.begin().await?;
        lock_bootstrap(&transaction).await?;
        let wrapped = keys::sealing_keys(&transaction).await.map_err(ServiceError::own)?;
        let (root_key, previous) = (self.root_key, self.previous_root_key);
        let root_keys =
            open_root_keys(root_key, previous, wrapped.is_empty(), Arc::clone(&self.random)).await?;
        self.make(transaction, Arc::new(root_keys), wrapped, now).await.map_err(ServiceError::own)
    }

    async fn make(
        &self,
        transaction: Transaction,
        root_keys: Arc<RootKeys>,
        wrapped: Vec<(u32, WrappedKey)>,
        now: OffsetDateTime,
    ) -> Result<Bootstrapped, IdentityError> {
        let mut made = Vec::new();
        let sealing = self.sealing_keys(&transaction, &root_keys, wrapped, &mut made, now).await?;
        self.home_account(&transaction, &mut made, now).await?;
        self.service_principals(&transaction, &sealing, &mut made, now).await?;
        let services = service_principals::all(&transaction).await?;
        if made.is_empty() {
            transaction.rollback().await?;
        } else {
            tracing::info!(?made, "identity was bootstrapped");
            let mut elements = Fields::new();
            elements.push_list("made", made);
            let (name, account) = ("BootstrapIdentity", Some(self.home));
            let event = Event { name, account, parameters: Fields::new(), elements, resource: None };
            self.events.commit(transaction, event, now).await?;
        }
        Ok(Bootstrapped { sealing, root_keys, services })
    }

    /// All sealing keys, unwrapped; the first one is made here.
    async fn sealing_keys(
        &self,
        transaction: &Transaction,
        root_keys: &RootKeys,
        wrapped: Vec<(u32, WrappedKey)>,
        made: &mut Vec<String>,
        now: OffsetDateTime,
    ) -> Result<SealingKeys, IdentityError> {
        if wrapped.is_empty() {
            let key = Key256::generate(&*self.random)?;
            let material = SecretBytes::new(key.expose_secret().to_vec());
            let root_key = root_keys.current();
            let wrapped = root_key.wrap(SEALING_KEY_PURPOSE, &material)?;
            keys::insert_sealing_key(transaction, 1, root_key.id(), &wrapped, now).await?;
            made.push("sealing key 1".to_owned());
            return Ok(SealingKeys::new([(1, key)]));
        }
        let unwrapped = wrapped.into_iter().map(|(number, wrapped)| {
            let key = root_keys.unwrap_key(SEALING_KEY_PURPOSE, &wrapped)?;
            Ok((number, Key256::try_from_slice(key.expose_secret())?))
        });
        Ok(SealingKeys::new(unwrapped.collect::<Result<Vec<_>, IdentityError>>()?))
    }

    /// The account with its `admin` user. A user that is there keeps what it has: who took the administrator's policy
    /// away doesn't find it back after a restart.
    async fn home_account(
        &self,
        transaction: &Transaction,
        made: &mut Vec<String>,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        if accounts::ensure(transaction, self.home, "home", now).await? {
            made.push(format!("account {}", self.home));
        }
        for policy in AWS_POLICIES {
            if aws_policies::ensure(transaction, policy, now).await? {
                made.push(format!("policy {}", policy.arn()));
            }
        }
        let (kind, name) = (IdentityKind::User, IdentityName::parse(ADMIN)?);
        if identities::find(transaction, self.home, kind, &name).await?.is_none() {
            let user = Identity::new(kind, self.home, name, Path::root(), &*self.random)?;
            identities::insert(transaction, &user, now).await?;
            policies::attach(transaction, &user, &ADMINISTRATOR_ACCESS.arn()).await?;
            made.push(format!("user {}", user.arn()));
        }
        Ok(())
    }

    /// The services, just as configured: one that isn't (any more) loses its access key and its scopes.
    async fn service_principals(
        &self,
        transaction: &Transaction,
        sealing: &SealingKeys,
        made: &mut Vec<String>,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        for service in self.services {
            let ServicePrincipal { name, scopes, access_key } = service;
            if service_principals::put(transaction, name, scopes, now).await? {
                made.push(format!("service {name}"));
            }
            let access_key_id = access_key.as_ref().map(|(id, _)| id);
            if access_keys::delete_others_of_service(transaction, name, access_key_id).await? > 0 {
                made.push(format!("service {name} without its former access key"));
            }
            if self.put_service_key(transaction, sealing, service, now).await? {
                made.push(format!("access key of service {name}"));
            }
        }
        for (name, scopes) in service_principals::all(transaction).await? {
            if self.services.iter().any(|service| service.name == name) {
                continue;
            }
            let lost = access_keys::delete_others_of_service(transaction, &name, None).await?;
            if lost > 0 || !scopes.is_empty() {
                service_principals::put(transaction, &name, &[], now).await?;
                made.push(format!("service {name} without access key and scopes"));
            }
        }
        Ok(())
    }

    async fn put_service_key(
        &self,
        transaction: &Transaction,
        sealing: &SealingKeys,
        service: &ServicePrincipal,
        now: OffsetDateTime,
    ) -> Result<bool, IdentityError> {
        let Some((access_key_id, secret)) = &service.access_key else {
            return Ok(false);
        };
        let owner = Owner::Service(service.name.clone());
        if let Some(stored) = access_keys::find_usable(transaction, access_key_id).await?
            && stored.owner == owner
        {
            let current = unseal_secret(sealing, access_key_id, &owner, &stored.sealed_secret)?;
            if constant_time_eq(current.expose_secret().as_bytes(), secret.expose_secret().as_bytes()) {
                return Ok(false);
            }
        }
        let sealed = seal_secret(sealing, access_key_id, &owner, secret, &*self.random)?;
        access_keys::put(transaction, access_key_id, &owner, &sealed, now).await?;
        Ok(true)
    }
}

/// The name of the home account's first user.
pub const ADMIN: &str = "admin";
pub(crate) const SEALING_KEY_PURPOSE: &[u8] = b"keywright identity: sealing key";
