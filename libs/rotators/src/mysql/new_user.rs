//! Makes a user with its grants. Neither server has transactions for that: a user that can't be made whole is taken away
//! again.

use keywright_crypto::SecretString;
use mysql_async::Error;
use mysql_async::prelude::Queryable as _;

use super::error::database_error;
use super::second_user::exists;
use super::sql::{Account, identifier, native_hash, pattern, text};
use super::{Flavor, Mysql, Session};
use crate::document::DatabaseSecret;
use crate::engine::{SecondUsers as _, Users};
use crate::new_users::{check_database, unsupported};
use crate::{AccessLevel, NewUser, RotationError};

impl Users for Mysql {
    fn longest_name(secret: &DatabaseSecret) -> usize {
        Self::username_limit(secret)
    }

    fn check_user(&self, user: &NewUser) -> Result<(), RotationError> {
        check_database(user)?;
        if user.schema.is_some() || !user.keys.is_empty() {
            return Err(unsupported("users of MariaDB and MySQL have neither schemas nor keys"));
        }
        if user.roles.len() > 1 {
            return Err(unsupported("a user of MariaDB has one role by default: give one, or none"));
        }
        Ok(())
    }

    async fn has_user(&self, administrator: &mut Session, user: &NewUser) -> Result<bool, RotationError> {
        exists(administrator, &account(user)).await
    }

    async fn make_user(
        &self,
        administrator: &mut Session,
        user: &NewUser,
        password: &SecretString,
    ) -> Result<bool, RotationError> {
        let (account, password) = (account(user), password.expose_secret());
        let create = match administrator.flavor {
            Flavor::MariaDb => {
                format!("CREATE USER {account} IDENTIFIED BY PASSWORD {}", native_hash(password))
            }
            Flavor::MySql => format!("CREATE USER {account} IDENTIFIED BY {}", text(password)),
        };
        match administrator.conn.query_drop(create).await {
            Ok(()) => {}
            Err(Error::Server(refusal)) if refusal.code == CANNOT_CREATE => return Ok(false),
            Err(error) => return Err(database_error("CREATE USER")(error)),
        }
        if let Some((database, access)) = user.database.as_ref().zip(user.access) {
            let privileges = match access {
                AccessLevel::Read => "SELECT, SHOW VIEW",
                AccessLevel::Write => "SELECT, SHOW VIEW, INSERT, UPDATE, DELETE, EXECUTE",
                AccessLevel::All => "ALL PRIVILEGES",
            };
            let grant = format!("GRANT {privileges} ON {}.* TO {account}", pattern(database));
            administrator.run("GRANT", &grant).await?;
        }
        for role in &user.roles {
            let role = identifier(role);
            administrator.run("GRANT", &format!("GRANT {role} TO {account}")).await?;
            let default = match administrator.flavor {
                Flavor::MariaDb => format!("SET DEFAULT ROLE {role} FOR {account}"),
                Flavor::MySql => format!("SET DEFAULT ROLE {role} TO {account}"),
            };
            administrator.run("SET DEFAULT ROLE", &default).await?;
        }
        Ok(true)
    }

    async fn remove_user(&self, administrator: &mut Session, user: &NewUser) -> Result<(), RotationError> {
        administrator.run("DROP USER", &format!("DROP USER {}", account(user))).await
    }
}

fn account(user: &NewUser) -> Account {
    let host = user.hosts.clone().unwrap_or_else(|| ANY_HOST.to_owned());
    Account { user: user.username.clone(), host }
}

/// What CREATE USER answers for a user that is there.
const CANNOT_CREATE: u16 = 1396;
const ANY_HOST: &str = "%";
