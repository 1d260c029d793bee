//! Passwords and names of every alphabet, and that no server logs a password.

use keywright_rotators::RotationStep;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::fixture::{Fixture, SECRET, run_mariadb, run_postgres};
use crate::login::as_redis_default;
use crate::servers;

/// Whatever characters but NUL, those that end quotes among them more often than by chance; long enough to be found in a
/// log.
fn texts(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        2 => prop_oneof![Just('\''), Just('"'), Just('\\'), Just('`'), Just(';'), Just('%'), Just('$'), Just('-'), Just(' ')],
        3 => proptest::char::range('!', '~'),
        2 => any::<char>(),
        1 => prop_oneof![Just('\n'), Just('\u{1}'), Just('\u{7f}'), Just('ß'), Just('é'), Just('\u{301}'), Just('🔑')],
    ];
    let character = character.prop_filter("a NUL ends a password", |character| *character != '\0');
    proptest::collection::vec(character, length).prop_map(|characters| characters.into_iter().collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_of_every_alphabet_log_in_and_are_in_no_log() {
    let test = "passwords_of_every_alphabet_log_in_and_are_in_no_log";
    let mut runner = TestRunner::default();
    for fixture in Fixture::of_all_kinds(test).await {
        let mut passwords = Vec::new();
        for _ in 0..100 {
            let password = texts(12..40).new_tree(&mut runner).unwrap().current();
            let token = fixture.secrets.begin_rotation(SECRET);
            // The rotator makes the user's name, the test the password.
            assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
            let mut pending = fixture.secrets.value(SECRET, "AWSPENDING").unwrap();
            pending["password"] = json!(password);
            fixture.secrets.set_value(SECRET, "AWSPENDING", &pending);
            assert_eq!(fixture.steps(&token).await, Ok(()), "{}: {password:?}", fixture.name);
            assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}: {password:?}", fixture.name);
            passwords.push(password);
        }
        let log = log_of(&fixture, test).await;
        for password in passwords {
            let escaped = password.replace('\'', "''");
            assert!(!log.contains(&password) && !log.contains(&escaped), "{}: {password:?}", fixture.name);
        }
    }
}

/// What the server wrote of statements; nothing for Redis, which has no such log: what it keeps is a hash.
async fn log_of(fixture: &Fixture, test: &str) -> String {
    if fixture.name.starts_with("postgres") {
        let log = servers::postgres().await.log();
        assert!(log.contains("SCRAM-SHA-256$"), "the log has no statements");
        return log;
    }
    if fixture.name.starts_with("mysql") {
        let log = std::fs::read(servers::mariadb(test).await.unwrap().server.statement_log()).unwrap();
        let log = String::from_utf8_lossy(&log).into_owned();
        assert!(log.contains("SET PASSWORD"), "the log has no statements");
        return log;
    }
    String::new()
}

#[tokio::test]
async fn names_of_every_alphabet_are_quoted() {
    let test = "names_of_every_alphabet_are_quoted";
    let first = "first-password";
    for name in
        ["o'brien", "a\"b; DROP ROLE x; --", "back\\slash", "tick`s", "ünïcode ß", "Mixed Case", "a@b"]
    {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        run_postgres(&format!("CREATE ROLE {quoted} LOGIN PASSWORD '{first}'")).await;
        let fixture = Fixture::postgres_alternating().await;
        rotate_twice(&fixture, name, first).await;

        if let Some(fixture) = Fixture::mysql_alternating(test).await {
            let quoted = format!("'{}'", name.replace('\\', "\\\\").replace('\'', "''"));
            run_mariadb(test, &format!("CREATE USER {quoted}@'%' IDENTIFIED BY '{first}'")).await;
            rotate_twice(&fixture, name, first).await;
        }
        // Redis has no spaces in names.
        let name = name.replace(' ', "_");
        if let Some(fixture) = Fixture::redis(test, true).await {
            let own = servers::redis(test).await.unwrap();
            as_redis_default(own, &[&["ACL", "SETUSER", &name, "on", &format!(">{first}"), "+ping"]]).await;
            rotate_twice(&fixture, &name, first).await;
        }
    }
}

async fn rotate_twice(fixture: &Fixture, name: &str, password: &str) {
    fixture.change_current("username", &json!(name));
    fixture.change_current("password", &json!(password));
    for _ in 0..2 {
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.steps(&token).await, Ok(()), "{}: {name:?}", fixture.name);
        assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}: {name:?}", fixture.name);
    }
}
