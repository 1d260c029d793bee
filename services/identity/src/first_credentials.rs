//! The first credentials of an installation: an access key of the home account's `admin`, in a file for its operator.
//!
//! No crash loses the only copy of a secret whose access key exists: the file is on the disk under an unfinished name before
//! the access key is committed, and gets its own name after that. What a crash leaves unfinished, the next start finishes
//! when the access key was committed, and drops when it was not.

use std::path::Path;

use crate::bootstrap::ADMIN;
use crate::credentials_file::CredentialsFile;
use crate::directory::Directory;
use crate::domain::access_key::NewAccessKey;
use crate::domain::names::IdentityName;
use crate::domain::owner::Owner;
use crate::error::IdentityError;
use crate::store::access_keys;

impl Directory {
    /// Makes an access key of the home account's `admin` and writes it to `path`, when that user has none and no such
    /// file is there. Who has taken the file away doesn't get another.
    ///
    /// # Errors
    /// [`IdentityError::CredentialsFile`] when the file can't be written: then there is no access key either, or the next
    /// start finishes the file. Any other [`IdentityError`] of the store.
    pub async fn ensure_admin_credentials_file(&self, path: &Path) -> Result<(), IdentityError> {
        let file = CredentialsFile::at(path);
        let owner = Owner::User(self.user(self.home, &IdentityName::parse(ADMIN)?).await?);
        let transaction = self.store.begin().await?;
        // Replicas that start together take turns; and a commit whose answer a crash swallowed has ended one way or the
        // other.
        access_keys::lock_owner(&transaction, &owner).await?;
        let keys = access_keys::of_owner(&transaction, &owner).await?;
        if let Some(prepared) = file.prepared()?
            && keys.contains(&prepared)
        {
            transaction.rollback().await?;
            return publish(&file, path);
        }
        file.discard()?;
        let is_there = file.exists()?;
        if !keys.is_empty() || is_there {
            transaction.rollback().await?;
            if is_there && keys.is_empty() {
                tracing::warn!(path = %path.display(), "admin has no access key: remove the file, and one is made");
            } else if is_there {
                tracing::warn!(path = %path.display(), "the first credentials are still there: take and delete them");
            }
            return Ok(());
        }
        let key = NewAccessKey::generate(self.random.as_ref())?;
        file.prepare(&key)?;
        let now = self.clock.now();
        self.store_access_key(&transaction, &key, &owner, now).await?;
        self.commit_access_key(transaction, &key, &owner, self.home, now).await?;
        publish(&file, path)
    }
}

fn publish(file: &CredentialsFile, path: &Path) -> Result<(), IdentityError> {
    file.publish()?;
    tracing::info!(path = %path.display(), "the first credentials are in this file: take and delete them");
    Ok(())
}
