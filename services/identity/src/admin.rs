//! What the `keywright` command and tests do to accounts without credentials, which nobody has at first. Each function is one
//! transaction with its own audit record, named as the IAM operation is.

use keywright_audit_log::Fields;
use keywright_aws_api::AccountId;
use keywright_store::Transaction;
use time::OffsetDateTime;

use crate::bootstrap::ADMIN;
use crate::directory::{Directory, seal_secret};
use crate::domain::access_key::{AccessKeyId, AccessKeyStatus, NewAccessKey};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path, PolicyName};
use crate::domain::owner::Owner;
use crate::domain::policy::IdentityPolicyText;
use crate::domain::quota::Quota;
use crate::error::{Entity, IdentityError};
use crate::events::Event;
use crate::store::{access_keys, changes, identities, policies};

impl Directory {
    /// An access key of the home account's `admin`, where the one that the caller knows of isn't (or it knows none):
    /// made now and shown this once. None when the known one is there.
    ///
    /// # Errors
    /// [`IdentityError::LimitExceeded`] when the user has two others already.
    pub async fn ensure_admin_access_key(
        &self,
        known: Option<&AccessKeyId>,
    ) -> Result<Option<NewAccessKey>, IdentityError> {
        let admin = self.user(self.home, &IdentityName::parse(ADMIN)?).await?;
        let connection = self.store.connection().await?;
        let keys = access_keys::of_owner(&connection, &Owner::User(admin.clone())).await?;
        drop(connection);
        if known.is_some_and(|known| keys.contains(known)) {
            return Ok(None);
        }
        self.create_access_key(self.home, &admin.name).await.map(Some)
    }

    /// Makes a user without any permission.
    ///
    /// # Errors
    /// [`IdentityError::EntityAlreadyExists`] when the name is taken.
    pub async fn create_user(
        &self,
        account: AccountId,
        user_name: &IdentityName,
        path: &Path,
    ) -> Result<Identity, IdentityError> {
        let now = self.clock.now();
        let user = self.new_user(account, user_name, path)?;
        let transaction = self.store.begin().await?;
        identities::insert(&transaction, &user, now).await?;
        let arn = user.arn();
        let mut elements = Fields::new();
        elements.push_str("userId", &user.id).push_str("arn", &arn);
        let event = Event {
            name: "CreateUser",
            account: Some(account),
            parameters: about_user(&user),
            elements,
            resource: Some((IdentityKind::User.resource_type(), &arn)),
        };
        self.events.commit(transaction, event, now).await?;
        Ok(user)
    }

    /// A new user, which isn't stored yet.
    ///
    /// # Errors
    /// [`IdentityError::Crypto`] without randomness.
    pub(crate) fn new_user(
        &self,
        account: AccountId,
        user_name: &IdentityName,
        path: &Path,
    ) -> Result<Identity, IdentityError> {
        let (kind, random) = (IdentityKind::User, self.random.as_ref());
        Ok(Identity::new(kind, account, user_name.clone(), path.clone(), random)?)
    }

    /// Sets an inline policy of a user.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchEntity`] when there is no such user, [`IdentityError::Policy`] when the text is no
    /// identity-based policy.
    pub async fn put_user_policy(
        &self,
        account: AccountId,
        user_name: &IdentityName,
        policy_name: &PolicyName,
        document: &str,
    ) -> Result<(), IdentityError> {
        let document = IdentityPolicyText::parse(document)?;
        let user = self.user(account, user_name).await?;
        let transaction = self.store.begin().await?;
        policies::put_inline(&transaction, &user, policy_name, &document).await?;
        changes::note_identity(&transaction, &user).await?;
        let arn = user.arn();
        let mut parameters = about_user(&user);
        parameters.push_str("policyName", policy_name.as_str()).push_str("policyDocument", document.as_str());
        let event = Event {
            name: "PutUserPolicy",
            account: Some(account),
            parameters,
            elements: Fields::new(),
            resource: Some((IdentityKind::User.resource_type(), &arn)),
        };
        self.events.commit(transaction, event, self.clock.now()).await
    }

    /// Makes an access key of a user; its secret is shown this once.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchEntity`] when there is no such user, [`IdentityError::LimitExceeded`] when it has two.
    pub async fn create_access_key(
        &self,
        account: AccountId,
        user_name: &IdentityName,
    ) -> Result<NewAccessKey, IdentityError> {
        let user = self.user(account, user_name).await?;
        self.add_access_key(Owner::User(user), account).await
    }

    /// Makes an access key of an account's root user; its secret is shown this once.
    ///
    /// # Errors
    /// [`IdentityError::LimitExceeded`] when it has two.
    pub async fn create_root_access_key(&self, account: AccountId) -> Result<NewAccessKey, IdentityError> {
        self.add_access_key(Owner::Root { account }, account).await
    }

    /// Makes an access key active or inactive.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchEntity`] when the account has no such access key.
    pub async fn update_access_key(
        &self,
        account: AccountId,
        access_key_id: &AccessKeyId,
        status: AccessKeyStatus,
    ) -> Result<(), IdentityError> {
        let transaction = self.store.begin().await?;
        if !access_keys::set_status(&transaction, account, access_key_id, status).await? {
            return Err(IdentityError::NoSuchEntity(Entity::AccessKey(access_key_id.clone())));
        }
        changes::note_account(&transaction, account).await?;
        let mut parameters = Fields::new();
        parameters.push_str("accessKeyId", access_key_id.as_str()).push_str("status", status.as_str());
        let event = Event {
            name: "UpdateAccessKey",
            account: Some(account),
            parameters,
            elements: Fields::new(),
            resource: None,
        };
        self.events.commit(transaction, event, self.clock.now()).await
    }

    async fn add_access_key(&self, owner: Owner, account: AccountId) -> Result<NewAccessKey, IdentityError> {
        let now = self.clock.now();
        let transaction = self.store.begin().await?;
        let key = self.insert_access_key(&transaction, &owner, now).await?;
        self.commit_access_key(transaction, &key, &owner, account, now).await?;
        Ok(key)
    }

    /// Stores a new access key, if its owner may have one more.
    pub(crate) async fn insert_access_key(
        &self,
        transaction: &Transaction,
        owner: &Owner,
        now: OffsetDateTime,
    ) -> Result<NewAccessKey, IdentityError> {
        access_keys::lock_owner(transaction, owner).await?;
        if access_keys::of_owner(transaction, owner).await?.len() >= Quota::ACCESS_KEYS.most {
            return Err(IdentityError::LimitExceeded(Quota::ACCESS_KEYS));
        }
        let key = NewAccessKey::generate(self.random.as_ref())?;
        self.store_access_key(transaction, &key, owner, now).await?;
        Ok(key)
    }

    /// Stores a new access key, its secret sealed.
    pub(crate) async fn store_access_key(
        &self,
        transaction: &Transaction,
        key: &NewAccessKey,
        owner: &Owner,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let random = self.random.as_ref();
        let sealed = seal_secret(&self.sealing, &key.access_key_id, owner, &key.secret_access_key, random)?;
        access_keys::put(transaction, &key.access_key_id, owner, &sealed, now).await?;
        Ok(())
    }

    /// Commits a new access key with its record.
    pub(crate) async fn commit_access_key(
        &self,
        transaction: Transaction,
        key: &NewAccessKey,
        owner: &Owner,
        account: AccountId,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let parameters = match owner {
            Owner::User(user) => about_user(user),
            Owner::Root { .. } | Owner::Service(_) => Fields::new(),
        };
        let mut elements = Fields::new();
        elements.push_str("accessKeyId", key.access_key_id.as_str()).push_str("status", "Active");
        let owner_arn = owner.arn();
        let event = Event {
            name: "CreateAccessKey",
            account: Some(account),
            parameters,
            elements,
            resource: Some((IdentityKind::User.resource_type(), &owner_arn)),
        };
        self.events.commit(transaction, event, now).await
    }

    pub(crate) async fn user(
        &self,
        account: AccountId,
        user_name: &IdentityName,
    ) -> Result<Identity, IdentityError> {
        let connection = self.store.connection().await?;
        let user = identities::find(&connection, account, IdentityKind::User, user_name).await?;
        user.ok_or_else(|| {
            IdentityError::NoSuchEntity(Entity::Identity(IdentityKind::User, user_name.to_string()))
        })
    }
}

fn about_user(user: &Identity) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.push_str("userName", user.name.as_str());
    fields
}
