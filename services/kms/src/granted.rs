//! The grants by which a caller may use a key.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

use std::borrow::Cow;
use std::sync::Arc;

use keywright_aws_api::{Access, Call};
use keywright_policy::Grant as Permission;

use crate::domain::entry::KeyEntry;
use crate::domain::grant::{
    ContextPairs, Grant, GrantConstraints, GrantOperation, GrantOperations, root_arn,
};
use crate::domain::grant_token::{Granted, SealedToken};
use crate::domain::grants::OfGrantee;
use crate::domain::key_spec::KeySpec;
use crate::error::Error;
use crate::quotas::UsedKey;
use crate::service::Kms;
use crate::store;
use crate::store::KeyRow;

/// A key that exists, with the grants on it that name the caller.
#[derive(Debug)]
pub struct GrantedKey {
    /// The key.
    pub entry: Arc<KeyEntry>,
    /// Grants by grantee: the caller itself, the role behind its session, its account.
    of_caller: Vec<Arc<OfGrantee>>,
}

impl GrantedKey {
    /// An action on the key, which its policy or a grant may allow. `context` is the encryption context of the request.
    #[must_use]
    pub fn access(&self, action: &'static str, context: Option<&ContextPairs>) -> Access {
        let access = Access::new(action, self.entry.target());
        match GrantOperation::of_action(action) {
            Some(operation) => access.with_grants(self.such(|grant| grant.permits(operation, context))),
            None => access,
        }
    }

    /// The making of a grant, which a grant allows only for no more than it permits itself.
    #[must_use]
    pub fn access_to_grant(
        &self,
        action: &'static str,
        operations: GrantOperations,
        constraints: &GrantConstraints,
    ) -> Access {
        let permits = |grant: &Grant| grant.permits_grant(operations, constraints);
        Access::new(action, self.entry.target()).with_grants(self.such(permits))
    }

    /// One such grant for each name of the caller is enough.
    fn such(&self, permits: impl Fn(&Grant) -> bool) -> Vec<Permission> {
        let such = self.of_caller.iter().filter_map(|grants| grants.iter().find(|grant| permits(grant)));
        such.map(|grant| permission(&grant.id.to_string(), &grant.grantee)).collect()
    }
}

impl UsedKey for GrantedKey {
    fn spec(&self) -> KeySpec {
        self.entry.spec()
    }

    fn custom_key_store(&self) -> Option<&str> {
        self.entry.custom_key_store()
    }
}

/// A permission for one principal, as a decision sees it.
pub(crate) fn permission(id: &str, grantee: &Arc<str>) -> Permission {
    Permission { id: id.into(), grantee: Arc::clone(grantee) }
}

impl Kms {
    /// The key with the caller's grants, among them those that the tokens of the request name.
    ///
    /// # Errors
    /// [`Error::InvalidGrantToken`], or whatever keeps grants from being loaded.
    pub async fn granted(
        &self,
        call: &Call,
        entry: Arc<KeyEntry>,
        tokens: Option<&[String]>,
    ) -> Result<GrantedKey, Error> {
        let mut of_caller = Vec::new();
        if !entry.grants.is_none() {
            for name in names(call).into_iter().flatten() {
                of_caller.extend(self.directory.grants_of(&entry, &name).await?);
            }
        }
        for token in tokens.unwrap_or_default() {
            let granted = self.open_token(token).await?;
            if granted.key == entry.name() && entry.grants.find(granted.grant).is_none() {
                // This replica may not have heard of it yet. One that is gone gives nothing.
                let found = self.find_grant(&granted).await?;
                of_caller.extend(found.map(|grant| Arc::new(vec![Arc::new(grant)])));
            }
        }
        Ok(GrantedKey { entry, of_caller })
    }

    /// The key that any identifier names, with the caller's grants.
    ///
    /// # Errors
    /// As [`KeyDirectory::resolve`](crate::directory::KeyDirectory::resolve) and [`Kms::granted`].
    pub async fn granted_key(
        &self,
        call: &Call,
        identifier: &str,
        tokens: Option<&[String]>,
    ) -> Result<GrantedKey, Error> {
        let entry = self.directory.resolve(identifier, call.account()).await?;
        self.granted(call, entry, tokens).await
    }

    /// What a token names.
    ///
    /// # Errors
    /// [`Error::InvalidGrantToken`], or whatever keeps its domain key from being found.
    pub async fn open_token(&self, token: &str) -> Result<Granted, Error> {
        let sealed = SealedToken::parse(token)?;
        let id = sealed.domain_key();
        let domain_key = match self.domain_keys.get(id) {
            Some(key) => key,
            // Another replica may have begun a new one. One that is no more was retired with what it sealed.
            None => {
                let connection = self.store.connection().await?;
                let stored = store::domain_keys::find(&connection, id).await?;
                self.domain_keys.unwrap(&stored.ok_or(Error::InvalidGrantToken)?)?
            }
        };
        sealed.open(&self.region, &domain_key)
    }

    /// A new token for a grant.
    ///
    /// # Errors
    /// [`Error::Crypto`] without randomness.
    pub fn new_token(&self, granted: &Granted) -> Result<String, Error> {
        let (id, key) = self.domain_keys.active()?;
        granted.seal(&self.region, (id, &key), &*self.random)
    }

    /// A grant as it is stored now.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Corrupt`] for a row that can't be.
    pub async fn find_grant(&self, granted: &Granted) -> Result<Option<Grant>, Error> {
        let connection = self.store.connection().await?;
        store::grants::find(&connection, &KeyRow::new(&self.region, granted.key), granted.grant).await
    }
}

/// What a grant may call the caller.
fn names(call: &Call) -> [Option<Cow<'_, str>>; 3] {
    let principal = &call.caller.principal;
    let account = call.caller.account.as_ref().map(|account| Cow::Owned(root_arn(account.as_str())));
    let itself = Cow::Borrowed(principal.arn.as_str());
    let account = account.filter(|account| *account != itself);
    [Some(itself), principal.issuer_arn.as_deref().map(Cow::Borrowed), account]
}
