//! The operator's commands, on a stack that runs.

use std::collections::BTreeMap;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::Client;
use crate::dev_process::{DataDir, Dev, keywright};

/// Runs a command that must succeed; gives what it says.
fn admin(exports: &BTreeMap<String, String>, arguments: &[&str]) -> String {
    let output = keywright(&["admin"]).args(arguments).envs(exports).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

async fn decrypts(exports: &BTreeMap<String, String>, blob: &Value) {
    let input = json!({ "CiphertextBlob": blob });
    assert_eq!(Client::new(exports).kms("us-east-1", "Decrypt", input).await["Plaintext"], "aGVsbG8=");
}

fn stop(stack: Dev) {
    stack.signal(Signal::TERM);
    let (status, output) = stack.ended();
    assert!(status.success(), "{status}: {output}");
}

#[tokio::test]
async fn the_whole_hierarchy_is_replaced_and_everything_stays_readable() {
    let dir = DataDir::new();
    let (stack, exports) = Dev::start(&dir, &[]);
    let client = Client::new(&exports);
    let key = client.kms("us-east-1", "CreateKey", json!({})).await["KeyMetadata"]["KeyId"].clone();
    let sealed = client.kms("us-east-1", "Encrypt", json!({ "KeyId": key, "Plaintext": "aGVsbG8=" })).await;
    let blob = &sealed["CiphertextBlob"];

    let said = admin(&exports, &["rotate-domain-key", "--wait"]);
    assert!(said.contains("took the place of") && said.contains("everything is re-wrapped"), "{said}");
    let shown = admin(&exports, &["key-hierarchy"]);
    assert_eq!(shown.lines().count(), 3, "{shown}");
    assert!(shown.contains("(retired)") && shown.contains(" 0 key materials"), "{shown}");
    // The key of the audit trail's log may be there already, or not yet.
    let active = shown.lines().find(|line| line.contains("(active)")).unwrap();
    assert!(active.contains(" 1 key materials") || active.contains(" 2 key materials"), "{shown}");
    decrypts(&exports, blob).await;
    stop(stack);

    let keys = dir.path().join("keys");
    for service in ["kms.us-east-1", "identity"] {
        let path = keys.join(format!("{service}.key"));
        std::fs::rename(&path, keys.join(format!("{service}.previous.key"))).unwrap();
        let said = admin(&BTreeMap::new(), &["new-root-key", path.to_str().unwrap()]);
        assert!(said.contains("made the root key"), "{said}");
    }
    let (stack, exports) = Dev::start(&dir, &[]);
    decrypts(&exports, blob).await;
    let said = admin(&exports, &["rotate-root-key"]);
    assert!(said.contains("now wraps everything (2 keys)"), "{said}");
    let said = admin(&exports, &["rotate-root-key", "--service", "identity"]);
    assert!(said.contains("now wraps everything (1 keys)"), "{said}");
    let said = admin(&exports, &["rotate-root-key"]);
    assert!(said.contains("wraps everything already"), "{said}");
    stop(stack);

    for service in ["kms.us-east-1", "identity"] {
        std::fs::remove_file(keys.join(format!("{service}.previous.key"))).unwrap();
    }
    let (stack, exports) = Dev::start(&dir, &[]);
    decrypts(&exports, blob).await;
    stop(stack);
}

#[test]
fn what_is_missing_or_refused_is_said() {
    let run = |arguments: &[&str], secret: &str| {
        let output = keywright(&["admin"])
            .args(arguments)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIA")
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&["rotate-domain-key"], "").contains("AWS_SECRET_ACCESS_KEY is not set"));
    assert!(run(&["key-hierarchy"], "secret").contains("the service gave no answer"));
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("root.key");
    std::fs::write(&there, "precious").unwrap();
    let refused = run(&["new-root-key", there.to_str().unwrap()], "secret");
    assert!(refused.contains("is there already"), "{refused}");
    assert_eq!(std::fs::read_to_string(there).unwrap(), "precious");
}
