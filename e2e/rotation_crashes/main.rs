//! Rotates secrets whose service is killed, or loses a database, at every moment of a rotation; and sees that nobody is
//! locked out, meanwhile and behind. Prints its counts.
//!
//! ```text
//! cargo test -p keywright-e2e --test rotation_crashes                    some of the moments
//! cargo test -p keywright-e2e --test rotation_crashes -- --full          each moment
//! cargo test -p keywright-e2e --test rotation_crashes -- kill-before     only cases with such names
//! ```
//!
//! A moment is an exchange with a database, or a call of the rotation function: proxies between the service and its own
//! Postgres, and between it and the Postgres whose user is rotated, count what the service sends, and strike before the
//! n-th is forwarded or behind its answer; so does a function of the harness. The service knows nothing of it. Then it is
//! started again, and the rotation is waited for.

#![expect(clippy::print_stdout, reason = "a command for people, and its output is its result")]

mod ask;
mod case;
mod function;
mod moments;
#[path = "../faults/ports.rs"]
mod ports;
mod proxy;
mod stack;
mod target;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use keywright_e2e::program::{self, Arguments};

use crate::case::{Counts, Kind};
use crate::moments::Strike;
use crate::stack::{Between, Stack};

fn main() -> ExitCode {
    program::main("rotation-crashes", run)
}

async fn run(arguments: Arguments) -> Result<()> {
    let binaries = binaries()?;
    let mut stack = Stack::start(&binaries).await?;
    let mut violations = Vec::new();
    let mut total = Counts::default();
    for kind in Kind::ALL {
        for between in kind.places() {
            for (strike, number) in Strike::ALL.into_iter().zip(0..) {
                let name = format!("{} {} {}", kind.name(), between.name(), strike.name());
                if !arguments.want(&name) {
                    continue;
                }
                // A function is called four times.
                let full = arguments.full || *between == Between::Function;
                let began = Instant::now();
                // The target is spoken to less often.
                let later = if *between == Between::Target { number } else { number * SHORT_OFFSET };
                let (first, step) = if full { (1, 1) } else { (1 + later, SHORT_STEP) };
                let moments = (first..).step_by(step);
                let mut counts = case::all_moments(&mut stack, kind, *between, strike, moments).await?;
                println!(
                    "rotation-crashes: {name}: {} moments, {} restarts, {} looks, {} violations ({:.0} s)",
                    counts.moments,
                    counts.restarts,
                    counts.looks,
                    counts.violations.len(),
                    began.elapsed().as_secs_f64()
                );
                violations.append(&mut counts.violations);
                total.add(&counts);
            }
        }
    }
    println!(
        "rotation-crashes: {} moments, {} restarts, {} looks, {} violations",
        total.moments,
        total.restarts,
        total.looks,
        violations.len()
    );
    for violation in &violations {
        println!("rotation-crashes: FAILED: {violation}");
    }
    ensure!(violations.is_empty(), "{} violations", violations.len());
    ensure!(total.moments > 0, "nothing was tried");
    Ok(())
}

/// The directory of the services' binaries: where this one was built, or that of `KEYWRIGHT_BIN`.
fn binaries() -> Result<PathBuf> {
    let dir = match std::env::var_os("KEYWRIGHT_BIN") {
        Some(keywright) => PathBuf::from(keywright).parent().map(PathBuf::from),
        None => std::env::current_exe()?.ancestors().nth(2).map(PathBuf::from),
    };
    let dir = dir.context("a directory of binaries")?;
    for name in ["keywright-identity", "keywright-kms", "keywright-secrets"] {
        ensure!(dir.join(name).exists(), "no {name} in {}: cargo build --workspace --bins", dir.display());
    }
    Ok(dir)
}

/// Of the moments of a short run, one in so many: each takes some seconds, and there are nearly two hundred in each way.
const SHORT_STEP: usize = 101;
/// Each way of a short run begins so much later than the one before.
const SHORT_OFFSET: u64 = 5;
