//! Encrypts and decrypts files by this repository's Encryption SDK, with its services through AWS's own SDKs for Rust.
//!
//! Reads a case from each line of standard input, and answers each with a line: `{}`, or `{"error": "..."}`. The drivers of
//! other implementations take the same cases, so that one test can have each decrypt what the others encrypted.

use std::io::{BufRead as _, Write as _, stdin, stdout};

use keywright_e2e::encryption_sdk::{Case, Services, run};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let services = Services::from_environment()?;
    for line in stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        let answer = match runtime.block_on(run(&case, &services)) {
            Ok(answer) => answer,
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}
