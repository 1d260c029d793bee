//! The records of a call that is about another account's key, and of one that a grant allowed.

use keywright_service::testing::{ACCOUNT, records};
use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, alias_arn, arn, start_with};
use crate::principals::{ALICE, OTHER_ROOT, ROOT, principals};

/// The records of an event, once `count` are there in all.
async fn of(kms: &TestKms, event_name: &str, count: usize) -> Vec<Value> {
    let all = records(kms.running.journal(), count).await;
    all.into_iter().filter(|record| record["eventName"] == event_name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_of_another_accounts_key_is_an_event_of_both_accounts() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": [ROOT, OTHER_ROOT] }, "Action": "kms:*", "Resource": "*" },
    ] });
    kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy.to_string() })).await;
    let carol = kms.by("AKIACAROL");
    carol.call("Encrypt", json!({ "KeyId": arn(&key), "Plaintext": HELLO })).await.ok();
    let both = of(&kms, "Encrypt", 4).await;
    let [callers, owners] = both.as_slice() else { panic!("{both:#?}") };
    assert_eq!(callers["userIdentity"]["type"], "IAMUser");
    let other = &callers["recipientAccountId"];
    assert_ne!(other, ACCOUNT);
    assert_eq!(owners["recipientAccountId"], ACCOUNT);
    let principal = &callers["userIdentity"]["principalId"];
    let caller = json!({ "type": "AWSAccount", "principalId": principal, "accountId": other });
    assert_eq!(owners["userIdentity"], caller, "the owner is told no more of the caller");
    assert!(callers["sharedEventID"].is_string());
    for member in
        ["sharedEventID", "requestID", "eventTime", "resources", "requestParameters", "additionalEventData"]
    {
        assert_eq!(callers[member], owners[member], "{member}");
    }
    assert_ne!(callers["eventID"], owners["eventID"]);

    // A change has both records in its own transaction.
    let grant = json!({ "KeyId": arn(&key), "GranteePrincipal": OTHER_ROOT, "Operations": ["Encrypt"] });
    carol.call("CreateGrant", grant).await.ok();
    let both = of(&kms, "CreateGrant", 6).await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[0]["responseElements"], both[1]["responseElements"]);
    assert_eq!(both[0]["sharedEventID"], both[1]["sharedEventID"]);

    // What fails once it is allowed, too.
    let disabled = kms.new_key().await;
    let input = json!({ "KeyId": disabled, "Policy": policy.to_string() });
    kms.call("PutKeyPolicy", input).await;
    kms.call("DisableKey", json!({ "KeyId": disabled })).await;
    let input = json!({ "KeyId": arn(&disabled), "KeySpec": "AES_256" });
    let refused = carol.call("GenerateDataKey", input).await;
    assert_eq!(refused.error(), "DisabledException");
    let both = of(&kms, "GenerateDataKey", 11).await;
    assert_eq!(both.iter().filter(|record| record["errorCode"] == "DisabledException").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_use_a_key_leaves_nothing_in_its_owners_trail() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
    for identifier in [arn(&key), alias_arn("alias/app"), arn("00000000-0000-0000-0000-000000000000")] {
        let answer =
            kms.by("AKIACAROL").call("Encrypt", json!({ "KeyId": identifier, "Plaintext": HELLO })).await;
        assert_eq!(answer.error(), "AccessDeniedException");
    }
    kms.call("ListKeys", json!({})).await;
    let all = records(kms.running.journal(), 6).await;
    assert_eq!(all.len(), 6);
    for record in all.iter().filter(|record| record["eventName"] == "Encrypt") {
        assert_ne!(record["recipientAccountId"], ACCOUNT);
        assert_eq!(record.get("sharedEventID"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_names_the_grant_that_allowed_the_call() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let input = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] });
    let (grant, _) = kms.grant(input).await;
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    kms.by("AKIAALICE").call("Encrypt", encrypt.clone()).await.ok();
    kms.call("Encrypt", encrypt).await;
    let both = of(&kms, "Encrypt", 4).await;
    assert_eq!(both[0]["additionalEventData"]["grantId"], grant.as_str());
    assert!(both[0]["additionalEventData"]["keyMaterialId"].is_string());
    assert_eq!(both[1]["additionalEventData"].get("grantId"), None, "a policy allowed the administrator's");
}
