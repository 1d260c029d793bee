//! Who may retire a grant.

use keywright_service::testing::ACCOUNT;
use serde_json::json;

use crate::harness::{arn, start_with, text};
use crate::principals::{ALICE, BOB, DAVE, OTHER_ROOT, ROLE, ROOT, principals};

const MAY_RETIRE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:RetireGrant","Resource":"*"}]}"#;
const MAY_NOT_RETIRE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:RetireGrant","Resource":"*"}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_grant_tells_who_may_retire_it() {
    let credentials = principals().user("AKIARETIRER", ACCOUNT, "retirer", &[MAY_RETIRE]).user(
        "AKIADENIED",
        ACCOUNT,
        "denied",
        &[MAY_NOT_RETIRE],
    );
    let kms = start_with(credentials).await;
    let everyone = [
        "AKIAALICE",
        "AKIABOB",
        "AKIANOBODY",
        "AKIAPOD",
        "AKIARETIRER",
        "AKIADENIED",
        "AKIACAROL",
        "AKIADAVE",
    ];
    let denied = "arn:aws:iam::111122223333:user/denied";
    // The account in which the grant was made may always, as far as its identity policies say.
    for (retiring, operations, may) in [
        (None, json!(["Encrypt"]), &["AKIARETIRER"][..]),
        (None, json!(["Encrypt", "RetireGrant"]), &["AKIAALICE", "AKIARETIRER"]),
        (Some(BOB), json!(["Encrypt"]), &["AKIABOB", "AKIARETIRER"]),
        (Some(ROLE), json!(["Encrypt"]), &["AKIAPOD", "AKIARETIRER"]),
        (Some(DAVE), json!(["Encrypt"]), &["AKIADAVE", "AKIARETIRER"]),
        (Some(OTHER_ROOT), json!(["Encrypt"]), &["AKIACAROL", "AKIARETIRER"]),
        (Some(denied), json!(["Encrypt"]), &["AKIARETIRER"]),
    ] {
        let key = kms.new_key().await;
        let mut input = json!({
            "KeyId": key, "GranteePrincipal": ALICE, "Operations": operations,
            // The constraint doesn't concern it.
            "Constraints": { "EncryptionContextEquals": { "a": "1" } },
        });
        if let Some(retiring) = retiring {
            input["RetiringPrincipal"] = json!(retiring);
        }
        for principal in everyone {
            let (grant, token) = kms.grant(input.clone()).await;
            let may = may.contains(&principal);
            let dry = json!({ "KeyId": arn(&key), "GrantId": grant, "DryRun": true });
            let dry = kms.by(principal).call("RetireGrant", dry).await;
            let expected = if may { "DryRunOperationException" } else { "AccessDeniedException" };
            assert_eq!(dry.error(), expected, "{principal} of {input}: {}", dry.text);
            let retire = json!({ "GrantToken": token });
            let retired = kms.by(principal).call("RetireGrant", retire).await;
            let expected = if may { "" } else { "AccessDeniedException" };
            assert_eq!(retired.error(), expected, "{principal} of {input}: {}", retired.text);
            let left = kms.call("ListGrants", json!({ "KeyId": key, "GrantId": grant })).await;
            assert_eq!(left["Grants"] == json!([]), may, "{principal}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_policy_has_no_part_in_it() {
    let kms = start_with(principals()).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": BOB }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": { "AWS": ALICE }, "Action": "kms:RetireGrant", "Resource": "*" },
    ] });
    let key =
        text(&kms.call("CreateKey", json!({ "Policy": policy.to_string() })).await["KeyMetadata"]["KeyId"]);
    let input = json!({
        "KeyId": key, "GranteePrincipal": BOB, "RetiringPrincipal": ALICE, "Operations": ["Encrypt"],
    });
    let (grant, _) = kms.grant(input).await;
    let retire = json!({ "KeyId": arn(&key), "GrantId": grant });
    assert_eq!(kms.by("AKIABOB").call("RetireGrant", retire.clone()).await.error(), "AccessDeniedException");
    kms.by("AKIAALICE").call("RetireGrant", retire).await.ok();
    let record = kms.record_of("RetireGrant", 4).await;
    assert_eq!(record["resources"][0]["ARN"], arn(&key));
    assert_eq!(record["additionalEventData"]["grantId"], grant.as_str());
}
