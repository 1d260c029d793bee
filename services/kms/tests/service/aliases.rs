use keywright_service::testing::ACCOUNT;
use serde_json::json;

use crate::harness::{HELLO, alias_arn, start, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_is_made_moved_listed_and_deleted() {
    let kms = start().await;
    let (first, second) = (kms.new_key().await, kms.new_key().await);
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": first })).await;
    let blob = kms.encrypt("alias/app", HELLO).await;

    let listed = kms.call("ListAliases", json!({ "KeyId": first })).await;
    let entry = &listed["Aliases"][0];
    assert_eq!(entry["AliasName"], "alias/app");
    assert_eq!(entry["AliasArn"], alias_arn("alias/app"));
    assert_eq!(entry["TargetKeyId"], first.as_str());
    assert!(entry["CreationDate"].is_number());

    kms.call("UpdateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": second })).await;
    let described = kms.call("DescribeKey", json!({ "KeyId": "alias/app" })).await;
    assert_eq!(described["KeyMetadata"]["KeyId"], second.as_str());
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
    let input = json!({ "CiphertextBlob": blob, "KeyId": "alias/app" });
    kms.refuses("Decrypt", input, "IncorrectKeyException").await;

    kms.call("DeleteAlias", json!({ "AliasName": "alias/app" })).await;
    let message = kms.refuses("DescribeKey", json!({ "KeyId": "alias/app" }), "NotFoundException").await;
    assert_eq!(message, format!("Alias {} is not found.", alias_arn("alias/app")));
    assert_eq!(kms.call("ListAliases", json!({})).await["Aliases"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_aliases_are_refused() {
    let kms = start().await;
    let key = kms.new_key().await;
    let create = |name: &str| json!({ "AliasName": name, "TargetKeyId": key });
    kms.call("CreateAlias", create("alias/app")).await;

    let message = kms.refuses("CreateAlias", create("alias/app"), "AlreadyExistsException").await;
    assert_eq!(message, format!("An alias with the name {} already exists", alias_arn("alias/app")));
    kms.refuses("CreateAlias", create("app"), "ValidationException").await;
    kms.refuses("CreateAlias", create("alias/ä"), "ValidationException").await;
    kms.refuses("CreateAlias", create("alias/a:b"), "InvalidAliasNameException").await;
    for operation in ["CreateAlias", "UpdateAlias"] {
        kms.refuses(operation, create("alias/aws/mine"), "NotAuthorizedException").await;
    }
    kms.refuses("DeleteAlias", json!({ "AliasName": "alias/aws/mine" }), "NotAuthorizedException").await;
    for name in ["alias/app", &alias_arn("alias/app")] {
        let input = json!({ "AliasName": "alias/other", "TargetKeyId": name });
        kms.refuses("CreateAlias", input, "NotFoundException").await;
    }
    kms.refuses("UpdateAlias", create("alias/none"), "NotFoundException").await;
    kms.refuses("DeleteAlias", json!({ "AliasName": "alias/none" }), "NotFoundException").await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let input = json!({ "AliasName": "alias/x", "TargetKeyId": absent });
    kms.refuses("CreateAlias", input, "NotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_continue_by_their_tokens() {
    let kms = start().await;
    let mut keys = Vec::new();
    for number in 0..5 {
        let key = kms.new_key().await;
        kms.call("CreateAlias", json!({ "AliasName": format!("alias/{number}"), "TargetKeyId": key })).await;
        keys.push(key);
    }
    keys.sort();
    for (operation, list, member, expected) in [
        ("ListKeys", "Keys", "KeyId", keys.clone()),
        ("ListAliases", "Aliases", "AliasName", (0..5).map(|number| format!("alias/{number}")).collect()),
    ] {
        let (mut found, mut input) = (Vec::new(), json!({ "Limit": 2 }));
        loop {
            let page = kms.call(operation, input.clone()).await;
            found.extend(page[list].as_array().unwrap().iter().map(|entry| text(&entry[member])));
            assert_eq!(page["Truncated"], page.get("NextMarker").is_some());
            match page.get("NextMarker") {
                Some(marker) => input["Marker"] = marker.clone(),
                None => break,
            }
        }
        assert_eq!(found, expected);
        kms.refuses(operation, json!({ "Marker": "made-up" }), "InvalidMarkerException").await;
        kms.refuses(operation, json!({ "Limit": 1001 }), "ValidationException").await;
    }
    // A token of one list is none of another.
    let marker = kms.call("ListKeys", json!({ "Limit": 1 })).await["NextMarker"].clone();
    kms.refuses("ListAliases", json!({ "Marker": marker }), "InvalidMarkerException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_at_most_fifty_aliases() {
    let kms = start().await;
    let key = kms.new_key().await;
    for number in 0..50 {
        kms.call("CreateAlias", json!({ "AliasName": format!("alias/{number}"), "TargetKeyId": key })).await;
    }
    let input = json!({ "AliasName": "alias/one-more", "TargetKeyId": key });
    kms.refuses("CreateAlias", input, "LimitExceededException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_are_told_apart_when_they_are_wrong() {
    let kms = start().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    for (name, code, message) in [
        (
            absent.to_owned(),
            "NotFoundException",
            format!("Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/{absent}' does not exist"),
        ),
        ("app".to_owned(), "NotFoundException", "Invalid keyId 'app'".to_owned()),
        ("arn:aws:kms".to_owned(), "InvalidArnException", "Invalid arn 'arn:aws:kms'".to_owned()),
        (
            format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{absent}"),
            "NotFoundException",
            "Invalid arn eu-west-1".to_owned(),
        ),
    ] {
        for operation in ["DescribeKey", "EnableKey"] {
            assert_eq!(kms.refuses(operation, json!({ "KeyId": name }), code).await, message);
        }
    }
    // Whether another account has such a key is none of this caller's business.
    let theirs = format!("arn:aws:kms:us-east-1:444455556666:key/{absent}");
    kms.refuses("DescribeKey", json!({ "KeyId": theirs }), "AccessDeniedException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_moves_at_once_to_many_keys_ends_at_one_of_them() {
    let kms = start().await;
    let mut keys = Vec::new();
    for _ in 0..6 {
        keys.push(kms.new_key().await);
    }
    kms.call("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": keys[0] })).await;
    let moves = keys.iter().map(|key| {
        let input = json!({ "AliasName": "alias/app", "TargetKeyId": key });
        let client = kms.client.clone();
        tokio::spawn(async move { client.call("UpdateAlias", input).await })
    });
    let mut done = 0;
    for answer in moves.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        done += usize::from(answer.status == 200);
        assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
    }
    assert!(done >= 1);
    // What is kept in memory is what is stored.
    let described = kms.call("DescribeKey", json!({ "KeyId": "alias/app" })).await;
    let listed = kms.call("ListAliases", json!({})).await;
    assert_eq!(described["KeyMetadata"]["KeyId"], listed["Aliases"][0]["TargetKeyId"]);
}
