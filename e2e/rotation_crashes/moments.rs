//! Moments that are counted, and the one that is struck.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result};

/// What is done at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) way: Way,
    /// Before what is asked for is done; or when it is done, and the answer not yet heard.
    pub(crate) is_before: bool,
}

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The service: `kill -9`.
    Kill,
    /// The connection.
    Drop,
    /// The server that is asked: `kill -9`, and it is started again.
    Crash,
}

impl Strike {
    pub(crate) const ALL: [Self; 6] = [
        Self { way: Way::Kill, is_before: true },
        Self { way: Way::Kill, is_before: false },
        Self { way: Way::Drop, is_before: true },
        Self { way: Way::Drop, is_before: false },
        Self { way: Way::Crash, is_before: true },
        Self { way: Way::Crash, is_before: false },
    ];

    pub(crate) fn name(self) -> &'static str {
        match (self.way, self.is_before) {
            (Way::Kill, true) => "kill-before",
            (Way::Kill, false) => "kill-after",
            (Way::Drop, true) => "drop-before",
            (Way::Drop, false) => "drop-after",
            (Way::Crash, true) => "crash-before",
            (Way::Crash, false) => "crash-after",
        }
    }
}

/// How what breaks is broken.
pub(crate) struct Breaks {
    /// The service.
    pub(crate) kill: Box<dyn Fn() + Send + Sync>,
    /// The server.
    pub(crate) crash: Box<dyn Fn() + Send + Sync>,
}

/// The moments of one place.
pub(crate) struct Moments {
    breaks: Breaks,
    /// How many there were since it was armed; none are counted at other times.
    count: AtomicU64,
    armed: AtomicBool,
    at: AtomicU64,
    fired: AtomicBool,
    strike: Mutex<Option<Strike>>,
    /// What was struck, in a word or two.
    struck: Mutex<String>,
}

impl Moments {
    /// None yet.
    pub(crate) fn new(breaks: Breaks) -> Self {
        Self {
            breaks,
            count: AtomicU64::new(0),
            armed: AtomicBool::new(false),
            at: AtomicU64::new(0),
            fired: AtomicBool::new(false),
            strike: Mutex::new(None),
            struck: Mutex::new(String::new()),
        }
    }

    /// From now on they are counted, and the `at`-th is struck.
    pub(crate) fn arm(&self, at: u64, strike: Strike) -> Result<()> {
        *self.strike.lock().ok().context("a lock")? = Some(strike);
        self.struck.lock().ok().context("a lock")?.clear();
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

    /// What was struck, in a word or two.
    pub(crate) fn struck(&self) -> String {
        self.struck.lock().map(|struck| struck.clone()).unwrap_or_default()
    }

    /// Counts one: what is to be done at it.
    pub(crate) fn next(&self, asked: &str) -> Option<Strike> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.at.load(Ordering::SeqCst) {
            return None;
        }
        if let Ok(mut struck) = self.struck.lock() {
            asked.clone_into(&mut struck);
        }
        self.fired.store(true, Ordering::SeqCst);
        self.strike.lock().ok().and_then(|strike| *strike)
    }

    /// Breaks the service or the server; a connection is lost by whoever has it.
    pub(crate) fn strike(&self, strike: Strike) {
        match strike.way {
            Way::Kill => (self.breaks.kill)(),
            Way::Crash => (self.breaks.crash)(),
            Way::Drop => {}
        }
    }
}
