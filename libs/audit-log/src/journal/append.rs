//! The future of one append.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{JournalError, Position, batch::Batch, shared::Shared};
use crate::record::Entry;

/// Resolves when the entry is durable, to its position, or with the reason why it is not.
///
/// The entry is handed over at the first poll. From then on it is written even if this future is dropped.
#[must_use = "nothing is recorded unless the future is awaited"]
pub struct Append {
    state: State,
}

enum State {
    Unsent { shared: Arc<Shared>, entry: Entry },
    Waiting { batch: Arc<Batch>, index: usize },
    Done,
}

impl Append {
    pub(super) fn new(shared: Arc<Shared>, entry: Entry) -> Self {
        Self { state: State::Unsent { shared, entry } }
    }
}

impl Future for Append {
    type Output = Result<Position, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Unsent { shared, entry } => match shared.queue.push(entry, context.waker()) {
                Ok((batch, index)) => {
                    self.state = State::Waiting { batch, index };
                    Poll::Pending
                }
                Err(error) => {
                    shared.metrics.refused_entries.inc();
                    Poll::Ready(Err(error))
                }
            },
            State::Waiting { batch, index } => {
                if batch.outcome(index).is_none() {
                    batch.update(index, context.waker());
                }
                match batch.outcome(index) {
                    Some(outcome) => Poll::Ready(outcome),
                    None => {
                        self.state = State::Waiting { batch, index };
                        Poll::Pending
                    }
                }
            }
            State::Done => Poll::Ready(Err(JournalError::Closed)),
        }
    }
}

impl Drop for Append {
    fn drop(&mut self) {
        if let State::Waiting { batch, index } = &self.state {
            batch.leave(*index);
        }
    }
}
