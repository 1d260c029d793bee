//! Makes a user by one command, and has it written down.

use ::redis::{Value, cmd};
use keywright_crypto::{SecretString, sha256_hex};

use super::{Redis, Session, database_error};
use crate::document::DatabaseSecret;
use crate::engine::Users;
use crate::new_users::unsupported;
use crate::{AccessLevel, NewUser, RotationError};

impl Users for Redis {
    fn longest_name(_: &DatabaseSecret) -> usize {
        LONGEST_NAME
    }

    fn check_user(&self, user: &NewUser) -> Result<(), RotationError> {
        if user.database.is_some() || user.schema.is_some() || user.hosts.is_some() || !user.roles.is_empty()
        {
            return Err(unsupported("users of Redis have keys, but no database, schema, hosts or roles"));
        }
        if user.access.is_some() == user.keys.is_empty() {
            return Err(unsupported(
                "an access needs patterns of keys that it is about, and these an access",
            ));
        }
        let mut names = user.keys.iter().chain([&user.username]);
        if names.any(|name| name.contains(char::is_whitespace)) {
            return Err(unsupported("names of users and patterns of keys have no spaces"));
        }
        Ok(())
    }

    async fn has_user(&self, administrator: &mut Session, user: &NewUser) -> Result<bool, RotationError> {
        let mut find = cmd("ACL");
        find.arg("GETUSER").arg(&user.username);
        let found = administrator.ask(&find).await.map_err(database_error("ACL GETUSER"))?;
        Ok(!matches!(found, Value::Nil))
    }

    async fn make_user(
        &self,
        administrator: &mut Session,
        user: &NewUser,
        password: &SecretString,
    ) -> Result<bool, RotationError> {
        let place = administrator.find_place_to_write_down().await?;
        let mut make = cmd("ACL");
        make.arg("SETUSER").arg(&user.username).arg("reset").arg("on");
        make.arg(format!("#{}", sha256_hex(password.expose_secret().as_bytes())));
        for pattern in &user.keys {
            make.arg(format!("~{pattern}"));
        }
        let allowed: &[&str] = match user.access {
            None => &[],
            Some(AccessLevel::Read) => &["+@read"],
            Some(AccessLevel::Write) => &["+@read", "+@write", "+@transaction"],
            Some(AccessLevel::All) => &["+@all"],
        };
        // What clients ask of their own connection at first; but not what is done to others', or to the server.
        make.arg("+@connection").arg(allowed).arg("-@admin").arg("-@dangerous");
        administrator.run("ACL SETUSER", &make).await?;
        administrator.run("writing down the new user", &place.command()).await?;
        Ok(true)
    }

    async fn remove_user(&self, administrator: &mut Session, user: &NewUser) -> Result<(), RotationError> {
        let place = administrator.find_place_to_write_down().await?;
        let mut remove = cmd("ACL");
        remove.arg("DELUSER").arg(&user.username);
        administrator.run("ACL DELUSER", &remove).await?;
        administrator.run("writing down that the user is gone", &place.command()).await
    }
}

/// Redis has no limit of its own.
const LONGEST_NAME: usize = 512;
