//! Makes a difference small: what can go while both decisions stay goes.

use serde_json::{Value, json};

use crate::simulator::Simulator;
use crate::{Decisions, Question};

/// The smallest case that can be had by leaving things out, one by one, on which the two still decide so.
pub(crate) fn shrink(question: &Question, decisions: &Decisions, simulator: &mut Simulator) -> Question {
    let mut smallest = serde_json::to_value(question).unwrap();
    loop {
        let before = smallest.clone();
        for step in steps(&before) {
            let Some(smaller) = step.apply(&smallest) else { continue };
            let Ok(question) = serde_json::from_value::<Question>(smaller.clone()) else { continue };
            let ours = question.ours().ok().map(|(outcome, _)| outcome.decision);
            if ours.as_ref() != Some(&decisions.ours) {
                continue;
            }
            let theirs = simulator.decide(std::slice::from_ref(&question)).remove(0);
            if theirs.as_ref() == Ok(&decisions.theirs) {
                smallest = smaller;
            }
        }
        if smallest == before {
            return serde_json::from_value(smallest).unwrap();
        }
    }
}

/// One thing that can be left out, or be said more simply.
enum Step {
    Remove(Vec<String>),
    Replace(Vec<String>, Value),
}

impl Step {
    /// The case after it, if it still can be done.
    fn apply(&self, whole: &Value) -> Option<Value> {
        let mut whole = whole.clone();
        let (path, replacement) = match self {
            Self::Remove(path) => (path, None),
            Self::Replace(path, value) => (path, Some(value)),
        };
        let (last, parents) = path.split_last()?;
        let mut parent = &mut whole;
        for name in parents {
            parent = match parent {
                Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?)?,
                Value::Object(entries) => entries.get_mut(name)?,
                _ => return None,
            };
        }
        match (parent, replacement) {
            (Value::Array(items), None) => {
                let index =
                    last.parse::<usize>().ok().filter(|index| *index < items.len() && items.len() > 1)?;
                items.remove(index);
            }
            (Value::Object(entries), None) => drop(entries.remove(last)?),
            (Value::Object(entries), Some(value)) if entries.get(last).is_some_and(|old| old != value) => {
                entries.insert(last.clone(), value.clone());
            }
            _ => return None,
        }
        Some(whole)
    }
}

/// All that could be left out, the large before the small, lists from their ends so that places stay what they are.
fn steps(whole: &Value) -> Vec<Step> {
    let mut steps = Vec::new();
    collect(whole, &mut Vec::new(), &mut steps);
    steps
}

/// A resource's policy stays: some resources are never without.
fn collect(value: &Value, path: &mut Vec<String>, steps: &mut Vec<Step>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().rev() {
                path.push(index.to_string());
                steps.push(Step::Remove(path.clone()));
                collect(item, path, steps);
                path.pop();
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                path.push(name.clone());
                if !NEEDED.contains(&name.as_str()) {
                    steps.push(Step::Remove(path.clone()));
                }
                if ["Action", "Resource"].contains(&name.as_str()) {
                    steps.push(Step::Replace(path.clone(), json!("*")));
                }
                collect(entry, path, steps);
                path.pop();
            }
        }
        _ => {}
    }
}

const NEEDED: &[&str] = &[
    "request",
    "policies",
    "principal",
    "type",
    "arn",
    "issuer",
    "action",
    "resourceAccount",
    "context",
    "resourcePolicyRequired",
    "Version",
    "Statement",
    "Effect",
    "Action",
    "NotAction",
    "NotResource",
    "NotPrincipal",
    "Principal",
    "resource",
];
