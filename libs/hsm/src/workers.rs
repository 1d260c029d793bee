//! The threads on which calls to the token run.
//!
//! A call into the token's library can't be interrupted. So the callers wait with a time limit, and what hangs is one of
//! these threads; no other takes its place, so there are never more than [`TokenConfig::sessions`](crate::TokenConfig).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;

use crate::HsmError;
use crate::connection::{Connection, Shared};

pub(crate) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Ends its threads when it is dropped, and waits for that, so that no process exits while one of them is closing its
/// session: libraries crash on that. One that hangs isn't waited for long; it ends when its call does.
pub(crate) struct Workers {
    queue: Option<SyncSender<Job>>,
    /// Disconnected when all threads have ended.
    running: Mutex<Receiver<()>>,
}

impl Workers {
    pub(crate) fn start(shared: &Arc<Shared>) -> Result<Self, HsmError> {
        let threads = shared.config.sessions.max(1);
        let (queue, jobs) = sync_channel(threads * WAITING_FOR_EACH);
        let jobs = Arc::new(Mutex::new(jobs));
        let (runs, running) = sync_channel(0);
        let workers = Self { queue: Some(queue), running: Mutex::new(running) };
        for number in 0..threads {
            let (permit, jobs, shared) = (shared.module.thread()?, Arc::clone(&jobs), Arc::clone(shared));
            let runs = runs.clone();
            let run = move || {
                run(&jobs, Connection::new(shared));
                drop((permit, runs));
            };
            std::thread::Builder::new()
                .name(format!("hsm-{number}"))
                .spawn(run)
                .map_err(|error| HsmError::unavailable(format!("no thread to call it on: {error}")))?;
        }
        Ok(workers)
    }

    /// Has a job run when its turn comes.
    pub(crate) fn submit(&self, job: Job) -> Result<(), HsmError> {
        let ended = || HsmError::unavailable("its threads have ended");
        self.queue.as_ref().ok_or_else(ended)?.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => HsmError::unavailable("too many calls wait for it already"),
            TrySendError::Disconnected(_) => ended(),
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue = None;
        // Nothing is ever sent: it ends by disconnection, or by the time limit.
        _ = self.running.lock().recv_timeout(PATIENCE);
    }
}

fn run(jobs: &Mutex<Receiver<Job>>, mut connection: Connection) {
    loop {
        let next = jobs.lock().recv();
        let Ok(job) = next else { return };
        // A panic in the bindings must not cost the thread: no other would take its place.
        if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
            connection.close();
        }
    }
}

/// How many calls may wait for each thread. What waits longer than its time limit isn't made at all.
const WAITING_FOR_EACH: usize = 64;

/// How long the end of the threads is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
