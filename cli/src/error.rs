//! Why a command fails.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use keywright_audit::log::verify::VerifyError;
use keywright_audit_log::JournalError;
use keywright_aws_api::AccountId;
use keywright_crypto::CryptoError;
use keywright_front::FrontError;
use keywright_identity::error::IdentityError;
use keywright_local_stack::LocalStackError;
use keywright_policy::PolicyError;
use keywright_root_key::RootKeyError;
use keywright_service::{CallError, ServiceError, SettingsError};
use keywright_telemetry::TelemetryError;
use keywright_transparency_log::LogError;
use thiserror::Error;

use crate::agent::AgentError;
use crate::api_client::ApiError;
use crate::apply::ApplyError;
use crate::commands::secrets::DatabaseUserError;
use crate::encryption::EncryptionError;
use crate::params::ParamsError;

/// Why a command fails.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// There is nothing to print.
    #[error("no stack was ever ready on {}: run keywright dev, or give its --data-dir", data_dir.display())]
    NoStack { data_dir: PathBuf },
    /// Another process has the data directory.
    #[error(
        "another keywright dev{} runs on {}: stop it, or choose another --data-dir",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), data_dir.display()
    )]
    InUse { data_dir: PathBuf, pid: Option<u32> },
    /// The data belongs to another account.
    #[error(
        "{} was made for account {stored}, not {asked}: start it with --account {stored}, or choose another --data-dir",
        data_dir.display()
    )]
    OtherAccount { data_dir: PathBuf, stored: AccountId, asked: AccountId },
    /// The front's address can't be had.
    #[error("cannot listen on {address}: stop who does, or choose another --listen")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: std::io::Error,
    },
    /// A file of ours isn't what was written.
    #[error("{} cannot be understood: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    /// A file can't be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Parameters can't be imported, exported or given to a program.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A database user isn't made with its secret.
    #[error(transparent)]
    DatabaseUser(#[from] DatabaseUserError),
    /// Files can't be encrypted or decrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// A public API can't be called.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A policy isn't understood by this version.
    #[error("a policy cannot be understood")]
    Policy(#[source] PolicyError),
    /// Postgres can't be had.
    #[error(transparent)]
    Postgres(#[from] LocalStackError),
    /// A service can't be started.
    #[error("cannot start {service}")]
    Service {
        service: String,
        #[source]
        cause: ServiceError,
    },
    /// The settings of the environment can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The front can't be started.
    #[error("cannot start the front")]
    Front(#[from] FrontError),
    /// The access key can't be made.
    #[error("cannot make the access key of admin")]
    AccessKey(#[from] IdentityError),
    /// Identity has an access key that no file of ours knows the secret of.
    #[error("identity gave no access key")]
    NoAccessKey,
    /// The access key's secret is missing.
    #[error("AWS_SECRET_ACCESS_KEY is not set: set it, or run eval \"$(keywright env)\"")]
    NoSecretAccessKey,
    /// The service said no.
    #[error("{message} ({code})")]
    Refused { code: String, message: String },
    /// The service gave no answer.
    #[error("the service gave no answer")]
    Call(#[source] CallError),
    /// The transparency log can't be checked.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A proof, a checkpoint or a key isn't right.
    #[error("{what} is not right")]
    Proof {
        what: &'static str,
        #[source]
        cause: LogError,
    },
    /// An argument that the service's data is asked by is none.
    #[error("{argument} is neither a leaf nor a day such as 2026-01-31")]
    NoLeaf { argument: String },
    /// Neither a log's URL nor a directory.
    #[error("there is no log to check: give --endpoint-url with an access key, or --directory with --key")]
    NoLog,
    /// A query has no result.
    #[error("the query failed: {reason}")]
    Query { reason: String },
    /// Standard output takes nothing.
    #[error("cannot write to standard output")]
    Output(#[source] std::io::Error),
    /// A root key file would be overwritten.
    #[error("{} is there already: choose another name", path.display())]
    RootKeyExists { path: PathBuf },
    /// A root key can't be made.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// The agent would listen where others can ask.
    #[error(
        "the agent cannot listen on {address}: choose a loopback address, 169.254.170.23 or fd00:ec2::23, which is where \
         SDKs ask without TLS"
    )]
    AgentAddress { address: SocketAddr },
    /// The agent can't be set up.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The TLS back end can't be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP client can't be set up.
    #[error("the HTTP client cannot be set up")]
    HttpClient(#[source] reqwest::Error),
    /// No Region is named.
    #[error("--regions names no Region: give at least one, such as us-east-1")]
    NoRegion,
    /// A journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] CryptoError),
    /// The log can't be set up.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Ctrl-C can't be heard.
    #[error("cannot receive signals")]
    Signals(#[source] std::io::Error),
    /// The runtime can't be had.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
}

/// Gives an I/O error its subject.
pub(crate) trait AtPath<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, CliError>;
}

impl<T, E: Into<std::io::Error>> AtPath<T> for Result<T, E> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, CliError> {
        self.map_err(|cause| CliError::File { action, path: path.to_owned(), cause: cause.into() })
    }
}
