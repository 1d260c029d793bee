//! The service, started, with a journal from which it reads besides its own.

use keywright_audit::app::start_with;
use keywright_audit::config::{Config, ConsumerSection, DEFAULTS, RetentionSection};
use keywright_audit::consumer::SourceConfig;
use keywright_audit_log::{Journal, JournalConfig};
use keywright_local_stack::testing::{SharedKafka, TestDatabase, database};
use keywright_service::testing::{
    ADMINISTRATOR, Answer, TestClient, TestCredentials, base_config, identity_client, surroundings,
};
use keywright_service::{BaseConfig, Running, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::events::{Made, until_count};

pub(crate) struct Trail {
    pub(crate) running: Running,
    pub(crate) journal: Journal,
    pub(crate) client: Client,
    pub(crate) database: TestDatabase,
    dir: TempDir,
}

pub(crate) const OTHER_ACCOUNT: &str = "444455556666";
pub(crate) const TARGET_PREFIX: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";

impl Trail {
    /// With Regions us-east-1 and eu-west-1, and `AKIAOTHER` as the administrator of another account.
    pub(crate) async fn start() -> Self {
        Self::start_with(database().await, None, |_, _| {}).await
    }

    /// On this database, with events kept for so many days.
    pub(crate) async fn start_keeping(database: TestDatabase, days: u16) -> Self {
        Self::start_with(database, Some(days), |_, _| {}).await
    }

    /// The same with all events by way of Kafka; what happens in the other journal isn't seen.
    pub(crate) async fn start_on(kafka: &SharedKafka) -> Self {
        Self::start_with(database().await, None, |base, consumer| {
            base.kafka.brokers = kafka.bootstrap_servers().to_owned();
            base.kafka.topic = kafka.unique("audit");
            consumer.group = kafka.unique("group");
        })
        .await
    }

    async fn start_with(
        database: TestDatabase,
        days: Option<u16>,
        change: impl FnOnce(&mut BaseConfig, &mut ConsumerSection),
    ) -> Self {
        let (mut base, dir) = base_config(&database);
        base.service.regions = Some("us-east-1,eu-west-1".to_owned());
        let mut consumer = ConsumerSection::from_settings(&Settings::load(DEFAULTS).unwrap()).unwrap();
        change(&mut base, &mut consumer);
        let journal = Journal::open(JournalConfig::new(dir.path().join("kms"), "kms")).unwrap();
        let credentials =
            TestCredentials::standard().user("AKIAOTHER", OTHER_ACCOUNT, "other", &[ADMINISTRATOR]);
        let identity = identity_client(dir.path(), "KWAUDIT");
        let source = match base.kafka.is_configured() {
            true => SourceConfig::Kafka,
            false => SourceConfig::Journals(vec![journal.clone()]),
        };
        let config = Config { base, identity, consumer, retention: RetentionSection { days } };
        let running = start_with(config, source, surroundings(credentials)).await.unwrap();
        let client = database.connect().await;
        Self { running, journal, client, database, dir }
    }

    pub(crate) fn admin(&self) -> TestClient {
        TestClient::new(self.running.address(), "AKIAADMIN", "cloudtrail", TARGET_PREFIX)
    }

    pub(crate) async fn happen(&self, events: Vec<Made>) {
        for event in events {
            self.journal.append(event.entry()).await.unwrap();
        }
    }

    /// Waits until so many events are stored that are not the service's own.
    pub(crate) async fn until_stored(&self, count: i64) {
        let others = "(SELECT FROM events WHERE event_source <> 'cloudtrail.amazonaws.com') AS others";
        until_count(&self.client, others, count).await;
    }

    pub(crate) async fn lookup(&self, input: Value) -> Answer {
        self.admin().call("LookupEvents", input).await
    }

    /// The ids that a lookup by one attribute finds, as numbers.
    pub(crate) async fn find(&self, key: &str, value: &str) -> Vec<u128> {
        let attributes = json!([{"AttributeKey": key, "AttributeValue": value}]);
        numbers(&self.lookup(json!({"LookupAttributes": attributes})).await.ok())
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
        self.journal.close().await;
        drop(self.dir);
    }
}

/// The ids of the events of an answer, as numbers.
pub(crate) fn numbers(answer: &Value) -> Vec<u128> {
    let ids = answer["Events"].as_array().unwrap().iter().map(|event| event["EventId"].as_str().unwrap());
    ids.map(|id| uuid::Uuid::parse_str(id).unwrap().as_u128()).collect()
}
