//! MariaDB and MySQL.
//!
//! To MariaDB a password goes as the hash that the server keeps, so a log of statements never has the password; MySQL hides
//! passwords in its logs by itself, and its plugins want the password. MariaDB lets a user have two passwords, if an
//! administrator gives them: then a single user with a master secret has no window either.

mod error;
mod grants;
mod login;
mod new_user;
mod second_user;
mod sql;

use std::sync::Arc;

use keywright_crypto::Random;
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use self::error::database_error;
use self::sql::{Account, native_hash, text};
use crate::RotationError;
use crate::document::{DatabaseSecret, SecretForm};
use crate::engine::{Change, Engine, LoginError, SecondUsers, Target};

pub(crate) struct Mysql {
    pub(crate) random: Arc<dyn Random>,
}

pub(crate) struct Session {
    conn: Conn,
    flavor: Flavor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavor {
    MariaDb,
    MySql,
}

impl Engine for Mysql {
    type Session = Session;

    const FORM: SecretForm = SecretForm {
        engines: &["mysql", "mariadb"],
        engine_optional: false,
        default_port: 3306,
        default_username: None,
    };

    async fn open(&self, target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError> {
        login::open(target, secret).await
    }

    async fn ping(&self, session: &mut Session) -> Result<(), RotationError> {
        session.run("asking for the time", "SELECT NOW()").await
    }

    async fn set_own_password(
        &self,
        session: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        if change.is_known {
            // Again it might count as the reuse of a password.
            return Ok(());
        }
        let password = change.pending.expose_secret();
        let statement = match session.flavor {
            Flavor::MariaDb => format!("SET PASSWORD = {}", native_hash(password)),
            Flavor::MySql => format!("ALTER USER USER() IDENTIFIED BY {}", text(password)),
        };
        session.run("setting the password", &statement).await
    }

    async fn set_password_of_another(
        &self,
        administrator: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        let account = administrator.only_account_of(change.username).await?;
        let (current, pending) = (change.current.expose_secret(), change.pending.expose_secret());
        let statement = match administrator.flavor {
            // The pending one first: it is the one that the user's own SET PASSWORD would change.
            Flavor::MariaDb => format!(
                "ALTER USER {account} IDENTIFIED VIA mysql_native_password USING {} OR mysql_native_password USING {}",
                native_hash(pending),
                native_hash(current),
            ),
            Flavor::MySql => format!("ALTER USER {account} IDENTIFIED BY {}", text(pending)),
        };
        administrator.run("ALTER USER", &statement).await
    }
}

impl SecondUsers for Mysql {
    fn username_limit(secret: &DatabaseSecret) -> usize {
        if secret.engine.as_deref() == Some("mariadb") { 80 } else { 32 }
    }

    async fn set_up_second_user(
        &self,
        administrator: &mut Session,
        current_user: &mut Session,
        _: &DatabaseSecret,
        pending: &DatabaseSecret,
    ) -> Result<(), RotationError> {
        let first = current_user.own_account().await?;
        let other = Account { user: pending.username.clone(), host: first.host.clone() };
        second_user::set_up(administrator, &first, &other, &pending.password, self.random.as_ref()).await
    }
}

impl Session {
    async fn run(&mut self, action: &'static str, statement: &str) -> Result<(), RotationError> {
        self.conn.query_drop(statement).await.map_err(database_error(action))
    }

    /// The account that the server took the login for.
    async fn own_account(&mut self) -> Result<Account, RotationError> {
        let action = "asking who is logged in";
        let found: Option<String> =
            self.conn.query_first("SELECT CURRENT_USER()").await.map_err(database_error(action))?;
        // Names may have an @, hosts have none.
        let account = found.as_deref().and_then(|account| account.rsplit_once('@'));
        match account {
            Some((user, host)) => Ok(Account { user: user.to_owned(), host: host.to_owned() }),
            None => Err(RotationError::Database { action, reason: "the answer is no account".to_owned() }),
        }
    }

    /// The account of a user who has one only.
    async fn only_account_of(&mut self, user: &str) -> Result<Account, RotationError> {
        let query = "SELECT Host FROM mysql.user WHERE User = ?";
        let hosts: Vec<String> =
            self.conn.exec(query, (user,)).await.map_err(database_error("looking for the user"))?;
        match hosts.as_slice() {
            [host] => Ok(Account { user: user.to_owned(), host: host.clone() }),
            found => Err(RotationError::Unsupported {
                problem: format!(
                    "the user {user:?} has {} accounts (one for each host): a master secret needs exactly one",
                    found.len()
                ),
            }),
        }
    }
}
