#![expect(clippy::panic, reason = "a broker that could run and does not has failed the test, and says why")]

use tokio::sync::OnceCell;
use uuid::Uuid;

use super::KAFKA_VARIABLE;
use super::kafka_jars::{NoKafka, kafka_jars};
use super::skipped::record_skip;
use super::temporary::TemporaryDir;
use crate::kafka::find_java;
use crate::{KafkaBroker, KafkaConfig, LocalStackError};

/// A broker that other tests use at the same time. It must not be stopped, and topics bear the test's own prefix.
#[derive(Debug, Clone)]
pub struct SharedKafka {
    bootstrap_servers: String,
    prefix: String,
}

impl SharedKafka {
    /// `host:port`, for the client's `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// A topic's or group's name that no other test has. Topics are not made by being named.
    pub fn unique(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }
}

/// A broker for one test alone, which may stop and kill it.
#[derive(Debug)]
pub struct OwnKafka {
    /// The broker, started.
    pub broker: KafkaBroker,
    _dir: TemporaryDir,
}

/// The broker that tests share, or `None` where this machine cannot run Kafka: then the test returns, and is counted as
/// skipped.
///
/// # Panics
/// When the broker does not start though it could; and instead of a skip under `CI=true`.
pub async fn kafka_or_skip(test: &str) -> Option<SharedKafka> {
    let prefix = format!("test-{}", Uuid::new_v4().simple());
    if let Ok(bootstrap_servers) = std::env::var(KAFKA_VARIABLE) {
        return Some(SharedKafka { bootstrap_servers, prefix });
    }
    let shared = OF_THIS_PROCESS.get_or_init(start).await;
    let own = started_or_skipped(shared.as_ref(), test)?;
    Some(SharedKafka { bootstrap_servers: own.broker.bootstrap_servers(), prefix })
}

/// A broker for this test alone, or `None` as [`kafka_or_skip`] does.
///
/// # Panics
/// As [`kafka_or_skip`].
pub async fn own_kafka_or_skip(test: &str) -> Option<OwnKafka> {
    started_or_skipped(start().await, test)
}

enum Unavailable {
    OnThisMachine(NoKafka),
    Failed(LocalStackError),
}

async fn start() -> Result<OwnKafka, Unavailable> {
    find_java().map_err(|error| Unavailable::OnThisMachine(NoKafka(error.to_string())))?;
    let jars = kafka_jars().map_err(Unavailable::OnThisMachine)?;
    let dir = TemporaryDir::new("test-kafka").map_err(Unavailable::Failed)?;
    let config = KafkaConfig { dir: dir.path().to_owned(), port: 0, jars };
    let broker = KafkaBroker::start(config).await.map_err(Unavailable::Failed)?;
    Ok(OwnKafka { broker, _dir: dir })
}

fn started_or_skipped<T, E: std::borrow::Borrow<Unavailable>>(
    started: Result<T, E>,
    test: &str,
) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(error) => match error.borrow() {
            Unavailable::OnThisMachine(reason) => {
                record_skip("Kafka", test, &reason.to_string());
                None
            }
            Unavailable::Failed(error) => panic!("no Kafka for {test}: {error}"),
        },
    }
}

static OF_THIS_PROCESS: OnceCell<Result<OwnKafka, Unavailable>> = OnceCell::const_new();
