//! Secrets in two Regions, each with a service, a database and a KMS of its own.

mod failures;
mod messages;
mod refusals;
mod requests;
mod role;
mod wire;

use std::time::Duration;

use keywright_aws_api::Region;
use keywright_secrets::config::Config;
use keywright_service::testing::TestCredentials;
use serde_json::{Value, json};

use self::wire::Wire;
use crate::harness::{TestSecrets, start_set, token};

pub(crate) const HERE: &str = "us-east-1";
pub(crate) const THERE: &str = "eu-west-1";

/// Two Regions that know each other.
pub(crate) struct TwoRegions {
    pub(crate) here: TestSecrets,
    pub(crate) there: TestSecrets,
    /// What goes from here to there.
    pub(crate) wire: Wire,
}

pub(crate) async fn start() -> TwoRegions {
    start_with(TestCredentials::standard, |_| {}).await
}

/// Two Regions, where this one has other settings.
pub(crate) async fn start_with(
    credentials: impl Fn() -> TestCredentials,
    set: impl FnOnce(&mut Config),
) -> TwoRegions {
    let here = start_set(credentials(), set).await;
    let there = start_set(credentials(), |config| config.base.service.region = region(THERE)).await;
    let wire = Wire::start(there.running.address());
    here.peers.introduce(&region(THERE), &wire.endpoint, &there.kms.endpoint).unwrap();
    let endpoint = format!("http://{}", here.running.address());
    there.peers.introduce(&region(HERE), &endpoint, &here.kms.endpoint).unwrap();
    TwoRegions { here, there, wire }
}

pub(crate) fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

impl TwoRegions {
    /// Makes a secret that is replicated, and waits until it is.
    pub(crate) async fn create(&self, name: &str, value: &str) -> Value {
        let made = self.here.call("CreateSecret", replicated(name, value)).await;
        self.until(name, "InSync").await;
        made
    }

    /// Waits until a secret's only replica has a status; gives the whole of that.
    pub(crate) async fn until(&self, name: &str, status: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..400 {
            last = self.status(name).await;
            if last["Status"] == status {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} is never {status}, but {last}");
    }

    pub(crate) async fn status(&self, name: &str) -> Value {
        let described = self.here.call("DescribeSecret", json!({ "SecretId": name })).await;
        described["ReplicationStatus"][0].clone()
    }

    /// Waits until the secret has this value there.
    pub(crate) async fn until_there(&self, name: &str, value: &str) {
        let mut last = String::new();
        for _ in 0..400 {
            last = self.there.client.call("GetSecretValue", json!({ "SecretId": name })).await.text;
            let read: Value = serde_json::from_str(&last).unwrap();
            if read["SecretString"] == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} is never {value} there, but {last}");
    }

    /// Waits until there is no such secret there.
    pub(crate) async fn until_gone(&self, name: &str) {
        for _ in 0..400 {
            let answer = self.there.client.call("DescribeSecret", json!({ "SecretId": name })).await;
            if answer.error() == "ResourceNotFoundException" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} stays there");
    }
}

/// The request for a secret that is replicated.
pub(crate) fn replicated(name: &str, value: &str) -> Value {
    json!({
        "Name": name, "SecretString": value, "ClientRequestToken": token(),
        "AddReplicaRegions": [{ "Region": THERE }],
    })
}
