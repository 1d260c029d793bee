//! A database and a role for each service; a role reaches only its own.

use std::fmt;

use tokio_postgres::Client;

use crate::{LocalStackError, PgLogin};

/// A name of a database or role that needs no quoting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatabaseName(String);

impl DatabaseName {
    pub(crate) fn parse(text: &str) -> Result<Self, LocalStackError> {
        let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        let holds_only_plain =
            text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if starts_well && holds_only_plain && text.len() <= 63 {
            Ok(Self(text.to_owned()))
        } else {
            Err(LocalStackError::InvalidName(text.to_owned()))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes the role, or sets its password; makes the database, or sets its owner; shuts out everybody else.
pub(crate) async fn create_database(
    superuser: &PgLogin,
    database: &DatabaseName,
    role: &DatabaseName,
    password: &str,
) -> Result<PgLogin, LocalStackError> {
    let client = superuser.connect().await?;
    // A failing statement is written to the server's log, and ours hold a password.
    run(&client, "set-up", "SET log_min_error_statement = panic").await?;
    let verb = if exists(&client, "SELECT 1 FROM pg_roles WHERE rolname = $1", role).await? {
        "ALTER"
    } else {
        "CREATE"
    };
    let password_literal = quote_literal(password);
    run(&client, "making the role", &format!("{verb} ROLE {role} LOGIN PASSWORD {password_literal}")).await?;
    if exists(&client, "SELECT 1 FROM pg_database WHERE datname = $1", database).await? {
        run(&client, "setting the owner", &format!("ALTER DATABASE {database} OWNER TO {role}")).await?;
    } else {
        run(&client, "making the database", &format!("CREATE DATABASE {database} OWNER {role}")).await?;
    }
    let revoke = format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC");
    run(&client, "closing the database", &revoke).await?;
    Ok(superuser.of_role(database.as_str(), role.as_str(), password))
}

/// Drops the database, whoever is connected to it, and the role.
pub(crate) async fn drop_database(
    superuser: &PgLogin,
    database: &DatabaseName,
    role: &DatabaseName,
) -> Result<(), LocalStackError> {
    let client = superuser.connect().await?;
    run(&client, "dropping the database", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
        .await?;
    run(&client, "dropping the role", &format!("DROP ROLE IF EXISTS {role}")).await
}

/// Shuts all but the superuser out of the databases that a new cluster has.
pub(crate) async fn close_default_databases(superuser: &PgLogin) -> Result<(), LocalStackError> {
    let client = superuser.connect().await?;
    let revoke = "REVOKE ALL ON DATABASE postgres FROM PUBLIC; REVOKE ALL ON DATABASE template1 FROM PUBLIC";
    run(&client, "closing the default databases", revoke).await
}

async fn exists(client: &Client, query: &str, name: &DatabaseName) -> Result<bool, LocalStackError> {
    let row = client.query_opt(query, &[&name.as_str()]).await;
    Ok(row.map_err(|source| LocalStackError::Postgres { action: "looking up a name", source })?.is_some())
}

async fn run(client: &Client, action: &'static str, statement: &str) -> Result<(), LocalStackError> {
    client.batch_execute(statement).await.map_err(|source| LocalStackError::Postgres { action, source })
}

/// A string literal, for statements that take no parameters. The server has `standard_conforming_strings` on.
fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        for good in ["kms", "keywright_identity", "_a1"] {
            assert!(DatabaseName::parse(good).is_ok(), "{good}");
        }
        let too_long = "a".repeat(64);
        for bad in ["", "1a", "Kms", "a-b", "a b", "a\"b", "ä", &too_long] {
            assert!(DatabaseName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_quote_in_a_password_stays_inside_the_literal() {
        assert_eq!(quote_literal("a'; DROP ROLE x; --"), "'a''; DROP ROLE x; --'");
    }
}
