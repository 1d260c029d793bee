//! The relay's task.

use std::{pin::pin, sync::Arc, time::Duration};

use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseRecord, Producer, PurgeConfig, ThreadedProducer},
};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    RelayError,
    flight::{Deliveries, Flight},
    metrics::METRICS,
};
use crate::{
    journal::{Journal, Position, StoredEntry},
    kafka::{EVENT_ID_HEADER, KafkaConfig, KafkaFailure, TRACE_PARENT_HEADER, ensure_topic},
};

/// One journal's way to Kafka.
pub(super) struct Worker {
    journal: Journal,
    config: KafkaConfig,
    acknowledged: Arc<watch::Sender<Position>>,
}

type FlightProducer = ThreadedProducer<Deliveries>;

/// Why a producer is given up.
enum Ended {
    /// Something was refused: all that is not acknowledged must be sent again.
    Refused,
    /// The journal is closed and read to its end.
    JournalClosed,
}

impl Worker {
    pub(super) fn new(
        journal: Journal,
        config: KafkaConfig,
        acknowledged: Arc<watch::Sender<Position>>,
    ) -> Result<Self, KafkaFailure> {
        // Made once for its checks: wrong settings must show at start, not in the background.
        let _checked: FlightProducer = config
            .producer()
            .create_with_context(Deliveries(Flight::new(Position::FIRST, Arc::clone(&acknowledged))))?;
        Ok(Self { journal, config, acknowledged })
    }

    pub(super) async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let acknowledging = acknowledge(self.journal.clone(), self.acknowledged.subscribe());
        let acknowledging = tokio::spawn(acknowledging);
        {
            let mut shutdown = pin!(shutdown);
            let mut relaying = pin!(self.relay());
            tokio::select! {
                () = &mut shutdown => {}
                () = &mut relaying => {}
            }
        }
        acknowledging.abort();
        self.journal.acknowledge(*self.acknowledged.borrow());
    }

    async fn relay(&self) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let before = *self.acknowledged.borrow();
            match self.relay_with_one_producer().await {
                Ok(Ended::JournalClosed) => return,
                Ok(Ended::Refused) => {}
                Err(error) => {
                    warn!(error = %error, cause = ?std::error::Error::source(&error), "relay waits for kafka")
                }
            }
            METRICS.restarts.inc();
            if *self.acknowledged.borrow() > before {
                pause = SHORTEST_PAUSE;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn relay_with_one_producer(&self) -> Result<Ended, RelayError> {
        ensure_topic(&self.config).await?;
        let from = (*self.acknowledged.borrow()).max(self.journal.oldest());
        let flight = Flight::new(from, Arc::clone(&self.acknowledged));
        let deliveries = Deliveries(Arc::clone(&flight));
        let producer = self.config.producer().create_with_context(deliveries).map_err(KafkaFailure::from)?;
        // Dropped also when the relay is stopped in the middle: nothing of this producer arrives after the next one's.
        let producer = Purged(producer);
        info!(topic = self.config.topic, from = %from, "relay begins");
        let mut reader = self.journal.reader(from);
        loop {
            tokio::select! {
                biased;
                () = flight.refusal() => return Ok(Ended::Refused),
                ready = reader.ready() => if ready.is_err() {
                    landed(&flight).await;
                    return Ok(if flight.failed() { Ended::Refused } else { Ended::JournalClosed });
                },
            }
            for stored in reader.read_available(BATCH_ENTRIES, BATCH_BYTES).await? {
                if !self.send(&producer.0, &flight, &stored).await? {
                    return Ok(Ended::Refused);
                }
            }
        }
    }

    /// Gives one entry to the producer, waiting for room in it. False when an earlier one was refused meanwhile.
    async fn send(
        &self,
        producer: &FlightProducer,
        flight: &Flight,
        stored: &StoredEntry,
    ) -> Result<bool, RelayError> {
        let StoredEntry { position, entry } = stored;
        let event_id = entry.event_id.to_string();
        let mut headers = OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: EVENT_ID_HEADER, value: Some(event_id.as_str()) });
        if let Some(trace_parent) = entry.trace_parent.as_deref() {
            headers = headers.insert(Header { key: TRACE_PARENT_HEADER, value: Some(trace_parent) });
        }
        let opaque = usize::try_from(position.get()).unwrap_or(usize::MAX);
        let mut record = BaseRecord::with_opaque_to(&self.config.topic, opaque)
            .key(entry.partition_key.as_ref())
            .payload(entry.payload.as_ref())
            .headers(headers);
        loop {
            flight.depart();
            match producer.send(record) {
                Ok(()) => {
                    METRICS.sent_entries.inc();
                    return Ok(true);
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same)) => {
                    // The producer holds enough: its acknowledgements make room.
                    flight.turn_back();
                    record = same;
                    flight.landing().await;
                    if flight.failed() {
                        return Ok(false);
                    }
                }
                Err((error, _)) => {
                    flight.turn_back();
                    return Err(KafkaFailure::from(error).into());
                }
            }
        }
    }
}

/// A producer that forgets what it has not delivered when it is dropped.
struct Purged(FlightProducer);

impl Drop for Purged {
    fn drop(&mut self) {
        self.0.purge(PurgeConfig::default().queue().inflight());
    }
}

async fn acknowledge(journal: Journal, mut acknowledged: watch::Receiver<Position>) {
    while acknowledged.changed().await.is_ok() {
        let next = *acknowledged.borrow_and_update();
        journal.acknowledge(next);
    }
}

async fn landed(flight: &Flight) {
    while !flight.is_empty() && !flight.failed() {
        flight.landing().await;
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const BATCH_ENTRIES: usize = 2_000;
const BATCH_BYTES: usize = 1_024 * 1_024;
