//! The keys that are ready, and the requests that wait.

use std::collections::VecDeque;

use keywright_crypto::PrivateKey;
use prometheus::IntGauge;
use tokio::sync::oneshot;

use super::metrics::METRICS;
use super::{Made, RsaPoolSection, RsaSize};
use crate::error::Error;

/// A shelf for each size.
pub(super) struct Shelves {
    shelves: [Shelf; 3],
    stopped: bool,
    next_ticket: u64,
}

struct Shelf {
    size: RsaSize,
    kept: usize,
    ready: VecDeque<PrivateKey>,
    waiting: VecDeque<Waiting>,
    level: IntGauge,
}

struct Waiting {
    ticket: u64,
    hand_over: oneshot::Sender<Made>,
}

impl Shelves {
    pub(super) fn new(section: &RsaPoolSection) -> Self {
        let shelves = [
            Shelf::new(RsaSize::Bits2048, section.rsa_2048),
            Shelf::new(RsaSize::Bits3072, section.rsa_3072),
            Shelf::new(RsaSize::Bits4096, section.rsa_4096),
        ];
        Self { shelves, stopped: false, next_ticket: 0 }
    }

    /// A key that is ready.
    pub(super) fn pop(&mut self, size: RsaSize) -> Option<PrivateKey> {
        let shelf = self.shelf(size);
        let key = shelf.ready.pop_front()?;
        shelf.level.dec();
        Some(key)
    }

    /// Waits for a key.
    pub(super) fn queue(&mut self, size: RsaSize) -> Result<oneshot::Receiver<Made>, Error> {
        self.forget_who_left();
        let waiting: usize = self.shelves.iter().map(|shelf| shelf.waiting.len()).sum();
        if waiting >= MAX_WAITING {
            return Err(Error::RsaKeysBusy);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let (hand_over, coming) = oneshot::channel();
        self.shelf(size).waiting.push_back(Waiting { ticket, hand_over });
        Ok(coming)
    }

    /// What is to be made next: for who waits longest, else for a shelf that isn't full.
    pub(super) fn missing(&mut self) -> Option<RsaSize> {
        self.forget_who_left();
        let first = |shelf: &Shelf| shelf.waiting.front().map(|waiting| (waiting.ticket, shelf.size));
        if let Some((_, size)) = self.shelves.iter().filter_map(first).min_by_key(|(ticket, _)| *ticket) {
            return Some(size);
        }
        self.shelves.iter().find(|shelf| shelf.ready.len() < shelf.kept).map(|shelf| shelf.size)
    }

    /// Hands a key, or the failure, to who waits longest for it; nobody there, it is kept.
    pub(super) fn put(&mut self, size: RsaSize, made: Made) {
        let shelf = self.shelf(size);
        let mut made = made;
        while let Some(waiting) = shelf.waiting.pop_front() {
            match waiting.hand_over.send(made) {
                Ok(()) => return,
                Err(returned) => made = returned,
            }
        }
        // One that was asked for and isn't wanted any more is kept as well, so that it wasn't made in vain.
        if let Ok(key) = made
            && shelf.ready.len() < shelf.kept.max(1)
        {
            shelf.ready.push_back(key);
            shelf.level.inc();
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    fn forget_who_left(&mut self) {
        for shelf in &mut self.shelves {
            shelf.waiting.retain(|waiting| !waiting.hand_over.is_closed());
        }
    }

    fn shelf(&mut self, size: RsaSize) -> &mut Shelf {
        let [bits_2048, bits_3072, bits_4096] = &mut self.shelves;
        match size {
            RsaSize::Bits2048 => bits_2048,
            RsaSize::Bits3072 => bits_3072,
            RsaSize::Bits4096 => bits_4096,
        }
    }
}

impl Shelf {
    fn new(size: RsaSize, kept: usize) -> Self {
        let level = METRICS.keys.with_label_values(&[size.label()]);
        Self { size, kept, ready: VecDeque::new(), waiting: VecDeque::new(), level }
    }
}

impl Drop for Shelf {
    /// The level is that of all pools of the process.
    fn drop(&mut self) {
        self.level.sub(i64::try_from(self.ready.len()).unwrap_or(i64::MAX));
    }
}

/// How many requests wait at most.
pub(super) const MAX_WAITING: usize = 64;
