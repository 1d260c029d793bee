//! A stack through its life: first start, kill, restart, stop.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::json;

use crate::client::Client;
use crate::dev_process::{DataDir, Dev, exports, files, keywright};

#[tokio::test]
async fn everything_is_found_again_after_a_kill_and_a_stop_leaves_nothing_running() {
    let dir = DataDir::new();
    let (first, exported) = Dev::start(&dir, &["--account", "111122223333"]);
    let client = Client::new(&exported);
    let identity = client.caller_identity().await;
    assert!(identity.contains("<Arn>arn:aws:iam::111122223333:user/admin</Arn>"), "{identity}");
    let key = client.kms("us-east-1", "CreateKey", json!({})).await["KeyMetadata"]["KeyId"].clone();
    let sealed = client.kms("us-east-1", "Encrypt", json!({"KeyId": key, "Plaintext": "aGVsbG8="})).await;
    every_file_is_for_its_owner_alone(&dir);
    the_exports_are_the_same_everywhere(&dir, &exported);
    a_second_instance_is_refused(&dir);

    first.signal(Signal::KILL);
    first.ended();
    let (second, again) =
        Dev::start(&dir, &["--account", "111122223333", "--regions", "us-east-1,eu-west-1"]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        assert_eq!(again[name], exported[name], "{name}");
    }
    let client = Client::new(&again);
    let opened = json!({"CiphertextBlob": sealed["CiphertextBlob"]});
    assert_eq!(client.kms("us-east-1", "Decrypt", opened).await["Plaintext"], "aGVsbG8=");
    let arn = client.kms("eu-west-1", "CreateKey", json!({})).await["KeyMetadata"]["Arn"].clone();
    assert!(arn.as_str().unwrap().starts_with("arn:aws:kms:eu-west-1:111122223333:key/"), "{arn}");

    second.signal(Signal::TERM);
    let (status, output) = second.ended();
    assert!(status.success(), "{status}: {output}");
    assert!(output.ends_with("keywright: stopped; everything is kept\n"), "{output}");
    assert_eq!(dir.postgres_processes(), []);
    let front = again["AWS_ENDPOINT_URL"].trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(front).is_err(), "the front still listens");
    another_account_is_refused(&dir);
}

fn every_file_is_for_its_owner_alone(dir: &DataDir) {
    let files = files(&dir.path());
    let names = ["credentials.env", "keys/identity.key", "keys/kms.us-east-1.key", "secrets/front-token"];
    for name in names {
        assert!(files.contains(&dir.path().join(name)), "{name} is missing");
    }
    // Those of a journal are behind a closed directory.
    for file in files.into_iter().filter(|file| !file.starts_with(dir.path().join("journals"))) {
        let mode = file.metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    for closed in ["keys", "secrets", "journals"] {
        let mode = dir.path().join(closed).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o700, "{closed}");
    }
}

fn the_exports_are_the_same_everywhere(dir: &DataDir, printed: &std::collections::BTreeMap<String, String>) {
    let names: Vec<_> = printed.keys().map(String::as_str).collect();
    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
    ];
    assert_eq!(names, expected);
    let file = std::fs::read_to_string(dir.path().join("credentials.env")).unwrap();
    assert_eq!(&exports(&file), printed);
    let mut env = keywright(&["env", "--data-dir"]);
    let output = env.arg(dir.path()).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), file);
}

fn a_second_instance_is_refused(dir: &DataDir) {
    let (status, output) = Dev::run(dir, &["--account", "111122223333"]);
    assert!(!status.success());
    assert!(output.contains("another keywright dev (process "), "{output}");
    assert!(output.contains("--data-dir"), "{output}");
}

fn another_account_is_refused(dir: &DataDir) {
    let (status, output) = Dev::run(dir, &[]);
    assert!(!status.success());
    assert!(output.contains("was made for account 111122223333, not 000000000000"), "{output}");
}
