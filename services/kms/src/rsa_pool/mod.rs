//! RSA keys made ahead.
//!
//! Making an RSA key takes from a tenth of a second to several, so no request does it. One thread of a low priority
//! keeps a few keys of each size; each is handed out once. Who finds none waits for the thread, without holding up
//! anything else, and those who wait come before the stock.

mod metrics;
mod shelves;

use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_crypto::{CryptoError, KeyPairSpec, PrivateKey, SystemRandom};
use parking_lot::{Condvar, Mutex};
use serde::Deserialize;
use tokio::sync::oneshot;

use self::metrics::METRICS;
use self::shelves::Shelves;
use crate::error::Error;

/// How many RSA keys are made ahead.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RsaPoolSection {
    /// Keys of 2048 bits.
    pub rsa_2048: usize,
    /// Keys of 3072 bits.
    pub rsa_3072: usize,
    /// Keys of 4096 bits.
    pub rsa_4096: usize,
    /// For how many seconds a request waits for a key at most.
    pub max_wait_seconds: u64,
}

/// The size of an RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits.
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

/// The keys, and the thread that makes them; it ends when this is dropped.
pub struct RsaPool {
    shared: Arc<Shared>,
    max_wait: Duration,
}

struct Shared {
    shelves: Mutex<Shelves>,
    changed: Condvar,
}

/// What a waiting request is handed.
type Made = Result<PrivateKey, CryptoError>;

impl RsaPool {
    /// Starts to make keys.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(section: RsaPoolSection) -> std::io::Result<Self> {
        Self::start_with(section, |size| PrivateKey::generate(size.spec(), &SystemRandom))
    }

    fn start_with(
        section: RsaPoolSection,
        make: impl Fn(RsaSize) -> Made + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { shelves: Mutex::new(Shelves::new(&section)), changed: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        std::thread::Builder::new().name("rsa-keys".to_owned()).spawn(move || {
            lower_priority();
            of_thread.make_keys(&make);
            drop(of_thread);
        })?;
        Ok(Self { shared, max_wait: Duration::from_secs(section.max_wait_seconds) })
    }

    /// A key that nobody else gets.
    ///
    /// # Errors
    /// [`Error::RsaKeysBusy`] when none is ready in time, or too many wait already; [`Error::Crypto`] when none can be
    /// made.
    pub async fn take(&self, size: RsaSize) -> Result<PrivateKey, Error> {
        let began = Instant::now();
        let taken = self.take_or_wait(size).await;
        METRICS.waits.with_label_values(&[size.label()]).observe(began.elapsed().as_secs_f64());
        taken
    }

    async fn take_or_wait(&self, size: RsaSize) -> Result<PrivateKey, Error> {
        let coming = match self.take_now(size)? {
            Taken::Key(key) => return Ok(*key),
            Taken::Coming(coming) => coming,
        };
        match tokio::time::timeout(self.max_wait, coming).await {
            Ok(Ok(made)) => Ok(made?),
            // Too late, or the thread has ended.
            Ok(Err(_)) | Err(_) => Err(Error::RsaKeysBusy),
        }
    }

    fn take_now(&self, size: RsaSize) -> Result<Taken, Error> {
        let mut shelves = self.shared.shelves.lock();
        let taken = match shelves.pop(size) {
            Some(key) => Taken::Key(Box::new(key)),
            None => Taken::Coming(shelves.queue(size)?),
        };
        // Either way there is one to be made.
        self.shared.changed.notify_one();
        Ok(taken)
    }
}

enum Taken {
    Key(Box<PrivateKey>),
    Coming(oneshot::Receiver<Made>),
}

impl Drop for RsaPool {
    fn drop(&mut self) {
        self.shared.shelves.lock().stop();
        self.shared.changed.notify_one();
    }
}

impl Shared {
    /// Makes what is missing until the pool is dropped.
    fn make_keys(&self, make: &impl Fn(RsaSize) -> Made) {
        while let Some(size) = self.next_size() {
            let made = make(size);
            let failed = made.as_ref().err().copied();
            let mut shelves = self.shelves.lock();
            shelves.put(size, made);
            if let Some(error) = failed {
                tracing::error!(%error, "an rsa key could not be made");
                self.changed.wait_for(&mut shelves, PAUSE_AFTER_FAILURE);
            }
        }
    }

    /// The size that is missing most, once there is one; none when the pool is dropped.
    fn next_size(&self) -> Option<RsaSize> {
        let mut shelves = self.shelves.lock();
        loop {
            if shelves.is_stopped() {
                return None;
            }
            if let Some(size) = shelves.missing() {
                return Some(size);
            }
            self.changed.wait(&mut shelves);
        }
    }
}

impl RsaSize {
    /// The size of an RSA key pair; none for the other kinds.
    #[must_use]
    pub fn of(spec: KeyPairSpec) -> Option<Self> {
        match spec {
            KeyPairSpec::Rsa2048 => Some(Self::Bits2048),
            KeyPairSpec::Rsa3072 => Some(Self::Bits3072),
            KeyPairSpec::Rsa4096 => Some(Self::Bits4096),
            KeyPairSpec::NistP256
            | KeyPairSpec::NistP384
            | KeyPairSpec::NistP521
            | KeyPairSpec::Secp256k1
            | KeyPairSpec::Sm2
            | KeyPairSpec::Ed25519
            | KeyPairSpec::MlDsa44
            | KeyPairSpec::MlDsa65
            | KeyPairSpec::MlDsa87 => None,
        }
    }

    fn spec(self) -> KeyPairSpec {
        match self {
            Self::Bits2048 => KeyPairSpec::Rsa2048,
            Self::Bits3072 => KeyPairSpec::Rsa3072,
            Self::Bits4096 => KeyPairSpec::Rsa4096,
        }
    }

    /// As metrics name it.
    fn label(self) -> &'static str {
        match self {
            Self::Bits2048 => "2048",
            Self::Bits3072 => "3072",
            Self::Bits4096 => "4096",
        }
    }
}

/// On Linux a priority is a thread's own. It is low, and not the lowest: on a busy machine that one would get no key done
/// at all. Where it can't be lowered, the keys are made all the same.
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, LOW_PRIORITY) {
        tracing::warn!(%error, "the thread that makes rsa keys has no low priority");
    }
}

/// Beside one thread of the usual priority it gets a tenth of a core.
const LOW_PRIORITY: i32 = 10;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc;

    use super::*;

    const SECTION: RsaPoolSection =
        RsaPoolSection { rsa_2048: 2, rsa_3072: 0, rsa_4096: 0, max_wait_seconds: 60 };

    /// A pool whose thread makes a key (of another kind, as that is quick) for each permission that it gets.
    fn on_permission(section: RsaPoolSection) -> (RsaPool, mpsc::Sender<()>, mpsc::Receiver<RsaSize>) {
        let (permit, permits) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let make = move |size| {
            tell.send(size).ok();
            permits.recv().map_err(|_| CryptoError::Library)?;
            PrivateKey::generate(KeyPairSpec::NistP256, &SystemRandom)
        };
        (RsaPool::start_with(section, make).unwrap(), permit, told)
    }

    fn fingerprint(key: &PrivateKey) -> Vec<u8> {
        key.public_key().spki().to_vec()
    }

    #[tokio::test]
    async fn each_key_is_handed_out_once_and_has_its_size() {
        let pool = RsaPool::start(SECTION).unwrap();
        let mut seen = BTreeSet::new();
        for _ in 0..4 {
            let key = pool.take(RsaSize::Bits2048).await.unwrap();
            assert_eq!(key.spec(), KeyPairSpec::Rsa2048);
            assert!(seen.insert(fingerprint(&key)));
        }
        // A size of which none are kept is made on demand.
        assert_eq!(pool.take(RsaSize::Bits3072).await.unwrap().spec(), KeyPairSpec::Rsa3072);
    }

    #[tokio::test]
    async fn no_more_are_made_than_are_kept_and_what_is_taken_is_made_again() {
        let (pool, permit, told) = on_permission(SECTION);
        (0..2).for_each(|_| permit.send(()).unwrap());
        assert_eq!((0..2).filter_map(|_| told.recv().ok()).count(), 2);
        while pool.shared.shelves.lock().missing().is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(told.try_recv().is_err(), "a third key was begun");
        pool.take(RsaSize::Bits2048).await.unwrap();
        assert_eq!(told.recv().unwrap(), RsaSize::Bits2048);
        permit.send(()).unwrap();
    }

    #[tokio::test]
    async fn who_waits_comes_before_the_stock() {
        let (pool, permit, told) = on_permission(SECTION);
        assert_eq!(told.recv().unwrap(), RsaSize::Bits2048);
        let waiting = pool.take(RsaSize::Bits4096);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(5), &mut waiting).await.is_err());
        permit.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), RsaSize::Bits4096, "the stock of 2048 bits is not full yet");
        permit.send(()).unwrap();
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_key_for_somebody_who_left_goes_to_the_next() {
        let (pool, permit, told) = on_permission(RsaPoolSection { rsa_2048: 0, ..SECTION });
        let queue = || match pool.take_now(RsaSize::Bits2048) {
            Ok(Taken::Coming(coming)) => coming,
            Ok(Taken::Key(_)) | Err(_) => panic!("a key is ready"),
        };
        let (left, stayed) = (queue(), queue());
        told.recv().unwrap();
        drop(left);
        permit.send(()).unwrap();
        stayed.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn waiting_is_bounded() {
        let impatient = RsaPoolSection { max_wait_seconds: 0, ..SECTION };
        let (pool, _permit, _told) = on_permission(impatient);
        assert!(matches!(pool.take(RsaSize::Bits2048).await, Err(Error::RsaKeysBusy)));
        let (pool, permit, _told) = on_permission(SECTION);
        let many: Vec<_> = (0..shelves::MAX_WAITING).map(|_| pool.take_now(RsaSize::Bits4096)).collect();
        assert!(many.iter().all(Result::is_ok));
        assert!(matches!(pool.take(RsaSize::Bits4096).await, Err(Error::RsaKeysBusy)));
        drop(permit);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_who_waits() {
        let (pool, permit, _told) = on_permission(RsaPoolSection { rsa_2048: 0, ..SECTION });
        drop(permit);
        assert!(matches!(pool.take(RsaSize::Bits2048).await, Err(Error::Crypto(CryptoError::Library))));
    }

    #[test]
    fn the_thread_ends_with_the_pool() {
        let (pool, permit, told) = on_permission(SECTION);
        told.recv().unwrap();
        let shared = Arc::downgrade(&pool.shared);
        drop(pool);
        permit.send(()).unwrap();
        // The other end of the channel is the thread's.
        assert!(told.recv().is_err());
        assert!(shared.upgrade().is_none());
    }
}
