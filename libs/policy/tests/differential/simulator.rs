//! iam-simulate, kept running: how a case is put to it, and what it answers.
//!
//! It lacks a few things that its answers are none the worse for once they are said in its own terms:
//! - it doesn't know that the root user has all rights, nor what an identity provider outside AWS is: both get an identity
//!   policy that allows everything;
//! - it takes one session policy: several are put into one;
//! - it doesn't know keys with a name behind a second colon (`kms:EncryptionContext:app`), but it does know tags.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Question;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The running program.
pub(crate) struct Simulator {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Decision(String),
    Error(Value),
}

impl Simulator {
    /// Installs it where it isn't.
    pub(crate) fn install() {
        let script = Path::new(ROOT).join("scripts/iam-simulate.sh");
        let installed = Command::new(&script).output().unwrap();
        let said = String::from_utf8_lossy(&installed.stderr);
        assert!(
            installed.status.success(),
            "{} failed (`make deps` says what is missing):\n{said}",
            script.display()
        );
    }

    /// Starts it.
    pub(crate) fn start() -> Self {
        let program = Path::new(ROOT).join("target/iam-simulate/simulate.mjs");
        let mut child = Command::new("node")
            .arg(program)
            // It reads dates without an offset in the machine's zone.
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, questions, answers }
    }

    /// What it decides; an error where it can't be asked so.
    pub(crate) fn decide(&mut self, asked: &[Question]) -> Vec<Result<String, String>> {
        let mut answers = Vec::with_capacity(asked.len());
        // Few enough at a time for the pipes.
        for some in asked.chunks(16) {
            for question in some {
                writeln!(self.questions, "{}", simulation(question)).unwrap();
            }
            self.questions.flush().unwrap();
            for _ in some {
                let mut line = String::new();
                self.answers.read_line(&mut line).unwrap();
                answers.push(match serde_json::from_str(&line).unwrap() {
                    Answer::Decision(decision) => Ok(decision),
                    Answer::Error(error) => Err(error.to_string()),
                });
            }
        }
        answers
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn simulation(Question { request, policies }: &Question) -> String {
    let named = |documents: &[Value]| -> Value {
        documents
            .iter()
            .enumerate()
            .map(|(index, document)| json!({"name": format!("policy {index}"), "policy": document}))
            .collect()
    };
    let who = &request.principal;
    let all_rights = who.r#type == "root" || (who.r#type == "identityProvider" && who.account().is_empty());
    let identity = if all_rights { vec![allow_everything()] } else { policies.identity.clone() };
    let mut simulation = json!({
        "request": {
            "principal": who.arn,
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": request.resource_account},
            "contextVariables": request.context,
        },
        "identityPolicies": named(&identity),
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    });
    if let Some(boundary) = &policies.boundary {
        simulation["permissionBoundaryPolicies"] = named(std::slice::from_ref(boundary));
    }
    if let Some(session) = &policies.session {
        simulation["sessionPolicy"] = as_one(session);
    }
    if let Some(resource) = &policies.resource {
        simulation["resourcePolicy"] = resource.clone();
    }
    let mut text = simulation.to_string();
    for key in ["kms:EncryptionContext:", "kms:encryptioncontext:"] {
        text = text.replace(key, "aws:RequestTag/kms.EncryptionContext.");
    }
    text
}

fn allow_everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}

/// The statements of all in one document; they are of one version.
fn as_one(documents: &[Value]) -> Value {
    let statements = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}
