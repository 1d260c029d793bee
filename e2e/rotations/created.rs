//! `keywright secrets create-database-user` on each kind of server: what it makes opens, is rotated, and is undone when it
//! can't be whole.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use keywright_e2e::stack::Credentials;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::application::log_in_by;
use crate::ask::Client;
use crate::kind::Kind;
use crate::login::{DATABASE, Engine, Login};
use crate::rotate::rotate_once;
use crate::servers::Servers;

/// The command, against the stack.
pub(crate) struct Keywright<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) credentials: &'a Credentials,
}

/// The kinds of users that it makes.
pub(crate) const KINDS: [Kind; 5] = [
    Kind::PostgresSingle,
    Kind::PostgresAlternating,
    Kind::MariaDbSingleByMaster,
    Kind::MariaDbAlternating,
    Kind::RedisByMaster,
];

pub(crate) async fn users_are_made(
    client: &Client,
    keywright: &Keywright<'_>,
    servers: &Servers,
    kind: Kind,
) -> Result<()> {
    let id = Uuid::new_v4().simple().to_string();
    let (name, master) = (format!("{}/{id}", kind.name()), format!("{}-master/{id}", kind.name()));
    let secret = json!({
        "Name": master, "ClientRequestToken": Uuid::new_v4().to_string(),
        "SecretString": servers.master(kind)?.to_string(),
    });
    let arn = client.done("CreateSecret", secret).await?.get("ARN").cloned().context("an ARN")?;
    // MySQL's names are short, and the second user's is longer.
    let user = format!("u{}", id.get(..10).context("a name")?);
    let mut create =
        vec!["--master-secret", &master, "--username", &user, "--access", "write", "--rotate-every", "30d"];
    match kind.engine() {
        Engine::Postgres | Engine::MariaDb => create.extend(["--database", DATABASE]),
        Engine::Redis => create.extend(["--keys", "app:*"]),
    }
    if matches!(kind, Kind::PostgresAlternating | Kind::MariaDbAlternating) {
        create.push("--alternating");
    }
    let make = |name: &str| {
        let words = ["secrets", "create-database-user", name];
        keywright.run(&[words.as_slice(), create.as_slice()].concat())
    };

    if kind != Kind::PostgresSingle {
        // Rotations couldn't read it: nothing is made.
        let refused = make(&name)?;
        ensure!(!refused.status.success() && says(&refused, "keywright:rotation-master=true"), "{refused:?}");
        let tags = json!([{ "Key": "keywright:rotation-master", "Value": "true" }]);
        client.done("TagResource", json!({ "SecretId": arn, "Tags": tags })).await?;
    }
    // A secret of the name is there: the user is made, and taken away again.
    let refused = make(&master)?;
    ensure!(refused.status.code() == Some(1) && says(&refused, "was taken away again"), "{refused:?}");
    ensure!(says(&refused, "ResourceExistsException"), "{refused:?}");
    let made = make(&name)?;
    ensure!(made.status.success() && says(&made, &format!("rotated by {}", kind.function())), "{made:?}");
    let again = make(&format!("{name}-again"))?;
    ensure!(again.status.code() == Some(1) && says(&again, "already"), "{again:?}");

    let value = current(client, &name).await?;
    ensure!(value.get("username") == Some(&json!(user)), "another user");
    ensure!(log_in_by(kind, &value).await == Login::Done, "{}: the secret doesn't open", kind.name());
    let password = value.get("password").and_then(Value::as_str).context("a password")?;
    ensure!(!says(&made, password), "the password was said");
    let described = client.done("DescribeSecret", json!({ "SecretId": name })).await?;
    let schedule = described.pointer("/RotationRules/ScheduleExpression");
    ensure!(schedule == Some(&json!("rate(30 days)")), "{described}");
    until_tried_out(client, &name).await?;
    rotate_once(client, &name, kind, false).await?;
    let rotated = current(client, &name).await?;
    ensure!(rotated.get("password") != value.get("password"), "{}: not rotated", kind.name());
    ensure!(log_in_by(kind, &rotated).await == Login::Done, "{}: it doesn't open any more", kind.name());

    let status = keywright.run(&["secrets", "status", "--json", "--name", &name])?;
    let shown: Value = serde_json::from_slice(&status.stdout).context("its status")?;
    let entry = shown.get(0).context("its status")?;
    ensure!(entry.get("status") == Some(&json!("well")), "{shown}");
    ensure!(entry.get("lastRotated").is_some_and(Value::is_string), "{shown}");
    Ok(())
}

/// Waits until the trial that `--rotate-every` begins is over: until then a rotation is refused.
async fn until_tried_out(client: &Client, name: &str) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let described = client.done("DescribeSecret", json!({ "SecretId": name })).await?;
        let versions = described.get("VersionIdsToStages").and_then(Value::as_object).context("versions")?;
        if versions.values().all(|stages| *stages == json!(["AWSCURRENT"])) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "not tried out in {LIMIT:?}: {described}");
        tokio::time::sleep(POLL).await;
    }
}

async fn current(client: &Client, name: &str) -> Result<Value> {
    let answer = client.done("GetSecretValue", json!({ "SecretId": name })).await?;
    Ok(serde_json::from_str(answer.get("SecretString").and_then(Value::as_str).context("a value")?)?)
}

impl Keywright<'_> {
    fn run(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new(self.binary);
        command.args(words);
        command.env("AWS_ENDPOINT_URL", &self.credentials.endpoint);
        command.env("AWS_REGION", &self.credentials.region);
        command.env("AWS_ACCESS_KEY_ID", &self.credentials.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &self.credentials.secret_access_key);
        Ok(command.output()?)
    }
}

fn says(output: &Output, part: &str) -> bool {
    [&output.stdout, &output.stderr].iter().any(|text| String::from_utf8_lossy(text).contains(part))
}

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
