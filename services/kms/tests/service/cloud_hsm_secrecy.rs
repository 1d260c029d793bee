//! The password of a token, which is shown to nobody.

use keywright_service::testing::{Log, records};
use serde_json::json;

use crate::cloud_hsm::{CLUSTER, Hsm, start_with, store_with_key};
use crate::custom_key_stores::{connect, until_state};
use crate::harness::HELLO;

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_in_a_record_a_row_or_the_log() {
    let Some(hsm) = Hsm::for_test("cloud_hsm_secrecy::no_password_is_in_a_record_a_row_or_the_log") else {
        return;
    };
    let log = Log::of_this_process();
    let kms = start_with(|dir| vec![hsm.section(dir)]).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    kms.encrypt(&key, HELLO).await;
    let by_id = json!({ "CustomKeyStoreId": store });
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    let (right, wrong) = (hsm.token.pin.as_str(), "a-wrong-password");
    let update = |password: &str| json!({ "CustomKeyStoreId": store, "KeyStorePassword": password });
    kms.call("UpdateCustomKeyStore", update(wrong)).await;
    kms.call("ConnectCustomKeyStore", by_id.clone()).await;
    until_state(&kms.client, &store, "FAILED").await;
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    kms.call("UpdateCustomKeyStore", update(right)).await;
    connect(&kms, &store).await;
    // Refused, with passwords in it.
    kms.refuses("CreateCustomKeyStore", hsm.store_input(), "CloudHsmClusterInUseException").await;
    kms.refuses("UpdateCustomKeyStore", update(wrong), "CustomKeyStoreInvalidStateException").await;

    let all = records(kms.running.journal(), 12).await;
    // Not asked for by the password, which the test's own client would log.
    let rows = "SELECT s::text, credential FROM custom_key_stores s";
    let row = kms.database.connect().await.query_one(rows, &[]).await.unwrap();
    let (row, credential): (String, Vec<u8>) = (row.get(0), row.get(1));
    for password in [right, wrong] {
        for record in &all {
            assert!(!record.to_string().contains(password), "{record}");
        }
        assert!(!row.contains(password), "{row}");
        assert!(!credential.windows(password.len()).any(|window| window == password.as_bytes()));
    }
    let record = kms.record_of("UpdateCustomKeyStore", 12).await;
    assert_eq!(record["requestParameters"]["customKeyStoreId"], store);
    let record = kms.record_of("CreateCustomKeyStore", 12).await;
    assert_eq!(record["requestParameters"]["clusterId"], CLUSTER);
    kms.running.stop().await;
    let logged = log.text();
    assert!(logged.contains("the token of a custom key store failed") && logged.contains(&store));
    for line in logged.lines() {
        assert!(!line.contains(right) && !line.contains(wrong), "{line}");
    }
}
