//! `keywright secrets create-database-user`.
//!
//! The user is made first, then its secret is stored; when that fails the user is taken away again. So there is no secret that
//! opens nothing, and no user whose password nobody knows. The password is on no command line and in no log.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use keywright_aws_api::Arn;
use keywright_crypto::{SecretString, SystemRandom};
use keywright_rotators::{AccessLevel, HostRules, NewUser, NewUsers, RotatorKind, RotatorSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::DatabaseUserError;
use super::rotation_interval::RotationInterval;
use crate::api_client::{ApiClient, ApiError, Query, SECRETS_MANAGER, patiently};
use crate::commands::admin::Target;
use crate::commands::stop_signals::StopSignals;
use crate::console::Console;
use crate::error::CliError;

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CreateDatabaseUser {
    #[command(flatten)]
    target: Target,
    /// The name of the new secret
    name: String,
    /// The secret of who may make users there: its JSON says where the server is
    #[arg(long, value_name = "SECRET")]
    master_secret: String,
    /// The new user's name
    #[arg(long, value_name = "NAME")]
    username: String,
    /// The database that the user is for; not for Redis
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// What the user may do with the database, or with the keys; without it, only log in
    #[arg(long, value_enum, value_name = "LEVEL")]
    access: Option<Level>,
    /// PostgreSQL: the schema that the access is about [default: public]
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// PostgreSQL, MariaDB, MySQL: a role that the user is given
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// MariaDB, MySQL: the hosts that the user may come from [default: %]
    #[arg(long, value_name = "HOSTS")]
    from: Option<String>,
    /// Redis: a pattern of keys that the access is about
    #[arg(long, value_name = "PATTERN")]
    keys: Vec<String>,
    /// Rotate the password so often, such as 30d or 12h, by the built-in function for it
    #[arg(long, value_name = "INTERVAL")]
    rotate_every: Option<RotationInterval>,
    /// Rotate by two users in turns, so that no login fails while it rotates
    #[arg(long, requires = "rotate_every")]
    alternating: bool,
    /// The KMS key of the secret; without it, the AWS managed one
    #[arg(long, value_name = "KEY")]
    kms_key_id: Option<String>,
    /// What the secret is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// PEM certificates that the server's chain must end in; without it, the Web's authorities
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    /// To read
    Read,
    /// To read, and to change what is there
    Write,
    /// All, but to look after users or the server
    All,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Master {
    #[serde(rename = "ARN")]
    arn: String,
    secret_string: Option<SecretString>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewSecret<'a> {
    name: &'a str,
    client_request_token: &'a str,
    secret_string: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Deserialize)]
struct Made {
    #[serde(rename = "ARN")]
    arn: String,
}

impl CreateDatabaseUser {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let client = self.target.api_client()?;
        let users = self.new_users()?;
        let read = json!({ "SecretId": self.master_secret });
        let master: Master = client.secret_json(SECRETS_MANAGER, "GetSecretValue", &read, ROOM).await?;
        let text = master.secret_string.as_ref();
        let text = text.ok_or_else(|| DatabaseUserError::NoText { secret: self.master_secret.clone() })?;
        let kind = NewUsers::rotator_kind(text, self.alternating).map_err(DatabaseUserError::from)?;
        // PostgreSQL lets a user change its own password, and has no better way for another one's.
        let named = (kind != RotatorKind::PostgresSingleUser).then(|| master.arn.clone());
        if self.rotate_every.is_some() {
            can_be_rotated(&client, named.as_deref()).await?;
        }
        let user = self.user(named);

        // From here on all is done, or undone.
        let signals = StopSignals::take()?;
        let value = users.make(text, &user).await.map_err(DatabaseUserError::from)?;
        let made = match self.store(&client, &value).await {
            Ok(made) => made,
            Err(cause) => return Err(self.undo(&users, text, &user, cause).await.into()),
        };
        drop(signals);
        console.say(&format!("made the user {:?}, and its secret {}", self.username, made.arn));
        let Some(interval) = self.rotate_every else { return Ok(ExitCode::SUCCESS) };
        match rotate(&client, &made.arn, kind, interval).await {
            Ok(()) => {
                let (expression, function) = (interval.expression(), kind.function_name());
                console.say(&format!("it is rotated by {function} at {expression}"));
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                console.failed(&error);
                console.warn(
                    "user and secret are there, but rotation is not on: aws secretsmanager rotate-secret",
                );
                Ok(ExitCode::from(NOT_ROTATED))
            }
        }
    }

    fn new_users(&self) -> Result<NewUsers, DatabaseUserError> {
        let settings = RotatorSettings {
            // Who runs this may connect to wherever this machine may.
            allowed_hosts: HostRules::parse(&["0.0.0.0/0", "::/0"]).unwrap_or_default(),
            ca_file: self.ca_file.clone(),
            ..RotatorSettings::default()
        };
        Ok(NewUsers::new(settings, Arc::new(SystemRandom))?)
    }

    fn user(&self, master_arn: Option<String>) -> NewUser {
        NewUser {
            username: self.username.clone(),
            database: self.database.clone(),
            access: self.access.map(|level| match level {
                Level::Read => AccessLevel::Read,
                Level::Write => AccessLevel::Write,
                Level::All => AccessLevel::All,
            }),
            schema: self.schema.clone(),
            roles: self.roles.clone(),
            hosts: self.from.clone(),
            keys: self.keys.clone(),
            master_arn,
            alternates: self.alternating,
        }
    }

    /// Stores the secret; asks once more where it isn't known whether it is stored: the token makes it one request.
    async fn store(&self, client: &ApiClient, value: &SecretString) -> Result<Made, ApiError> {
        let token = Uuid::new_v4().to_string();
        let secret = NewSecret {
            name: &self.name,
            client_request_token: &token,
            secret_string: value.expose_secret(),
            kms_key_id: self.kms_key_id.as_deref(),
            description: self.description.as_deref(),
        };
        let room = ROOM + LONGEST_ESCAPE * value.expose_secret().len();
        let store = || patiently(|| client.secret_json(SECRETS_MANAGER, "CreateSecret", &secret, room));
        for _ in 1..ATTEMPTS {
            match store().await {
                Err(error) if error.is_unknown() => {}
                outcome => return outcome,
            }
        }
        store().await
    }

    async fn undo(
        &self,
        users: &NewUsers,
        master: &SecretString,
        user: &NewUser,
        cause: ApiError,
    ) -> DatabaseUserError {
        let (username, cause) = (self.username.clone(), Box::new(cause));
        match users.remove(master, user).await {
            Err(removal) => DatabaseUserError::LeftBehind { username, cause, removal: Box::new(removal) },
            Ok(()) if cause.is_unknown() => {
                DatabaseUserError::MayBeStored { secret: self.name.clone(), username, cause }
            }
            Ok(()) => DatabaseUserError::NotStored { username, cause },
        }
    }
}

/// That rotations have what they need, before anything is made.
async fn can_be_rotated(client: &ApiClient, master: Option<&str>) -> Result<(), CliError> {
    match client.query(Query::Iam, "GetRole", &[("RoleName", ROLE)]).await {
        Err(error) if error.is_absent() => return Err(DatabaseUserError::NoRole.into()),
        // Who may not ask is told by the first rotation.
        Err(ApiError::Refused { .. }) | Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let Some(arn) = master else { return Ok(()) };
    let described = client.json(SECRETS_MANAGER, None, "DescribeSecret", &json!({ "SecretId": arn })).await?;
    let tags = described.get("Tags").and_then(Value::as_array);
    let wanted = json!({ "Key": "keywright:rotation-master", "Value": "true" });
    match tags.is_some_and(|tags| tags.contains(&wanted)) {
        true => Ok(()),
        false => Err(DatabaseUserError::NotForRotation { arn: arn.to_owned() }.into()),
    }
}

/// Turns rotation on. The password has just been made: the first rotation is the schedule's, and now it is only tried out
/// whether the function gets in.
async fn rotate(
    client: &ApiClient,
    arn: &str,
    kind: RotatorKind,
    interval: RotationInterval,
) -> Result<(), ApiError> {
    let of = Arn::parse(arn).map_err(|_| ApiError::Answer { operation: "CreateSecret".to_owned() })?;
    let (partition, region, account) = (of.partition(), of.region(), of.account());
    let function = format!("arn:{partition}:lambda:{region}:{account}:function:{}", kind.function_name());
    let input = json!({
        "SecretId": arn, "RotationLambdaARN": function, "ClientRequestToken": Uuid::new_v4().to_string(),
        "RotationRules": { "ScheduleExpression": interval.expression() }, "RotateImmediately": false,
    });
    patiently(|| client.json(SECRETS_MANAGER, None, "RotateSecret", &input)).await.map(|_| ())
}

/// Rotation isn't on.
const NOT_ROTATED: u8 = 3;
/// Of whatever is beside a secret's value.
const ROOM: usize = 8 * 1024;
/// Of a byte in JSON.
const LONGEST_ESCAPE: usize = 6;
const ATTEMPTS: u32 = 4;
/// The role that IAM links to Secrets Manager.
const ROLE: &str = "AWSServiceRoleForSecretsManager";

const AFTER_HELP: &str = "\
Exit codes:
  0 if all is done, 1 if nothing is, 3 if user and secret are there and rotation is not on

Access:
  read   SELECT; in Redis @read
  write  read, INSERT, UPDATE, DELETE, sequences, EXECUTE; in Redis @read @write @transaction
  all    all privileges on database, schema, tables and sequences; in Redis all but @admin @dangerous
  It is about the tables that are there; for those to come, grant to a role and give --role.";
