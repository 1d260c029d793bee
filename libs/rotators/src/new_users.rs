//! Makes a user for an application, with what it may do, and the value of its secret.

use std::sync::Arc;

use keywright_crypto::{Random, SecretString};

use crate::document::{DatabaseSecret, Document};
use crate::engine::{Access, Users};
use crate::mysql::Mysql;
use crate::password::Passwords;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::rotation::MASTER;
use crate::single_user::refused;
use crate::tls::Trust;
use crate::{RotationError, RotatorKind, RotatorSettings, RotatorSettingsError, alternating_users};

/// A user that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Its name.
    pub username: String,
    /// The database that it logs in to, and that its access is about. Not for Redis.
    pub database: Option<String>,
    /// What it may do there.
    pub access: Option<AccessLevel>,
    /// PostgreSQL: the schema that its access is about; `public` if none is named.
    pub schema: Option<String>,
    /// PostgreSQL, MariaDB and MySQL: the roles that it is given.
    pub roles: Vec<String>,
    /// MariaDB and MySQL: the hosts that it may come from, `%` if none are named.
    pub hosts: Option<String>,
    /// Redis: the patterns of keys that its access is about.
    pub keys: Vec<String>,
    /// The ARN of the master secret, for a secret that names it.
    pub master_arn: Option<String>,
    /// Whether a second user is to take turns with it, whose name must be one, too.
    pub alternates: bool,
}

/// How much a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLevel {
    /// To read.
    Read,
    /// To read, and to change what is there.
    Write,
    /// All, but to look after users or the server.
    All,
}

/// Makes users.
pub struct NewUsers {
    settings: RotatorSettings,
    trust: Trust,
    passwords: Passwords,
    random: Arc<dyn Random>,
}

impl NewUsers {
    /// Reads the trusted certificates, and checks that the settings can work.
    ///
    /// # Errors
    /// What to set otherwise.
    pub fn new(settings: RotatorSettings, random: Arc<dyn Random>) -> Result<Self, RotatorSettingsError> {
        settings.check()?;
        let (trust, passwords) = (Trust::new(&settings)?, Passwords::new(&settings, Arc::clone(&random))?);
        Ok(Self { settings, trust, passwords, random })
    }

    /// The rotator of such a user, on the server that a master secret is about.
    ///
    /// # Errors
    /// A secret of no server, or a server whose users don't take turns.
    pub fn rotator_kind(master: &SecretString, alternates: bool) -> Result<RotatorKind, RotationError> {
        Ok(match (server(&Document::parse(master, MASTER)?)?, alternates) {
            (Server::Postgres, false) => RotatorKind::PostgresSingleUser,
            (Server::Postgres, true) => RotatorKind::PostgresAlternatingUsers,
            (Server::Mysql, false) => RotatorKind::MysqlSingleUser,
            (Server::Mysql, true) => RotatorKind::MysqlAlternatingUsers,
            (Server::Redis, false) => RotatorKind::Redis,
            (Server::Redis, true) => {
                return Err(unsupported("users of Redis have two passwords, and need no second user"));
            }
        })
    }

    /// Makes a user, as the user of the master secret: the value of its secret, which nobody else knows. A user that is
    /// there already is left alone. Of one that can't be made whole nothing stays.
    ///
    /// # Errors
    /// [`RotationError`], with nothing that is secret.
    pub async fn make(&self, master: &SecretString, user: &NewUser) -> Result<SecretString, RotationError> {
        let document = Document::parse(master, MASTER)?;
        let password = self.passwords.generate()?;
        match server(&document)? {
            Server::Postgres => make(&self.access(Postgres), &document, user, &password).await?,
            Server::Mysql => make(&self.access(self.mysql()), &document, user, &password).await?,
            Server::Redis => make(&self.access(Redis), &document, user, &password).await?,
        }
        let mut value = document.about_its_server();
        value.set("username", &user.username);
        value.set("password", password.expose_secret());
        if let Some(database) = &user.database {
            value.set("dbname", database);
        }
        if let Some(arn) = &user.master_arn {
            value.set("masterarn", arn);
        }
        value.to_secret()
    }

    /// Takes a user away that was made, and has made nothing itself.
    ///
    /// # Errors
    /// [`RotationError`]: then it may be there still.
    pub async fn remove(&self, master: &SecretString, user: &NewUser) -> Result<(), RotationError> {
        let document = Document::parse(master, MASTER)?;
        match server(&document)? {
            Server::Postgres => remove(&self.access(Postgres), &document, user).await,
            Server::Mysql => remove(&self.access(self.mysql()), &document, user).await,
            Server::Redis => remove(&self.access(Redis), &document, user).await,
        }
    }

    fn access<E: Users>(&self, engine: E) -> Access<E> {
        Access::new(engine, &self.settings, self.trust.clone())
    }

    fn mysql(&self) -> Mysql {
        Mysql { random: Arc::clone(&self.random) }
    }
}

enum Server {
    Postgres,
    Mysql,
    Redis,
}

fn server(master: &Document) -> Result<Server, RotationError> {
    use crate::engine::Engine as _;
    match master.text("engine")? {
        Some(engine) if Postgres::FORM.engines.contains(&engine) => Ok(Server::Postgres),
        Some(engine) if Mysql::FORM.engines.contains(&engine) => Ok(Server::Mysql),
        Some(engine) if Redis::FORM.engines.contains(&engine) => Ok(Server::Redis),
        None => Ok(Server::Redis),
        Some(_) => Err(RotationError::InvalidSecret {
            stage: MASTER,
            problem: "has an \"engine\" that is none of postgres, mysql, mariadb and redis",
        }),
    }
}

async fn make<E: Users>(
    access: &Access<E>,
    master: &Document,
    user: &NewUser,
    password: &SecretString,
) -> Result<(), RotationError> {
    let master = administrator::<E>(master, user)?;
    check(user)?;
    access.engine.check_user(user)?;
    let (name, limit) = (user.username.as_str(), E::longest_name(&master));
    if name.len() > limit {
        return Err(RotationError::UsernameTooLong { username: name.to_owned(), limit });
    }
    if user.alternates {
        alternating_users::other_user(name, limit)?;
    }
    let mut administrator = log_in(access, &master).await?;
    let exists = || RotationError::UserExists { host: master.host.clone(), username: name.to_owned() };
    if access.bounded("looking for the user", access.engine.has_user(&mut administrator, user)).await? {
        return Err(exists());
    }
    let making = access.engine.make_user(&mut administrator, user, password);
    match access.bounded("making the user", making).await {
        Ok(true) => Ok(()),
        // Somebody else was faster.
        Ok(false) => Err(exists()),
        Err(error) => {
            // Half of it may be there; where nothing is, this fails.
            let _ = remove_as(access, &master, user).await;
            Err(error)
        }
    }
}

async fn remove<E: Users>(
    access: &Access<E>,
    master: &Document,
    user: &NewUser,
) -> Result<(), RotationError> {
    remove_as(access, &administrator::<E>(master, user)?, user).await
}

async fn remove_as<E: Users>(
    access: &Access<E>,
    master: &DatabaseSecret,
    user: &NewUser,
) -> Result<(), RotationError> {
    let mut administrator = log_in(access, master).await?;
    access.bounded("taking the user away", access.engine.remove_user(&mut administrator, user)).await
}

/// The master secret, for a login to the database that the user is for.
fn administrator<E: Users>(master: &Document, user: &NewUser) -> Result<DatabaseSecret, RotationError> {
    let mut master = master.database_secret(&E::FORM)?;
    master.database = user.database.clone();
    Ok(master)
}

async fn log_in<E: Users>(access: &Access<E>, master: &DatabaseSecret) -> Result<E::Session, RotationError> {
    access.log_in(master).await?.ok_or_else(|| refused(master, MASTER))
}

/// Of servers that have databases.
pub(crate) fn check_database(user: &NewUser) -> Result<(), RotationError> {
    if user.access.is_some() && user.database.is_none() {
        return Err(unsupported("an access needs a database that it is about"));
    }
    Ok(())
}

fn check(user: &NewUser) -> Result<(), RotationError> {
    let optional = [&user.database, &user.schema, &user.hosts].into_iter().flatten();
    let names = std::iter::once(&user.username).chain(optional).chain(&user.roles).chain(&user.keys);
    for name in names {
        if name.is_empty() || name.contains('\0') {
            return Err(unsupported("no name may be empty or have a NUL"));
        }
    }
    Ok(())
}

pub(crate) fn unsupported(problem: &str) -> RotationError {
    RotationError::Unsupported { problem: problem.to_owned() }
}
