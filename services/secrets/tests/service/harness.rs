//! A running service with a database, a journal and a fake KMS of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use keywright_local_stack::testing::{TestDatabase, database};
use keywright_rotators::RotatorSettings;
use keywright_secrets::app::SecretsApp;
use keywright_secrets::config::{Config, DeletionSection, LimitsSection};
use keywright_secrets::replication::peers::Peers;
use keywright_secrets::replication::section::{PeerSections, ReplicationSection};
use keywright_secrets::rotation::section::{FunctionSections, RotationSection};
use keywright_service::quotas::{Limit, QuotasSection};
use keywright_service::testing::{
    ACCOUNT, TestClient, TestClock, TestCredentials, base_config_in, identity_client, records,
    surroundings_at,
};
use keywright_service::{KmsSection, MemorySection, Running};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::fake_kms::FakeKms;

pub(crate) struct TestSecrets {
    pub(crate) running: Running,
    pub(crate) client: TestClient,
    pub(crate) clock: TestClock,
    pub(crate) kms: Arc<FakeKms>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) database: Arc<TestDatabase>,
    _dir: TempDir,
}

/// A service on a new database.
pub(crate) async fn start() -> TestSecrets {
    start_with(TestCredentials::standard()).await
}

/// A service which knows these principals.
pub(crate) async fn start_with(credentials: TestCredentials) -> TestSecrets {
    start_set(credentials, |_| {}).await
}

/// A service which knows these principals and rotation functions.
pub(crate) async fn start_rotating(
    credentials: TestCredentials,
    rotation_functions: FunctionSections,
) -> TestSecrets {
    start_set(credentials, |config| config.rotation_functions = rotation_functions).await
}

/// A service which knows these principals, with other settings.
pub(crate) async fn start_set(credentials: TestCredentials, set: impl FnOnce(&mut Config)) -> TestSecrets {
    let (database, kms) = (Arc::new(database().await), Arc::new(FakeKms::start()));
    start_on(database, kms, TestClock::default(), credentials, set).await
}

async fn start_on(
    database: Arc<TestDatabase>,
    kms: Arc<FakeKms>,
    clock: TestClock,
    credentials: TestCredentials,
    set: impl FnOnce(&mut Config),
) -> TestSecrets {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config {
        base: base_config_in(&database, dir.path()),
        identity: identity_client(dir.path(), "KWSECRETS"),
        kms: KmsSection { endpoint: kms.endpoint.clone() },
        secrets_memory: MemorySection { mebibytes: 8 },
        deletion: DeletionSection { interval_seconds: 1 },
        limits: LimitsSection { secrets_per_account: Limit::UNLIMITED },
        throughput: QuotasSection::default(),
        rotation: RotationSection {
            interval_seconds: 1,
            concurrency: 8,
            attempts: 3,
            claim_seconds: 30,
            retry_ms: 1,
        },
        rotation_functions: FunctionSections::new(),
        rotation_roles: BTreeMap::new(),
        rotators: RotatorSettings::default(),
        replication: ReplicationSection { interval_ms: 50 },
        peers: PeerSections::new(),
    };
    set(&mut config);
    let region = config.base.service.region.clone();
    let surroundings = surroundings_at(Arc::new(credentials), Arc::new(clock.clone()));
    let SecretsApp { running, peers } =
        keywright_secrets::app::start_app_with(config, surroundings).await.unwrap();
    let client = TestClient::new(running.address(), "AKIAADMIN", "secretsmanager", "secretsmanager");
    let client = client.with_region(region.as_str());
    TestSecrets { client, running, clock, kms, peers, database, _dir: dir }
}

impl TestSecrets {
    /// Another replica on the same database.
    pub(crate) async fn replica(&self) -> Self {
        let (database, kms) = (Arc::clone(&self.database), Arc::clone(&self.kms));
        start_on(database, kms, self.clock.clone(), TestCredentials::standard(), |_| {}).await
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Value {
        self.client.call(operation, input).await.ok()
    }

    /// Calls what must fail with this code; gives the message.
    #[track_caller]
    pub(crate) fn refuses(
        &self,
        operation: &str,
        input: Value,
        code: &str,
    ) -> impl Future<Output = String> + use<'_> {
        let (operation, code, shown) = (operation.to_owned(), code.to_owned(), input.to_string());
        async move {
            let answer = self.client.call(&operation, input).await;
            assert_eq!(answer.error(), code, "{operation} {shown}: {}", answer.text);
            answer.message().to_owned()
        }
    }

    /// Makes a secret with a text; gives its ARN.
    pub(crate) async fn create(&self, name: &str, value: &str) -> String {
        let input = json!({ "Name": name, "SecretString": value, "ClientRequestToken": token() });
        text(&self.call("CreateSecret", input).await["ARN"])
    }

    /// Gives a secret another value; says the version.
    pub(crate) async fn put(&self, name: &str, value: &str) -> String {
        let input = json!({ "SecretId": name, "SecretString": value, "ClientRequestToken": token() });
        text(&self.call("PutSecretValue", input).await["VersionId"])
    }

    pub(crate) async fn get(&self, name: &str) -> String {
        text(&self.call("GetSecretValue", json!({ "SecretId": name })).await["SecretString"])
    }

    /// The versions that have labels, with them.
    pub(crate) async fn stages(&self, name: &str) -> Value {
        self.call("DescribeSecret", json!({ "SecretId": name })).await["VersionIdsToStages"].clone()
    }

    /// The newest record of an event, once at least `count` records are there.
    pub(crate) async fn record_of(&self, event_name: &str, count: usize) -> Value {
        let all = records(self.running.journal(), count).await;
        let found = all.iter().rev().find(|record| record["eventName"] == event_name);
        found.unwrap_or_else(|| panic!("no {event_name} in {all:#?}")).clone()
    }
}

/// A fresh request token.
pub(crate) fn token() -> String {
    Uuid::new_v4().to_string()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// What an ARN of a secret begins with.
pub(crate) fn arn_prefix() -> String {
    format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:")
}
