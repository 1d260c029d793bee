//! A file with an access key, as a shell sources it: for its owner alone, and there whole or not at all.
//!
//! It is made in two steps, so that a commit can stand between them: [`CredentialsFile::prepare`] puts it on the disk under
//! an unfinished name, [`CredentialsFile::publish`] gives it its own.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use keywright_crypto::SecretString;

use crate::domain::access_key::{AccessKeyId, NewAccessKey};
use crate::error::IdentityError;

/// Where the file is, finished or not.
pub(crate) struct CredentialsFile {
    path: PathBuf,
    unfinished: PathBuf,
}

impl CredentialsFile {
    pub(crate) fn at(path: &Path) -> Self {
        let mut unfinished = OsString::from(path);
        unfinished.push(".unfinished");
        Self { path: path.to_owned(), unfinished: unfinished.into() }
    }

    /// Whether the finished file is there.
    pub(crate) fn exists(&self) -> Result<bool, IdentityError> {
        self.path.try_exists().map_err(failed("find", &self.path))
    }

    /// The access key of the unfinished file. None where there is no such file, or one that was never on the disk whole.
    pub(crate) fn prepared(&self) -> Result<Option<AccessKeyId>, IdentityError> {
        let text = match fs::read(&self.unfinished) {
            Ok(bytes) => SecretString::new(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &self.unfinished)(error)),
        };
        let id = text.expose_secret().lines().find_map(|line| line.strip_prefix(ID));
        Ok(id.and_then(|id| AccessKeyId::parse(id).ok()))
    }

    /// Puts the access key on the disk under the unfinished name, in place of what a crash left there.
    pub(crate) fn prepare(&self, key: &NewAccessKey) -> Result<(), IdentityError> {
        self.discard()?;
        let (id, secret) = (key.access_key_id.as_str(), key.secret_access_key.expose_secret());
        let text = SecretString::new(format!("{ID}{id}\n{SECRET}{secret}\n"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.unfinished)
            .map_err(failed("make", &self.unfinished))?;
        file.write_all(text.expose_secret().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed("write", &self.unfinished))?;
        self.sync_directory()
    }

    /// Gives the unfinished file its name. A file that has it already is somebody else's, and stays.
    pub(crate) fn publish(&self) -> Result<(), IdentityError> {
        if self.exists()? {
            return Err(failed("make", &self.path)(ErrorKind::AlreadyExists.into()));
        }
        fs::rename(&self.unfinished, &self.path).map_err(failed("make", &self.path))?;
        self.sync_directory()
    }

    /// Removes the unfinished file, if it is there.
    pub(crate) fn discard(&self) -> Result<(), IdentityError> {
        match fs::remove_file(&self.unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("remove", &self.unfinished)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn sync_directory(&self) -> Result<(), IdentityError> {
        let directory = self.path.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed("sync", directory))
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> IdentityError {
    move |cause| IdentityError::CredentialsFile { action, path: path.to_owned(), cause }
}

const ID: &str = "export AWS_ACCESS_KEY_ID=";
const SECRET: &str = "export AWS_SECRET_ACCESS_KEY=";
