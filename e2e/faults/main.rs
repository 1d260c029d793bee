//! Breaks a running stack in every way that we know of, under a real load, and compares what clients were told with what the
//! audit table holds: none missing, none twice. Prints its counts.
//!
//! ```text
//! cargo test -p keywright-e2e --test faults                     a short run
//! cargo test -p keywright-e2e --test faults -- --full           at least 200,000 answered calls; a minute for each outage
//! cargo test -p keywright-e2e --test faults -- postgres disk    only faults with such names
//! ```
//!
//! `KEYWRIGHT_FAULTS_SEED` has another run's moments come again.

#![expect(clippy::print_stdout, reason = "a command for people, and its output is its result")]

mod answers;
mod calls;
mod damage;
mod dev;
mod disk;
mod load;
mod on_journals;
mod on_kafka;
mod probes;
mod processes;
mod random;
mod run;
mod service_process;
mod trail;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use keywright_e2e::program::{self, Arguments};

use crate::random::Random;
use crate::run::{Plan, Report, Size};
use crate::service_process::binaries;

fn main() -> ExitCode {
    program::main("faults", run)
}

async fn run(words: Vec<String>) -> Result<()> {
    let arguments = Arguments::of(words);
    let full = arguments.full;
    let seed = match std::env::var("KEYWRIGHT_FAULTS_SEED") {
        Ok(seed) => seed.parse().context("KEYWRIGHT_FAULTS_SEED")?,
        Err(_) => u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_micros()),
    };
    println!("faults: {} run, seed {seed}", if full { "full" } else { "short" });
    let began = Instant::now();
    let mut plan = Plan {
        size: if full { FULL } else { SHORT },
        arguments,
        binaries: binaries(&["keywright", "keywright-kms", "keywright-front"])?,
        random: Random::new(seed),
        report: Report::default(),
    };
    on_kafka::run(&mut plan).await?;
    on_journals::run(&mut plan).await?;

    let Report { answered, missing, doubled, apart, failures } = plan.report;
    println!(
        "faults: answered {answered}, missing {missing}, twice {doubled}, records and rows apart {apart} ({:.0} s)",
        began.elapsed().as_secs_f64()
    );
    for failure in &failures {
        println!("faults: FAILED: {failure}");
    }
    ensure!(failures.is_empty(), "{} failures", failures.len());
    ensure!(!full || !plan.arguments.only.is_empty() || answered >= ENOUGH, "only {answered} answered calls");
    Ok(())
}

const SHORT: Size = Size { calls: 1_000, rounds: 1, outage: Duration::from_secs(3) };
const FULL: Size = Size { calls: 12_000, rounds: 5, outage: Duration::from_secs(60) };
const ENOUGH: usize = 200_000;
