//! One fault after the other, each under a load of its own, and what came of it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use keywright_e2e::program::Arguments;
use keywright_local_stack::PgLogin;

use crate::answers::Answers;
use crate::calls::Calls;
use crate::load::{Addresses, Load, Places};
use crate::random::Random;
use crate::trail::{Compared, Trail};

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Successful calls around each fault.
    pub(crate) calls: u64,
    /// How often a fault of short duration is repeated.
    pub(crate) rounds: usize,
    /// How long something is away.
    pub(crate) outage: Duration,
}

/// What a run is made of.
pub(crate) struct Plan {
    pub(crate) size: Size,
    /// Which faults are asked for, by their names.
    pub(crate) arguments: Arguments,
    pub(crate) binaries: PathBuf,
    pub(crate) random: Random,
    pub(crate) report: Report,
}

/// What came of all faults.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) answered: usize,
    pub(crate) missing: usize,
    pub(crate) doubled: usize,
    pub(crate) apart: usize,
    pub(crate) failures: Vec<String>,
}

/// The faults of one stack.
pub(crate) struct Run<'a> {
    pub(crate) plan: &'a mut Plan,
    source: &'static str,
    calls: Calls,
    pub(crate) addresses: Addresses,
    pub(crate) trail: Trail,
    all: Answers,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        plan: &'a mut Plan,
        source: &'static str,
        calls: Calls,
        places: Places,
        trail: Trail,
    ) -> Self {
        let addresses = Arc::new(Mutex::new(places));
        Self { plan, source, calls, addresses, trail, all: Answers::default() }
    }

    /// The stack listens elsewhere now.
    pub(crate) fn moved(addresses: &Addresses, places: Places) {
        *addresses.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }

    pub(crate) fn wants(&self, fault: &str) -> bool {
        self.plan.arguments.want(fault)
    }

    /// Breaks something under load, sees that calls succeed again, and compares what was answered with what was recorded.
    pub(crate) async fn fault(
        &mut self,
        name: &str,
        break_it: impl AsyncFnOnce(&Load) -> Result<()>,
    ) -> Result<()> {
        let login = self.trail.login();
        self.fault_then(name, async |load| break_it(load).await.map(|()| login)).await
    }

    /// As [`fault`](Self::fault), where the audit table may be elsewhere afterwards.
    pub(crate) async fn fault_then(
        &mut self,
        name: &str,
        break_it: impl AsyncFnOnce(&Load) -> Result<PgLogin>,
    ) -> Result<()> {
        let size = self.plan.size;
        let load = Load::start(&self.calls, &self.addresses)?;
        let broken = async {
            load.until_succeeded(size.calls / 4).await?;
            let login = break_it(&load).await?;
            load.until_succeeded(size.calls / 4).await?;
            let left = size.calls.saturating_sub(load.succeeded());
            load.until_succeeded(left).await?;
            anyhow::Ok(login)
        };
        let broken = broken.await;
        let (answers, took) = load.stop()?;
        // Where breaking it has failed, there is little to compare.
        self.trail.moved(broken.map_err(|error| error.context(format!("{name} ({})", self.source)))?);
        let compared = self.trail.compare(&answers).await?;
        self.take_down(name, answers, compared, took);
        Ok(())
    }

    /// Counts everything once more, from the beginning.
    pub(crate) async fn finish(mut self) -> Result<()> {
        self.trail.forget();
        let began = Instant::now();
        let all = std::mem::take(&mut self.all);
        let compared = self.trail.compare(&all).await?;
        println!(
            "{:<46} {:<9} {:>8} answered, {:>6} records in all, {} missing, {} twice ({:.1} s)",
            "all of them together",
            self.source,
            all.recorded.len(),
            self.trail.len(),
            compared.missing,
            compared.doubled,
            began.elapsed().as_secs_f64(),
        );
        self.judge("all together", &all, compared);
        Ok(())
    }

    fn take_down(&mut self, name: &str, answers: Answers, compared: Compared, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a number for people")]
        let rate = answers.recorded.len() as f64 / took.as_secs_f64();
        println!(
            "{name:<46} {:<9} {:>8} answered ({} errors), {:>5} refused without record, {:>4} unanswered, {} missing, \
             {} twice ({:.1} s, {rate:.0}/s)",
            self.source,
            answers.recorded.len(),
            answers.errors,
            answers.unrecorded,
            answers.unanswered,
            compared.missing,
            compared.doubled,
            took.as_secs_f64(),
        );
        self.plan.report.answered += answers.recorded.len();
        self.judge(name, &answers, compared);
        self.all.add(answers);
    }

    fn judge(&mut self, name: &str, answers: &Answers, compared: Compared) {
        let Compared { missing, doubled, apart } = compared;
        let report = &mut self.plan.report;
        report.missing += missing;
        report.doubled += doubled;
        report.apart += apart;
        if missing + doubled + apart > 0 {
            let examples: Vec<_> = self.trail.missing(answers).take(8).collect();
            report.failures.push(format!(
                "{name} ({}): {missing} missing, {doubled} twice, {apart} records and rows apart; such as {examples:#?}",
                self.source
            ));
        }
        if let Some(first) = answers.unexpected.first() {
            let count = answers.unexpected.len();
            report
                .failures
                .push(format!("{name} ({}): {count} answers that nobody should get: {first}", self.source));
        }
    }
}
