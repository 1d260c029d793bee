use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::{Client, Config, NoTls};

use crate::LocalStackError;

/// How one role gets into one database. `Debug` does not show the password.
#[derive(Clone)]
pub struct PgLogin {
    host: String,
    port: u16,
    database: String,
    user: String,
    password: String,
}

impl PgLogin {
    pub(crate) fn new(host: &str, port: u16, database: &str, user: &str, password: &str) -> Self {
        let [host, database, user, password] = [host, database, user, password].map(str::to_owned);
        Self { host, port, database, user, password }
    }

    /// The host, an address of the loopback interface.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The role's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The whole as a connection URL, `postgres://user:password@host:port/database`. It holds the password: for a
    /// configuration file or a variable of a child process, never for a log.
    pub fn expose_dsn(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, OUTSIDE_URL_PARTS).to_string();
        let Self { host, port, .. } = self;
        let (user, password, database) =
            (encoded(&self.user), encoded(&self.password), encoded(&self.database));
        format!("postgres://{user}:{password}@{host}:{port}/{database}")
    }

    /// The whole as a client's configuration.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.host(&self.host).port(self.port).dbname(&self.database).user(&self.user);
        config.password(&self.password).application_name("keywright-local-stack");
        config
    }

    /// The same role in another database.
    pub fn in_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// Another role in another database of the same cluster.
    pub(crate) fn of_role(&self, database: &str, user: &str, password: &str) -> Self {
        Self::new(&self.host, self.port, database, user, password)
    }

    /// Reads what [`Self::expose_dsn`] writes.
    ///
    /// # Errors
    /// It is no connection URL.
    pub fn from_dsn(dsn: &str) -> Result<Self, LocalStackError> {
        let config: Config =
            dsn.parse().map_err(|source| LocalStackError::Postgres { action: "reading the DSN", source })?;
        let host = match config.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.as_str(),
            Some(tokio_postgres::config::Host::Unix(_)) | None => "127.0.0.1",
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let user = config.get_user().unwrap_or("postgres");
        let password = String::from_utf8_lossy(config.get_password().unwrap_or_default());
        Ok(Self::new(host, port, config.get_dbname().unwrap_or(user), user, &password))
    }

    /// A connection, driven by a task of the current runtime until the client is dropped.
    ///
    /// # Errors
    /// The server does not answer, or refuses the role.
    pub async fn connect(&self) -> Result<Client, LocalStackError> {
        let (client, connection) = self
            .config()
            .connect(NoTls)
            .await
            .map_err(|source| LocalStackError::Postgres { action: "connecting", source })?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the local postgres ended");
            }
        });
        Ok(client)
    }
}

impl fmt::Debug for PgLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, database, user, password: _ } = self;
        write!(formatter, "PgLogin({user}@{host}:{port}/{database})")
    }
}

const OUTSIDE_URL_PARTS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_is_read_back_whatever_the_password_holds() {
        let login = PgLogin::new("127.0.0.1", 5433, "kms", "kms_owner", "p@ss:w/or d%");
        let read = PgLogin::from_dsn(&login.expose_dsn()).unwrap();
        assert_eq!(read.config(), login.config());
    }

    #[test]
    fn the_password_is_not_in_the_debug_text() {
        let login = PgLogin::new("127.0.0.1", 5433, "kms", "kms_owner", "hidden");
        assert_eq!(format!("{login:?}"), "PgLogin(kms_owner@127.0.0.1:5433/kms)");
    }
}
