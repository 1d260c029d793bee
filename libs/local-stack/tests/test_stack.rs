//! What `make test` runs everything on.
#![cfg(test)]

use std::process::Command;

#[test]
fn a_command_runs_on_a_postgres_of_its_own_and_its_exit_code_is_passed_on() {
    let script = "echo \"$KEYWRIGHT_TEST_POSTGRES $KEYWRIGHT_TEST_KAFKA\"; exit 7";
    let done = Command::new(env!("CARGO_BIN_EXE_test-stack"))
        .args(["sh", "-c", script])
        .env_remove("KEYWRIGHT_TEST_POSTGRES")
        .env_remove("KEYWRIGHT_TEST_KAFKA")
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(7), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).unwrap();
    let mut words = said.split_whitespace();
    let dsn = words.next().unwrap();
    assert!(dsn.starts_with("postgres://postgres:") && dsn.contains("@127.0.0.1:"), "a superuser's DSN");
    let could_run_kafka = !String::from_utf8_lossy(&done.stderr).contains("NO KAFKA");
    assert_eq!(words.next().is_some_and(|kafka| kafka.starts_with("127.0.0.1:")), could_run_kafka);

    let port: u16 = dsn.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it stopped with the command");
}
