//! A Redis that restarts knows what a rotation has told it.

use keywright_local_stack::RedisUsers;
use keywright_local_stack::testing::{OwnRedis, own_redis_or_skip};
use keywright_rotators::{RotationError, RotationStep, RotatorKind};
use serde_json::json;

use crate::fixture::{Fixture, SECRET};
use crate::login::Client;

#[tokio::test]
async fn after_a_restart_both_passwords_still_log_in() {
    let test = "after_a_restart_both_passwords_still_log_in";
    for users in [RedisUsers::AclFile, RedisUsers::ConfigurationFile] {
        let Some(mut own) = own_redis_or_skip(test, users, None).await else { return };
        // Without a username: the password is `requirepass`'s.
        let fixture = of_default_user(&own);
        for _ in 0..2 {
            let token = fixture.secrets.begin_rotation(SECRET);
            for step in [RotationStep::CreateSecret, RotationStep::SetSecret] {
                assert_eq!(fixture.step(step, &token).await, Ok(()), "{users:?}");
            }
            own.server.restart().await.unwrap();
            assert!(fixture.stage_logs_in("AWSCURRENT").await, "{users:?}");
            assert!(fixture.stage_logs_in("AWSPENDING").await, "{users:?}");
            assert_eq!(fixture.steps(&token).await, Ok(()), "{users:?}");
            own.server.restart().await.unwrap();
            assert!(fixture.stage_logs_in("AWSCURRENT").await, "{users:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_would_forget_is_not_told() {
    let test = "a_server_that_would_forget_is_not_told";
    let Some(own) = own_redis_or_skip(test, RedisUsers::Arguments, None).await else { return };
    let fixture = of_default_user(&own);
    let token = fixture.secrets.begin_rotation(SECRET);
    assert_eq!(fixture.step(RotationStep::CreateSecret, &token).await, Ok(()));
    let refusal = fixture.step(RotationStep::SetSecret, &token).await;
    assert!(matches!(refusal, Err(RotationError::Unsupported { .. })), "{refusal:?}");
    assert!(fixture.stage_logs_in("AWSCURRENT").await);
    assert!(!fixture.stage_logs_in("AWSPENDING").await);
}

fn of_default_user(own: &OwnRedis) -> Fixture {
    let port = own.server.port();
    let secret = json!({
        "host": "127.0.0.1", "port": port, "password": own.server.default_password(), "ssl": false,
    });
    Fixture::new("redis", Client::Redis, port, RotatorKind::Redis, &secret, None)
}
