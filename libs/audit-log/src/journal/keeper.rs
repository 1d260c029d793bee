//! Makes acknowledgements durable and frees what they cover, on a thread of its own: the writer must not wait for it.

use std::{sync::Arc, time::Duration};

use parking_lot::{Condvar, Mutex};
use tracing::warn;

use super::{Position, cursor::Cursor, segment::segment_path, shared::Shared};

/// How far the journal was acknowledged, for the keeper to take up.
pub(super) struct Acknowledgements {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    acknowledged: Position,
    /// Whether the keeper waits for an acknowledgement, rather than lets them gather.
    listening: bool,
    stop: bool,
}

impl Acknowledgements {
    pub(super) fn new(acknowledged: Position) -> Self {
        Self {
            state: Mutex::new(State { acknowledged, listening: false, stop: false }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn note(&self, acknowledged: Position) {
        let mut state = self.state.lock();
        if acknowledged > state.acknowledged {
            state.acknowledged = acknowledged;
            if std::mem::take(&mut state.listening) {
                self.changed.notify_one();
            }
        }
    }

    /// Lets the keeper finish with what was noted.
    pub(super) fn stop(&self) {
        self.state.lock().stop = true;
        self.changed.notify_one();
    }

    /// Waits for something beyond `known`, or for the end.
    fn wait_beyond(&self, known: Position) -> (Position, bool) {
        let mut state = self.state.lock();
        while state.acknowledged <= known && !state.stop {
            state.listening = true;
            self.changed.wait(&mut state);
        }
        state.listening = false;
        (state.acknowledged, state.stop)
    }

    /// Lets more acknowledgements gather.
    fn rest(&self) {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.stop, GATHERING);
    }
}

/// The keeper's thread: returns when it was told to stop and has kept what was noted.
pub(super) fn run(shared: &Arc<Shared>, mut cursor: Cursor, mut kept: Position) {
    free_segments(shared, kept);
    loop {
        let (acknowledged, stop) = shared.acknowledgements.wait_beyond(kept);
        if acknowledged > kept {
            match cursor.write(shared.journal_id, acknowledged) {
                Ok(()) => {
                    kept = acknowledged;
                    free_segments(shared, kept);
                }
                // Nothing is lost: the same position or a later one is written next time, or delivered again.
                Err(error) => {
                    warn!(error = %error, dir = %shared.dir.display(), "journal cursor not written")
                }
            }
        }
        if stop {
            return;
        }
        shared.acknowledgements.rest();
    }
}

fn free_segments(shared: &Shared, acknowledged: Position) {
    let freed = shared.ledger.lock().take_freed(acknowledged);
    for first in freed {
        let path = segment_path(&shared.dir, first);
        if let Err(error) = std::fs::remove_file(&path) {
            warn!(error = %error, path = %path.display(), "journal segment not removed");
        }
    }
}

/// The least time between two writes of the cursor: each costs the writer's disk a sync.
const GATHERING: Duration = Duration::from_millis(100);
