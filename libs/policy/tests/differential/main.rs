//! Holds the evaluator to an independent one, iam-simulate, on generated cases.
//!
//! `KEYWRIGHT_DIFFERENTIAL_CASES` says on how many, `KEYWRIGHT_DIFFERENTIAL_SEED` from which seed. A difference is made
//! small; then it must be one of those that are [known], with the page of AWS that decides it. Of a full run, each of
//! those must be seen.

#![cfg(test)]

mod anatomy;
#[path = "../case/mod.rs"]
mod case;
mod features;
mod generate;
mod known;
mod random;
mod shrink;
mod simulator;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keywright_policy::{Explanation, PolicyError};
use serde::{Deserialize, Serialize};

use case::{Asked, Outcome, Texts, decided};
use known::KNOWN;
use random::Random;
use simulator::Simulator;

/// A run of so many, from this seed, is a full one.
const CASES: u64 = 10_000;
const SEED: u64 = 20_261_126;

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    request: Asked,
    policies: Texts,
}

impl Question {
    fn of_case(seed: u64, index: u64) -> Self {
        generate::question(&mut Random::of_case(seed, index))
    }

    pub(crate) fn ours(&self) -> Result<(Outcome, Explanation), PolicyError> {
        decided(&self.request, &self.policies)
    }
}

/// What the two decide: `allow`, `explicitDeny` or `implicitDeny`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decisions {
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

/// What came of some cases.
#[derive(Default)]
struct Tally {
    /// How many cases have each feature, and each decision of ours.
    features: BTreeMap<String, usize>,
    /// How many cases show each known difference.
    known: BTreeMap<&'static str, usize>,
    unknown: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        other.features.into_iter().for_each(|(name, count)| *self.features.entry(name).or_default() += count);
        other.known.into_iter().for_each(|(name, count)| *self.known.entry(name).or_default() += count);
        self.unknown.extend(other.unknown);
    }

    fn of_cases(seed: u64, indices: &[u64]) -> Self {
        let mut simulator = Simulator::start();
        let mut tally = Self::default();
        let questions: Vec<_> = indices.iter().map(|index| Question::of_case(seed, *index)).collect();
        let answers = simulator.decide(&questions);
        for ((index, question), theirs) in indices.iter().zip(&questions).zip(answers) {
            let (ours, _) =
                question.ours().unwrap_or_else(|error| panic!("case {index}: {error}\n{question:?}"));
            let theirs = theirs.unwrap_or_else(|error| panic!("case {index}: {error}\n{question:?}"));
            let mut features = features::features(question);
            features.insert(format!("decision: {}", ours.decision));
            features.into_iter().for_each(|feature| *tally.features.entry(feature).or_default() += 1);
            let decisions = Decisions { ours: ours.decision, theirs };
            if decisions.ours == decisions.theirs {
                continue;
            }
            let smallest = shrink::shrink(question, &decisions, &mut simulator);
            match known::known(&smallest, &decisions) {
                Some(known) => *tally.known.entry(known.name).or_default() += 1,
                None => tally.unknown.push(report(seed, *index, &smallest, &decisions)),
            }
        }
        tally
    }

    fn table(&self, cases: u64) -> String {
        let mut table = format!("{cases} cases have\n");
        self.features.iter().for_each(|(name, count)| _ = writeln!(table, "{count:>7} {name}"));
        table.push_str("known differences\n");
        for known in KNOWN {
            let count = self.known.get(known.name).copied().unwrap_or_default();
            _ = writeln!(table, "{count:>7} {} ({:?}: {})", known.name, known.right, known.page);
        }
        table
    }

    fn share(&self, feature: &str, cases: u64) -> u64 {
        let count = self.features.get(feature).copied().unwrap_or_default();
        u64::try_from(count).unwrap() * 100 / cases
    }
}

/// A difference as a person would read it, and as the corpus would have it.
fn report(seed: u64, index: u64, smallest: &Question, decisions: &Decisions) -> String {
    let (_, explanation) = smallest.ours().unwrap();
    let case = serde_json::to_string_pretty(smallest).unwrap();
    let Decisions { ours, theirs } = decisions;
    format!("case {index} of seed {seed}: we say {ours}, iam-simulate says {theirs}\n{case}\n{explanation}")
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn an_independent_evaluator_decides_the_same_but_for_what_is_known() {
    let cases = setting("KEYWRIGHT_DIFFERENTIAL_CASES", CASES);
    let seed = setting("KEYWRIGHT_DIFFERENTIAL_SEED", SEED);
    println!("{cases} cases of seed {seed}");
    Simulator::install();
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
    let all: Vec<u64> = (0..cases).collect();
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let shares = all.chunks(all.len().div_ceil(workers));
        let running: Vec<_> = shares.map(|share| scope.spawn(move || Tally::of_cases(seed, share))).collect();
        running.into_iter().for_each(|worker| tally.add(worker.join().unwrap()));
    });
    println!("{}", tally.table(cases));
    assert!(
        tally.unknown.is_empty(),
        "{} differences are not known:\n{}",
        tally.unknown.len(),
        tally.unknown.join("\n")
    );
    let missing: Vec<_> =
        features::NEEDED.iter().filter(|name| !tally.features.contains_key(**name)).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
    let allowed = tally.share("decision: allow", cases);
    assert!((20..=80).contains(&allowed), "{allowed}% are allowed: such cases tell little");
    assert!(tally.share("decision: explicitDeny", cases) >= 4);
    // Elsewhere a rare one may be missing.
    if cases >= CASES && seed == SEED {
        let unseen: Vec<_> =
            KNOWN.iter().map(|known| known.name).filter(|name| !tally.known.contains_key(name)).collect();
        assert!(unseen.is_empty(), "known differences that are none any more: {unseen:?}");
    }
}

#[test]
fn the_documents_list_every_known_difference() {
    let document = include_str!("../../../../docs/policy-evaluation.md");
    for known in KNOWN {
        assert!(document.contains(&format!("| {} |", known.name)), "{}", known.name);
        assert!(document.contains(known.page), "{}", known.page);
        assert!(known.page.starts_with("https://docs.aws.amazon.com/"), "{}", known.page);
    }
    assert_eq!(document.matches("\n| ").count(), KNOWN.len() + 1, "it lists others too");
}
