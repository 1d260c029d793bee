//! PostgreSQL.
//!
//! A password goes to the server as its SCRAM verifier, which is what the server keeps: so a log of statements never has the
//! password. PostgreSQL has one password for a user: between setSecret and finishSecret of a single user only the pending
//! version logs in.

mod login;
mod new_user;
mod sql;

use std::sync::Arc;

use postgres_protocol::password::scram_sha_256;
use tokio_postgres::Client;

use self::login::open;
use self::sql::{database_error, identifier, literal};
use crate::RotationError;
use crate::document::{DatabaseSecret, SecretForm};
use crate::engine::{Change, Engine, LoginError, SecondUsers, Target};
use crate::task::OwnedTask;

pub(crate) struct Postgres;

pub(crate) struct Session {
    client: Arc<Client>,
    _connection: OwnedTask,
}

impl Engine for Postgres {
    type Session = Session;

    const FORM: SecretForm = SecretForm {
        engines: &["postgres", "postgresql"],
        engine_optional: false,
        default_port: 5432,
        default_username: None,
    };

    async fn open(&self, target: &Target<'_>, secret: &DatabaseSecret) -> Result<Session, LoginError> {
        open(target, secret).await
    }

    async fn ping(&self, session: &mut Session) -> Result<(), RotationError> {
        session.run("asking for the time", "SELECT now()").await
    }

    /// Also when the pending password was just used: where the server asks for none (`trust`), that says nothing.
    async fn set_own_password(
        &self,
        session: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        session.run("ALTER ROLE", &alter_role(change.username, change.pending.expose_secret())).await
    }

    async fn set_password_of_another(
        &self,
        administrator: &mut Session,
        change: &Change<'_>,
    ) -> Result<(), RotationError> {
        administrator.run("ALTER ROLE", &alter_role(change.username, change.pending.expose_secret())).await
    }
}

impl SecondUsers for Postgres {
    fn username_limit(_: &DatabaseSecret) -> usize {
        63
    }

    /// In one transaction, so that there is never a user without its role.
    async fn set_up_second_user(
        &self,
        administrator: &mut Session,
        _: &mut Session,
        current: &DatabaseSecret,
        pending: &DatabaseSecret,
    ) -> Result<(), RotationError> {
        let known = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1";
        let found = administrator.client.query_opt(known, &[&pending.username]).await;
        if found.map_err(database_error("looking for the other user"))?.is_some() {
            let change = alter_role(&pending.username, pending.password.expose_secret());
            return administrator.run("ALTER ROLE", &change).await;
        }
        let (other, first) = (identifier(&pending.username), identifier(&current.username));
        let verifier = verifier(pending.password.expose_secret());
        let statements = format!(
            "BEGIN; CREATE ROLE {other} WITH LOGIN PASSWORD {verifier}; GRANT {first} TO {other}; COMMIT"
        );
        administrator.run("making the other user", &statements).await
    }
}

impl Session {
    async fn run(&self, action: &'static str, statements: &str) -> Result<(), RotationError> {
        self.client.batch_execute(statements).await.map_err(database_error(action))
    }
}

fn alter_role(username: &str, password: &str) -> String {
    format!("ALTER ROLE {} WITH PASSWORD {}", identifier(username), verifier(password))
}

/// What the server stores of a password, with a random salt.
fn verifier(password: &str) -> String {
    literal(&scram_sha_256(password.as_bytes()))
}
