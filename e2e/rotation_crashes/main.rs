//! Rotates secrets whose service is killed, or loses a database, at every moment of a rotation; and sees that nobody is
//! locked out, meanwhile and behind. Prints its counts.
//!
//! ```text
//! cargo test -p keywright-e2e --test rotation_crashes                    some of the moments
//! cargo test -p keywright-e2e --test rotation_crashes -- --full          each moment
//! ... -- --full --jobs 6 'redis target' generic-random                   six stacks side by side; cases with such names
//! ... -- --full --jobs 6 --share 1/10                                    what falls to the second of ten stacks, on six
//! ... -- --at 57 'postgres-single-user own-database kill-before'         one moment of one case
//! ```
//!
//! A moment is an exchange with a database, or a call of the rotation function: proxies between the service and its own
//! Postgres, and between it and the servers whose users are rotated, count what the service sends, and strike before the
//! n-th is forwarded or behind its answer; so does a function of the harness. The service knows nothing of it. Then it is
//! started again, and the rotation is waited for. Where a server crashes, it comes back by itself.
//!
//! Which stack strikes which moment is always the same. What the n-th exchange with the service's own database is may
//! differ a little from run to run, as the service looks for what is due now and then: what was struck is told.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for people, and its output is its result"
)]

mod administrator;
mod ask;
mod case;
mod function;
mod kind;
mod login;
mod moments;
mod plan;
mod proxy;
mod servers;
#[path = "../faults/service_process.rs"]
mod service_process;
mod stack;
mod watch;
mod wire;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::future::join_all;
use keywright_e2e::program;

use crate::case::{Counts, Shared};
use crate::login::Engine;
use crate::plan::Options;
use crate::service_process::binaries;
use crate::stack::Stack;

fn main() -> ExitCode {
    program::main("rotation-crashes", run)
}

async fn run(told: Vec<String>) -> Result<()> {
    let options = Options::parse(&told)?;
    let cases: Vec<Shared> = options.cases().into_iter().map(Shared::new).collect();
    ensure!(!cases.is_empty(), "no case has such a name");
    let jobs = options.jobs.unwrap_or(1);
    let binaries = binaries(&["keywright-identity", "keywright-kms", "keywright-secrets"])?;
    let shares = (0..jobs).map(async |job| {
        let struck = strike_all(&binaries, &cases, job, jobs).await;
        // At once: what falls to it is struck by nobody, and no case after it is told as done.
        if let Err(error) = &struck {
            eprintln!("rotation-crashes: stack {job} of {jobs} can't go on: {error:#}");
        }
        struck
    });
    let struck: Result<()> = tokio::select! {
        // A stack that can't go on doesn't keep the others from it.
        struck = join_all(shares) => struck.into_iter().collect(),
        never = tell_progress(&cases) => never,
    };
    let mut total = Counts::default();
    cases.iter().for_each(|shared| total.add(&shared.counts.borrow()));
    println!("rotation-crashes: {}", words(&total));
    for violation in &total.violations {
        println!("rotation-crashes: FAILED: {violation}");
    }
    struck?;
    ensure!(total.violations.is_empty(), "{} violations", total.violations.len());
    ensure!(total.moments > 0, "nothing was tried");
    Ok(())
}

/// What falls to one of the stacks, on that stack.
async fn strike_all(binaries: &Path, cases: &[Shared], job: u64, jobs: u64) -> Result<()> {
    // The harness's own function rotates a Postgres's users.
    let mut engines = vec![Engine::Postgres];
    for engine in cases.iter().filter_map(|shared| shared.case.kind.engine) {
        if !engines.contains(&engine) {
            engines.push(engine);
        }
    }
    let mut stack = Stack::start(binaries, &engines).await?;
    for shared in cases {
        if !stack.has(shared.case.kind) {
            continue;
        }
        shared.strike_share(&mut stack, job, jobs).await?;
        if shared.done.get() == jobs {
            shared.see_that_it_was_struck();
            let (counts, took) = (shared.counts.borrow(), shared.took.get().as_secs_f64());
            println!("rotation-crashes: {}: {} ({took:.0} s)", shared.case.name(), words(&counts));
        }
    }
    Ok(())
}

/// Now and then, how far it is.
async fn tell_progress(cases: &[Shared]) -> Result<()> {
    let began = Instant::now();
    loop {
        tokio::time::sleep(PROGRESS).await;
        let mut total = Counts::default();
        cases.iter().for_each(|shared| total.add(&shared.counts.borrow()));
        let begun = cases.iter().rposition(|shared| shared.counts.borrow().moments > 0);
        let at = begun.and_then(|at| cases.get(at)).map(|shared| shared.case.name()).unwrap_or_default();
        eprintln!("rotation-crashes: {:.0} s: {}; at {at}", began.elapsed().as_secs_f64(), words(&total));
    }
}

fn words(counts: &Counts) -> String {
    let Counts { moments, restarts, looks, violations } = counts;
    let violations = violations.len();
    format!("{moments} moments, {restarts} restarts, {looks} looks, {violations} violations")
}

const PROGRESS: Duration = Duration::from_secs(30);
