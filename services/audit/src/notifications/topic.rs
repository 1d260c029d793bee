//! Tells Kafka.

use std::time::Duration;

use keywright_audit_log::journal::MAX_ENTRY_BYTES;
use keywright_audit_log::{KafkaConfig, kafka};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::OnceCell;

use crate::error::AuditError;
use crate::store::notifications::Claimed;

/// The topic of notifications.
pub struct EventsTopic {
    producer: FutureProducer,
    client: ClientConfig,
    topic: String,
    partitions: i32,
    replication: Option<i32>,
    made: OnceCell<()>,
}

impl EventsTopic {
    /// The topic `name` on these brokers, which may be away; without a name it is the one beside the audit topic.
    ///
    /// # Errors
    /// [`AuditError::KafkaSetting`] when the settings are not valid.
    pub fn new(kafka: &KafkaConfig, name: &str) -> Result<Self, AuditError> {
        let mut client = ClientConfig::new();
        client.set("client.id", "keywright-notifications");
        client.set("message.timeout.ms", SEND_LIMIT.as_millis().to_string());
        client.set("message.max.bytes", MAX_MESSAGE_BYTES.to_string());
        client.extend(kafka.properties.clone());
        client.set("bootstrap.servers", &kafka.brokers).set("acks", "all").set("enable.idempotence", "true");
        let topic = if name.is_empty() { topic_beside(&kafka.topic) } else { name.to_owned() };
        Ok(Self {
            producer: client.create()?,
            client,
            topic,
            partitions: kafka.partitions,
            replication: kafka.replication,
            made: OnceCell::new(),
        })
    }

    /// Sends a notification, under the key of its resource; it is taken once all brokers that keep it have it.
    pub(super) async fn send(&self, notification: &Claimed) -> Result<(), KafkaError> {
        self.made.get_or_try_init(|| self.make()).await?;
        let id = notification.id.to_string();
        let headers = OwnedHeaders::new().insert(Header { key: "id", value: Some(&id) });
        let record = FutureRecord::to(&self.topic)
            .key(&notification.resource)
            .payload(&notification.body)
            .headers(headers);
        self.producer.send(record, SEND_LIMIT).await.map(|_| ()).map_err(|(error, _)| error)
    }

    /// Makes the topic, unless it is there.
    async fn make(&self) -> Result<(), KafkaError> {
        let admin: AdminClient<DefaultClientContext> = self.client.create()?;
        let replication = TopicReplication::Fixed(self.replication.unwrap_or(BROKERS_DEFAULT));
        let max_message = MAX_MESSAGE_BYTES.to_string();
        let topic =
            NewTopic::new(&self.topic, self.partitions, replication).set("max.message.bytes", &max_message);
        let options =
            AdminOptions::new().request_timeout(Some(SEND_LIMIT)).operation_timeout(Some(SEND_LIMIT));
        for answer in admin.create_topics([&topic], &options).await? {
            match answer {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code)),
            }
        }
        Ok(())
    }
}

/// The name of the topic of notifications that belongs to an audit topic.
#[must_use]
pub fn topic_beside(audit_topic: &str) -> String {
    if audit_topic == kafka::AUDIT_TOPIC { EVENTS_TOPIC.to_owned() } else { format!("{audit_topic}.events") }
}

/// The topic of notifications.
pub const EVENTS_TOPIC: &str = "keywright.events.v1";

/// The largest record, in its envelope.
const MAX_MESSAGE_BYTES: u64 = 2 * MAX_ENTRY_BYTES;
const BROKERS_DEFAULT: i32 = -1;
const SEND_LIMIT: Duration = Duration::from_secs(10);
