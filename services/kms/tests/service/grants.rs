//! Grants are made, listed and revoked; their tokens.

use std::sync::Arc;
use std::time::Duration;

use keywright_service::testing::{TestClock, base_config_in};
use serde_json::{Value, json};

use crate::harness::{HELLO, arn, client, config, run, start_with, text};
use crate::principals::{ADMIN, ALICE, BOB, DAVE, OTHER_ROOT, ROOT, principals};

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_listed_as_it_was_made() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let (grant, token) = kms
        .grant(json!({
            "KeyId": arn(&key), "GranteePrincipal": ALICE, "RetiringPrincipal": BOB, "Name": "for-alice",
            "Operations": ["Encrypt", "Decrypt", "Encrypt"],
            "Constraints": { "EncryptionContextSubset": { "app": "x" } },
        }))
        .await;
    assert!(grant.len() == 64 && grant.bytes().all(|byte| byte.is_ascii_hexdigit()), "{grant}");
    assert!(!token.contains(&grant));
    let listed = kms.call("ListGrants", json!({ "KeyId": key })).await;
    assert_eq!(listed["Truncated"], false);
    let entry = &listed["Grants"][0];
    for (member, value) in [
        ("KeyId", json!(arn(&key))),
        ("GrantId", json!(grant)),
        ("Name", json!("for-alice")),
        ("GranteePrincipal", json!(ALICE)),
        ("RetiringPrincipal", json!(BOB)),
        ("IssuingAccount", json!(ROOT)),
        ("Operations", json!(["Decrypt", "Encrypt"])),
        ("Constraints", json!({ "EncryptionContextSubset": { "app": "x" } })),
    ] {
        assert_eq!(entry[member], value, "{member}");
    }
    assert!(entry["CreationDate"].is_number());
    let record = kms.record_of("CreateGrant", 3).await;
    assert_eq!(record["responseElements"], json!({ "grantId": grant }));
    assert_eq!(record["requestParameters"]["granteePrincipal"], ALICE);
    assert!(!record.to_string().contains(&token), "a token is not for the record");

    kms.call("RevokeGrant", json!({ "KeyId": key, "GrantId": grant })).await;
    assert_eq!(kms.call("ListGrants", json!({ "KeyId": key })).await["Grants"], json!([]));
    kms.refuses("RevokeGrant", json!({ "KeyId": key, "GrantId": grant }), "NotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_makes_a_grant_once() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let input = |name: &str, operations: Value| json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": operations, "Name": name });
    let (first, token) = kms.grant(input("a", json!(["Encrypt", "Decrypt"]))).await;
    let (again, other_token) = kms.grant(input("a", json!(["Decrypt", "Encrypt"]))).await;
    assert_eq!(first, again);
    assert_ne!(token, other_token);
    let mut ids = vec![first];
    ids.push(kms.grant(input("b", json!(["Encrypt", "Decrypt"]))).await.0);
    ids.push(kms.grant(input("a", json!(["Encrypt"]))).await.0);
    let mut constrained = input("a", json!(["Encrypt"]));
    constrained["Constraints"] = json!({ "EncryptionContextEquals": {} });
    ids.push(kms.grant(constrained).await.0);
    // Without a name each request makes one.
    let unnamed = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] });
    ids.push(kms.grant(unnamed.clone()).await.0);
    ids.push(kms.grant(unnamed.clone()).await.0);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
    let mut dry = unnamed;
    dry["DryRun"] = json!(true);
    kms.refuses("CreateGrant", dry, "DryRunOperationException").await;
    assert_eq!(kms.call("ListGrants", json!({ "KeyId": key })).await["Grants"].as_array().unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_continue_by_their_tokens() {
    let kms = start_with(principals()).await;
    let (first, second) = (kms.new_key().await, kms.new_key().await);
    let mut made = Vec::new();
    for (key, grantee) in [(&first, ALICE), (&first, BOB), (&first, ALICE), (&second, ALICE), (&second, DAVE)]
    {
        let input = json!({ "KeyId": key, "GranteePrincipal": grantee, "RetiringPrincipal": ADMIN, "Operations": ["Encrypt"] });
        made.push((arn(key), kms.grant(input).await.0));
    }
    kms.grant(json!({ "KeyId": first, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] })).await;
    let ids = |page: &Value| -> Vec<(String, String)> {
        page["Grants"].as_array().unwrap().iter().map(|g| (text(&g["KeyId"]), text(&g["GrantId"]))).collect()
    };
    let of_bob = json!({ "KeyId": first, "GranteePrincipal": BOB });
    assert_eq!(ids(&kms.call("ListGrants", of_bob).await), [made[1].clone()]);
    let by_id = json!({ "KeyId": first, "GrantId": made[2].1 });
    assert_eq!(ids(&kms.call("ListGrants", by_id).await), [made[2].clone()]);
    let of_other_key = json!({ "KeyId": first, "GrantId": made[3].1 });
    assert_eq!(kms.call("ListGrants", of_other_key).await["Grants"], json!([]));

    made.sort();
    for (operation, mut input, expected) in [
        ("ListRetirableGrants", json!({ "RetiringPrincipal": ADMIN, "Limit": 2 }), Some(made)),
        ("ListGrants", json!({ "KeyId": first, "Limit": 2 }), None),
    ] {
        let mut found = Vec::new();
        loop {
            let page = kms.call(operation, input.clone()).await;
            assert!(ids(&page).len() <= 2);
            found.extend(ids(&page));
            assert_eq!(page["Truncated"], page.get("NextMarker").is_some());
            match page.get("NextMarker") {
                Some(marker) => input["Marker"] = marker.clone(),
                None => break,
            }
        }
        assert!(found.is_sorted(), "{found:?}");
        match expected {
            Some(expected) => assert_eq!(found, expected),
            None => assert_eq!(found.len(), 4),
        }
        input["Marker"] = json!("made-up");
        kms.refuses(operation, input, "InvalidMarkerException").await;
    }
    let none = kms.call("ListRetirableGrants", json!({ "RetiringPrincipal": BOB })).await;
    assert_eq!(none, json!({ "Grants": [], "Truncated": false }));
    // What another account's principals may retire is theirs to know.
    let theirs = json!({ "RetiringPrincipal": OTHER_ROOT });
    kms.refuses("ListRetirableGrants", theirs, "AccessDeniedException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_grants_are_refused() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let with = |member: &str, value: Value| {
        let mut input = json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] });
        input[member] = value;
        input
    };
    let long = json!({ "EncryptionContextEquals": { "k": "v".repeat(384) } });
    let many: Value = (0..9).map(|n| (n.to_string(), json!(""))).collect::<serde_json::Map<_, _>>().into();
    for (member, value, code) in [
        ("GranteePrincipal", json!("alice"), "InvalidArnException"),
        ("GranteePrincipal", json!("arn:aws:iam::111122223333:group/dev"), "InvalidArnException"),
        ("GranteePrincipal", json!("*"), "ValidationException"),
        ("RetiringPrincipal", json!("arn:aws:iam::1:user/a"), "InvalidArnException"),
        ("Operations", json!([]), "ValidationException"),
        ("Operations", json!(["Encrypt", "Sign"]), "ValidationException"),
        ("Operations", json!(["GenerateMac"]), "ValidationException"),
        ("Operations", json!(["GetPublicKey"]), "ValidationException"),
        ("Operations", json!(["EnableKey"]), "ValidationException"),
        ("Constraints", long, "ValidationException"),
        ("Constraints", json!({ "EncryptionContextSubset": many }), "ValidationException"),
        ("Name", json!("a b"), "ValidationException"),
        ("GrantTokens", json!(["garbage"]), "InvalidGrantTokenException"),
        ("KeyId", json!("alias/app"), "NotFoundException"),
    ] {
        kms.refuses("CreateGrant", with(member, value), code).await;
    }
    let message =
        kms.refuses("CreateGrant", with("Operations", json!(["Sign"])), "ValidationException").await;
    assert!(message.contains("Operation Sign is not valid for this key type"), "{message}");
    for operation in ["RevokeGrant", "RetireGrant"] {
        let input = json!({ "KeyId": key, "GrantId": "0123" });
        kms.refuses(operation, input, "InvalidGrantIdException").await;
        let input = json!({ "KeyId": key, "GrantId": "0".repeat(64) });
        kms.refuses(operation, input, "NotFoundException").await;
    }
    for input in [
        json!({}),
        json!({ "KeyId": key }),
        json!({ "KeyId": key, "GrantToken": "x", "GrantId": "0".repeat(64) }),
    ] {
        kms.refuses("RetireGrant", input, "ValidationException").await;
    }
    assert_eq!(kms.call("ListGrants", json!({ "KeyId": key })).await["Grants"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_on_a_replica_that_has_not_heard_of_the_grant() {
    let kms = start_with(principals()).await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(principals()), &TestClock::default()).await;
    let other = client(&second).with_key("AKIAALICE");
    let key = kms.new_key().await;
    let (_, token) =
        kms.grant(json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] })).await;
    let (_, elsewhere) = kms
        .grant(json!({ "KeyId": kms.new_key().await, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] }))
        .await;

    // Notifications come in order: with that of this change, the second replica has heard of all that was done.
    let described = async || client(&second).call("DescribeKey", json!({ "KeyId": key })).await.ok();
    described().await;
    kms.call("UpdateKeyDescription", json!({ "KeyId": key, "Description": "heard" })).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while described().await["KeyMetadata"]["Description"] != "heard" {
        assert!(std::time::Instant::now() < deadline);
    }
    // It hears of neither the grant's coming nor its going from here on: it has read the key while the grant was gone.
    let database = kms.database.connect().await;
    database
        .batch_execute("CREATE TEMP TABLE kept AS SELECT * FROM grants; DELETE FROM grants")
        .await
        .unwrap();
    kms.call("UpdateKeyDescription", json!({ "KeyId": key, "Description": "without grants" })).await;
    while described().await["KeyMetadata"]["Description"] != "without grants" {
        assert!(std::time::Instant::now() < deadline);
    }
    let encrypt = async |tokens: Value| {
        let input = json!({ "KeyId": arn(&key), "Plaintext": HELLO, "GrantTokens": tokens });
        other.call("Encrypt", input).await.error().to_owned()
    };
    assert_eq!(encrypt(json!([])).await, "AccessDeniedException");
    assert_eq!(encrypt(json!([token])).await, "AccessDeniedException", "the grant is gone");
    database.batch_execute("INSERT INTO grants SELECT * FROM kept").await.unwrap();
    assert_eq!(encrypt(json!([])).await, "AccessDeniedException");
    assert_eq!(encrypt(json!([token])).await, "");
    assert_eq!(encrypt(json!([])).await, "AccessDeniedException");
    // It names one grant on one key, and counts for the grantee only.
    assert_eq!(encrypt(json!([elsewhere])).await, "AccessDeniedException");
    let with = |token: &str| json!({ "KeyId": arn(&key), "Plaintext": HELLO, "GrantTokens": [token] });
    let by_bob = other.with_key("AKIABOB").call("Encrypt", with(&token)).await;
    assert_eq!(by_bob.error(), "AccessDeniedException");
    assert_eq!(client(&second).call("Encrypt", with("AQ")).await.error(), "InvalidGrantTokenException");
    // It also names what is to be retired.
    client(&second).call("RetireGrant", json!({ "GrantToken": token })).await.ok();
    let gone = client(&second).call("RetireGrant", json!({ "GrantToken": token })).await;
    assert_eq!(gone.error(), "NotFoundException");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_and_its_end_reach_another_replica_within_a_second() {
    let kms = start_with(principals()).await;
    let journal = tempfile::tempdir().unwrap();
    let second = config(base_config_in(&kms.database, journal.path()), kms.dir.path());
    let second = run(second, Arc::new(principals()), &TestClock::default()).await;
    let other = client(&second).with_key("AKIAALICE");
    let key = kms.new_key().await;
    let encrypt = json!({ "KeyId": arn(&key), "Plaintext": HELLO });
    assert_eq!(other.call("Encrypt", encrypt.clone()).await.error(), "AccessDeniedException");
    let (grant, _) =
        kms.grant(json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt"] })).await;
    let until = async |error: &str| {
        let began = std::time::Instant::now();
        while other.call("Encrypt", encrypt.clone()).await.error() != error {
            assert!(began.elapsed() < Duration::from_secs(1), "still not {error:?}");
        }
    };
    until("").await;
    kms.call("RevokeGrant", json!({ "KeyId": key, "GrantId": grant })).await;
    until("AccessDeniedException").await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_fifty_thousand_grants_works_and_takes_no_more() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    let new = |grantee: &str| json!({ "KeyId": key, "GranteePrincipal": grantee, "Operations": ["Encrypt"] });
    let (first, _) = kms.grant(new(ALICE)).await;
    let fill = "INSERT INTO grants SELECT region, account_id, key_id, sha256(number::text::bytea), NULL, \
                'arn:aws:iam::111122223333:user/u' || number, NULL, issuing_account, operations, NULL, NULL, created_at, NULL \
                FROM grants CROSS JOIN generate_series(1, 49998) number";
    assert_eq!(kms.database.connect().await.execute(fill, &[]).await.unwrap(), 49_998);
    let (last, _) = kms.grant(new(BOB)).await;
    kms.refuses("CreateGrant", new(ALICE), "LimitExceededException").await;

    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    for principal in ["AKIAALICE", "AKIABOB", "AKIAALICE"] {
        kms.by(principal).call("Encrypt", encrypt.clone()).await.ok();
    }
    assert_eq!(kms.by("AKIAPOD").call("Encrypt", encrypt.clone()).await.error(), "AccessDeniedException");
    kms.call("RevokeGrant", json!({ "KeyId": key, "GrantId": last })).await;
    assert_eq!(kms.by("AKIABOB").call("Encrypt", encrypt.clone()).await.error(), "AccessDeniedException");
    kms.by("AKIAALICE").call("Encrypt", encrypt.clone()).await.ok();
    let (_, token) = kms.grant(new(BOB)).await;
    let mut with_token = encrypt;
    with_token["GrantTokens"] = json!([token]);
    kms.by("AKIABOB").call("Encrypt", with_token).await.ok();
    let listed = kms.call("ListGrants", json!({ "KeyId": key, "GranteePrincipal": ALICE })).await;
    assert_eq!(listed["Grants"][0]["GrantId"], first.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_go_with_their_key() {
    let kms = start_with(principals()).await;
    let key = kms.new_key().await;
    kms.grant(json!({ "KeyId": key, "GranteePrincipal": ALICE, "RetiringPrincipal": ADMIN, "Operations": ["Encrypt"] }))
        .await;
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    kms.clock.advance(time::Duration::days(7));
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    let database = kms.database.connect().await;
    loop {
        let left = database.query_one("SELECT count(*) FROM grants", &[]).await.unwrap().get::<_, i64>(0);
        if left == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "the grant is still there");
        tokio::task::yield_now().await;
    }
}
