//! A closed-loop load generator: each connection sends its next request when the last one is answered.

mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;

pub use self::connection::{Answer, Connection};

/// Ready HTTP/1.1 requests, head and body, to be sent in turn.
pub type Requests = Arc<Vec<Vec<u8>>>;

/// How hard to press.
#[derive(Clone, Copy, Debug)]
pub struct Pressure {
    /// Connections, kept alive.
    pub connections: usize,
    /// Threads of the generator.
    pub threads: usize,
    /// Not measured.
    pub warm_up: Duration,
    /// Measured.
    pub duration: Duration,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Answers with status 200 in the measured time.
    pub answered: u64,
    /// The measured time.
    pub elapsed: Duration,
    /// Latencies in microseconds.
    pub latency: Histogram<u64>,
}

impl Measured {
    /// Answers a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "no run has 2^52 answers")]
        let answered = self.answered as f64;
        answered / self.elapsed.as_secs_f64()
    }

    /// A latency in milliseconds at `quantile` (0 to 1).
    #[must_use]
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^52 microseconds")]
        let micros = self.latency.value_at_quantile(quantile) as f64;
        micros / 1000.0
    }
}

/// Sends `requests` to `address` for as long as `pressure` says.
///
/// # Errors
/// When a connection breaks or any answer isn't 200: a rate of errors is no rate.
pub fn run(address: SocketAddr, requests: &Requests, pressure: Pressure) -> Result<Measured> {
    if requests.is_empty() || pressure.threads == 0 || pressure.connections < pressure.threads {
        bail!("nothing to send, or fewer connections than threads");
    }
    let start = Instant::now() + Duration::from_millis(50);
    let workers: Vec<_> = (0..pressure.threads)
        .map(|thread| {
            let requests = Arc::clone(requests);
            let share = pressure.connections / pressure.threads
                + usize::from(thread < pressure.connections % pressure.threads);
            std::thread::spawn(move || work(address, &requests, share, thread, start, pressure))
        })
        .collect();
    let mut latency = empty_histogram()?;
    let mut answered = 0;
    for worker in workers {
        let part = worker.join().map_err(|_| anyhow::anyhow!("a load thread panicked"))??;
        answered += part.len();
        latency.add(part).context("histograms of one shape")?;
    }
    Ok(Measured { answered, elapsed: pressure.duration, latency })
}

/// Sends each of `requests` once, over `connections`, and says how long all of it took.
///
/// # Errors
/// As [`run`].
pub fn each_once(address: SocketAddr, requests: &Requests, connections: usize) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = Instant::now();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let tasks: Vec<_> = (0..connections)
            .map(|first| {
                let requests = Arc::clone(requests);
                tokio::task::spawn_local(async move {
                    let mut connection = Connection::open(address).await?;
                    for request in requests.iter().skip(first).step_by(connections) {
                        connection.exchange(request).await?;
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(start.elapsed())
    })
}

fn work(
    address: SocketAddr,
    requests: &Requests,
    connections: usize,
    thread: usize,
    start: Instant,
    pressure: Pressure,
) -> Result<Histogram<u64>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let tasks: Vec<_> = (0..connections)
            .map(|connection| {
                // Each connection begins elsewhere, so that not all send the same request at once.
                let first =
                    (thread * connections + connection) * requests.len() / pressure.connections.max(1);
                tokio::task::spawn_local(converse(address, Arc::clone(requests), first, start, pressure))
            })
            .collect();
        let mut latency = empty_histogram()?;
        for task in tasks {
            latency.add(task.await??).context("histograms of one shape")?;
        }
        Ok(latency)
    })
}

async fn converse(
    address: SocketAddr,
    requests: Requests,
    first: usize,
    start: Instant,
    pressure: Pressure,
) -> Result<Histogram<u64>> {
    let mut connection = Connection::open(address).await?;
    let mut latency = empty_histogram()?;
    let measured_from = start + pressure.warm_up;
    let end = measured_from + pressure.duration;
    tokio::time::sleep_until(start.into()).await;
    for request in requests.iter().cycle().skip(first % requests.len().max(1)) {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        connection.exchange(request).await?;
        let answered = Instant::now();
        if sent >= measured_from && answered <= end {
            let micros = u64::try_from((answered - sent).as_micros()).unwrap_or(u64::MAX);
            latency.saturating_record(micros);
        }
    }
    Ok(latency)
}

fn empty_histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 60_000_000, 3).context("a histogram")
}
