//! The audit topic as a source.
//!
//! librdkafka's consumer lives on a thread of its own, which polls it whatever the consumer of the entries does, so that
//! a slow database never costs the membership in the group. It is told where to begin by the settled positions, on every
//! assignment; the offsets committed to Kafka only show operators how far it is.

mod buffer;
mod consumer;
mod rebalance;

use std::{sync::Arc, thread::JoinHandle};

use futures::future::BoxFuture;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
};
use tracing::debug;

use self::{buffer::Buffer, rebalance::Assignment};
use super::{EventSource, PositionStore, SourceBatch, SourceError, SourcePosition};
use crate::kafka::{KafkaConfig, KafkaFailure};

/// How the topic is read.
#[derive(Debug, Clone)]
pub struct KafkaSourceConfig {
    /// The cluster and the topic.
    pub kafka: KafkaConfig,
    /// The consumer group: its members share the partitions.
    pub group: String,
    /// How many entries are fetched ahead.
    pub buffered_entries: usize,
}

impl KafkaSourceConfig {
    /// Reads as the group `keywright-audit`.
    pub fn new(kafka: KafkaConfig) -> Self {
        Self { kafka, group: "keywright-audit".to_owned(), buffered_entries: 20_000 }
    }
}

/// Reads the partitions that the group gives to this member.
pub struct KafkaSource {
    consumer: Arc<BaseConsumer<Assignment>>,
    buffer: Arc<Buffer>,
    thread: Option<JoinHandle<()>>,
}

impl KafkaSource {
    /// Joins the group. Must be called within a tokio runtime, which loads the positions. Brokers may be away.
    ///
    /// # Errors
    /// When the settings are not valid.
    pub fn start(config: KafkaSourceConfig, positions: Arc<dyn PositionStore>) -> Result<Self, SourceError> {
        let buffer = Arc::new(Buffer::new(config.buffered_entries));
        let runtime = tokio::runtime::Handle::current();
        let assignment = Assignment::new(Arc::clone(&buffer), positions, runtime.clone());
        let consumer: BaseConsumer<Assignment> = config
            .kafka
            .consumer(&config.group)
            .create_with_context(assignment)
            .map_err(KafkaFailure::from)?;
        let consumer = Arc::new(consumer);
        let thread = consumer::spawn(Arc::clone(&consumer), Arc::clone(&buffer), config.kafka, runtime)?;
        Ok(Self { consumer, buffer, thread: Some(thread) })
    }

    /// Shows operators how far the group is. Nothing rests on it.
    fn commit(&self, positions: &[SourcePosition]) {
        let mut offsets = TopicPartitionList::new();
        for settled in positions {
            if let Some((topic, partition)) = partition_of(&settled.source) {
                let _ = offsets.add_partition_offset(topic, partition, Offset::Offset(settled.position));
            }
        }
        if offsets.count() > 0
            && let Err(error) = self.consumer.commit(&offsets, CommitMode::Async)
        {
            debug!(error = %error, "offsets not shown to kafka");
        }
    }
}

impl EventSource for KafkaSource {
    fn next_batch(&mut self, max: usize) -> BoxFuture<'_, Result<SourceBatch, SourceError>> {
        Box::pin(async move { Ok(SourceBatch::of(self.buffer.take(max).await?)) })
    }

    fn committed<'a>(
        &'a mut self,
        positions: &'a [SourcePosition],
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        self.commit(positions);
        Box::pin(std::future::ready(Ok(())))
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        self.buffer.stop();
        let thread = self.thread.take();
        Box::pin(async move {
            let left = tokio::task::spawn_blocking(move || {
                // The last reference to the consumer leaves the group, and waits for that.
                let joined = thread.is_none_or(|thread| thread.join().is_ok());
                drop(self);
                joined
            });
            if !matches!(left.await, Ok(true)) {
                debug!("kafka consumer not closed in order");
            }
        })
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.buffer.stop();
    }
}

/// The name of a partition as a source.
fn source_name(topic: &str, partition: i32) -> Arc<str> {
    format!("kafka:{topic}/{partition}").into()
}

fn partition_of(source: &str) -> Option<(&str, i32)> {
    let (topic, partition) = source.strip_prefix("kafka:")?.rsplit_once('/')?;
    Some((topic, partition.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partitions_name_comes_back() {
        let name = source_name("keywright.audit.v1", 11);
        assert_eq!(&*name, "kafka:keywright.audit.v1/11");
        assert_eq!(partition_of(&name), Some(("keywright.audit.v1", 11)));
        assert_eq!(partition_of("journal:1"), None);
    }
}
