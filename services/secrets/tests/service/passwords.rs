use serde_json::json;

use crate::harness::{start, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_random_password_has_what_the_switches_say() {
    let secrets = start().await;
    let mut drawn = Vec::new();
    for (input, length, is_permitted) in [
        (json!({}), 32, (|c: char| c.is_ascii_graphic()) as fn(char) -> bool),
        (json!({ "PasswordLength": 4096 }), 4096, |c| c.is_ascii_graphic()),
        (json!({ "PasswordLength": 4 }), 4, |c| c.is_ascii_graphic()),
        (json!({ "ExcludeNumbers": true, "ExcludePunctuation": true }), 32, |c| c.is_ascii_alphabetic()),
        (json!({ "ExcludeUppercase": true, "ExcludeLowercase": true }), 32, |c| {
            !c.is_ascii_alphabetic() && c != ' '
        }),
        (json!({ "ExcludeCharacters": "\"'/@\\" }), 32, |c| c.is_ascii_graphic() && !"\"'/@\\".contains(c)),
        (json!({ "IncludeSpace": true, "PasswordLength": 2000 }), 2000, |c| c == ' ' || c.is_ascii_graphic()),
        (json!({ "RequireEachIncludedType": false, "PasswordLength": 1 }), 1, |c| c.is_ascii_graphic()),
    ] {
        let password = text(&secrets.call("GetRandomPassword", input.clone()).await["RandomPassword"]);
        assert!(password.len() == length && password.chars().all(is_permitted), "{input}: {password}");
        drawn.push(password);
    }
    assert!(drawn[6].contains(' '), "of two thousand characters one is a space");
    assert!(
        drawn[2].contains(|c: char| c.is_ascii_digit())
            && drawn[2].contains(|c: char| c.is_ascii_punctuation())
    );
    let record = secrets.record_of("GetRandomPassword", 8).await;
    assert_eq!(record["requestParameters"]["passwordLength"], 1);
    assert!(record["responseElements"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_no_password_is_refused() {
    let secrets = start().await;
    let nothing = json!({
        "ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true, "ExcludeLowercase": true,
    });
    secrets.refuses("GetRandomPassword", nothing, "InvalidParameterException").await;
    let message = secrets
        .refuses("GetRandomPassword", json!({ "PasswordLength": 3 }), "InvalidParameterException")
        .await;
    assert_eq!(message, "Password length is too short based on the required types.");
    for length in [0, 4097] {
        secrets
            .refuses("GetRandomPassword", json!({ "PasswordLength": length }), "ValidationException")
            .await;
    }
}
