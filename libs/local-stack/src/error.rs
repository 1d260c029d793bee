use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// Why a local server could not be started, used or stopped.
#[derive(Debug, Error)]
pub enum LocalStackError {
    /// No directory with `postgres` and `initdb` was found.
    #[error(
        "no Postgres server found in {looked_in}; on Debian: apt-get install postgresql \
         (or set PG_BIN to the directory that holds postgres and initdb)"
    )]
    PostgresNotFound {
        /// The places looked at.
        looked_in: String,
    },
    /// A Postgres was found that cannot be used.
    #[error("the Postgres in {} cannot be used: {reason}", bin.display())]
    UnusablePostgres {
        /// The directory of its programs.
        bin: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The data was made by another major version of Postgres than the one found.
    #[error(
        "{} was made by Postgres {data}, but the Postgres in {} is version {server}: set PG_BIN to the programs \
         of version {data}, or convert the data with pg_upgrade",
        dir.display(), bin.display()
    )]
    MajorVersion {
        /// The data directory.
        dir: PathBuf,
        /// The version that made it.
        data: u32,
        /// The directory of the programs found.
        bin: PathBuf,
        /// Their version.
        server: u32,
    },
    /// Another living process runs a server on this directory.
    #[error("{} is in use by another process", dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// The unprivileged user cannot get to the directory.
    #[error(
        "user {user} cannot reach {}: choose a directory whose parents others may enter (mode o+x), \
         or run as an unprivileged user",
        dir.display()
    )]
    Unreachable {
        /// The directory.
        dir: PathBuf,
        /// The user that the server runs as.
        user: &'static str,
    },
    /// A program that this needs is not on the machine.
    #[error("{program} not found; on Debian: apt-get install {package}")]
    ProgramNotFound {
        /// The program.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A program ended when it should not have, or with a failure.
    #[error("{program} ended with {status}; the end of its log {}:\n{tail}", log.display())]
    Exited {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A server did not come up, or did not go down, in time.
    #[error("{program} is not {state} after {} s; last seen: {last}", waited.as_secs())]
    TimedOut {
        /// The program.
        program: &'static str,
        /// The state waited for.
        state: &'static str,
        /// How long that was.
        waited: Duration,
        /// The last failure or log lines seen.
        last: String,
    },
    /// The machine's MariaDB is laid out in another way than Debian's.
    #[error("no {what} of MariaDB found in {looked_in}; on Debian: apt-get install mariadb-server-core")]
    MariaDbNotFound {
        /// What is missing.
        what: &'static str,
        /// The places looked at.
        looked_in: String,
    },
    /// The name is not one this crate makes databases or roles with.
    #[error(
        "{0:?} is not a usable name: lower-case letters, digits and underscores, at most 63, a letter first"
    )]
    InvalidName(String),
    /// A statement or connection failed.
    #[error("postgres: {action} failed")]
    Postgres {
        /// What was tried.
        action: &'static str,
        /// What the server or the connection said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A file or process operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Gives an I/O error its subject.
pub(crate) trait AtPath<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, LocalStackError>;
}

impl<T, E: Into<std::io::Error>> AtPath<T> for Result<T, E> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, LocalStackError> {
        self.map_err(|source| LocalStackError::Io { action, path: path.to_owned(), source: source.into() })
    }
}
