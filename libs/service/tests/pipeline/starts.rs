use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::SystemClock;
use keywright_crypto::SystemRandom;
use keywright_service::testing::base_config;
use keywright_service::{Base, BaseConfig, ServiceError};
use keywright_store::refinery::Runner;
use tokio::time::{Instant, sleep};

async fn base(config: &BaseConfig) -> Result<Base, ServiceError> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    Base::start("shop", config.clone(), Runner::new(&[]), clock, random).await
}

#[tokio::test]
async fn a_base_that_never_served_lets_go_of_its_journal() {
    let database = keywright_local_stack::testing::database().await;
    let (config, _dir) = base_config(&database);
    let first = base(&config).await.unwrap();
    assert!(matches!(base(&config).await, Err(ServiceError::Journal(_))), "two have the same journal");
    drop(first);
    base(&config).await.unwrap();
}

#[tokio::test]
async fn a_service_that_can_not_listen_leaves_nothing_running() {
    let database = keywright_local_stack::testing::database().await;
    let (mut config, _dir) = base_config(&database);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    config.service.listen = taken.local_addr().unwrap();
    let mut refused = base(&config).await.unwrap();
    let (outbox, (kept, ended)) = (refused.outbox.clone(), tokio::sync::oneshot::channel::<()>());
    refused.keep(tokio::spawn(async move {
        let _held = (outbox, kept);
        std::future::pending().await
    }));
    assert!(matches!(refused.serve(Vec::new()), Err(ServiceError::Listen { .. })));
    tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap().unwrap_err();

    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = base(&config).await {
        assert!(Instant::now() < deadline, "the journal is still held: {error:?}");
        sleep(Duration::from_millis(10)).await;
    }
}
