//! Rotations that fail at every message between rotator and server, and at every call of Secrets Manager.

use keywright_rotators::RotationStep;

use crate::fixture::{Fixture, SECRET};
use crate::proxy::Proxy;
use crate::secrets::Failing;

/// A question that doesn't arrive is a failure before a statement, an answer that doesn't arrive is one after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_connection_to_the_server_breaks_nobody_is_locked_out() {
    let test = "wherever_the_connection_to_the_server_breaks_nobody_is_locked_out";
    for fixture in Fixture::of_all_kinds(test).await {
        let proxy = Proxy::to(fixture.port).await;
        fixture.connect_through(proxy.port);
        let mut broken = 0;
        for n in 1.. {
            let token = fixture.secrets.begin_rotation(SECRET);
            proxy.break_at(n);
            let mut failed = false;
            for step in RotationStep::ALL {
                // As the engine does: a step that failed is tried again.
                for attempt in 0.. {
                    let outcome = fixture.step(step, &token).await;
                    fixture.assert_nobody_is_locked_out(&format!("message {n}, {step}")).await;
                    if outcome.is_ok() {
                        break;
                    }
                    assert_eq!(attempt, 0, "{}: message {n}, {step}: {outcome:?}", fixture.name);
                    failed = true;
                }
            }
            assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}: message {n}", fixture.name);
            broken += u32::from(failed);
            if proxy.passed() < n {
                break;
            }
        }
        println!("{}: broken at {broken} messages", fixture.name);
        assert!(broken >= 4, "{}: only {broken} messages", fixture.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_call_of_secrets_manager_fails_nobody_is_locked_out() {
    let test = "whichever_call_of_secrets_manager_fails_nobody_is_locked_out";
    for fixture in Fixture::of_all_kinds(test).await {
        for failing in [Failing::Before, Failing::After] {
            for n in 1.. {
                let token = fixture.secrets.begin_rotation(SECRET);
                fixture.secrets.fail_at(n, failing);
                let first = fixture.steps(&token).await;
                fixture.assert_nobody_is_locked_out(&format!("call {n} {failing:?}")).await;
                let none_failed = fixture.secrets.stop_failing();
                let second = fixture.steps(&token).await;
                assert_eq!(second, Ok(()), "{}: call {n} {failing:?}, after {first:?}", fixture.name);
                assert!(fixture.stage_logs_in("AWSCURRENT").await, "{}: call {n}", fixture.name);
                if none_failed {
                    assert!(n > 8, "{}: only {n} calls", fixture.name);
                    break;
                }
                assert!(first.is_err(), "{}: call {n} {failing:?}", fixture.name);
            }
        }
    }
}
