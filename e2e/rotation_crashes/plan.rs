//! Which moments are struck, and which stack strikes which.

use std::ops::RangeInclusive;

use anyhow::{Context as _, Result, bail, ensure};

use crate::kind::{Between, KINDS, Kind};
use crate::moments::{Strike, Way};

/// What is asked for on the command line.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Each moment, not some.
    full: bool,
    /// How many stacks there are.
    pub(crate) jobs: Option<u64>,
    /// Parts of the names of cases.
    only: Vec<String>,
    /// Only moments of these numbers.
    at: Option<RangeInclusive<u64>>,
    /// Only what would fall to this one of so many stacks.
    share: Option<(u64, u64)>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--full" => options.full = true,
                "--jobs" => {
                    let jobs = arguments.next().context("--jobs wants a number")?.parse()?;
                    ensure!((1..=MOST_JOBS).contains(&jobs), "--jobs wants a number from 1 to {MOST_JOBS}");
                    options.jobs = Some(jobs);
                }
                "--at" => {
                    let text = arguments.next().context("--at wants a number, or two as in 3-9")?;
                    let (first, last) = text.split_once('-').unwrap_or((text, text));
                    options.at = Some(first.parse()?..=last.parse()?);
                }
                "--share" => {
                    let text = arguments.next().context("--share wants two numbers as in 3/10")?;
                    let (one, of) = text.split_once('/').context("--share wants two numbers as in 3/10")?;
                    let share: (u64, u64) = (one.parse()?, of.parse()?);
                    ensure!(
                        share.0 < share.1,
                        "--share wants the first below the second: the first of ten is 0/10"
                    );
                    options.share = Some(share);
                }
                // What `cargo test` tells test harnesses is none of ours.
                "--nocapture" | "--quiet" | "-q" => {}
                other if other.starts_with('-') => bail!("no such option: {other}"),
                part => options.only.push(part.to_owned()),
            }
        }
        Ok(options)
    }

    /// The cases in question: those of what is most particular to a kind first.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let (mut cases, mut number) = (Vec::new(), 0);
        for between in [Between::Function, Between::Target, Between::OwnDatabase] {
            for kind in KINDS.iter().filter(|kind| kind.places.contains(&between)) {
                for strike in Strike::ALL {
                    // The function is the harness itself.
                    if between == Between::Function && strike.way == Way::Crash {
                        continue;
                    }
                    let (moments, share) = (self.moments(between, number), self.share);
                    cases.push(Case { number, kind, between, strike, moments, share });
                    number += 1;
                }
            }
        }
        let is_asked_for = |case: &Case| {
            let name = case.name();
            self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
        };
        cases.retain(is_asked_for);
        cases
    }

    fn moments(&self, between: Between, case: u64) -> RangeInclusive<u64> {
        if let Some(at) = &self.at {
            return at.clone();
        }
        match between {
            _ if self.full => ALL,
            // It is called four times.
            Between::Function => ALL,
            // One in each case, another one than in the case before.
            Between::Target => only(1 + case % SHORT_TARGET),
            Between::OwnDatabase => only(1 + case * SHORT_STEP % SHORT_OWN),
        }
    }
}

/// One kind of rotation, struck at one place in one way.
pub(crate) struct Case {
    number: u64,
    pub(crate) kind: &'static Kind,
    pub(crate) between: Between,
    pub(crate) strike: Strike,
    moments: RangeInclusive<u64>,
    share: Option<(u64, u64)>,
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("{} {} {}", self.kind.name, self.between.name(), self.strike.name())
    }

    /// The moments that fall to one of so many stacks: always the same ones.
    pub(crate) fn moments_of(&self, job: u64, jobs: u64) -> impl Iterator<Item = u64> {
        let (one, of) = self.share.unwrap_or((0, 1));
        let (turn, first_turn) = (self.turn(job, jobs), self.turn(one, of));
        let (first, last) = (*self.moments.start(), *self.moments.end());
        let in_share = (first..=last).filter(move |at| (at - first) % of == first_turn);
        in_share.filter(move |at| (at - first) / of % jobs == turn)
    }

    /// So that short cases don't all fall to the first stacks.
    fn turn(&self, job: u64, jobs: u64) -> u64 {
        (job + self.number) % jobs
    }
}

fn only(at: u64) -> RangeInclusive<u64> {
    at..=at
}

/// Until a rotation has no such moment.
const ALL: RangeInclusive<u64> = 1..=u64::MAX;
const MOST_JOBS: u64 = 32;
/// Each target has as many moments at least; the service's own database has more than so many.
const SHORT_TARGET: u64 = 2;
const SHORT_OWN: u64 = 90;
const SHORT_STEP: u64 = 17;
