//! Moments that are counted, and the one that is struck.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result};

/// What is done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// `kill -9`, before what is asked for is done.
    KillBefore,
    /// `kill -9`, when it is done, and the answer not yet heard.
    KillAfter,
    /// The connection is lost, before it is done.
    DropBefore,
    /// The connection is lost, and the answer with it.
    DropAfter,
}

impl Strike {
    pub(crate) const ALL: [Self; 4] = [Self::KillBefore, Self::KillAfter, Self::DropBefore, Self::DropAfter];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillBefore => "kill-before",
            Self::KillAfter => "kill-after",
            Self::DropBefore => "drop-before",
            Self::DropAfter => "drop-after",
        }
    }

    pub(crate) fn is_before(self) -> bool {
        matches!(self, Self::KillBefore | Self::DropBefore)
    }
}

/// The moments of one place.
pub(crate) struct Moments {
    kill: Box<dyn Fn() + Send + Sync>,
    /// How many there were since it was armed; none are counted at other times.
    count: AtomicU64,
    armed: AtomicBool,
    at: AtomicU64,
    strike: Mutex<Strike>,
    fired: AtomicBool,
}

impl Moments {
    /// None yet; `kill` is how it is killed.
    pub(crate) fn new(kill: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            kill: Box::new(kill),
            count: AtomicU64::new(0),
            armed: AtomicBool::new(false),
            at: AtomicU64::new(0),
            strike: Mutex::new(Strike::KillBefore),
            fired: AtomicBool::new(false),
        }
    }

    /// From now on they are counted, and the `at`-th is struck.
    pub(crate) fn arm(&self, at: u64, strike: Strike) -> Result<()> {
        *self.strike.lock().ok().context("a lock")? = strike;
        self.at.store(at, Ordering::SeqCst);
        self.count.store(0, Ordering::SeqCst);
        self.fired.store(false, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether one was struck; none is any more.
    pub(crate) fn disarm(&self) -> bool {
        self.armed.store(false, Ordering::SeqCst);
        self.fired.load(Ordering::SeqCst)
    }

    /// Whether the one that is to be struck is still to come.
    pub(crate) fn is_awaited(&self) -> bool {
        self.armed.load(Ordering::SeqCst) && !self.fired.load(Ordering::SeqCst)
    }

    /// Counts one: what is to be done at it.
    pub(crate) fn next(&self) -> Option<Strike> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.at.load(Ordering::SeqCst) {
            return None;
        }
        self.fired.store(true, Ordering::SeqCst);
        self.strike.lock().ok().map(|strike| *strike)
    }

    /// Does what is done to the service; a connection is lost by whoever has it.
    pub(crate) fn strike(&self, strike: Strike) {
        if matches!(strike, Strike::KillBefore | Strike::KillAfter) {
            (self.kill)();
        }
    }
}
