//! When access keys and roles were last used, without a write for each use.
//!
//! A use is noted in memory whenever identity tells who acts by credentials, and what was noted goes to the database in
//! batches ([`LastUse::flush`]): every few seconds, and when the service stops. A crash loses what was noted since; the
//! audit trail has those uses all the same. Services ask again about once a minute for as long as credentials are used, so
//! a use is known to about a minute. They ask before they have verified a signature, so a wrong one counts, too.

mod noted;

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::error::chain;
use keywright_sigv4::CredentialScope;
use keywright_store::Store;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::directory::{Behind, Holder};
use crate::domain::access_key::AccessKeyId;
use crate::domain::owner::Owner;
use crate::error::IdentityError;
use crate::store;
use crate::store::identities::StoredIdentity;
use noted::Noted;

/// One use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: OffsetDateTime,
    /// In which Region.
    pub region: Arc<str>,
    /// For which service, by its name in credential scopes.
    pub service: Arc<str>,
}

impl Use {
    /// The later of two.
    #[must_use]
    pub fn later(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if a.at >= b.at { a } else { b }),
            (a, b) => a.or(b),
        }
    }
}

/// The last uses.
#[derive(Default)]
pub struct LastUse {
    access_keys: Noted<AccessKeyId>,
    /// By unique id.
    roles: Noted<String>,
    /// One at a time.
    flushing: Mutex<()>,
}

impl LastUse {
    /// Notes that credentials are used for this scope.
    pub(crate) fn note(
        &self,
        access_key_id: &AccessKeyId,
        holder: &Holder,
        scope: &CredentialScope,
        now: OffsetDateTime,
    ) {
        let used =
            Use { at: now, region: scope.region.as_str().into(), service: scope.service.as_str().into() };
        match holder {
            Holder::Owner(Owner::Root { .. } | Owner::User(_)) => {
                self.access_keys.note(access_key_id.clone(), used);
            }
            Holder::Session(_, Behind::Role(role)) => self.roles.note(role.id.clone(), used),
            Holder::Owner(Owner::Service(_)) | Holder::Session(_, Behind::Owner(_)) => {}
        }
    }

    /// The last use of an access key that isn't written yet.
    #[must_use]
    pub fn of_access_key(&self, id: &AccessKeyId) -> Option<Use> {
        self.access_keys.get(id)
    }

    /// Adds to a role what isn't written yet.
    pub fn add_to_role(&self, stored: &mut StoredIdentity) {
        let noted = self.roles.get(&stored.identity.id);
        if let (Some(role), Some(noted)) = (&mut stored.role, noted)
            && role.last_used.as_ref().is_none_or(|(at, _)| *at < noted.at)
        {
            role.last_used = Some((noted.at, noted.region.to_string()));
        }
    }

    /// Writes what was noted; says of how many. What couldn't be written stays noted.
    ///
    /// # Errors
    /// [`IdentityError::Store`].
    pub async fn flush(&self, store: &Store) -> Result<usize, IdentityError> {
        let _one = self.flushing.lock().await;
        let (access_keys, roles) = (self.access_keys.leaving(), self.roles.leaving());
        if access_keys.is_empty() && roles.is_empty() {
            return Ok(0);
        }
        let connection = store.connection().await?;
        for rows in access_keys.chunks(ROWS_AT_ONCE) {
            store::last_use::put_of_access_keys(&connection, rows).await?;
        }
        for rows in roles.chunks(ROWS_AT_ONCE) {
            store::last_use::put_of_roles(&connection, rows).await?;
        }
        self.access_keys.left();
        self.roles.left();
        Ok(access_keys.len() + roles.len())
    }

    /// Flushes again and again until it is aborted.
    pub(crate) async fn keep_flushing(self: Arc<Self>, store: Store) {
        loop {
            tokio::time::sleep(FLUSH_EVERY).await;
            Arc::clone(&self).flush_or_warn(store.clone()).await;
        }
    }

    /// One flush; the last one, when the service stops.
    pub(crate) async fn flush_or_warn(self: Arc<Self>, store: Store) {
        if let Err(error) = self.flush(&store).await {
            tracing::warn!(error = %chain(&error), "the last uses of credentials could not be written");
        }
    }
}

const FLUSH_EVERY: Duration = Duration::from_secs(10);
const ROWS_AT_ONCE: usize = 1_000;
