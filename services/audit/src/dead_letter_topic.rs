//! Tells Kafka of dead letters too. The table is what counts: a letter is marked there once the topic has it, so that the
//! topic has each at least once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use keywright_audit_log::journal::MAX_ENTRY_BYTES;
use keywright_audit_log::{KafkaConfig, kafka};
use keywright_store::Store;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::Notify;

use crate::consumer::chain;
use crate::error::AuditError;
use crate::store::dead_letters::{self, StoredDeadLetter};

/// Publishes dead letters to their topic.
pub struct DeadLetterTopic {
    producer: FutureProducer,
    client: ClientConfig,
    topic: String,
    replication: Option<i32>,
}

impl DeadLetterTopic {
    /// The topic on these brokers, which may be away.
    ///
    /// # Errors
    /// [`AuditError::KafkaSetting`] when the settings are not valid.
    pub fn new(kafka: &KafkaConfig) -> Result<Self, AuditError> {
        let mut client = ClientConfig::new();
        client.set("client.id", "keywright-dead-letters");
        client.set("message.timeout.ms", SEND_LIMIT.as_millis().to_string());
        client.set("message.max.bytes", MAX_MESSAGE_BYTES.to_string());
        client.extend(kafka.properties.clone());
        client.set("bootstrap.servers", &kafka.brokers).set("acks", "all").set("enable.idempotence", "true");
        let producer = client.create()?;
        Ok(Self { producer, client, topic: topic_beside(&kafka.topic), replication: kafka.replication })
    }

    /// Publishes what is there and what comes, whenever `news` is notified, until it is aborted.
    pub async fn run(self, store: Store, news: Arc<Notify>) {
        let mut is_made = false;
        loop {
            let outcome = self.publish(&store, &mut is_made).await;
            if let Err(error) = &outcome {
                tracing::warn!(error = %chain(error), topic = self.topic, "dead letters stay unpublished for now");
            }
            match outcome {
                Ok(PUBLISH_BATCH) => {}
                // Without news too: another replica may have put letters aside and ended.
                Ok(_) | Err(_) => _ = tokio::time::timeout(INTERVAL, news.notified()).await,
            }
        }
    }

    /// Publishes some; says how many.
    async fn publish(&self, store: &Store, is_made: &mut bool) -> Result<usize, AuditError> {
        let transaction = store.begin().await?;
        let letters = dead_letters::claim_unpublished(&transaction, PUBLISH_BATCH as i64).await?;
        if letters.is_empty() {
            transaction.rollback().await?;
            return Ok(0);
        }
        if !*is_made {
            self.make().await?;
            *is_made = true;
        }
        try_join_all(letters.iter().map(|letter| self.send(letter))).await?;
        dead_letters::mark_published(&transaction, &letters).await?;
        transaction.commit().await?;
        Ok(letters.len())
    }

    async fn send(&self, letter: &StoredDeadLetter) -> Result<(), KafkaError> {
        let (position, event_id) = (letter.position.to_string(), letter.event_id.map(|id| id.to_string()));
        let headers = [
            ("source", Some(letter.source.as_str())),
            ("position", Some(position.as_str())),
            ("reason", Some(letter.reason.as_str())),
            ("event-id", event_id.as_deref()),
            ("traceparent", letter.trace_parent.as_deref()),
        ];
        let headers = headers.into_iter().filter(|(_, value)| value.is_some());
        let headers =
            headers.fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value }));
        let record = FutureRecord::to(&self.topic)
            .key(&letter.partition_key)
            .payload(&letter.payload)
            .headers(headers);
        self.producer.send(record, SEND_LIMIT).await.map(|_| ()).map_err(|(error, _)| error)
    }

    /// Makes the topic, unless it is there.
    async fn make(&self) -> Result<(), KafkaError> {
        let admin: AdminClient<DefaultClientContext> = self.client.create()?;
        let replication = TopicReplication::Fixed(self.replication.unwrap_or(BROKERS_DEFAULT));
        let max_message = MAX_MESSAGE_BYTES.to_string();
        let topic = NewTopic::new(&self.topic, 1, replication).set("max.message.bytes", &max_message);
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

/// The name of the dead-letter topic that belongs to an audit topic.
#[must_use]
pub fn topic_beside(audit_topic: &str) -> String {
    if audit_topic == kafka::AUDIT_TOPIC {
        DEAD_LETTER_TOPIC.to_owned()
    } else {
        format!("{audit_topic}.dead-letters")
    }
}

/// The topic of what the audit topic held and was no event.
pub const DEAD_LETTER_TOPIC: &str = "keywright.audit.dead-letters.v1";

/// The largest message of the audit topic, and its headers here.
const MAX_MESSAGE_BYTES: u64 = 2 * MAX_ENTRY_BYTES + 64 * 1_024;
const PUBLISH_BATCH: usize = 100;
const BROKERS_DEFAULT: i32 = -1;
/// Below the time for which a transaction may be idle.
const SEND_LIMIT: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_has_a_name_of_its_own_even_where_the_audit_topic_is_renamed() {
        assert_eq!(topic_beside("keywright.audit.v1"), "keywright.audit.dead-letters.v1");
        assert_eq!(topic_beside("other"), "other.dead-letters");
    }
}
