//! What is where in the data directory.
//!
//! ```text
//! credentials.env        what a shell sources
//! endpoints.json         where each service listens
//! installation.json      what can't change: the account
//! lock                   held by the process that runs the stack
//! keys/                  root keys: keep a copy apart
//! secrets/               passwords of databases, access keys of services, the front token
//! journals/              the audit journal of each service
//! postgres/              the private cluster
//! ```
//!
//! Only `postgres/` is for the user that Postgres runs as, who may pass through the directory itself.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::error::{AtPath as _, CliError};

/// The places in a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The places, whether they are there or not.
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self { root: data_dir.to_owned() }
    }

    /// Makes the directories that aren't there, and resolves the path.
    pub(crate) fn make(data_dir: &Path) -> Result<Self, CliError> {
        make_dir(data_dir, PASSABLE)?;
        let layout = Self { root: data_dir.canonicalize().at("resolve", data_dir)? };
        for dir in [layout.keys(), layout.secrets(), layout.journals()] {
            make_dir(&dir, CLOSED)?;
        }
        Ok(layout)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn credentials(&self) -> PathBuf {
        self.root.join("credentials.env")
    }

    pub(crate) fn endpoints(&self) -> PathBuf {
        self.root.join("endpoints.json")
    }

    pub(crate) fn installation(&self) -> PathBuf {
        self.root.join("installation.json")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The root key of a service, such as `kms.us-east-1`.
    pub(crate) fn root_key(&self, service: &str) -> PathBuf {
        self.keys().join(format!("{service}.key"))
    }

    /// The one before it, while it is being replaced.
    pub(crate) fn previous_root_key(&self, service: &str) -> PathBuf {
        self.keys().join(format!("{service}.previous.key"))
    }

    pub(crate) fn secret(&self, name: &str) -> PathBuf {
        self.secrets().join(name)
    }

    pub(crate) fn journal(&self, service: &str) -> PathBuf {
        self.journals().join(service)
    }

    fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }

    fn journals(&self) -> PathBuf {
        self.root.join("journals")
    }
}

fn make_dir(dir: &Path, mode: u32) -> Result<(), CliError> {
    DirBuilder::new().recursive(true).mode(mode).create(dir).at("make the directory", dir)
}

/// Below the working directory, as a project's own.
pub(crate) const DEFAULT_DATA_DIR: &str = ".keywright";
const PASSABLE: u32 = 0o711;
const CLOSED: u32 = 0o700;
