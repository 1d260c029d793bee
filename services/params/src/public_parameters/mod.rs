//! Public parameters: a tree below `/aws/service` that the operator publishes, and every account reads. It is a file, such
//! as one of a ConfigMap, read at start and again whenever it changes; nothing of it is in the database.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html>

mod file;
mod tree;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use keywright_aws_api::error::chain;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

pub use file::FileError;
pub use tree::{PublicTree, is_public, public_arn, public_path};

/// `[public_parameters]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicParametersSection {
    /// The file; empty where nothing is published.
    pub file: PathBuf,
}

/// What is published now.
#[derive(Default)]
pub struct PublicParameters {
    file: PathBuf,
    now: ArcSwap<Published>,
}

#[derive(Default)]
struct Published {
    text: String,
    tree: Arc<PublicTree>,
}

impl PublicParameters {
    /// Reads what is to be published.
    ///
    /// # Errors
    /// [`FileError`] when it can't be.
    pub async fn open(section: PublicParametersSection) -> Result<Self, FileError> {
        let public = Self { file: section.file, now: ArcSwap::default() };
        if public.is_configured() {
            public.refresh().await?;
        }
        Ok(public)
    }

    /// Whether there is a file.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.file.as_os_str().is_empty()
    }

    /// The tree as it is now.
    #[must_use]
    pub fn tree(&self) -> Arc<PublicTree> {
        Arc::clone(&self.now.load().tree)
    }

    /// Publishes what is in the file; says whether that is something else than before.
    ///
    /// # Errors
    /// [`FileError`] when the file can't be used; then what was published before stays.
    pub async fn refresh(&self) -> Result<bool, FileError> {
        let text = self.read().await?;
        if text == self.now.load().text {
            return Ok(false);
        }
        let tree = Arc::new(file::parse(&text)?);
        self.now.store(Arc::new(Published { text, tree }));
        Ok(true)
    }

    /// Publishes what is in the file, whenever that changes, until it is aborted.
    pub async fn keep_reading(self: Arc<Self>) {
        let mut told = false;
        loop {
            tokio::time::sleep(INTERVAL).await;
            match self.refresh().await {
                Ok(changed) => {
                    told = false;
                    if changed {
                        tracing::info!(file = %self.file.display(), "public parameters were published anew");
                    }
                }
                // Once is enough.
                Err(_) if told => {}
                Err(error) => {
                    told = true;
                    let error = chain(&error);
                    tracing::warn!(file = %self.file.display(), %error, "public parameters stay as they were");
                }
            }
        }
    }

    async fn read(&self) -> Result<String, FileError> {
        let file = tokio::fs::File::open(&self.file).await.map_err(FileError::Read)?;
        let mut text = String::new();
        file.take(MAX_BYTES + 1).read_to_string(&mut text).await.map_err(FileError::Read)?;
        if text.len() as u64 > MAX_BYTES { Err(FileError::TooLarge) } else { Ok(text) }
    }
}

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// More than a ConfigMap holds.
const MAX_BYTES: u64 = 4 << 20;
