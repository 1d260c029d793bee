use std::sync::Arc;

use keywright_local_stack::testing::database;
use keywright_service::testing::{ACCOUNT, ADMINISTRATOR, TestClock, TestCredentials, base_config_in};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::harness::{TestKms, client, config, run};
use crate::importing::{external_key, quick_parameters};

/// A statement that refuses an action where a condition holds.
fn refused_where(action: &str, operator: &str, key: &str, value: Value) -> Value {
    json!({
        "Effect": "Deny", "Action": action, "Resource": "*", "Condition": { operator: { key: value } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_on_what_a_rotation_or_an_import_is_to_be() {
    let tomorrow = OffsetDateTime::now_utc().unix_timestamp() + 86_400;
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        refused_where("kms:EnableKeyRotation", "NumericGreaterThan", "kms:RotationPeriodInDays", json!("180")),
        refused_where("kms:GetParametersForImport", "StringNotEquals", "kms:WrappingAlgorithm", json!("SM2PKE")),
        refused_where("kms:GetParametersForImport", "StringNotEquals", "kms:WrappingKeySpec", json!("SM2")),
        refused_where(
            "kms:ImportKeyMaterial", "StringEquals", "kms:ExpirationModel",
            json!("KEY_MATERIAL_DOES_NOT_EXPIRE"),
        ),
        refused_where("kms:ImportKeyMaterial", "NumericGreaterThan", "kms:ValidTo", json!(tomorrow.to_string())),
    ] });
    let (database, dir) = (database().await, tempfile::tempdir().unwrap());
    let policies = [ADMINISTRATOR, &policy.to_string()];
    let credentials = TestCredentials::standard().user("AKIALIMITED", ACCOUNT, "limited", &policies);
    let clock = TestClock::default();
    let config = config(base_config_in(&database, dir.path()), dir.path());
    let running = run(config, Arc::new(credentials), &clock).await;
    let kms = TestKms { client: client(&running).with_key("AKIALIMITED"), running, clock, database, dir };
    let refused = "AccessDeniedException";

    let key = kms.new_key().await;
    let rotation = |days: i32| json!({ "KeyId": key, "RotationPeriodInDays": days });
    kms.call("EnableKeyRotation", rotation(180)).await;
    kms.refuses("EnableKeyRotation", rotation(181), refused).await;
    // The default counts as if it were named.
    kms.refuses("EnableKeyRotation", json!({ "KeyId": key }), refused).await;

    let key = external_key(&kms).await;
    for (algorithm, spec) in [("RSAES_OAEP_SHA_256", "RSA_2048"), ("SM2PKE", "RSA_2048")] {
        let input = json!({ "KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": spec });
        kms.refuses("GetParametersForImport", input, refused).await;
    }
    let parameters = quick_parameters(&kms, &key).await;
    let import = |more: Value| parameters.input(&key, &[1; 32], &more);
    kms.refuses("ImportKeyMaterial", import(json!({})), refused).await;
    kms.refuses("ImportKeyMaterial", import(json!({ "ValidTo": tomorrow + 60 })), refused).await;
    kms.call("ImportKeyMaterial", import(json!({ "ValidTo": tomorrow - 60 }))).await;
}
