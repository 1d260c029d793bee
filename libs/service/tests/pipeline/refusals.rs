//! Everything that is refused, and that it is recorded.

use keywright_service::testing::TestClient;
use serde_json::json;

use crate::shop::Shop;
use crate::{admin, record_of};

#[tokio::test]
async fn a_request_without_a_signature_is_refused_and_recorded() {
    let shop = Shop::open().await;
    let answer = admin(&shop).call_unsigned("PutToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (400, "MissingAuthenticationTokenException"));
    let record = record_of(&shop, &answer).await;
    assert_eq!(record["eventName"], "PutToy");
    assert_eq!(record["errorCode"], "MissingAuthenticationTokenException");
    assert_eq!(record["userIdentity"]["type"], "Unknown");
    assert!(record["requestParameters"].is_null(), "nothing unverified is recorded as a parameter");
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_recorded_with_the_claimed_key() {
    let shop = Shop::open().await;
    let answer = admin(&shop).with_secret("guess").call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (400, "InvalidSignatureException"));
    let record = record_of(&shop, &answer).await;
    assert_eq!(record["userIdentity"]["accessKeyId"], "AKIAADMIN");
    assert_eq!(record["userIdentity"]["type"], "Unknown");
}

#[tokio::test]
async fn an_unknown_access_key_is_refused_and_recorded() {
    let shop = Shop::open().await;
    let answer = admin(&shop).with_key("AKIASTRANGER").call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (400, "UnrecognizedClientException"));
    assert_eq!(record_of(&shop, &answer).await["userIdentity"]["accessKeyId"], "AKIASTRANGER");
}

#[tokio::test]
async fn an_unprivileged_user_is_told_as_aws_does_and_recorded() {
    let shop = Shop::open().await;
    let answer = admin(&shop).with_key("AKIANOBODY").call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (400, "AccessDeniedException"));
    assert_eq!(
        answer.message(),
        "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: shop:PutToy on resource: \
         arn:aws:shop:us-east-1:111122223333:toy/ball because no identity-based policy allows the shop:PutToy \
         action"
    );
    let record = record_of(&shop, &answer).await;
    assert_eq!(record["userIdentity"]["userName"], "nobody");
    assert_eq!(record["requestParameters"]["name"], "ball");
    assert!(record["responseElements"].is_null());
}

#[tokio::test]
async fn who_may_not_read_is_not_told_what_exists() {
    let shop = Shop::open().await;
    admin(&shop).call("PutToy", json!({"Name": "ball"})).await.ok();
    let nobody = admin(&shop).with_key("AKIANOBODY");
    for name in ["ball", "ghost"] {
        assert_eq!(
            nobody.call("GetToy", json!({"Name": name})).await.error(),
            "AccessDeniedException",
            "{name}"
        );
    }
    assert_eq!(admin(&shop).call("GetToy", json!({"Name": "ghost"})).await.error(), "NotFoundException");
}

#[tokio::test]
async fn another_service_or_region_is_refused() {
    let shop = Shop::open().await;
    let other = TestClient::new(shop.running.address(), "AKIAADMIN", "kms", "Shop");
    assert_eq!(other.call("GetToy", json!({"Name": "x"})).await.error(), "InvalidSignatureException");
    let far = admin(&shop).with_region("eu-west-1").call("GetToy", json!({"Name": "x"})).await;
    assert_eq!(far.error(), "InvalidSignatureException");
    record_of(&shop, &far).await;
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_the_callers_fault() {
    let shop = Shop::open().await;
    let admin = admin(&shop);
    let bodies: [(&[u8], &str); 6] = [
        (b"{", "SerializationException"),
        (b"[1]", "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        (b"{\"Name\": 7}", "SerializationException"),
        (b"", "ValidationException"),
        (b"{\"Name\": \"this name has far too many letters\"}", "ValidationException"),
    ];
    for (body, expected) in bodies {
        let answer = admin.call_raw("PutToy", body.to_vec()).await;
        assert_eq!((answer.status, answer.error()), (400, expected), "{}", answer.text);
        assert_eq!(record_of(&shop, &answer).await["errorCode"], expected);
    }
    let deep = "[".repeat(100_000).into_bytes();
    assert_eq!(admin.call_raw("PutToy", deep).await.error(), "SerializationException");
}

#[tokio::test]
async fn an_unknown_operation_is_refused_and_recorded_without_its_name() {
    let shop = Shop::open().await;
    let answer = admin(&shop).call("StealToy", json!({})).await;
    assert_eq!((answer.status, answer.error()), (400, "UnknownOperationException"));
    assert_eq!(record_of(&shop, &answer).await["eventName"], "UnknownOperation");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_recorded() {
    let shop = Shop::open_with(|config| config.service.body_limit_bytes = 1_000).await;
    let answer = admin(&shop).call_raw("PutToy", vec![b' '; 2_000]).await;
    assert_eq!((answer.status, answer.error()), (413, "RequestEntityTooLargeException"));
    record_of(&shop, &answer).await;
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let shop = Shop::open().await;
    let answer = admin(&shop).call("BreakToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (500, "InternalFailure"));
    assert!(!answer.text.contains("broken toy"), "{}", answer.text);
    assert_eq!(record_of(&shop, &answer).await["errorCode"], "InternalFailure");
    admin(&shop).call("PutToy", json!({"Name": "ball"})).await.ok();
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended_and_recorded() {
    let shop = Shop::open_with(|config| config.service.request_timeout_ms = 200).await;
    let answer = admin(&shop).call("BreakToy", json!({"Name": "hang"})).await;
    assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"));
    record_of(&shop, &answer).await;
}

#[tokio::test]
async fn without_a_journal_nothing_is_done() {
    let shop = Shop::open().await;
    shop.running.journal().begin_close();
    let answer = admin(&shop).call("PutToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"));
    assert!(answer.message().contains("journal"), "{}", answer.message());
    let toys = shop.database.connect().await.query("SELECT 1 FROM toys", &[]).await.unwrap();
    assert_eq!(toys.len(), 0);
}

#[tokio::test]
async fn while_identity_is_down_a_new_caller_gets_a_clear_503() {
    let shop = Shop::open().await;
    shop.credentials.go_down();
    let answer = admin(&shop).call("GetToy", json!({"Name": "ball"})).await;
    assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"));
}

#[tokio::test]
async fn only_a_service_may_show_a_forward_token() {
    let shop = Shop::open().await;
    let answer = admin(&shop).on_behalf_of("AKIAADMIN").call("GetToy", json!({"Name": "ball"})).await;
    assert_eq!(answer.error(), "AccessDeniedException");
    record_of(&shop, &answer).await;
}
