//! Makes a user with its grants in one transaction.

use keywright_crypto::SecretString;

use super::sql::{database_error, identifier};
use super::{Postgres, Session, verifier};
use crate::document::DatabaseSecret;
use crate::engine::Users;
use crate::new_users::{check_database, unsupported};
use crate::{AccessLevel, NewUser, RotationError};

impl Users for Postgres {
    fn longest_name(_: &DatabaseSecret) -> usize {
        63
    }

    fn check_user(&self, user: &NewUser) -> Result<(), RotationError> {
        check_database(user)?;
        if user.hosts.is_some() || !user.keys.is_empty() {
            return Err(unsupported("users of PostgreSQL have neither hosts nor keys"));
        }
        Ok(())
    }

    async fn has_user(&self, administrator: &mut Session, user: &NewUser) -> Result<bool, RotationError> {
        let known = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1";
        let found = administrator.client.query_opt(known, &[&user.username]).await;
        Ok(found.map_err(database_error("looking for the user"))?.is_some())
    }

    async fn make_user(
        &self,
        administrator: &mut Session,
        user: &NewUser,
        password: &SecretString,
    ) -> Result<bool, RotationError> {
        let name = identifier(&user.username);
        let mut statements =
            format!("BEGIN; CREATE ROLE {name} WITH LOGIN PASSWORD {}; ", verifier(password.expose_secret()));
        for role in &user.roles {
            statements.push_str(&format!("GRANT {} TO {name}; ", identifier(role)));
        }
        for (privileges, object) in grants(user) {
            statements.push_str(&format!("GRANT {privileges} ON {object} TO {name}; "));
        }
        statements.push_str("COMMIT");
        match administrator.client.batch_execute(&statements).await {
            Ok(()) => Ok(true),
            Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_OBJECT) => {
                Ok(false)
            }
            Err(error) => Err(database_error("making the user")(error)),
        }
    }

    async fn remove_user(&self, administrator: &mut Session, user: &NewUser) -> Result<(), RotationError> {
        let name = identifier(&user.username);
        let mut statements = "BEGIN; ".to_owned();
        for (privileges, object) in grants(user) {
            statements.push_str(&format!("REVOKE {privileges} ON {object} FROM {name}; "));
        }
        statements.push_str(&format!("DROP ROLE {name}; COMMIT"));
        administrator.run("taking the user away", &statements).await
    }
}

/// Privileges, and what they are for.
fn grants(user: &NewUser) -> Vec<(&'static str, String)> {
    let Some(database) = &user.database else { return Vec::new() };
    let (database, schema) =
        (identifier(database), identifier(user.schema.as_deref().unwrap_or(DEFAULT_SCHEMA)));
    let on_database = |privileges| (privileges, format!("DATABASE {database}"));
    let on_schema = |privileges| (privileges, format!("SCHEMA {schema}"));
    let on_tables = |privileges| (privileges, format!("ALL TABLES IN SCHEMA {schema}"));
    let on_sequences = |privileges| (privileges, format!("ALL SEQUENCES IN SCHEMA {schema}"));
    match user.access {
        None => vec![on_database("CONNECT")],
        Some(AccessLevel::Read) => {
            vec![on_database("CONNECT"), on_schema("USAGE"), on_tables("SELECT"), on_sequences("SELECT")]
        }
        Some(AccessLevel::Write) => vec![
            on_database("CONNECT"),
            on_schema("USAGE"),
            on_tables("SELECT, INSERT, UPDATE, DELETE"),
            on_sequences("USAGE, SELECT, UPDATE"),
        ],
        Some(AccessLevel::All) => {
            vec![on_database("ALL"), on_schema("ALL"), on_tables("ALL"), on_sequences("ALL")]
        }
    }
}

const DEFAULT_SCHEMA: &str = "public";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_grants_are_quoted() {
        let user = NewUser {
            database: Some("a\"b".to_owned()),
            schema: Some("s; DROP".to_owned()),
            access: Some(AccessLevel::Read),
            ..NewUser::default()
        };
        let objects: Vec<_> = grants(&user).into_iter().map(|(_, object)| object).collect();
        assert_eq!(objects.first().map(String::as_str), Some("DATABASE \"a\"\"b\""));
        assert_eq!(objects.get(1).map(String::as_str), Some("SCHEMA \"s; DROP\""));
    }
}
