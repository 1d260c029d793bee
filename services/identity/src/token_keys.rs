//! The keys of forward and session tokens: rotated every day, kept until the last token under them has ended.

use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_audit_log::Fields;
use keywright_crypto::{Key256, Random, SecretBytes};
use keywright_store::{Connection, Store};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use crate::domain::sealing::{OpenError, Purpose, SealingKeys};
use crate::error::IdentityError;
use crate::events::{Event, Events};
use crate::store::keys::{self, StoredTokenKey};

/// The token keys of this installation, as last read.
pub struct TokenKeys {
    loaded: ArcSwap<Loaded>,
    /// One at a time reads or rotates.
    loading: Mutex<()>,
}

struct Loaded {
    keys: SealingKeys,
    newest_at: Option<OffsetDateTime>,
    loaded_at: Option<OffsetDateTime>,
}

/// What making new keys needs.
#[derive(Clone, Copy)]
pub struct KeyAccess<'a> {
    /// Where they are stored.
    pub store: &'a Store,
    /// What seals them there.
    pub sealing: &'a SealingKeys,
    /// Where new ones come from.
    pub random: &'a dyn Random,
    /// Where a rotation is recorded.
    pub events: &'a Events,
}

impl TokenKeys {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        let loaded = Loaded { keys: SealingKeys::new([]), newest_at: None, loaded_at: None };
        Self { loaded: ArcSwap::from_pointee(loaded), loading: Mutex::new(()) }
    }

    /// Seals what a token says, under a key that is at most [`ROTATE_EVERY`] old.
    ///
    /// # Errors
    /// [`IdentityError`] when there is no such key and none can be made.
    pub async fn issue_at(
        &self,
        purpose: Purpose,
        claims: &[u8],
        access: KeyAccess<'_>,
        now: OffsetDateTime,
    ) -> Result<String, IdentityError> {
        if !self.loaded.load().is_current(now) {
            let _one = self.loading.lock().await;
            if !self.loaded.load().is_current(now) {
                self.rotate(access, now).await?;
            }
        }
        let sealed = self.loaded.load().keys.seal(purpose, b"", claims, access.random)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What a token says; none where it isn't one of ours, was altered, or its key is gone. A token under a key that
    /// another replica has just made is opened too.
    ///
    /// # Errors
    /// [`IdentityError`] when the keys can't be read.
    pub async fn open_at(
        &self,
        purpose: Purpose,
        token: &str,
        sealing: &SealingKeys,
        connection: &Connection,
        now: OffsetDateTime,
    ) -> Result<Option<SecretBytes>, IdentityError> {
        let Ok(sealed) = URL_SAFE_NO_PAD.decode(token) else { return Ok(None) };
        match self.loaded.load().keys.open(purpose, b"", &sealed) {
            Ok(opened) => return Ok(Some(opened)),
            Err(OpenError::UnknownKey(_)) => {}
            Err(OpenError::Malformed | OpenError::NotAuthentic) => return Ok(None),
        }
        if self.loaded.load().is_old(now) {
            let _one = self.loading.lock().await;
            if self.loaded.load().is_old(now) {
                self.load(connection, sealing, now).await?;
            }
        }
        Ok(self.loaded.load().keys.open(purpose, b"", &sealed).ok())
    }

    /// Makes a new key unless another replica has, and drops those that no living token needs.
    async fn rotate(&self, access: KeyAccess<'_>, now: OffsetDateTime) -> Result<(), IdentityError> {
        let transaction = access.store.begin().await?;
        keys::lock_token_keys(&transaction).await?;
        let newest = keys::token_keys(&transaction).await?.pop();
        if newest.as_ref().is_some_and(|key| is_current(key.created_at, now)) {
            self.load(&transaction, access.sealing, now).await?;
            return Ok(transaction.rollback().await?);
        }
        let number = newest.map_or(1, |key| key.number.saturating_add(1));
        let key = Key256::generate(access.random)?;
        let belongs_to = number.to_be_bytes();
        let sealed =
            access.sealing.seal(Purpose::TokenKey, &belongs_to, key.expose_secret(), access.random)?;
        keys::insert_token_key(&transaction, number, &sealed, now).await?;
        keys::delete_token_keys_older_than(&transaction, KEEP_FOR, now).await?;
        let mut parameters = Fields::new();
        parameters.push_i64("keyNumber", i64::from(number));
        let event = Event {
            name: "RotateTokenKey",
            account: None,
            parameters,
            elements: Fields::new(),
            resource: None,
        };
        access.events.commit(transaction, event, now).await?;
        let connection = access.store.connection().await?;
        self.load(&connection, access.sealing, now).await
    }

    async fn load(
        &self,
        connection: &Connection,
        sealing: &SealingKeys,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let stored = keys::token_keys(connection).await?;
        let newest_at = stored.iter().map(|key| key.created_at).max();
        let opened = stored.iter().map(|key| open(key, sealing)).collect::<Result<Vec<_>, _>>()?;
        let loaded = Loaded { keys: SealingKeys::new(opened), newest_at, loaded_at: Some(now) };
        self.loaded.store(Arc::new(loaded));
        Ok(())
    }
}

impl Default for TokenKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl Loaded {
    fn is_current(&self, now: OffsetDateTime) -> bool {
        self.newest_at.is_some_and(|at| is_current(at, now))
    }

    /// Whether the keys may be read again: a flood of bad tokens must not become one of queries.
    fn is_old(&self, now: OffsetDateTime) -> bool {
        self.loaded_at.is_none_or(|at| (now - at).abs() >= RELOAD_INTERVAL)
    }
}

fn is_current(created_at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - created_at < ROTATE_EVERY
}

fn open(key: &StoredTokenKey, sealing: &SealingKeys) -> Result<(u32, Key256), IdentityError> {
    let of = || format!("token key {}", key.number);
    let opened = sealing
        .open(Purpose::TokenKey, &key.number.to_be_bytes(), &key.sealed)
        .map_err(|cause| IdentityError::Sealed { of: of(), cause })?;
    Ok((key.number, Key256::try_from_slice(opened.expose_secret())?))
}

/// How old the key of a new token may be.
pub const ROTATE_EVERY: Duration = Duration::days(1);
/// Longer than a key is used and its last token lives (a session at most 36 hours), with clocks that disagree.
const KEEP_FOR: Duration = Duration::days(3);
const RELOAD_INTERVAL: Duration = Duration::seconds(1);
