//! Faults of `keywright dev` without a broker.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

use crate::calls::Calls;
use crate::damage::{flip_a_bit, has_entries, tear_the_end};
use crate::dev::Dev;
use crate::load::{Addresses, Load};
use crate::run::{Plan, Run};
use crate::trail::Trail;

const NAMES: [&str; 6] = [
    "dev: kill -9 of everything",
    "dev: kill -9 of postgres",
    "dev: journal's disk full",
    "dev: journal torn",
    "dev: journal bit-flipped",
    "dev: consumer stalled",
];

pub(crate) async fn run(plan: &mut Plan) -> Result<()> {
    if !NAMES.iter().any(|name| plan.arguments.want(name)) {
        return Ok(());
    }
    let mut stack = Dev::start(&plan.binaries).await?;
    println!("keywright dev runs; its journals are on {}", stack.disk.kind());
    let (places, credentials) = (stack.places()?, stack.credentials()?);
    let calls = tokio::task::spawn_blocking(move || Calls::prepare(credentials, places.front)).await??;
    let mut run = Run::new(plan, "embedded", calls, places, Trail::of(stack.audit_table()?));
    for name in NAMES {
        if run.wants(name) {
            let done = one(&mut run, &mut stack, name).await;
            done.with_context(|| stack.log().lines().rev().take(20).collect::<Vec<_>>().join("\n"))?;
        }
    }
    run.finish().await
}

async fn one(run: &mut Run<'_>, stack: &mut Dev, name: &'static str) -> Result<()> {
    let size = run.plan.size;
    let mut random = run.plan.random.clone();
    run.plan.random.short_pause();
    let addresses = Addresses::clone(&run.addresses);
    // Postgres gets another port at each start of the stack.
    match name {
        "dev: kill -9 of everything" => {
            run.fault_then(name, async |_| {
                for _ in 0..size.rounds {
                    tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                    stack.kill()?;
                    resume(stack, &addresses).await?;
                }
                stack.audit_table()
            })
            .await
        }
        "dev: kill -9 of postgres" => {
            run.fault_then(name, async |load| {
                for _ in 0..size.rounds {
                    stack.signal_postmaster(Signal::KILL)?;
                    tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                    load.until_succeeded(200).await?;
                    // The next one to kill is there.
                    until_ready(stack).await?;
                }
                stack.audit_table()
            })
            .await
        }
        "dev: journal's disk full" => {
            run.fault_then(name, async |load| {
                disk_full(stack, load).await?;
                stack.audit_table()
            })
            .await
        }
        "dev: journal torn" => {
            run.fault_then(name, async |_| {
                kill_amid_a_segment(stack, &addresses).await?;
                tear_the_end(&stack.journal(KMS))?;
                resume(stack, &addresses).await?;
                stack.audit_table()
            })
            .await
        }
        "dev: journal bit-flipped" => {
            run.fault_then(name, async |_| {
                kill_amid_a_segment(stack, &addresses).await?;
                let flipped = flip_a_bit(&stack.journal(KMS))?;
                let said = stack.refuse_to_start().await?;
                flipped.is_named_by(&said)?;
                flipped.flip()?;
                resume(stack, &addresses).await?;
                stack.audit_table()
            })
            .await
        }
        _ => {
            run.fault_then(name, async |load| {
                consumer_stalled(stack, load, size.outage).await?;
                stack.audit_table()
            })
            .await
        }
    }
}

/// Kills it when its journal has something to be damaged.
async fn kill_amid_a_segment(stack: &mut Dev, addresses: &Addresses) -> Result<()> {
    stack.kill()?;
    while !has_entries(&stack.journal(KMS))? {
        resume(stack, addresses).await?;
        tokio::time::sleep(SOON).await;
        stack.kill()?;
    }
    Ok(())
}

async fn resume(stack: &mut Dev, addresses: &Addresses) -> Result<()> {
    stack.resume().await?;
    Run::moved(addresses, stack.places()?);
    Ok(())
}

async fn disk_full(stack: &mut Dev, load: &Load) -> Result<()> {
    let pid = stack.pid()?;
    let before = load.unrecorded();
    let deadline = Instant::now() + PATIENCE;
    while load.unrecorded() < before + 20 {
        stack.disk.fill(&[pid])?;
        ensure!(Instant::now() < deadline, "calls are answered though the disk is full");
        tokio::time::sleep(POLL).await;
    }
    let why = stack.unready().await?.context("kms is ready though its journal's disk is full")?;
    ensure!(why.contains("journal cannot be written"), "kms says that {why}");
    stack.disk.free(&[pid])?;
    until_ready(stack).await?;
    load.until_succeeded(50).await
}

/// Nobody may store events, and the journals fill to their bound, and refuse; then Postgres hangs as well. All goes on by
/// itself.
///
/// A Postgres that hangs alone would not fill them in time: when a change of the load's key has an unknown outcome, the key is
/// asked of the database at each call.
async fn consumer_stalled(stack: &mut Dev, load: &Load, away: Duration) -> Result<()> {
    let database = stack.audit_table()?.connect().await?;
    database.batch_execute("BEGIN; LOCK TABLE record_blocks IN EXCLUSIVE MODE").await?;
    let before = load.unrecorded();
    let deadline = Instant::now() + PATIENCE;
    while load.unrecorded() < before + 20 {
        ensure!(Instant::now() < deadline, "the journals have no bound");
        tokio::time::sleep(POLL).await;
    }
    stack.signal_postgres(Signal::STOP)?;
    tokio::time::sleep(away).await;
    stack.signal_postgres(Signal::CONT)?;
    database.batch_execute("ROLLBACK").await?;
    until_ready(stack).await
}

async fn until_ready(stack: &Dev) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while let Some(why) = stack.unready().await? {
        ensure!(Instant::now() < deadline, "kms is still not ready: {why}");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

const KMS: &str = "kms.us-east-1";
const SOON: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);
