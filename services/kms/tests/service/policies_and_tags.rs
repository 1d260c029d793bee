use keywright_service::testing::ACCOUNT;
use serde_json::{Value, json};

use crate::harness::{start, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_default_policy_leaves_the_key_to_the_account() {
    let kms = start().await;
    let key = kms.new_key().await;
    let answer = kms.call("GetKeyPolicy", json!({ "KeyId": key })).await;
    assert_eq!(answer["PolicyName"], "default");
    let policy: Value = serde_json::from_str(&text(&answer["Policy"])).unwrap();
    assert_eq!(policy["Id"], "key-default-1");
    assert_eq!(policy["Statement"][0]["Principal"]["AWS"], format!("arn:aws:iam::{ACCOUNT}:root"));
    assert_eq!(policy["Statement"][0]["Action"], "kms:*");
    let names = kms.call("ListKeyPolicies", json!({ "KeyId": key })).await;
    assert_eq!(names, json!({ "PolicyNames": ["default"], "Truncated": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_kept_as_it_was_given() {
    let kms = start().await;
    let given = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"kms:*","Resource":"*"}}}}"#
    );
    let created = kms.call("CreateKey", json!({ "Policy": given })).await;
    let first = text(&created["KeyMetadata"]["KeyId"]);
    let second = kms.new_key().await;
    kms.call("PutKeyPolicy", json!({ "KeyId": second, "PolicyName": "default", "Policy": given })).await;
    for key in [first, second] {
        let answer = kms.call("GetKeyPolicy", json!({ "KeyId": key, "PolicyName": "default" })).await;
        assert_eq!(answer["Policy"], given.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_policy_is_refused() {
    let kms = start().await;
    let key = kms.new_key().await;
    let put = |policy: &str| json!({ "KeyId": key, "Policy": policy });
    for wrong in ["{", "{}", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}"#] {
        kms.refuses("PutKeyPolicy", put(wrong), "MalformedPolicyDocumentException").await;
        kms.refuses("CreateKey", json!({ "Policy": wrong }), "MalformedPolicyDocumentException").await;
    }
    kms.refuses("PutKeyPolicy", put(&" ".repeat(32769)), "LimitExceededException").await;
    kms.refuses("PutKeyPolicy", put("\u{1}"), "ValidationException").await;
    let mut named = put("{}");
    named["PolicyName"] = json!("other");
    kms.refuses("PutKeyPolicy", named.clone(), "NotFoundException").await;
    let message = kms.refuses("GetKeyPolicy", named, "NotFoundException").await;
    assert_eq!(message, "No such policy exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_set_replaced_listed_and_removed() {
    let kms = start().await;
    let tag = |key: &str, value: &str| json!({ "TagKey": key, "TagValue": value });
    let created = kms.call("CreateKey", json!({ "Tags": [tag("b", "1"), tag("a", "2")] })).await;
    let key = text(&created["KeyMetadata"]["KeyId"]);
    kms.call("TagResource", json!({ "KeyId": key, "Tags": [tag("b", "3"), tag("c", "")] })).await;
    let tags = kms.call("ListResourceTags", json!({ "KeyId": key })).await;
    assert_eq!(tags, json!({ "Tags": [tag("a", "2"), tag("b", "3"), tag("c", "")], "Truncated": false }));

    let page = kms.call("ListResourceTags", json!({ "KeyId": key, "Limit": 2 })).await;
    assert_eq!(page["Truncated"], true);
    let rest = kms.call("ListResourceTags", json!({ "KeyId": key, "Marker": page["NextMarker"] })).await;
    assert_eq!(rest["Tags"], json!([tag("c", "")]));

    kms.call("UntagResource", json!({ "KeyId": key, "TagKeys": ["a", "c", "never"] })).await;
    let tags = kms.call("ListResourceTags", json!({ "KeyId": key })).await;
    assert_eq!(tags["Tags"], json!([tag("b", "3")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tags_are_refused() {
    let kms = start().await;
    let key = kms.new_key().await;
    let tag = |key: &str| json!({ "TagKey": key, "TagValue": "" });
    let put = |tags: Vec<Value>| json!({ "KeyId": key, "Tags": tags });
    kms.refuses("TagResource", put(vec![tag("a"), tag("a")]), "TagException").await;
    kms.refuses("TagResource", put(vec![tag("aws:x")]), "TagException").await;
    kms.refuses("TagResource", put(vec![tag("")]), "ValidationException").await;
    kms.refuses("TagResource", json!({ "KeyId": key }), "ValidationException").await;
    let many = |from: u8, to: u8| (from..to).map(|number| tag(&number.to_string())).collect::<Vec<_>>();
    kms.refuses("CreateKey", json!({ "Tags": many(0, 51) }), "LimitExceededException").await;
    kms.call("TagResource", put(many(0, 40))).await;
    kms.refuses("TagResource", put(many(35, 60)), "LimitExceededException").await;
    let tags = kms.call("ListResourceTags", json!({ "KeyId": key, "Limit": 50 })).await;
    assert_eq!(tags["Tags"].as_array().unwrap().len(), 40);
}
