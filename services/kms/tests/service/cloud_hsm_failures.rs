//! CloudHSM key stores that can't be made, connected or used.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use keywright_kms::custom_stores::HsmClusterSection;
use rustix::fs::{CWD, FileType, Mode};
use serde_json::{Value, json};

use crate::cloud_hsm::{
    CLUSTER, Hsm, certificate, key_input, new_store, section, start_with, store_with_key,
};
use crate::custom_key_stores::{connect, described, until_state};
use crate::harness::{HELLO, TestKms};

const COPY: &str = "cluster-copycopycopy";
const OTHER: &str = "cluster-otherotherother";
const FOREIGN: &str = "cluster-foreignforeign";

/// Beside the store's own cluster a copy of it, one with another certificate, and one of another account.
async fn start_with_four(hsm: &Hsm, other: &str) -> TestKms {
    let other = other.to_owned();
    start_with(|dir| {
        let of = |id: &str, certificate: &str| section(id, dir, &hsm.softhsm, &hsm.token.label, certificate);
        let account = Some("444455556666".parse().unwrap());
        vec![
            hsm.section(dir),
            of(COPY, &hsm.certificate),
            of(OTHER, &other),
            HsmClusterSection { account, ..of(FOREIGN, &other) },
        ]
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_made_of_a_free_cluster_by_who_shows_its_certificate() {
    let test = "cloud_hsm_failures::a_store_is_made_of_a_free_cluster_by_who_shows_its_certificate";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let other = certificate();
    let kms = start_with_four(&hsm, &other).await;
    let with = |changes: Value| {
        let mut input = hsm.store_input();
        for (member, value) in changes.as_object().unwrap() {
            if value.is_null() {
                input.as_object_mut().unwrap().remove(member);
            } else {
                input[member] = value.clone();
            }
        }
        input
    };
    let endpoint = "https://xks.example.com";
    for (changes, code) in [
        (json!({ "CloudHsmClusterId": null }), "ValidationException"),
        (json!({ "TrustAnchorCertificate": null }), "ValidationException"),
        (json!({ "KeyStorePassword": null }), "ValidationException"),
        (json!({ "KeyStorePassword": "short" }), "ValidationException"),
        (json!({ "CloudHsmClusterId": "cluster-1" }), "ValidationException"),
        (json!({ "XksProxyUriEndpoint": endpoint }), "ValidationException"),
        (json!({ "CustomKeyStoreType": "EXTERNAL_KEY_STORE" }), "ValidationException"),
        (json!({ "CloudHsmClusterId": "cluster-nonenonenone" }), "CloudHsmClusterNotFoundException"),
        (
            json!({ "CloudHsmClusterId": FOREIGN, "TrustAnchorCertificate": other }),
            "CloudHsmClusterNotFoundException",
        ),
        (json!({ "TrustAnchorCertificate": other }), "IncorrectTrustAnchorException"),
        (json!({ "TrustAnchorCertificate": "no certificate" }), "IncorrectTrustAnchorException"),
    ] {
        kms.refuses("CreateCustomKeyStore", with(changes), code).await;
    }
    // The same certificate, written otherwise; and the type that is the default.
    let written = format!("# of the cluster\r\n{}", hsm.certificate.replace('\n', "\r\n"));
    let named = json!({ "CustomKeyStoreType": "AWS_CLOUDHSM", "TrustAnchorCertificate": written });
    kms.call("CreateCustomKeyStore", with(named)).await;
    for (changes, code) in [
        (json!({ "CustomKeyStoreName": "second" }), "CloudHsmClusterInUseException"),
        (
            json!({ "CustomKeyStoreName": "second", "CloudHsmClusterId": COPY }),
            "CloudHsmClusterInUseException",
        ),
        (
            json!({ "CloudHsmClusterId": OTHER, "TrustAnchorCertificate": other }),
            "CustomKeyStoreNameInUseException",
        ),
    ] {
        kms.refuses("CreateCustomKeyStore", with(changes), code).await;
    }
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_fails_the_connection_and_can_be_corrected() {
    let test = "cloud_hsm_failures::a_wrong_password_fails_the_connection_and_can_be_corrected";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let other = certificate();
    let kms = start_with_four(&hsm, &other).await;
    let mut wrong = hsm.store_input();
    wrong["KeyStorePassword"] = json!("not the password");
    let store = kms.call("CreateCustomKeyStore", wrong).await["CustomKeyStoreId"].clone();
    let store = store.as_str().unwrap();
    let by_id = json!({ "CustomKeyStoreId": store });
    let update = |members: Value| {
        let mut input = members;
        input["CustomKeyStoreId"] = json!(store);
        input
    };
    kms.call("ConnectCustomKeyStore", by_id.clone()).await;
    let failed = until_state(&kms.client, store, "FAILED").await;
    assert_eq!(failed["ConnectionErrorCode"], "INVALID_CREDENTIALS");
    kms.refuses("ConnectCustomKeyStore", by_id.clone(), "CustomKeyStoreInvalidStateException").await;
    let right = json!({ "KeyStorePassword": hsm.token.pin });
    kms.refuses("UpdateCustomKeyStore", update(right.clone()), "CustomKeyStoreInvalidStateException").await;
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    assert!(described(&kms.client, store).await.get("ConnectionErrorCode").is_none());

    kms.call("UpdateCustomKeyStore", update(right.clone())).await;
    connect(&kms, store).await;
    let key = kms.call("CreateKey", key_input(store)).await["KeyMetadata"]["KeyId"].clone();
    let blob = kms.encrypt(key.as_str().unwrap(), HELLO).await;
    for (members, code) in [
        (right, "CustomKeyStoreInvalidStateException"),
        (json!({ "CloudHsmClusterId": COPY }), "CustomKeyStoreInvalidStateException"),
        (json!({ "XksProxyUriPath": "/kms/xks/v1" }), "ValidationException"),
    ] {
        kms.refuses("UpdateCustomKeyStore", update(members), code).await;
    }
    kms.call("UpdateCustomKeyStore", update(json!({ "NewCustomKeyStoreName": "renamed" }))).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);

    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    for (cluster, code) in [
        ("cluster-nonenonenone", "CloudHsmClusterNotFoundException"),
        (FOREIGN, "CloudHsmClusterNotFoundException"),
        (OTHER, "CloudHsmClusterNotRelatedException"),
    ] {
        let members = json!({ "CloudHsmClusterId": cluster });
        kms.refuses("UpdateCustomKeyStore", update(members), code).await;
    }
    kms.call("UpdateCustomKeyStore", update(json!({ "CloudHsmClusterId": COPY }))).await;
    connect(&kms, store).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], HELLO);
    let metadata = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(metadata["CloudHsmClusterId"], COPY);
    kms.refuses("DeleteCustomKeyStore", by_id, "CustomKeyStoreHasCMKsException").await;
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_tried_once_for_each_request_to_connect() {
    let test = "cloud_hsm_failures::a_password_is_tried_once_for_each_request_to_connect";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start_with(|dir| vec![hsm.section(dir)]).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let by_id = json!({ "CustomKeyStoreId": store });
    let database = kms.database.connect().await;
    let set = async |columns: &str| {
        let update = format!("UPDATE custom_key_stores SET {columns}");
        assert_eq!(database.execute(&update, &[]).await.unwrap(), 1);
    };

    // A replica that ended while it connected may have tried the password.
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    set("connection_state = 'CONNECTING', claimed_until = now() - interval '1 s'").await;
    let failed = until_state(&kms.client, &store, "FAILED").await;
    assert_eq!(failed["ConnectionErrorCode"], "INTERNAL_ERROR");
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;

    // One that was changed in the token while the store was connected fails it for all replicas.
    let wrong = json!({ "CustomKeyStoreId": store, "KeyStorePassword": "not the password" });
    kms.call("UpdateCustomKeyStore", wrong).await;
    set("connection_state = 'CONNECTED', connection_attempt = connection_attempt + 1").await;
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    // This process may still remember that the store is disconnected: then it refuses alike, until it hears of a change.
    let notify = format!("NOTIFY keywright_kms_changed, 'store us-east-1 111122223333 {store}'");
    database.batch_execute(&notify).await.unwrap();
    let began = Instant::now();
    loop {
        let message = kms.refuses("Encrypt", encrypt.clone(), "KMSInvalidStateException").await;
        if message.contains("password") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{message}");
    }
    let failed = until_state(&kms.client, &store, "FAILED").await;
    assert_eq!(failed["ConnectionErrorCode"], "INVALID_CREDENTIALS");
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_not_there_keeps_only_its_own_store_from_being_connected() {
    let test =
        "cloud_hsm_failures::a_cluster_that_is_not_there_keeps_only_its_own_store_from_being_connected";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let (unloadable, absent) = ("cluster-unloadable2", "cluster-absentabsent");
    let certificates = [certificate(), certificate()];
    let kms = start_with(|dir| {
        let of =
            |id: &str, label: &str, certificate: &str| section(id, dir, &hsm.softhsm, label, certificate);
        vec![
            hsm.section(dir),
            HsmClusterSection {
                module: PathBuf::from("/nowhere/libhsm.so"),
                ..of(unloadable, "store", &certificates[0])
            },
            of(absent, "no such token", &certificates[1]),
        ]
    })
    .await;
    let (_, key) = store_with_key(&kms, &hsm).await;
    for ((cluster, certificate), code) in [(unloadable, &certificates[0]), (absent, &certificates[1])]
        .into_iter()
        .zip(["INTERNAL_ERROR", "CLUSTER_NOT_FOUND"])
    {
        let mut input = hsm.store_input();
        input["CustomKeyStoreName"] = json!(cluster);
        input["CloudHsmClusterId"] = json!(cluster);
        input["TrustAnchorCertificate"] = json!(certificate);
        let store = kms.call("CreateCustomKeyStore", input).await["CustomKeyStoreId"].clone();
        let by_id = json!({ "CustomKeyStoreId": store });
        kms.call("ConnectCustomKeyStore", by_id.clone()).await;
        let failed = until_state(&kms.client, store.as_str().unwrap(), "FAILED").await;
        assert_eq!(failed["ConnectionErrorCode"], code, "{cluster}");
        kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
        kms.call("DeleteCustomKeyStore", by_id).await;
    }
    kms.encrypt(&key, HELLO).await;
    let TestKms { running, database, dir, .. } = kms;
    running.stop().await;

    // The operator has taken the cluster away.
    let kms = crate::harness::start_on(database, dir).await;
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    kms.refuses("Encrypt", encrypt, "KMSInvalidStateException").await;
    let metadata = kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone();
    assert_eq!(metadata["CloudHsmClusterId"], CLUSTER);
    let by_id = json!({ "CustomKeyStoreId": metadata["CustomKeyStoreId"] });
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    kms.call("ConnectCustomKeyStore", by_id).await;
    let failed = until_state(&kms.client, metadata["CustomKeyStoreId"].as_str().unwrap(), "FAILED").await;
    assert_eq!(failed["ConnectionErrorCode"], "CLUSTER_NOT_FOUND");
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_token_are_symmetric_of_one_region_and_never_rotate() {
    let test = "cloud_hsm_failures::keys_in_a_token_are_symmetric_of_one_region_and_never_rotate";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start_with(|dir| vec![hsm.section(dir)]).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    for (changes, code) in [
        (json!({ "CustomKeyStoreId": null }), "ValidationException"),
        (json!({ "CustomKeyStoreId": "cks-none" }), "CustomKeyStoreNotFoundException"),
        (json!({ "Origin": null }), "ValidationException"),
        (json!({ "Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "key-1" }), "ValidationException"),
        (json!({ "XksKeyId": "key-1" }), "ValidationException"),
        (json!({ "MultiRegion": true }), "UnsupportedOperationException"),
        (json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" }), "UnsupportedOperationException"),
        (
            json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }),
            "UnsupportedOperationException",
        ),
    ] {
        let mut input = key_input(&store);
        for (member, value) in changes.as_object().unwrap() {
            if value.is_null() {
                input.as_object_mut().unwrap().remove(member);
            } else {
                input[member] = value.clone();
            }
        }
        kms.refuses("CreateKey", input, code).await;
    }
    for (operation, members) in [
        ("EnableKeyRotation", json!({})),
        ("DisableKeyRotation", json!({})),
        ("RotateKeyOnDemand", json!({})),
        (
            "GetParametersForImport",
            json!({ "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048" }),
        ),
        ("DeleteImportedKeyMaterial", json!({})),
        ("ReplicateKey", json!({ "ReplicaRegion": "eu-west-1" })),
    ] {
        let mut input = members;
        input["KeyId"] = json!(key);
        kms.refuses(operation, input, "UnsupportedOperationException").await;
    }
    kms.running.stop().await;
}

/// The files in which SoftHSM keeps a token's objects. Reading them hangs while they are pipes.
struct Hanging {
    files: Vec<PathBuf>,
}

impl Hanging {
    fn new(hsm: &Hsm) -> Self {
        let directory = fs::read_dir(hsm.softhsm.tokens_dir()).unwrap().next().unwrap().unwrap().path();
        let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "object")).collect();
        for file in &files {
            fs::rename(file, file.with_extension("aside")).unwrap();
            rustix::fs::mknodat(CWD, file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        }
        Self { files }
    }

    fn end(self) {
        for file in self.files {
            let pipe = fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
            fs::rename(file.with_extension("aside"), &file).unwrap();
            drop(pipe);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_hangs_holds_up_its_own_keys_only() {
    let test = "cloud_hsm_failures::a_token_that_hangs_holds_up_its_own_keys_only";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start_with(|dir| vec![HsmClusterSection { time_limit_ms: 1_500, ..hsm.section(dir) }]).await;
    let (store, key) = store_with_key(&kms, &hsm).await;
    let own = kms.new_key().await;
    kms.encrypt(&own, HELLO).await;
    kms.encrypt(&key, HELLO).await;

    let hanging = Hanging::new(&hsm);
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    let random = json!({ "NumberOfBytes": 8, "CustomKeyStoreId": store });
    let waiting = async {
        let encrypting =
            futures::future::join_all((0..8).map(|_| kms.client.call("Encrypt", encrypt.clone())));
        let (mut answers, made, drawn) = futures::future::join3(
            encrypting,
            kms.client.call("CreateKey", key_input(&store)),
            kms.client.call("GenerateRandom", random.clone()),
        )
        .await;
        answers.extend([made, drawn]);
        answers
    };
    let others = async {
        let mut done = 0;
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1_200) {
            kms.encrypt(&own, HELLO).await;
            done += 1;
        }
        done
    };
    let (answers, others) = futures::future::join(waiting, others).await;
    assert!(others > 5, "{others}");
    for answer in &answers {
        assert_eq!((answer.status, answer.error()), (503, "DependencyTimeoutException"), "{}", answer.text);
    }
    hanging.end();
    let began = Instant::now();
    while kms.client.call("Encrypt", encrypt.clone()).await.error() != "" {
        assert!(began.elapsed() < Duration::from_secs(30), "the token does not work again");
    }
    kms.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_material_is_lost_says_so() {
    let test = "cloud_hsm_failures::a_key_whose_material_is_lost_says_so";
    let Some(hsm) = Hsm::for_test(test) else { return };
    let kms = start_with(|dir| vec![hsm.section(dir)]).await;
    let store = new_store(&kms, &hsm).await;
    connect(&kms, &store).await;
    let key = kms.call("CreateKey", key_input(&store)).await["KeyMetadata"]["KeyId"].clone();
    let key = key.as_str().unwrap();
    let blob = kms.encrypt(key, HELLO).await;
    hsm.destroy(key).await;
    for (operation, input) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })),
        ("Decrypt", json!({ "CiphertextBlob": blob })),
    ] {
        let message = kms.refuses(operation, input, "KMSInvalidStateException").await;
        assert!(message.contains("key material"), "{message}");
    }
    kms.running.stop().await;
}
