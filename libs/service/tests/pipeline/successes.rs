//! What works, and what it leaves behind.

use std::time::Duration;

use serde_json::json;

use crate::shop::Shop;
use crate::{admin, record_of};

#[tokio::test]
async fn a_change_is_stored_recorded_and_answered() {
    let shop = Shop::open().await;
    let answer = admin(&shop).call("PutToy", json!({"Name": "ball", "Price": 7})).await;
    assert_eq!(answer.clone().ok(), json!({"Name": "ball", "Price": 7}));
    let record = record_of(&shop, &answer).await;
    assert_eq!(record["eventSource"], "shop.amazonaws.com");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["readOnly"], false);
    assert_eq!(
        record["requestParameters"],
        json!({"name": "ball"}),
        "the price isn't named, so it isn't shown"
    );
    assert_eq!(record["responseElements"], json!({"name": "ball"}));
    assert_eq!(record["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/admin");
    assert_eq!(record["sourceIPAddress"], "127.0.0.1");
    assert_eq!(record["recipientAccountId"], "111122223333");
}

#[tokio::test]
async fn an_outbox_row_goes_once_its_record_is_in_the_journal() {
    let shop = Shop::open().await;
    admin(&shop).call("PutToy", json!({"Name": "ball"})).await.ok();
    let client = shop.database.connect().await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let left: i64 = client.query_one("SELECT count(*) FROM audit_outbox", &[]).await.unwrap().get(0);
        if left == 0 {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{left} rows left in the outbox");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_stop_leaves_no_delivered_record_to_be_handed_over_again() {
    let shop = Shop::open().await;
    for n in 0..20 {
        admin(&shop).call("PutToy", json!({"Name": format!("toy-{n}")})).await.ok();
    }
    let Shop { running, database, .. } = shop;
    running.stop().await;
    let client = database.connect().await;
    let left: i64 = client.query_one("SELECT count(*) FROM audit_outbox", &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_fails_late_leaves_no_change_but_a_record() {
    let shop = Shop::open().await;
    let answer = admin(&shop).call("PutToy", json!({"Name": "refused-late"})).await;
    assert_eq!(answer.error(), "TooLateException");
    assert_eq!(record_of(&shop, &answer).await["errorCode"], "TooLateException");
    let client = shop.database.connect().await;
    let rows: i64 = client.query_one("SELECT count(*) FROM toys", &[]).await.unwrap().get(0);
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_service_acts_for_its_caller_and_the_record_says_so() {
    let shop = Shop::open().await;
    let service = admin(&shop).with_key("KWSSM");
    assert_eq!(service.call("PutToy", json!({"Name": "own"})).await.error(), "AccessDeniedException");
    let denied = service.on_behalf_of("AKIANOBODY").call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!(denied.error(), "AccessDeniedException", "it is decided for the caller");

    let answer = service.on_behalf_of("AKIAADMIN").call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let record = record_of(&shop, &answer).await;
    assert_eq!(record["userIdentity"]["userName"], "admin");
    assert_eq!(record["userIdentity"]["invokedBy"], "ssm.amazonaws.com");
    assert_eq!(record["sourceIPAddress"], "ssm.amazonaws.com");
    assert_eq!(record["userAgent"], "ssm.amazonaws.com");
}

#[tokio::test]
async fn every_answered_call_has_exactly_one_record() {
    let shop = Shop::open().await;
    let calls = (0..40).map(|n| {
        let client = admin(&shop);
        async move { client.call("PutToy", json!({"Name": format!("toy-{}", n % 30)})).await }
    });
    let answers = futures::future::join_all(calls).await;
    let records = keywright_service::testing::records(shop.running.journal(), answers.len()).await;
    assert_eq!(records.len(), answers.len());
    for answer in &answers {
        let of_it = records.iter().filter(|record| record["requestID"] == answer.request_id.as_str());
        assert_eq!(of_it.count(), 1, "{answer:?}");
    }
    let failed = answers.iter().filter(|answer| answer.status != 200).count();
    assert_eq!(failed, 10, "ten names came twice");
}

#[tokio::test]
async fn probes_and_metrics_answer_on_their_own_port() {
    let shop = Shop::open().await;
    admin(&shop).call("PutToy", json!({"Name": "ball"})).await.ok();
    let get = |path: &str| reqwest::get(format!("http://{}{path}", shop.running.ops_address()));
    assert_eq!(get("/healthz").await.unwrap().status(), 200);
    assert_eq!(get("/readyz").await.unwrap().status(), 200);
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains(r#"keywright_requests_total{code="OK",operation="PutToy",service="shop"}"#),
        "{metrics}"
    );
    shop.running.journal().begin_close();
    assert_eq!(get("/readyz").await.unwrap().status(), 503);
}
