//! The files that a server of another user reads.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::LocalStackError;
use crate::error::AtPath;
use crate::privileges::ServerUser;

/// What a server shows its clients, in PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    /// The certificate, and those between it and the authority.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

impl std::fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerCertificate(..)")
    }
}

/// A directory that the server's user may write and nobody else may read.
pub(crate) fn own_dir(path: &Path, user: &ServerUser) -> Result<(), LocalStackError> {
    DirBuilder::new().mode(0o700).create(path).at("make the directory", path)?;
    user.own(path)
}

/// A file of the server's user, over one that is there.
pub(crate) fn own_file(path: &Path, text: &str, user: &ServerUser) -> Result<(), LocalStackError> {
    let mut file =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path).at("open", path)?;
    file.write_all(text.as_bytes()).at("write", path)?;
    user.own(path)
}

impl ServerCertificate {
    /// Writes both files into `dir`: the chain's, and the key's.
    pub(crate) fn write(&self, dir: &Path, user: &ServerUser) -> Result<(PathBuf, PathBuf), LocalStackError> {
        let (chain, key) = (dir.join("server.crt"), dir.join("server.key"));
        own_file(&chain, &self.chain, user)?;
        own_file(&key, &self.key, user)?;
        Ok((chain, key))
    }
}

/// Where a program is: on the `PATH`, or in one of the directories that only administrators have there.
pub(crate) fn find_program(program: &'static str, package: &'static str) -> Result<PathBuf, LocalStackError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let everywhere = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let mut found = everywhere.map(|dir| dir.join(program)).filter(|path| path.is_file());
    found.next().ok_or(LocalStackError::ProgramNotFound { program, package })
}
