//! What was sent and is not yet acknowledged, in order.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Message,
    error::{KafkaError, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::ProducerContext,
};
use tokio::sync::{Notify, watch};
use tracing::warn;

use crate::journal::Position;

/// The entries in flight of one producer. It answers on the producer's polling thread.
pub(super) struct Flight {
    state: Mutex<State>,
    /// Everything before it is acknowledged by Kafka.
    acknowledged: Arc<watch::Sender<Position>>,
    /// Signalled when an entry was acknowledged or refused.
    landed: Notify,
    /// Signalled when an entry was refused.
    refused: Notify,
}

struct State {
    /// The position of the oldest entry in flight.
    oldest: Position,
    /// For each entry from there on, whether it was acknowledged.
    landed: VecDeque<bool>,
    /// The first refusal.
    refusal: Option<Refusal>,
}

/// Why an entry was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) position: Position,
    /// None where librdkafka gave another kind of error.
    pub(super) code: Option<RDKafkaErrorCode>,
    /// The position after the last entry that was in flight then.
    pub(super) departed: Position,
}

impl Refusal {
    /// Whether Kafka refused this very entry (or its batch) for what it is, and will do so again, though it may take others.
    /// A topic that is missing or forbidden is nobody's fault but its own: nothing passes then, and nothing is put aside.
    pub(super) fn is_about_the_entry(&self) -> bool {
        use RDKafkaErrorCode::{
            BadMessage, InvalidMessage, InvalidMessageSize, InvalidRecord, InvalidTimestamp,
            MessageBatchTooLarge, MessageSizeTooLarge, PolicyViolation, UnsupportedForMessageFormat,
        };
        matches!(
            self.code,
            Some(
                BadMessage
                    | InvalidMessage
                    | InvalidMessageSize
                    | InvalidRecord
                    | InvalidTimestamp
                    | MessageBatchTooLarge
                    | MessageSizeTooLarge
                    | PolicyViolation
                    | UnsupportedForMessageFormat
            )
        )
    }

    /// Whether less at once may pass.
    pub(super) fn is_about_size(&self) -> bool {
        use RDKafkaErrorCode::{InvalidMessageSize, MessageBatchTooLarge, MessageSizeTooLarge};
        matches!(self.code, Some(InvalidMessageSize | MessageBatchTooLarge | MessageSizeTooLarge))
    }
}

impl Flight {
    pub(super) fn new(from: Position, acknowledged: Arc<watch::Sender<Position>>) -> Arc<Self> {
        let state = State { oldest: from, landed: VecDeque::new(), refusal: None };
        Arc::new(Self {
            state: Mutex::new(state),
            acknowledged,
            landed: Notify::new(),
            refused: Notify::new(),
        })
    }

    /// Counts the next entry as sent, before it is.
    pub(super) fn depart(&self) {
        self.state.lock().landed.push_back(false);
    }

    /// Takes the last entry back that the producer had no room for.
    pub(super) fn turn_back(&self) {
        self.state.lock().landed.pop_back();
    }

    /// Whether an entry was refused for good.
    pub(super) fn failed(&self) -> bool {
        self.state.lock().refusal.is_some()
    }

    /// The first refusal, if there was one.
    pub(super) fn first_refusal(&self) -> Option<Refusal> {
        self.state.lock().refusal
    }

    /// Goes on behind an entry that was refused, as if it had landed: it is kept elsewhere.
    pub(super) fn put_aside(&self, position: Position) {
        self.state.lock().refusal = None;
        self.land(position);
    }

    /// Whether nothing is in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.state.lock().landed.is_empty()
    }

    /// Resolves when something has landed since the last time.
    pub(super) async fn landing(&self) {
        self.landed.notified().await;
    }

    /// Resolves when an entry was refused for good.
    pub(super) async fn refusal(&self) -> Refusal {
        loop {
            if let Some(refusal) = self.first_refusal() {
                return refusal;
            }
            self.refused.notified().await;
        }
    }

    fn land(&self, position: Position) {
        let next = {
            let mut state = self.state.lock();
            let index = usize::try_from(position.since(state.oldest)).unwrap_or(usize::MAX);
            if let Some(landed) = state.landed.get_mut(index) {
                *landed = true;
            }
            while state.landed.pop_front_if(|landed| *landed).is_some() {
                state.oldest = state.oldest.next();
            }
            state.oldest
        };
        self.acknowledged.send_if_modified(|known| {
            let further = next > *known;
            *known = next.max(*known);
            further
        });
        self.landed.notify_one();
    }

    /// The entry at `position` was refused for good.
    pub(super) fn fail(&self, position: Position, code: Option<RDKafkaErrorCode>) {
        {
            let mut state = self.state.lock();
            let departed = state.oldest.plus(state.landed.len() as u64);
            let refusal = Refusal { position, code, departed };
            // What follows a refused entry fails with it, for that reason only: the entry itself is what matters.
            let replaces = |known: Refusal| !known.is_about_the_entry() && refusal.is_about_the_entry();
            if state.refusal.is_none_or(replaces) {
                state.refusal = Some(refusal);
            }
        }
        self.refused.notify_one();
        self.landed.notify_one();
    }
}

/// What the producer calls back.
#[derive(Clone)]
pub(super) struct Deliveries(pub(super) Arc<Flight>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, position: usize) {
        match result {
            Ok(_) => self.0.land(Position::new(position as u64)),
            // Its producer was given up.
            Err((
                KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight),
                _,
            )) => {}
            Err((error, message)) => {
                if !self.0.failed() {
                    warn!(error = %error, topic = message.topic(), position, "event not taken by kafka");
                }
                self.0.fail(Position::new(position as u64), error.rdkafka_error_code());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledges_only_what_has_no_gap_before_it() {
        let (sender, watching) = watch::channel(Position::new(5));
        let flight = Flight::new(Position::new(5), Arc::new(sender));
        (0..4).for_each(|_| flight.depart());
        flight.land(Position::new(6));
        assert_eq!(*watching.borrow(), Position::new(5));
        flight.land(Position::new(5));
        assert_eq!(*watching.borrow(), Position::new(7));
        flight.turn_back();
        flight.land(Position::new(7));
        assert_eq!(*watching.borrow(), Position::new(8));
        assert!(flight.is_empty() && !flight.failed());
    }
}
