//! A real, signed load on all services that goes on whatever breaks, and takes down each answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use keywright_e2e::load::{Connection, Requests};

use crate::answers::Answers;
use crate::calls::Calls;
use crate::random::Random;

/// Where the services are now; a restart may move them.
pub(crate) type Addresses = Arc<Mutex<Places>>;

/// The places that are called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) front: SocketAddr,
    pub(crate) kms: SocketAddr,
}

/// A load that runs.
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<std::thread::JoinHandle<Answers>>,
    began: Instant,
}

struct Shared {
    addresses: Addresses,
    /// For the front: all kinds of calls; for KMS: what is called most.
    mixed: Mutex<Requests>,
    kms: Mutex<Requests>,
    stop: AtomicBool,
    succeeded: AtomicU64,
    unrecorded: AtomicU64,
}

impl Load {
    /// Begins to call. Half of the connections go to KMS itself, the others through the front.
    pub(crate) fn start(calls: &Calls, addresses: &Addresses) -> Result<Self> {
        let shared = Arc::new(Shared {
            addresses: Arc::clone(addresses),
            mixed: Mutex::new(calls.mixed()?),
            kms: Mutex::new(calls.kms()?),
            stop: AtomicBool::new(false),
            succeeded: AtomicU64::new(0),
            unrecorded: AtomicU64::new(0),
        });
        let mut threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || work(&shared, thread))
            })
            .collect();
        // Signatures are good for five minutes.
        let (signing, calls) = (Arc::clone(&shared), calls.clone());
        threads.push(std::thread::spawn(move || keep_signed(&signing, &calls)));
        Ok(Self { shared, threads, began: Instant::now() })
    }

    /// Successful calls until now.
    pub(crate) fn succeeded(&self) -> u64 {
        self.shared.succeeded.load(Ordering::Relaxed)
    }

    /// Answers until now that promised no record.
    pub(crate) fn unrecorded(&self) -> u64 {
        self.shared.unrecorded.load(Ordering::Relaxed)
    }

    /// Waits until `more` further calls have succeeded: it works, or works again.
    pub(crate) async fn until_succeeded(&self, more: u64) -> Result<()> {
        let wanted = self.succeeded() + more;
        let deadline = Instant::now() + PATIENCE;
        while self.succeeded() < wanted {
            if Instant::now() > deadline {
                bail!("{} of {wanted} calls have succeeded after {PATIENCE:?}", self.succeeded());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends the load: what was answered, and in how long.
    pub(crate) fn stop(self) -> Result<(Answers, Duration)> {
        let Self { shared, threads, began } = self;
        shared.stop.store(true, Ordering::Relaxed);
        let mut answers = Answers::default();
        for thread in threads {
            answers.add(thread.join().ok().context("a thread of the load panicked")?);
        }
        Ok((answers, began.elapsed()))
    }
}

fn keep_signed(shared: &Shared, calls: &Calls) -> Answers {
    let mut signed = Instant::now();
    while !shared.stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        if signed.elapsed() > SIGNED_ANEW
            && let (Ok(mixed), Ok(kms)) = (calls.mixed(), calls.kms())
        {
            *shared.mixed.lock().unwrap_or_else(PoisonError::into_inner) = mixed;
            *shared.kms.lock().unwrap_or_else(PoisonError::into_inner) = kms;
            signed = Instant::now();
        }
    }
    Answers::default()
}

fn work(shared: &Arc<Shared>, thread: usize) -> Answers {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Answers { unexpected: vec!["no runtime".to_owned()], ..Answers::default() };
    };
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = (0..CONNECTIONS / THREADS)
            .map(|connection| {
                let direct = connection % 2 == 0;
                tokio::task::spawn_local(converse(
                    Arc::clone(shared),
                    direct,
                    (thread * 100 + connection) as u64,
                ))
            })
            .collect();
        let mut answers = Answers::default();
        for task in tasks {
            match task.await {
                Ok(more) => answers.add(more),
                Err(error) => answers.unexpected.push(error.to_string()),
            }
        }
        answers
    })
}

async fn converse(shared: Arc<Shared>, direct: bool, seed: u64) -> Answers {
    let mut answers = Answers::default();
    let mut random = Random::new(seed);
    let mut connection: Option<Connection> = None;
    while !shared.stop.load(Ordering::Relaxed) {
        let requests = {
            let requests = if direct { &shared.kms } else { &shared.mixed };
            Arc::clone(&requests.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let mut open = match connection.take() {
            Some(open) => open,
            None => {
                let places = *shared.addresses.lock().unwrap_or_else(PoisonError::into_inner);
                let address = if direct { places.kms } else { places.front };
                match tokio::time::timeout(ANSWER_LIMIT, Connection::open(address)).await {
                    Ok(Ok(open)) => open,
                    _ => {
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                }
            }
        };
        let Some(request) = requests.get(random.below(requests.len())) else { break };
        let succeeded = match tokio::time::timeout(ANSWER_LIMIT, open.ask(request)).await {
            Ok(Ok(answer)) => {
                let unrecorded = answers.unrecorded;
                let succeeded = answers.note(request, &answer);
                shared.unrecorded.fetch_add((answers.unrecorded - unrecorded) as u64, Ordering::Relaxed);
                let closing = answer.header("connection").is_some_and(|value| value == "close");
                if !closing {
                    connection = Some(open);
                }
                succeeded
            }
            _ => {
                answers.unanswered += 1;
                false
            }
        };
        if succeeded {
            shared.succeeded.fetch_add(1, Ordering::Relaxed);
        } else if connection.is_none() || answers.unrecorded > 0 {
            // Nobody hammers at a door that is shut.
            tokio::time::sleep(random.short_pause()).await;
        }
    }
    answers
}

const THREADS: usize = 2;
const CONNECTIONS: usize = 32;
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(90);
const SIGNED_ANEW: Duration = Duration::from_secs(60);
