//! Deletes the secrets whose recovery window is over.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::due_work::keep_doing;
use time::OffsetDateTime;

use crate::error::Error;
use crate::events::SecretEvent;
use crate::service::Secrets;
use crate::store;

/// Looks for secrets that are due, again and again, until it is aborted.
pub async fn run(secrets: Arc<Secrets>, interval: Duration) {
    keep_doing("delete secrets", interval, || delete_due_secrets(&secrets, secrets.now())).await;
}

/// Deletes every secret that is due at `now`; says how many.
///
/// # Errors
/// What kept the next one from being deleted.
pub async fn delete_due_secrets(secrets: &Secrets, now: OffsetDateTime) -> Result<usize, Error> {
    let mut count = 0;
    while delete_one(secrets, now).await? {
        count += 1;
    }
    Ok(count)
}

/// Deletes one secret with its versions and tags, in one transaction with its record; false when none is due.
async fn delete_one(secrets: &Secrets, now: OffsetDateTime) -> Result<bool, Error> {
    let transaction = secrets.store.begin().await?;
    let Some(secret) = store::secrets::claim_due(&transaction, &secrets.region, now).await? else {
        transaction.rollback().await?;
        return Ok(false);
    };
    store::secrets::delete(&transaction, secret.id).await?;
    secrets.commit_event(transaction, SecretEvent::EndDeletion, &secret, now).await?;
    secrets.directory.forget(&secret);
    Ok(true)
}
