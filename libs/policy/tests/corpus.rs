//! Runs the decisions of `corpus/*.json`.

#![cfg(test)]

mod case;

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use case::{Asked, Outcome, Texts, decided};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    request: Asked,
    policies: Texts,
    expected: Outcome,
}

fn run(case: &Case) -> Result<(), String> {
    let (found, explained) = decided(&case.request, &case.policies).unwrap();
    if found == case.expected {
        Ok(())
    } else {
        Err(format!(
            "{} ({}):\n  {found:?}\n  expected {:?}\n{explained}",
            case.name, case.source, case.expected
        ))
    }
}

#[test]
fn every_case_is_decided_as_expected() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut count = 0;
    let mut names = HashSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in &cases {
            assert!(case.source.starts_with("https://docs.aws.amazon.com/"), "{}", case.name);
            assert!(names.insert(case.name.clone()), "{} stands twice", case.name);
            wrong.extend(run(case).err());
        }
        count += cases.len();
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count >= 100, "the corpus has shrunk to {count}");
}
