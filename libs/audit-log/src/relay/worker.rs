//! The relay's task.

use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    producer::{Producer, PurgeConfig, ThreadedProducer},
};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{
    RelayError,
    flight::{Deliveries, Flight, Refusal},
    message,
    metrics::METRICS,
    refused::Refused,
    replay::keep_replaying,
    singly::{Sent, Singly},
};
use crate::{
    journal::{Journal, Position, StoredEntry},
    kafka::{KafkaConfig, KafkaFailure, ensure_topic},
};

/// One journal's way to Kafka.
pub(super) struct Worker {
    journal: Journal,
    config: KafkaConfig,
    acknowledged: Arc<watch::Sender<Position>>,
    refused: Refused,
    put_aside: Arc<PutAside>,
}

pub(super) type FlightProducer = ThreadedProducer<Deliveries>;

/// The positions that were put aside lately, for those who wait for Kafka.
#[derive(Default)]
pub(super) struct PutAside(Mutex<VecDeque<Position>>);

impl PutAside {
    pub(super) fn contains(&self, position: Position) -> bool {
        self.0.lock().contains(&position)
    }

    fn note(&self, position: Position) {
        let mut noted = self.0.lock();
        if noted.len() >= REMEMBERED {
            noted.pop_front();
        }
        noted.push_back(position);
    }
}

/// Why a producer is given up.
enum Ended {
    /// Something was refused: all that is not acknowledged must be sent again.
    Refused(Refusal),
    /// All was sent that was to be sent one by one; of it, so many entries were put aside.
    Passed(u64),
    /// The journal is closed and read to its end.
    JournalClosed,
}

impl Worker {
    pub(super) fn new(
        journal: Journal,
        config: KafkaConfig,
        acknowledged: Arc<watch::Sender<Position>>,
        put_aside: Arc<PutAside>,
    ) -> Result<Self, KafkaFailure> {
        // Made once for its checks: wrong settings must show at start, not in the background.
        let _checked: FlightProducer = config
            .producer()
            .create_with_context(Deliveries(Flight::new(Position::FIRST, Arc::clone(&acknowledged))))?;
        let refused = Refused::of(&journal);
        Ok(Self { journal, config, acknowledged, refused, put_aside })
    }

    pub(super) async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let acknowledging = acknowledge(self.journal.clone(), self.acknowledged.subscribe());
        let acknowledging = tokio::spawn(acknowledging);
        {
            let mut shutdown = pin!(shutdown);
            let mut relaying = pin!(self.relay());
            let mut replaying = pin!(keep_replaying(self.journal.name(), &self.refused, &self.config));
            tokio::select! {
                () = &mut shutdown => {}
                () = &mut relaying => {}
                () = &mut replaying => {}
            }
        }
        acknowledging.abort();
        self.journal.acknowledge(*self.acknowledged.borrow());
        self.refused.close().await;
    }

    async fn relay(&self) {
        let mut pause = SHORTEST_PAUSE;
        let mut batch_bytes = LARGEST_BATCH;
        let mut singly: Option<Refusal> = None;
        loop {
            let before = *self.acknowledged.borrow();
            let ended = match singly.take() {
                None => self.relay_with_one_producer(batch_bytes).await,
                Some(refusal) => {
                    let ended = self.relay_singly(refusal.until()).await;
                    if matches!(ended, Ok(Ended::Passed(0))) && refusal.is_about_size() {
                        // Each is taken by itself: it was too many at once.
                        batch_bytes = (batch_bytes / 2).max(SMALLEST_BATCH);
                        info!(batch_bytes, "relay sends less at once");
                    }
                    ended
                }
            };
            match ended {
                Ok(Ended::JournalClosed) => return,
                Ok(Ended::Passed(_)) => continue,
                Ok(Ended::Refused(refusal)) if refusal.is_about_the_entry() => {
                    METRICS.restarts.inc();
                    singly = Some(refusal);
                    continue;
                }
                Ok(Ended::Refused(refusal)) => {
                    let (code, topic) = (refusal.code, &self.config.topic);
                    error!(?code, topic, "kafka takes no events; the journal keeps them");
                }
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

    async fn relay_with_one_producer(&self, batch_bytes: u64) -> Result<Ended, RelayError> {
        ensure_topic(&self.config).await?;
        let from = self.begin();
        let flight = Flight::new(from, Arc::clone(&self.acknowledged));
        let deliveries = Deliveries(Arc::clone(&flight));
        let mut client = self.config.producer();
        if batch_bytes < LARGEST_BATCH {
            client.set("batch.size", batch_bytes.to_string());
        }
        let producer = client.create_with_context(deliveries).map_err(KafkaFailure::from)?;
        // Dropped also when the relay is stopped in the middle: nothing of this producer arrives after the next one's.
        let producer = Purged(producer);
        info!(topic = self.config.topic, from = %from, "relay begins");
        let mut reader = self.journal.reader(from);
        loop {
            tokio::select! {
                biased;
                refusal = flight.refusal() => return Ok(Ended::Refused(refusal)),
                ready = reader.ready() => if ready.is_err() {
                    return Ok(match landed(&flight).await {
                        Some(refusal) => Ended::Refused(refusal),
                        None => Ended::JournalClosed,
                    });
                },
            }
            for stored in reader.read_available(BATCH_ENTRIES, BATCH_BYTES).await? {
                if let Some(refusal) = self.send(&producer.0, &flight, &stored).await? {
                    return Ok(Ended::Refused(refusal));
                }
            }
        }
    }

    /// Gives one entry to the producer, waiting for room in it. Says so when this or an earlier one was refused meanwhile.
    async fn send(
        &self,
        producer: &FlightProducer,
        flight: &Flight,
        stored: &StoredEntry,
    ) -> Result<Option<Refusal>, RelayError> {
        let mut record = message::of(&self.config.topic, stored);
        loop {
            flight.depart();
            match producer.send(record) {
                Ok(()) => {
                    METRICS.sent_entries.inc();
                    return Ok(None);
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same)) => {
                    // The producer holds enough: its acknowledgements make room.
                    flight.turn_back();
                    record = same;
                    flight.landing().await;
                    if let Some(refusal) = flight.first_refusal() {
                        return Ok(Some(refusal));
                    }
                }
                // The producer itself refuses it, such as for its size.
                Err((KafkaError::MessageProduction(code), _)) => {
                    flight.fail(stored.position, Some(code));
                    return Ok(flight.first_refusal());
                }
                Err((error, _)) => {
                    flight.turn_back();
                    return Err(KafkaFailure::from(error).into());
                }
            }
        }
    }

    /// Sends entries one by one up to `until`, and puts those aside that Kafka refuses for what they are.
    async fn relay_singly(&self, until: Position) -> Result<Ended, RelayError> {
        ensure_topic(&self.config).await?;
        let from = self.begin();
        let lane = Singly::new(&self.config, from, Arc::clone(&self.acknowledged))?;
        let mut reader = self.journal.reader(from);
        let mut put_aside = 0;
        while reader.position() < until {
            let Ok(()) = reader.ready().await else { return Ok(Ended::JournalClosed) };
            for stored in reader.read_available(BATCH_ENTRIES, BATCH_BYTES).await? {
                METRICS.sent_entries.inc();
                match lane.send(&stored).await? {
                    Sent::Taken => {}
                    Sent::Refused(refusal) if refusal.is_about_the_entry() => {
                        self.refused.put_aside(&stored, refusal).await?;
                        put_aside += 1;
                        METRICS.refused_entries.with_label_values(&[self.journal.name()]).inc();
                        self.put_aside.note(stored.position);
                        lane.pass(stored.position);
                    }
                    Sent::Refused(refusal) => return Ok(Ended::Refused(refusal)),
                }
                if stored.position.next() >= until {
                    return Ok(Ended::Passed(put_aside));
                }
            }
        }
        Ok(Ended::Passed(put_aside))
    }

    fn begin(&self) -> Position {
        (*self.acknowledged.borrow()).max(self.journal.oldest())
    }
}

impl Refusal {
    /// How far entries are sent one by one: those that were in flight, but no more than one batch can have held.
    fn until(&self) -> Position {
        self.departed.min(self.position.plus(LONGEST_BATCH))
    }
}

/// A producer that forgets what it has not delivered when it is dropped.
pub(super) struct Purged(pub(super) FlightProducer);

impl Drop for Purged {
    fn drop(&mut self) {
        self.0.purge(PurgeConfig::default().queue().inflight());
    }
}

/// Hands acknowledgements to the journal, and tells when none come though there is something to acknowledge.
async fn acknowledge(journal: Journal, mut acknowledged: watch::Receiver<Position>) {
    let blocked = METRICS.blocked.with_label_values(&[journal.name()]);
    blocked.set(0);
    loop {
        match tokio::time::timeout(BLOCKED_AFTER, acknowledged.changed()).await {
            Ok(Ok(())) => {
                let next = *acknowledged.borrow_and_update();
                journal.acknowledge(next);
                blocked.set(0);
            }
            Ok(Err(_)) => return,
            Err(_elapsed) => blocked.set(i64::from(journal.durable_end() > *acknowledged.borrow())),
        }
    }
}

/// Waits until nothing is in flight, or something was refused.
async fn landed(flight: &Flight) -> Option<Refusal> {
    loop {
        let refusal = flight.first_refusal();
        if refusal.is_some() || flight.is_empty() {
            return refusal;
        }
        flight.landing().await;
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const BATCH_ENTRIES: usize = 2_000;
const BATCH_BYTES: usize = 1_024 * 1_024;
/// librdkafka's defaults for a batch, in bytes and messages.
const LARGEST_BATCH: u64 = 1_000_000;
const LONGEST_BATCH: u64 = 10_000;
const SMALLEST_BATCH: u64 = 16 * 1_024;
const BLOCKED_AFTER: Duration = Duration::from_secs(10);
const REMEMBERED: usize = 10_000;
