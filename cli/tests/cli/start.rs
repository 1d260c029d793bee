//! Starts that must not, or do not, succeed.

use std::net::TcpListener;

use rustix::process::Signal;

use crate::dev_process::{DataDir, Dev, exports, keywright};

#[test]
fn an_address_in_use_is_refused_before_anything_is_started() {
    let dir = DataDir::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = keywright(&["dev", "--listen", &address, "--data-dir"]);
    let output = command.arg(dir.path()).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("cannot listen on {address}")) && error.contains("--listen"), "{error}");
    assert!(!dir.path().join("postgres").exists());
}

#[test]
fn without_postgres_the_refusal_says_what_is_missing() {
    let dir = DataDir::new();
    let empty = tempfile::tempdir().unwrap();
    let mut command = keywright(&["dev", "--listen", "127.0.0.1:0", "--data-dir"]);
    let output = command.arg(dir.path()).env("PG_BIN", empty.path()).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(empty.path().to_str().unwrap()) && error.contains("Postgres"), "{error}");
}

#[test]
fn an_interrupted_start_leaves_nothing_running_and_the_next_succeeds() {
    let dir = DataDir::new();
    let mut dev = Dev::spawn(&dir, &[]);
    dev.wait_for("making a private Postgres");
    dev.signal(Signal::INT);
    let (status, output) = dev.ended();
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("stopping as soon as it is started"), "{output}");
    assert!(output.ends_with("stopped; everything is kept\n"), "{output}");
    assert!(!output.contains("export "), "{output}");
    assert_eq!(dir.postgres_processes(), []);

    let (dev, exported) = Dev::start(&dir, &[]);
    assert_eq!(exported.len(), 5);
    assert_eq!(exports(&std::fs::read_to_string(dir.path().join("credentials.env")).unwrap()), exported);
    dev.signal(Signal::INT);
    let (status, output) = dev.ended();
    assert!(status.success(), "{output}");
}
