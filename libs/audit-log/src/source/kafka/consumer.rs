//! The thread that polls librdkafka's consumer.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use rdkafka::{
    Message,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::{BorrowedMessage, Headers},
};
use tokio::runtime::Handle;
use tracing::{debug, warn};
use uuid::Uuid;

use super::{
    super::{SourceError, SourcedEntry},
    buffer::Buffer,
    rebalance::Assignment,
    source_name,
};
use crate::kafka::{EVENT_ID_HEADER, KafkaConfig, KafkaFailure, TRACE_PARENT_HEADER, ensure_topic};

/// Starts polling; the thread ends when the buffer is stopped.
pub(super) fn spawn(
    consumer: Arc<BaseConsumer<Assignment>>,
    buffer: Arc<Buffer>,
    config: KafkaConfig,
    runtime: Handle,
) -> Result<JoinHandle<()>, SourceError> {
    thread::Builder::new()
        .name("kafka-source".to_owned())
        .spawn(move || {
            if let Err(error) = run(&consumer, &buffer, &config, &runtime) {
                warn!(error = %error, "kafka source ended");
                buffer.fail(error);
            }
        })
        .map_err(SourceError::Thread)
}

fn run(
    consumer: &BaseConsumer<Assignment>,
    buffer: &Buffer,
    config: &KafkaConfig,
    runtime: &Handle,
) -> Result<(), KafkaFailure> {
    // A topic that is made after the subscription is noticed minutes later only.
    while let Err(error) = runtime.block_on(ensure_topic(config)) {
        if buffer.is_stopped() {
            return Ok(());
        }
        warn!(error = %error, "kafka source waits for kafka");
        thread::sleep(PAUSE);
    }
    consumer.subscribe(&[&config.topic])?;
    let mut names = SourceNames::default();
    let mut paused = false;
    while !buffer.is_stopped() {
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => buffer.push(sourced(&message, &mut names)),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error.into()),
            // librdkafka connects again, and asks again, by itself.
            Some(Err(error)) => debug!(error = %error, "kafka poll"),
        }
        if buffer.is_full() {
            // Again each time: partitions that were assigned since are not paused yet.
            consumer.pause(&consumer.assignment()?)?;
            paused = true;
        } else if paused && buffer.is_low() {
            consumer.resume(&consumer.assignment()?)?;
            paused = false;
        }
    }
    Ok(())
}

fn sourced(message: &BorrowedMessage<'_>, names: &mut SourceNames) -> SourcedEntry {
    let header = |name: &str| {
        let headers = message.headers()?;
        let value = headers.iter().find(|header| header.key == name)?.value?;
        std::str::from_utf8(value).ok()
    };
    SourcedEntry {
        source: names.of(message.topic(), message.partition()),
        position: message.offset(),
        event_id: header(EVENT_ID_HEADER).and_then(|id| Uuid::try_parse(id).ok()),
        partition_key: Bytes::copy_from_slice(message.key().unwrap_or_default()),
        payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()),
        trace_parent: header(TRACE_PARENT_HEADER).map(Into::into),
    }
}

/// The sources' names, made once for each partition.
#[derive(Default)]
struct SourceNames {
    by_partition: Vec<Option<Arc<str>>>,
}

impl SourceNames {
    fn of(&mut self, topic: &str, partition: i32) -> Arc<str> {
        let index = usize::try_from(partition).unwrap_or_default();
        if self.by_partition.len() <= index {
            self.by_partition.resize(index + 1, None);
        }
        match self.by_partition.get_mut(index) {
            Some(place) => Arc::clone(place.get_or_insert_with(|| source_name(topic, partition))),
            None => source_name(topic, partition),
        }
    }
}

const POLL: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_secs(1);
