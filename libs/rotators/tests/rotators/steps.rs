//! The steps by themselves: what they check, and that they may be repeated.

use keywright_rotators::{RotationError, RotationStep, RotatorKind};
use serde_json::json;

use crate::fixture::{Fixture, SECRET, rotator, settings};
use crate::login::{Client, logs_in};

#[tokio::test]
async fn every_step_of_every_kind_may_be_repeated() {
    for fixture in Fixture::of_all_kinds("every_step_of_every_kind_may_be_repeated").await {
        // Twice, so that alternating users change both ways.
        for _ in 0..3 {
            let before = fixture.current();
            let token = fixture.secrets.begin_rotation(SECRET);
            for step in RotationStep::ALL {
                for _ in 0..3 {
                    let outcome = fixture.step(step, &token).await;
                    assert_eq!(outcome, Ok(()), "{}: {step}", fixture.name);
                }
                fixture.assert_nobody_is_locked_out(step.as_str()).await;
            }
            assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}", fixture.name);
            assert_ne!(fixture.current()["password"], before["password"]);
            if fixture.has_no_window {
                // Whoever has read the secret before the rotation still gets in.
                assert!(fixture.stage_logs_in("AWSPREVIOUS").await, "{}", fixture.name);
            }
            // Of a version that is current already nothing is left to do.
            assert_eq!(fixture.steps(&token).await, Ok(()));
        }
    }
}

/// Two users, or two passwords, are two: who reads the secret seldom enough is locked out by any scheme.
#[tokio::test]
async fn where_there_is_no_window_a_password_is_good_until_set_secret_of_the_next_rotation_but_one() {
    let test = "where_there_is_no_window_a_password_is_good_until_set_secret_of_the_next_rotation_but_one";
    for fixture in Fixture::of_all_kinds(test).await.into_iter().filter(|fixture| fixture.has_no_window) {
        let first = fixture.current();
        let logs_in = async |secret: &serde_json::Value| logs_in(fixture.client, fixture.port, secret).await;
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.steps(&token).await, Ok(()), "{}", fixture.name);
        let second = fixture.current();
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
        assert!(logs_in(&first).await && logs_in(&second).await, "{}", fixture.name);
        assert_eq!(fixture.step(RotationStep::SetSecret, &token).await, Ok(()));
        assert!(!logs_in(&first).await && logs_in(&second).await, "{}", fixture.name);
    }
}

#[tokio::test]
async fn a_version_that_is_not_to_be_rotated_is_refused() {
    let fixture = generic("\"text\"");
    let token = fixture.secrets.begin_rotation(SECRET);
    let unknown = fixture.step(RotationStep::CreateSecret, "unknown").await;
    assert_eq!(unknown, Err(RotationError::UnknownVersion { version_id: "unknown".to_owned() }));

    fixture.secrets.enable_rotation(SECRET, false);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Err(RotationError::NotEnabled));
    fixture.secrets.enable_rotation(SECRET, true);

    assert_eq!(fixture.steps(&token).await, Ok(()));
    let next = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&next).await, Ok(()));
    // The version before is AWSPREVIOUS now.
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert_eq!(refusal, Err(RotationError::NotPending { version_id: token }));
}

#[tokio::test]
async fn a_random_text_replaces_the_whole_value_or_the_password_of_an_object() {
    let fixture = generic("not JSON");
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&token).await, Ok(()));
    assert_eq!(fixture.current().as_str().unwrap().len(), 32);

    let fixture = Fixture::new(
        "random",
        Client::Redis,
        0,
        RotatorKind::GenericRandom,
        &json!({"password": "old", "url": "u"}),
        None,
    );
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.steps(&token).await, Ok(()));
    let current = fixture.current();
    assert_eq!((current["url"].as_str(), current["password"].as_str().unwrap().len()), (Some("u"), 32));

    fixture.secrets.set_value(SECRET, "AWSCURRENT", &json!({"key": "old"}));
    let token = fixture.secrets.begin_rotation(SECRET);
    let refusal = fixture.step(RotationStep::CreateSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::InvalidSecret { .. })), "{refusal:?}");
}

#[tokio::test]
async fn a_pending_version_about_another_user_or_server_is_refused() {
    let fixture = Fixture::postgres_single().await;
    for (member, value) in [("username", json!("postgres")), ("host", json!("localhost")), ("port", json!(1))]
    {
        let token = fixture.secrets.begin_rotation(SECRET);
        let mut pending = fixture.current();
        (pending["password"], pending[member]) = (json!("pending-password"), value);
        fixture.secrets.set_value(SECRET, "AWSPENDING", &pending);
        let refusal = fixture.step(RotationStep::SetSecret, &token).await;
        assert!(
            matches!(refusal, Err(RotationError::Mismatch { member: m, .. }) if m == member),
            "{refusal:?}"
        );
    }
    let fixture = Fixture::postgres_alternating().await;
    let token = fixture.secrets.begin_rotation(SECRET);
    let mut pending = fixture.current();
    pending["password"] = json!("pending-password");
    fixture.secrets.set_value(SECRET, "AWSPENDING", &pending);
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::InvalidSecret { .. })), "{refusal:?}");
    assert!(fixture.stage_logs_in("AWSCURRENT").await);
}

/// A rotation made a version current, but the server was set back to what it knew before.
#[tokio::test]
async fn the_previous_version_gets_in_where_the_current_one_does_not() {
    let test = "the_previous_version_gets_in_where_the_current_one_does_not";
    let mut fixtures = vec![Fixture::postgres_single().await];
    fixtures.extend(Fixture::mysql_single(test, false).await);
    fixtures.extend(Fixture::redis(test, false).await);
    for fixture in fixtures {
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.steps(&token).await, Ok(()), "{}", fixture.name);
        // Now the server knows what AWSCURRENT has; that becomes AWSPREVIOUS's.
        let (known, mut lost) = (fixture.current(), fixture.current());
        lost["password"] = json!("never-told-to-the-server");
        fixture.secrets.set_value(SECRET, "AWSCURRENT", &lost);
        let token = fixture.secrets.begin_rotation(SECRET);
        assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));

        fixture.secrets.set_value(SECRET, "AWSPREVIOUS", &lost);
        let refusal = fixture.step(RotationStep::SetSecret, &token).await;
        assert!(matches!(refusal, Err(RotationError::LoginRefused { .. })), "{}: {refusal:?}", fixture.name);

        fixture.secrets.set_value(SECRET, "AWSPREVIOUS", &known);
        assert_eq!(fixture.steps(&token).await, Ok(()), "{}", fixture.name);
        assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}", fixture.name);
    }
}

#[tokio::test]
async fn no_connection_goes_to_a_host_that_the_settings_do_not_allow() {
    let mut fixture = Fixture::postgres_single().await;
    let forbidding = keywright_rotators::RotatorSettings { allowed_hosts: Default::default(), ..settings() };
    fixture.rotator = rotator(RotatorKind::PostgresSingleUser, forbidding);
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::HostNotAllowed { .. })), "{refusal:?}");
}

fn generic(value: &str) -> Fixture {
    let value = serde_json::Value::from(value);
    Fixture::new("random", Client::Redis, 0, RotatorKind::GenericRandom, &value, None)
}
