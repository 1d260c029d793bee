//! The second phase: the tree's head is signed by a key that KMS holds.

use keywright_service::ServiceClient;
use keywright_store::Store;
use keywright_transparency_log::{Checkpoint, KeyKind, Note, VerifierKey};
use time::{Duration, OffsetDateTime};

use super::store::{self, Signed};
use super::witness::Witnesses;
use crate::consumer::LogKey;
use crate::error::AuditError;
use crate::signing_key::SigningKey;

/// Signs checkpoints.
pub struct Signer {
    signing_key: SigningKey,
    origin: String,
    log_key: LogKey,
    witnesses: Witnesses,
    /// Known once KMS has told the public key.
    key: Option<VerifierKey>,
}

impl Signer {
    /// A signer for the log of this name, by a key of KMS; which key that is, it says to `log_key`.
    #[must_use]
    pub fn new(
        kms: ServiceClient,
        key_id: String,
        origin: String,
        log_key: LogKey,
        witnesses: Witnesses,
    ) -> Self {
        let signing_key = SigningKey::new(kms, key_id, "ED25519_SHA_512");
        Self { signing_key, origin, log_key, witnesses, key: None }
    }

    /// Signs what is committed, unless that was done, or another replica does it, or only the signing itself is new. Gives
    /// the newest checkpoint.
    ///
    /// # Errors
    /// [`AuditError::LogDamaged`] when what is stored doesn't begin with what was signed: nothing is signed then;
    /// [`AuditError::Signing`] when KMS doesn't, [`AuditError::Witnesses`] when too few witnesses do;
    /// [`AuditError::Log`], [`AuditError::Store`].
    pub async fn step(&mut self, store: &Store, now: OffsetDateTime) -> Result<Option<Signed>, AuditError> {
        // Also where there is nothing to be signed yet: whoever wants to know the key finds it.
        let key = self.key().await?;
        let transaction = store.begin().await?;
        let newest = store::newest_checkpoint(&transaction).await?;
        if !store::lead(&transaction, "sign").await? {
            transaction.rollback().await?;
            return Ok(newest);
        }
        let size = store::size(&transaction).await?;
        if let Some(before) = &newest {
            if size < before.checkpoint.size {
                return Err(AuditError::LogDamaged("it has fewer leaves than were signed"));
            }
            let is_news = store::has_news(&transaction, before.checkpoint.size).await?;
            if size == before.checkpoint.size || !(is_news || now - before.made_at >= OWN_INTERVAL) {
                transaction.rollback().await?;
                return Ok(newest);
            }
            if store::root(&transaction, before.checkpoint.size).await? != before.checkpoint.root {
                return Err(AuditError::LogDamaged("its tiles are not those that were signed"));
            }
        }
        let root = store::root(&transaction, size).await?;
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root };
        let mut note = Note::new(checkpoint.text())?;
        let signature = self.signing_key.sign(note.text()).await.map_err(AuditError::Signing)?;
        note.add(&key, signature)?;
        self.witnesses.cosign(&transaction, &checkpoint, &mut note).await?;
        let signed = Signed { checkpoint, note, made_at: now };
        store::add_checkpoint(&transaction, &signed).await?;
        if newest.is_none_or(|before| before.made_at.hour() != now.hour()) {
            store::thin_checkpoints(&transaction, now - KEPT).await?;
        }
        transaction.commit().await?;
        Ok(Some(signed))
    }

    /// By which key the log is checked. Asks KMS the first time.
    ///
    /// # Errors
    /// [`AuditError::Signing`], or [`AuditError::Log`] when it is no key that can sign notes.
    pub async fn key(&mut self) -> Result<VerifierKey, AuditError> {
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        let public = self.signing_key.public().await.map_err(AuditError::Signing)?;
        let key = VerifierKey::from_spki(&self.origin, KeyKind::Note, &public.spki)?;
        self.log_key.known(public.arn);
        tracing::info!(key = %key, "checkpoints of the transparency log are signed by this key");
        Ok(self.key.insert(key).clone())
    }
}

/// How long the log's own signing may be without a checkpoint, if nothing else happens.
const OWN_INTERVAL: Duration = Duration::hours(1);
/// For how long every checkpoint is kept; of the older ones, one for each hour.
const KEPT: Duration = Duration::days(1);
