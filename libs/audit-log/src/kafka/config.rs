//! How Kafka is reached.

use std::{collections::BTreeMap, fmt, time::Duration};

use rdkafka::ClientConfig;

/// The topic of all audit events.
pub const AUDIT_TOPIC: &str = "keywright.audit.v1";

/// The cluster, the topic, and what else librdkafka is to know.
#[derive(Clone)]
pub struct KafkaConfig {
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// The number of partitions, if the topic has to be made.
    pub partitions: i32,
    /// Copies of each partition, if the topic has to be made; the broker's default if none.
    pub replication: Option<i32>,
    /// How long the producer waits for more entries to send together. Zero suits `commit = broker`.
    pub linger: Duration,
    /// librdkafka's own settings, such as `security.protocol` and `sasl.password`. They win over ours, but for what the
    /// guarantees rest on: acknowledgement by all replicas, idempotence, and positions that we keep ourselves.
    pub properties: BTreeMap<String, String>,
}

impl KafkaConfig {
    /// The audit topic on these brokers, with six partitions.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            topic: AUDIT_TOPIC.to_owned(),
            partitions: 6,
            replication: None,
            linger: Duration::from_millis(5),
            properties: BTreeMap::new(),
        }
    }

    /// Settings of a client that makes the topic.
    pub(crate) fn admin(&self) -> ClientConfig {
        self.client(&[], &[])
    }

    /// Settings of the relay's producer: it tries for ever, in order, and writes each message once. When one is refused, it
    /// lets none pass behind it.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut client = self.client(
            &[
                ("partitioner", PARTITIONER),
                // Records are much alike: an eighth of the bytes, and less work in sum.
                ("compression.type", "lz4"),
                ("queue.buffering.max.messages", "100000"),
                ("queue.buffering.max.kbytes", "65536"),
            ],
            &[
                ("enable.idempotence", "true"),
                ("enable.gapless.guarantee", "true"),
                ("acks", "all"),
                ("message.timeout.ms", "0"),
            ],
        );
        if !self.properties.contains_key("linger.ms") {
            client.set("linger.ms", self.linger.as_millis().to_string());
        }
        client
    }

    /// Settings of a producer of one message at a time, which goes on behind one that was refused.
    pub(crate) fn single_producer(&self) -> ClientConfig {
        self.client(
            &[("partitioner", PARTITIONER), ("compression.type", "lz4")],
            &[
                ("enable.idempotence", "true"),
                ("acks", "all"),
                ("message.timeout.ms", "0"),
                ("batch.num.messages", "1"),
                ("linger.ms", "0"),
            ],
        )
    }

    /// Settings of a consumer of `group`, that begins where it is told.
    pub(crate) fn consumer(&self, group: &str) -> ClientConfig {
        self.client(
            &[
                ("session.timeout.ms", "10000"),
                ("heartbeat.interval.ms", "2000"),
                ("queued.max.messages.kbytes", "16384"),
                ("fetch.wait.max.ms", "50"),
            ],
            &[
                ("group.id", group),
                ("partition.assignment.strategy", "range"),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
                ("auto.offset.reset", "earliest"),
                ("isolation.level", "read_committed"),
            ],
        )
    }

    /// Our settings, under the operator's, under what the guarantees rest on.
    fn client(&self, defaults: &[(&str, &str)], guarantees: &[(&str, &str)]) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("client.id", "keywright").set("reconnect.backoff.max.ms", "1000");
        client.set("message.max.bytes", MAX_MESSAGE_BYTES.to_string());
        for (name, value) in defaults {
            client.set(*name, *value);
        }
        client.extend(self.properties.clone());
        for (name, value) in guarantees {
            client.set(*name, *value);
        }
        client.set("bootstrap.servers", &self.brokers);
        client
    }
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of properties may be passwords.
        f.debug_struct("KafkaConfig")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("linger", &self.linger)
            .field("properties", &self.properties.keys())
            .finish()
    }
}

const PARTITIONER: &str = "murmur2_random";
/// Twice the largest entry of a journal.
pub(super) const MAX_MESSAGE_BYTES: u64 = 2 * crate::journal::MAX_ENTRY_BYTES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_settings_win_but_not_over_the_guarantees() {
        let mut config = KafkaConfig::new("a:1");
        config.properties.insert("linger.ms".to_owned(), "77".to_owned());
        config.properties.insert("acks".to_owned(), "0".to_owned());
        config.properties.insert("enable.auto.commit".to_owned(), "true".to_owned());
        config.properties.insert("sasl.password".to_owned(), "hunter2".to_owned());
        assert_eq!(config.producer().get("linger.ms"), Some("77"));
        assert_eq!(config.producer().get("acks"), Some("all"));
        assert_eq!(config.producer().get("enable.idempotence"), Some("true"));
        assert_eq!(config.consumer("g").get("enable.auto.commit"), Some("false"));
        let shown = format!("{config:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }
}
