//! Connections are encrypted and the server is verified, unless somebody has said otherwise.

use keywright_rotators::{Plaintext, RotationError, RotationStep, RotatorKind, RotatorSettings};
use serde_json::{Value, json};

use crate::fixture::{Fixture, SECRET, rotator, settings};
use crate::servers::{self, Authority};

#[tokio::test]
async fn a_server_is_verified_against_the_authority_and_the_name() {
    let test = "a_server_is_verified_against_the_authority_and_the_name";
    let ours = RotatorSettings { ca_file: Some(servers::authority().await.ca_file()), ..settings() };
    let other = Authority::new();
    let theirs = RotatorSettings { ca_file: Some(other.ca_file()), ..settings() };
    let mut cases = vec![(Fixture::postgres_single().await, RotatorKind::PostgresSingleUser)];
    cases.extend(
        Fixture::mysql_single(test, false).await.map(|fixture| (fixture, RotatorKind::MysqlSingleUser)),
    );
    let with_tls = servers::redis_with_tls(test).await;
    if let Some(own) = &with_tls {
        let port = own.server.port();
        let secret = json!({"host": "127.0.0.1", "port": port, "password": own.server.default_password()});
        let kind = RotatorKind::Redis;
        cases.push((Fixture::new("redis", crate::login::Client::Redis, port, kind, &secret, None), kind));
    }
    for (mut fixture, kind) in cases {
        for ssl in [json!(true), Value::Null] {
            fixture.change_current("ssl", &ssl);
            let token = fixture.secrets.begin_rotation(SECRET);
            assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));

            for (untrusting, why) in [(theirs.clone(), "another authority"), (settings(), "the public roots")]
            {
                fixture.rotator = rotator(kind, untrusting);
                let refusal = fixture.step(RotationStep::SetSecret, &token).await;
                assert!(
                    matches!(refusal, Err(RotationError::Tls { .. })),
                    "{} {why}: {refusal:?}",
                    fixture.name
                );
            }
            fixture.rotator = rotator(kind, ours.clone());
            assert_eq!(fixture.steps(&token).await, Ok(()), "{}", fixture.name);

            // The certificate is for the address only.
            fixture.change_current("host", &json!("localhost"));
            let token = fixture.secrets.begin_rotation(SECRET);
            assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
            let refusal = fixture.step(RotationStep::SetSecret, &token).await;
            assert!(matches!(refusal, Err(RotationError::Tls { .. })), "{} name: {refusal:?}", fixture.name);
            fixture.change_current("host", &json!("127.0.0.1"));
        }
    }
}

#[tokio::test]
async fn the_settings_may_forbid_plaintext_whatever_a_secret_says() {
    let mut fixture = Fixture::postgres_single().await;
    let never = RotatorSettings { plaintext: Plaintext::Never, ..settings() };
    fixture.rotator = rotator(RotatorKind::PostgresSingleUser, never);
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::Tls { .. })), "{refusal:?}");
}

/// A secret without `ssl`, and a server without TLS.
#[tokio::test]
async fn a_server_without_tls_is_refused_unless_the_settings_follow_aws() {
    let test = "a_server_without_tls_is_refused_unless_the_settings_follow_aws";
    let Some(mut fixture) = Fixture::redis(test, false).await else { return };
    fixture.change_current("ssl", &Value::Null);
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::Tls { .. })), "{refusal:?}");

    let as_aws = RotatorSettings { plaintext: Plaintext::AsAwsDoes, ..settings() };
    fixture.rotator = rotator(RotatorKind::Redis, as_aws);
    assert_eq!(fixture.steps(&token).await, Ok(()));

    fixture.change_current("ssl", &json!(true));
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::Tls { .. })), "{refusal:?}");
}
