//! Where the database is, and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use keywright_crypto::SecretString;
use serde::{Deserialize, Deserializer};

use crate::StoreError;

/// How to reach one service's database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// A host name, an address, or the directory of a Unix socket. With [`TlsMode::Require`], the name that the
    /// server's certificate must bear.
    pub host: String,
    /// The TCP port, or the number in the Unix socket's name.
    #[serde(default = "default_port")]
    pub port: u16,
    /// The service's own database.
    pub database: String,
    /// The service's own role.
    pub user: String,
    /// The role's password. Give this or [`password_file`](Self::password_file), not both.
    #[serde(default)]
    pub password: Option<SecretString>,
    /// A file that holds the password (one line ending is dropped). Read once, when the store is opened.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Whether the connection is encrypted and the server verified.
    #[serde(default)]
    pub tls: TlsMode,
    /// PEM certificates that the server's chain must end in. Absent: the public web's roots.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The most connections this process holds, its change listener aside.
    #[serde(default = "default_pool_size")]
    pub pool_size: usize,
    /// Milliseconds in the file. Bounds one connection attempt, TLS and authentication included, and the wait for a
    /// free connection of the pool.
    #[serde(
        rename = "connect_timeout_ms",
        default = "default_connect_timeout",
        deserialize_with = "milliseconds"
    )]
    pub connect_timeout: Duration,
    /// Milliseconds in the file. The server cancels a statement that runs longer; the client gives up on the
    /// connection when no answer has come some time after that.
    #[serde(
        rename = "statement_timeout_ms",
        default = "default_statement_timeout",
        deserialize_with = "milliseconds"
    )]
    pub statement_timeout: Duration,
    /// Milliseconds in the file. How long [`Store::connect`](crate::Store::connect) waits for a server that is not
    /// there yet.
    #[serde(
        rename = "startup_timeout_ms",
        default = "default_startup_timeout",
        deserialize_with = "milliseconds"
    )]
    pub startup_timeout: Duration,
    /// How the connections show in `pg_stat_activity`.
    #[serde(default = "default_application_name")]
    pub application_name: String,
}

/// Whether a connection is encrypted. There is no encrypted but unverified mode: it would only look safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// In the clear: for a loopback address, a Unix socket, or a network that is itself encrypted.
    Disable,
    /// Encrypted; the server's certificate chain and its host name are verified.
    #[default]
    Require,
}

impl StoreConfig {
    /// A configuration with the default port, sizes and time-outs, and TLS required.
    pub fn new(
        host: impl Into<String>,
        database: impl Into<String>,
        user: impl Into<String>,
        password: SecretString,
    ) -> Self {
        Self {
            host: host.into(),
            port: default_port(),
            database: database.into(),
            user: user.into(),
            password: Some(password),
            password_file: None,
            tls: TlsMode::default(),
            ca_file: None,
            pool_size: default_pool_size(),
            connect_timeout: default_connect_timeout(),
            statement_timeout: default_statement_timeout(),
            startup_timeout: default_startup_timeout(),
            application_name: default_application_name(),
        }
    }

    /// Refuses values that could not work, with what to set.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let refuse = |setting, reason| Err(StoreError::Configuration { setting, reason });
        if self.host.is_empty() {
            return refuse("host", "is empty");
        }
        if self.pool_size == 0 {
            return refuse("pool_size", "must be at least 1");
        }
        if self.connect_timeout.is_zero() {
            return refuse("connect_timeout_ms", "must be above 0");
        }
        if self.statement_timeout.is_zero() {
            return refuse("statement_timeout_ms", "must be above 0: no statement may run without a bound");
        }
        if self.tls == TlsMode::Disable && self.ca_file.is_some() {
            return refuse("ca_file", "is set, but tls is disabled: set tls to \"require\" or drop ca_file");
        }
        Ok(())
    }

    /// The password, from wherever it stands.
    pub(crate) fn read_password(&self) -> Result<SecretString, StoreError> {
        let refuse = |reason| Err(StoreError::Configuration { setting: "password", reason });
        match (&self.password, &self.password_file) {
            (Some(password), None) if password.is_empty() => refuse("is empty"),
            (Some(password), None) => Ok(password.clone()),
            (Some(_), Some(_)) => refuse("and password_file are both set: keep one"),
            (None, None) => refuse("is not set: set password or password_file"),
            (None, Some(path)) => {
                let mut text = std::fs::read_to_string(path).map_err(|source| StoreError::File {
                    setting: "password_file",
                    path: path.clone(),
                    source,
                })?;
                // In place, so that the password isn't copied.
                let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                let length = line.map_or(text.len(), str::len);
                text.truncate(length);
                if text.is_empty() { refuse("file is empty") } else { Ok(SecretString::new(text)) }
            }
        }
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn default_port() -> u16 {
    5432
}

fn default_pool_size() -> usize {
    10
}

fn default_connect_timeout() -> Duration {
    Duration::from_secs(3)
}

fn default_statement_timeout() -> Duration {
    Duration::from_secs(5)
}

fn default_startup_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_application_name() -> String {
    "keywright".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(settings: serde_json::Value) -> Result<StoreConfig, String> {
        let config: StoreConfig = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        config.check().and_then(|()| config.read_password()).map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn what_is_not_set_has_a_safe_default() {
        let config = parse(json!({"host": "db", "database": "kms", "user": "kms", "password": "p"})).unwrap();
        assert_eq!((config.port, config.tls), (5432, TlsMode::Require));
        assert_eq!(config.statement_timeout, Duration::from_secs(5));
    }

    #[test]
    fn times_are_milliseconds() {
        let config = parse(json!({
            "host": "db", "database": "kms", "user": "kms", "password": "p", "tls": "disable",
            "connect_timeout_ms": 250, "statement_timeout_ms": 1500, "startup_timeout_ms": 0,
        }))
        .unwrap();
        assert_eq!(config.connect_timeout, Duration::from_millis(250));
        assert_eq!(config.statement_timeout, Duration::from_millis(1500));
        assert_eq!((config.startup_timeout, config.tls), (Duration::ZERO, TlsMode::Disable));
    }

    #[test]
    fn what_could_not_work_is_refused_with_what_to_set() {
        for (change, expected) in [
            (json!({"host": ""}), "setting host is empty"),
            (json!({"password": null}), "set password or password_file"),
            (json!({"password": ""}), "setting password is empty"),
            (json!({"password_file": "/a/file"}), "both set"),
            (json!({"password": null, "password_file": "/not/there"}), "can't read password_file /not/there"),
            (json!({"pool_size": 0}), "setting pool_size must be at least 1"),
            (json!({"statement_timeout_ms": 0}), "setting statement_timeout_ms must be above 0"),
            (json!({"connect_timeout_ms": 0}), "setting connect_timeout_ms must be above 0"),
            (json!({"tls": "disable", "ca_file": "/ca.pem"}), "tls is disabled"),
            (json!({"tls": "prefer"}), "unknown variant `prefer`"),
            (json!({"sslmode": "require"}), "unknown field `sslmode`"),
        ] {
            let mut settings = json!({"host": "db", "database": "kms", "user": "kms", "password": "p"});
            settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let error = parse(settings).unwrap_err();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }

    #[test]
    fn one_line_ending_of_a_password_file_is_dropped_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        for (text, expected) in [("pass word \n", "pass word "), ("p\r\n", "p"), ("p\n\n", "p\n"), ("p", "p")]
        {
            std::fs::write(&path, text).unwrap();
            let settings = json!({"host": "db", "database": "d", "user": "u", "password_file": path});
            let config: StoreConfig = serde_json::from_value(settings).unwrap();
            assert_eq!(config.read_password().unwrap().expose_secret(), expected, "{text:?}");
        }
    }
}
