//! The request pipeline over HTTP, with a small API of its own: what every operation of every service can rely on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod refusals;
mod shop;
mod starts;
mod successes;

use keywright_service::testing::{Answer, TestClient};
use serde_json::Value;

use crate::shop::Shop;

/// The record of an answer, by its request id.
async fn record_of(shop: &Shop, answer: &Answer) -> Value {
    let records = keywright_service::testing::records(shop.running.journal(), 1).await;
    let mut found = records.into_iter().filter(|record| record["requestID"] == answer.request_id.as_str());
    let record = found.next().unwrap_or_else(|| panic!("no record of {answer:?}"));
    assert!(found.next().is_none(), "two records of {answer:?}");
    record
}

fn admin(shop: &Shop) -> TestClient {
    TestClient::new(shop.running.address(), "AKIAADMIN", "shop", "Shop")
}
