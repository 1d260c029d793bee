//! Rotates a secret of each kind again and again, under applications that read it before each connection; and counts the
//! logins that were refused. Prints its counts. Before that, users are made by the command, and Kafka is told of rotations.
//!
//! ```text
//! cargo test -p keywright-e2e --test rotations                    five rotations of each kind
//! cargo test -p keywright-e2e --test rotations -- --full          two hundred
//! cargo test -p keywright-e2e --test rotations -- redis           only kinds with such names
//! ```
//!
//! The rotations are the service's own, asked for by RotateSecret one after another; each waits until every application has
//! read the secret since the one before. Who doesn't read it for two rotations is locked out by any scheme.

#![expect(clippy::print_stdout, reason = "a command for people, and its output is its result")]

#[path = "../rotation_crashes/administrator.rs"]
mod administrator;
mod application;
#[path = "../rotation_crashes/ask.rs"]
mod ask;
mod created;
mod events;
mod kind;
#[path = "../rotation_crashes/login.rs"]
mod login;
mod rotate;
mod servers;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use keywright_e2e::program::{self, Arguments};
use keywright_e2e::stack::Stack;
use keywright_local_stack::testing::{SharedKafka, kafka_or_skip};

use crate::ask::Client;
use crate::created::Keywright;
use crate::kind::Kind;
use crate::servers::Servers;

fn main() -> ExitCode {
    program::main("rotations", run)
}

async fn run(words: Vec<String>) -> Result<()> {
    let arguments = Arguments::of(words);
    let count = if arguments.full { FULL } else { SHORT };
    let keywright = binary()?;
    let servers = Servers::start().await?;
    let kafka = kafka_or_skip("rotations").await;
    let mut settings = SETTINGS.to_owned();
    let topic = kafka.as_ref().map(|kafka| kafka.unique("audit"));
    if let Some(topic) = &topic {
        settings.push_str(&format!("[kafka]\ntopic = \"{topic}\"\n[consumer]\ngroup = \"{topic}\"\n"));
    }
    let stack =
        Stack::with_settings(&keywright, kafka.as_ref().map(SharedKafka::bootstrap_servers), &settings)?;
    let address = stack.front_address()?;
    let client = |service| Client { address, credentials: stack.credentials.clone(), service };
    client("iam").form(MAKE_ROLE).await?;
    let secrets = client("secretsmanager");
    if let Some((kafka, topic)) = kafka.as_ref().zip(topic).filter(|_| arguments.want("events")) {
        events::all_are_told(&secrets, kafka.bootstrap_servers(), &format!("{topic}.events")).await?;
        println!("rotations: events: told");
    }
    let keywright = Keywright { binary: &keywright, credentials: &stack.credentials };
    for kind in created::KINDS.into_iter().filter(|kind| servers.has(*kind)) {
        let name = format!("created-{}", kind.name());
        if arguments.want(&name) {
            created::users_are_made(&secrets, &keywright, &servers, kind).await.context(name.clone())?;
            println!("rotations: {name}: made, rotated");
        }
    }
    let mut violations = Vec::new();
    let kinds = Kind::ALL.into_iter().filter(|kind| servers.has(*kind));
    for kind in kinds.filter(|kind| arguments.want(kind.name())) {
        let counts = rotate::rotate(&secrets, &servers, kind, count).await?;
        println!("rotations: {}: {counts}", kind.name());
        violations.extend(counts.violations(kind));
    }
    for violation in &violations {
        println!("rotations: FAILED: {violation}");
    }
    ensure!(violations.is_empty(), "{} violations", violations.len());
    Ok(())
}

/// Where this one was built, or `KEYWRIGHT_BIN`.
fn binary() -> Result<PathBuf> {
    let path = match std::env::var_os("KEYWRIGHT_BIN") {
        Some(keywright) => Some(PathBuf::from(keywright)),
        None => std::env::current_exe()?.ancestors().nth(2).map(|dir| dir.join("keywright")),
    };
    let path = path.context("a directory of binaries")?;
    ensure!(path.exists(), "no {}: cargo build -p keywright", path.display());
    Ok(path)
}

const FULL: u32 = 200;
const SHORT: u32 = 5;
const SETTINGS: &str = "[rotators]\nallowed_hosts = [\"127.0.0.1/32\"]\n[rotation]\nretry_ms = 100\n";
const MAKE_ROLE: &str =
    "Action=CreateServiceLinkedRole&Version=2010-05-08&AWSServiceName=secretsmanager.amazonaws.com";
