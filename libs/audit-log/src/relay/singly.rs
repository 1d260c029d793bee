//! Sends entries one by one, so that it shows which of them Kafka refuses.

use std::sync::Arc;

use rdkafka::error::KafkaError;
use tokio::sync::watch;

use super::{
    RelayError,
    flight::{Deliveries, Flight, Refusal},
    message,
    worker::Purged,
};
use crate::{
    journal::{Position, StoredEntry},
    kafka::{KafkaConfig, KafkaFailure},
};

/// A producer with at most one entry in flight.
pub(super) struct Singly {
    flight: Arc<Flight>,
    producer: Purged,
    topic: String,
}

/// What became of an entry.
pub(super) enum Sent {
    Taken,
    /// The entry is still in flight until it is [passed](Singly::pass).
    Refused(Refusal),
}

impl Singly {
    /// A producer that begins with the entry at `from`.
    ///
    /// # Errors
    /// When the settings are not valid.
    pub(super) fn new(
        config: &KafkaConfig,
        from: Position,
        acknowledged: Arc<watch::Sender<Position>>,
    ) -> Result<Self, RelayError> {
        let flight = Flight::new(from, acknowledged);
        let deliveries = Deliveries(Arc::clone(&flight));
        let producer =
            config.single_producer().create_with_context(deliveries).map_err(KafkaFailure::from)?;
        Ok(Self { flight, producer: Purged(producer), topic: config.topic.clone() })
    }

    /// Sends the next entry, and waits for Kafka's answer.
    ///
    /// # Errors
    /// When the producer fails for another reason than the entry.
    pub(super) async fn send(&self, stored: &StoredEntry) -> Result<Sent, RelayError> {
        self.flight.depart();
        if let Err((error, _)) = self.producer.0.send(message::of(&self.topic, stored)) {
            match error {
                KafkaError::MessageProduction(code) => self.flight.fail(stored.position, Some(code)),
                other => return Err(KafkaFailure::from(other).into()),
            }
        }
        loop {
            if let Some(refusal) = self.flight.first_refusal() {
                return Ok(Sent::Refused(refusal));
            }
            if self.flight.is_empty() {
                return Ok(Sent::Taken);
            }
            self.flight.landing().await;
        }
    }

    /// Goes on behind an entry that was refused and is kept elsewhere.
    pub(super) fn pass(&self, position: Position) {
        self.flight.put_aside(position);
    }
}
