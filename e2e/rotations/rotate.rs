//! The rotations of one kind, one after another.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::{join_all, try_join_all};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::application::Application;
use crate::ask::Client;
use crate::kind::Kind;
use crate::servers::Servers;

/// What was done and seen.
pub(crate) struct Counts {
    rotations: u32,
    logins: u64,
    retried: u64,
    longest: Duration,
    failed: Vec<String>,
    took: Duration,
}

impl Counts {
    /// What isn't as it is promised.
    pub(crate) fn violations(&self, kind: Kind) -> Vec<String> {
        let mut all: Vec<_> =
            self.failed.iter().map(|failure| format!("{}: {failure}", kind.name())).collect();
        if self.logins < u64::from(self.rotations) {
            all.push(format!("{}: there were only {} logins", kind.name(), self.logins));
        }
        all
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rotations, logins, retried, longest, failed, took } = self;
        let (longest, took) = (longest.as_millis(), took.as_secs_f64());
        write!(f, "{rotations} rotations, {logins} logins, {retried} retried (at most {longest} ms), ")?;
        write!(f, "{} failed ({took:.0} s)", failed.len())
    }
}

/// Rotates a new user of this kind so many times.
pub(crate) async fn rotate(client: &Client, servers: &Servers, kind: Kind, count: u32) -> Result<Counts> {
    let secret = make_secret(client, servers, kind).await?;
    let began = Instant::now();
    let applications: Vec<Application> = (0..APPLICATIONS).map(|_| Application::default()).collect();
    let working = try_join_all(applications.iter().map(|application| application.run(client, &secret, kind)));
    let rotating = async {
        for number in 0..count {
            join_all(applications.iter().map(Application::until_it_reads)).await;
            rotate_once(client, &secret, kind, number == 0).await?;
        }
        // What the last one has made is used too.
        join_all(applications.iter().map(Application::until_it_reads)).await;
        applications.iter().for_each(Application::end);
        anyhow::Ok(())
    };
    let (worked, rotated) = tokio::join!(working, async {
        let rotated = rotating.await;
        applications.iter().for_each(Application::end);
        rotated
    });
    worked?;
    rotated?;
    let sum = |of: fn(&Application) -> u64| applications.iter().map(of).sum();
    Ok(Counts {
        rotations: count,
        logins: sum(|application| application.logins.get()),
        retried: sum(|application| application.retried.get()),
        longest: applications.iter().map(|application| application.longest.get()).max().unwrap_or_default(),
        failed: applications.into_iter().flat_map(|application| application.failed.into_inner()).collect(),
        took: began.elapsed(),
    })
}

async fn make_secret(client: &Client, servers: &Servers, kind: Kind) -> Result<String> {
    let mut value = servers.make_user(kind).await?;
    let name = format!("{}-{}", kind.name(), Uuid::new_v4().simple());
    if kind.has_master() {
        let master = json!({
            "Name": format!("{name}-master"), "ClientRequestToken": Uuid::new_v4().to_string(),
            "Tags": [{ "Key": "keywright:rotation-master", "Value": "true" }],
            "SecretString": servers.master(kind)?.to_string(),
        });
        let made = client.done("CreateSecret", master).await?;
        let arn = made.get("ARN").cloned().context("the ARN of the master secret")?;
        value.as_object_mut().context("an object")?.insert("masterarn".to_owned(), arn);
    }
    let secret = json!({
        "Name": name, "ClientRequestToken": Uuid::new_v4().to_string(), "SecretString": value.to_string(),
    });
    client.done("CreateSecret", secret).await?;
    Ok(name)
}

/// Asks for a rotation, and waits until it is over.
pub(crate) async fn rotate_once(client: &Client, secret: &str, kind: Kind, is_first: bool) -> Result<()> {
    let token = Uuid::new_v4().to_string();
    let mut input = json!({ "SecretId": secret, "ClientRequestToken": token });
    if is_first {
        let members = input.as_object_mut().context("an object")?;
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{}", kind.function());
        members.insert("RotationLambdaARN".to_owned(), json!(arn));
    }
    client.done("RotateSecret", input).await?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let described = client.done("DescribeSecret", json!({ "SecretId": secret })).await?;
        if is_over(&described, &token) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{}: not rotated in {LIMIT:?}: {described}", kind.name());
        tokio::time::sleep(POLL).await;
    }
}

/// Whether the rotation that makes this version has ended: until its end is stored, another one is refused.
fn is_over(described: &Value, token: &str) -> bool {
    let labels = described.pointer(&format!("/VersionIdsToStages/{token}")).and_then(Value::as_array);
    let seconds = |member: &str| described.get(member).and_then(Value::as_f64);
    labels.is_some_and(|labels| labels.contains(&json!("AWSCURRENT")))
        && seconds("LastRotatedDate")
            .zip(seconds("LastChangedDate"))
            .is_some_and(|(rotated, changed)| rotated >= changed)
}

const APPLICATIONS: usize = 2;
/// Longer than a failed step and its next attempt take.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
