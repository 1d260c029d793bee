//! An application that reads its password before each connection, and 200 rotations meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::fixture::{Fixture, SECRET};
use crate::login::logs_in;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_keeps_working_through_two_hundred_rotations_of_each_kind() {
    let test = "an_application_keeps_working_through_two_hundred_rotations_of_each_kind";
    for fixture in Fixture::of_all_kinds(test).await {
        let fixture = Arc::new(fixture);
        let running = Arc::new(AtomicBool::new(true));
        let (logins, retries) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let application = tokio::spawn({
            let (fixture, running) = (Arc::clone(&fixture), Arc::clone(&running));
            let (logins, retries) = (Arc::clone(&logins), Arc::clone(&retries));
            async move {
                while running.load(Ordering::SeqCst) {
                    // A login that fails is tried again with what the secret says then.
                    for attempt in 0.. {
                        if logs_in(fixture.client, fixture.port, &fixture.current()).await {
                            break;
                        }
                        assert!(!fixture.has_no_window, "{}: a login failed", fixture.name);
                        assert!(attempt < 200, "{}: no login in 200 attempts", fixture.name);
                        retries.fetch_add(1, Ordering::SeqCst);
                    }
                    logins.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        for _ in 0..200 {
            let token = fixture.secrets.begin_rotation(SECRET);
            assert_eq!(fixture.steps(&token).await, Ok(()), "{}", fixture.name);
        }
        running.store(false, Ordering::SeqCst);
        application.await.unwrap();
        let (logins, retries) = (logins.load(Ordering::SeqCst), retries.load(Ordering::SeqCst));
        println!("{}: 200 rotations, {logins} logins, {retries} retries", fixture.name);
        assert!(logins > 50, "{}: only {logins} logins", fixture.name);
    }
}
