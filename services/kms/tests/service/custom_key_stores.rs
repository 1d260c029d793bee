use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_kms::config::Config;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::{TestClient, TestClock, TestCredentials, base_config_in, records};
use serde_json::{Value, json};

use crate::harness::{HELLO, TestKms, arn, client, config, run, text};
use crate::hierarchy::administer;
use crate::xks_proxy::{ACCESS_KEY, HOST, PATH, XksTestProxy, secret};

/// A configuration that reaches a proxy.
pub(crate) fn config_with(
    database: &TestDatabase,
    journal: &Path,
    keys: &Path,
    proxy: &XksTestProxy,
) -> Config {
    let mut config = config(base_config_in(database, journal), keys);
    config.external_key_stores.ca_file = Some(proxy.ca_file());
    config.external_key_stores.resolve = proxy.resolve();
    config
}

/// A KMS beside a proxy.
pub(crate) async fn start_with_proxy() -> (TestKms, XksTestProxy) {
    start_with(|_| {}).await
}

/// The same with other settings.
pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> (TestKms, XksTestProxy) {
    let (database, dir) = (database().await, tempfile::tempdir().unwrap());
    let proxy = XksTestProxy::start(dir.path());
    let mut config = config_with(&database, dir.path(), dir.path(), &proxy);
    change(&mut config);
    let clock = TestClock::default();
    let running = run(config, Arc::new(TestCredentials::standard()), &clock).await;
    (TestKms { client: client(&running), running, clock, database, dir }, proxy)
}

/// What CreateCustomKeyStore is given for the proxy.
pub(crate) fn store_input(name: &str) -> Value {
    json!({
        "CustomKeyStoreName": name,
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyUriEndpoint": format!("https://{HOST}"),
        "XksProxyUriPath": PATH,
        "XksProxyAuthenticationCredential": { "AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": secret() },
    })
}

pub(crate) async fn new_store(kms: &TestKms) -> String {
    text(&kms.call("CreateCustomKeyStore", store_input("store")).await["CustomKeyStoreId"])
}

pub(crate) async fn described(client: &TestClient, store: &str) -> Value {
    let input = json!({ "CustomKeyStoreId": store });
    client.call("DescribeCustomKeyStores", input).await.ok()["CustomKeyStores"][0].clone()
}

/// Waits until the store is in the state.
pub(crate) async fn until_state(client: &TestClient, store: &str, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let store = described(client, store).await;
        if store["ConnectionState"] == state {
            return store;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "still {store}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn connect(kms: &TestKms, store: &str) {
    kms.call("ConnectCustomKeyStore", json!({ "CustomKeyStoreId": store })).await;
    until_state(&kms.client, store, "CONNECTED").await;
}

pub(crate) fn key_input(store: &str, external: &str) -> Value {
    json!({ "Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": external })
}

/// A connected store with a key.
pub(crate) async fn store_with_key(kms: &TestKms) -> (String, String) {
    let store = new_store(kms).await;
    connect(kms, &store).await;
    let created = kms.call("CreateKey", key_input(&store, "key-1")).await;
    (store, text(&created["KeyMetadata"]["KeyId"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_behind_a_proxy_encrypts_twice_and_decrypts() {
    let (kms, proxy) = start_with_proxy().await;
    let store = new_store(&kms).await;
    assert!(store.starts_with("cks-") && store.len() == 21, "{store}");
    let before = described(&kms.client, &store).await;
    assert_eq!(before["ConnectionState"], "DISCONNECTED");
    assert_eq!(before["CustomKeyStoreType"], "EXTERNAL_KEY_STORE");
    let expected = json!({
        "Connectivity": "PUBLIC_ENDPOINT", "AccessKeyId": ACCESS_KEY, "UriEndpoint": format!("https://{HOST}"), "UriPath": PATH,
    });
    assert_eq!(before["XksProxyConfiguration"], expected);
    kms.refuses("CreateKey", key_input(&store, "key-1"), "CustomKeyStoreInvalidStateException").await;

    connect(&kms, &store).await;
    let created = kms.call("CreateKey", key_input(&store, "key-1")).await["KeyMetadata"].clone();
    let key = text(&created["KeyId"]);
    for (member, value) in [
        ("Origin", json!("EXTERNAL_KEY_STORE")),
        ("KeyState", json!("Enabled")),
        ("Enabled", json!(true)),
        ("CustomKeyStoreId", json!(store)),
        ("XksKeyConfiguration", json!({ "Id": "key-1" })),
        ("KeySpec", json!("SYMMETRIC_DEFAULT")),
    ] {
        assert_eq!(created[member], value, "{member}");
        let described = kms.call("DescribeKey", json!({ "KeyId": key })).await;
        assert_eq!(described["KeyMetadata"][member], value, "{member}");
    }
    assert!(created.get("CurrentKeyMaterialId").is_none());

    let context = json!({ "app": "a" });
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO, "EncryptionContext": context });
    let blob = text(&kms.call("Encrypt", encrypt).await["CiphertextBlob"]);
    let decrypt = json!({ "CiphertextBlob": blob, "EncryptionContext": context });
    assert_eq!(kms.call("Decrypt", decrypt.clone()).await["Plaintext"], HELLO);
    for wrong in [json!({}), json!({ "app": "b" })] {
        let input = json!({ "CiphertextBlob": blob, "EncryptionContext": wrong });
        kms.refuses("Decrypt", input, "KMSInvalidStateException").await;
    }
    let generated = kms.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    let opened = kms.call("Decrypt", json!({ "CiphertextBlob": generated["CiphertextBlob"] })).await;
    assert_eq!(opened["Plaintext"], generated["Plaintext"]);
    for operation in ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"] {
        let input = json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" });
        kms.refuses(operation, input, "UnsupportedOperationException").await;
    }
    let own = kms.new_key().await;
    let there =
        json!({ "CiphertextBlob": blob, "SourceEncryptionContext": context, "DestinationKeyId": own });
    let there = text(&kms.call("ReEncrypt", there).await["CiphertextBlob"]);
    let back = json!({ "CiphertextBlob": there, "DestinationKeyId": key });
    let back = text(&kms.call("ReEncrypt", back).await["CiphertextBlob"]);
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": back })).await["Plaintext"], HELLO);
    let longest = STANDARD.encode([7; 4096]);
    let blob = kms.encrypt(&key, &longest).await;
    assert_eq!(kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"], longest);

    let sent = proxy.requests("/keys/key-1/encrypt");
    let metadata = &sent[0]["requestMetadata"];
    assert_eq!(metadata["awsPrincipalArn"], "arn:aws:iam::111122223333:user/admin");
    assert_eq!(metadata["kmsKeyArn"], arn(&key));
    assert_eq!(metadata["kmsOperation"], "Encrypt");
    let record = kms.record_of("Encrypt", 10).await;
    assert_eq!(record["requestID"].as_str().unwrap().len(), text(&metadata["kmsRequestId"]).len());
    for request in &sent {
        let seen = STANDARD.decode(request["plaintext"].as_str().unwrap()).unwrap();
        assert!(!seen.windows(5).any(|window| window == b"hello"), "the proxy sees a plaintext");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_to_a_ciphertext_is_noticed() {
    let (kms, _proxy) = start_with_proxy().await;
    let (_, key) = store_with_key(&kms).await;
    let blob = STANDARD.decode(kms.encrypt(&key, HELLO).await).unwrap();
    for byte in 0..blob.len() {
        let mut damaged = blob.clone();
        damaged[byte] ^= 1;
        let input = json!({ "CiphertextBlob": STANDARD.encode(damaged), "KeyId": key });
        let (code, _) = kms.refused("Decrypt", input).await;
        let expected = ["InvalidCiphertextException", "KMSInvalidStateException"];
        assert!(expected.contains(&code.as_str()), "byte {byte}: {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_disconnected_store_are_unavailable_on_every_replica() {
    let (kms, proxy) = start_with_proxy().await;
    let (store, key) = store_with_key(&kms).await;
    let journal = tempfile::tempdir().unwrap();
    let second = config_with(&kms.database, journal.path(), kms.dir.path(), &proxy);
    let second = run(second, Arc::new(TestCredentials::standard()), &TestClock::default()).await;
    let other = client(&second);
    let blob = kms.encrypt(&key, HELLO).await;
    let decrypt = json!({ "CiphertextBlob": blob });
    assert_eq!(other.call("Decrypt", decrypt.clone()).await.ok()["Plaintext"], HELLO);

    kms.call("DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": store })).await;
    let requests = proxy.requests("").len();
    for (operation, input) in [
        ("Encrypt", json!({ "KeyId": key, "Plaintext": HELLO })),
        ("Decrypt", decrypt.clone()),
        ("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": key })),
        ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyPair", json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })),
    ] {
        let message = kms.refuses(operation, input, "KMSInvalidStateException").await;
        assert_eq!(message, format!("{} is unavailable.", arn(&key)), "{operation}");
    }
    kms.refuses("CreateKey", key_input(&store, "key-2"), "CustomKeyStoreInvalidStateException").await;
    let began = Instant::now();
    while other.call("Decrypt", decrypt.clone()).await.error() != "KMSInvalidStateException" {
        assert!(began.elapsed() < Duration::from_secs(30), "the other replica still decrypts");
    }
    assert_eq!(proxy.requests("").len(), requests, "a proxy was asked for a store that is not connected");

    // It can be managed all the same, and its own state comes back with the store.
    let state =
        async || text(&kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"]["KeyState"]);
    assert_eq!(state().await, "Unavailable");
    kms.call("UpdateKeyDescription", json!({ "KeyId": key, "Description": "new" })).await;
    kms.call("DisableKey", json!({ "KeyId": key })).await;
    assert_eq!(state().await, "Unavailable");
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(state().await, "PendingDeletion");
    kms.call("CancelKeyDeletion", json!({ "KeyId": key })).await;
    connect(&kms, &store).await;
    assert_eq!(state().await, "Disabled");
    kms.call("EnableKey", json!({ "KeyId": key })).await;
    let began = Instant::now();
    while other.call("Decrypt", decrypt.clone()).await.error() != "" {
        assert!(began.elapsed() < Duration::from_secs(30), "the other replica does not decrypt again");
    }
    assert_eq!(kms.call("Decrypt", decrypt).await["Plaintext"], HELLO);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_deleted_only_without_keys_and_disconnected() {
    let (kms, _proxy) = start_with_proxy().await;
    let (store, key) = store_with_key(&kms).await;
    let by_id = json!({ "CustomKeyStoreId": store });
    kms.refuses("DeleteCustomKeyStore", by_id.clone(), "CustomKeyStoreHasCMKsException").await;
    kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    kms.refuses("DeleteCustomKeyStore", by_id.clone(), "CustomKeyStoreHasCMKsException").await;
    kms.clock.advance(time::Duration::days(8));
    let began = Instant::now();
    let database = kms.database.connect().await;
    while database.query_one("SELECT count(*) FROM keys", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the key is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Back to when requests are signed.
    kms.clock.advance(time::Duration::days(-8));
    kms.refuses("DeleteCustomKeyStore", by_id.clone(), "CustomKeyStoreInvalidStateException").await;
    kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    kms.refuses("DisconnectCustomKeyStore", by_id.clone(), "CustomKeyStoreInvalidStateException").await;
    kms.call("DeleteCustomKeyStore", by_id.clone()).await;
    for operation in ["DeleteCustomKeyStore", "ConnectCustomKeyStore", "DescribeCustomKeyStores"] {
        kms.refuses(operation, by_id.clone(), "CustomKeyStoreNotFoundException").await;
    }
    assert_eq!(kms.call("DescribeCustomKeyStores", json!({})).await["CustomKeyStores"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_are_unique_and_stores_are_ten() {
    let (kms, _proxy) = start_with_proxy().await;
    let other_path = |name: &str, number: usize| {
        let mut input = store_input(name);
        input["XksProxyUriPath"] = json!(format!("{PATH}/{number}/kms/xks/v1"));
        input
    };
    new_store(&kms).await;
    kms.refuses("CreateCustomKeyStore", store_input("other"), "XksProxyUriInUseException").await;
    // The proxy knows one path only, so the others are stored directly.
    let copy = "INSERT INTO custom_key_stores SELECT region, account_id, 'cks-' || $1, $1, store_type, connection_state, connection_error_code, claimed_until, connection_attempt, created_at, cloud_hsm_cluster_id, trust_anchor, xks_uri_endpoint, xks_uri_path || $1, xks_access_key_id, domain_key_id, credential FROM custom_key_stores WHERE name = 'store'";
    let database = kms.database.connect().await;
    database.execute(copy, &[&"2"]).await.unwrap();
    kms.refuses("CreateCustomKeyStore", other_path("store", 1), "XksProxyInvalidConfigurationException")
        .await;
    let renamed = json!({ "CustomKeyStoreId": "cks-2", "NewCustomKeyStoreName": "store" });
    kms.refuses("UpdateCustomKeyStore", renamed, "CustomKeyStoreNameInUseException").await;
    for number in 3..=10 {
        database.execute(copy, &[&number.to_string().as_str()]).await.unwrap();
    }
    let mut eleventh = store_input("eleventh");
    eleventh["XksProxyUriEndpoint"] = json!(format!("https://{}", HOST.to_uppercase()));
    kms.refuses("CreateCustomKeyStore", eleventh, "LimitExceededException").await;

    let mut seen = Vec::new();
    let mut marker = Value::Null;
    loop {
        let mut input = json!({ "Limit": 4 });
        if !marker.is_null() {
            input["Marker"] = marker;
        }
        let page = kms.call("DescribeCustomKeyStores", input).await;
        seen.extend(
            page["CustomKeyStores"].as_array().unwrap().iter().map(|store| text(&store["CustomKeyStoreId"])),
        );
        marker = page["NextMarker"].clone();
        if page["Truncated"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 10);
    let named = kms.call("DescribeCustomKeyStores", json!({ "CustomKeyStoreName": "5" })).await;
    assert_eq!(named["CustomKeyStores"][0]["CustomKeyStoreId"], "cks-5");
    let both = json!({ "CustomKeyStoreName": "5", "CustomKeyStoreId": "cks-5" });
    kms.refuses("DescribeCustomKeyStores", both, "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_updated_within_its_state_and_only_to_what_works() {
    let (kms, proxy) = start_with_proxy().await;
    let (store, key) = store_with_key(&kms).await;
    let update = |members: Value| {
        let mut input = members;
        input["CustomKeyStoreId"] = json!(store);
        input
    };
    let credential = |id: &str, secret: String| json!({ "XksProxyAuthenticationCredential": { "AccessKeyId": id, "RawSecretAccessKey": secret } });
    let (next_id, next_secret) = ("NEXTKEYNEXTKEYNEXTKEY234", "n".repeat(43));
    for (members, code) in [
        (json!({}), "ValidationException"),
        (json!({ "KeyStorePassword": "password" }), "ValidationException"),
        (
            json!({ "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE" }),
            "XksProxyVpcEndpointServiceNotFoundException",
        ),
        (
            json!({ "XksProxyUriEndpoint": "https://other.example.com" }),
            "CustomKeyStoreInvalidStateException",
        ),
        (json!({ "XksProxyUriPath": "/kms/xks/v1" }), "XksProxyInvalidConfigurationException"),
        (credential(next_id, next_secret.clone()), "XksProxyIncorrectAuthenticationCredentialException"),
    ] {
        kms.refuses("UpdateCustomKeyStore", update(members), code).await;
    }
    proxy.accept(next_id, &next_secret);
    kms.call("UpdateCustomKeyStore", update(credential(next_id, next_secret))).await;
    kms.call("UpdateCustomKeyStore", update(json!({ "NewCustomKeyStoreName": "renamed" }))).await;
    let now = described(&kms.client, &store).await;
    assert_eq!(
        (&now["CustomKeyStoreName"], &now["ConnectionState"]),
        (&json!("renamed"), &json!("CONNECTED"))
    );
    assert_eq!(now["XksProxyConfiguration"]["AccessKeyId"], next_id);
    kms.encrypt(&key, HELLO).await;

    kms.call("DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": store })).await;
    let elsewhere = json!({ "XksProxyUriEndpoint": "https://nowhere.invalid" });
    kms.refuses("UpdateCustomKeyStore", update(elsewhere), "XksProxyUriUnreachableException").await;
    assert_eq!(
        described(&kms.client, &store).await["XksProxyConfiguration"]["UriEndpoint"],
        format!("https://{HOST}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_record_and_no_row_has_the_secret() {
    let (kms, _proxy) = start_with_proxy().await;
    let store = new_store(&kms).await;
    let update = json!({
        "CustomKeyStoreId": store,
        "XksProxyAuthenticationCredential": { "AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": secret() },
    });
    kms.call("UpdateCustomKeyStore", update).await;
    for record in records(kms.running.journal(), 2).await {
        assert!(!record.to_string().contains(&secret()), "{record}");
    }
    let record = kms.record_of("CreateCustomKeyStore", 2).await;
    assert_eq!(record["responseElements"]["customKeyStoreId"], store);
    let rows = "SELECT count(*) FROM custom_key_stores s WHERE s::text LIKE '%' || $1 || '%' OR position($1::bytea IN credential) > 0";
    let rows = rows.replace("$1::bytea", "convert_to($1, 'UTF8')");
    let count = kms.database.connect().await.query_one(&rows, &[&secret().as_str()]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_domain_key_takes_over_the_credential() {
    let (kms, proxy) = start_with_proxy().await;
    let (_, key) = store_with_key(&kms).await;
    let blob = kms.encrypt(&key, HELLO).await;
    let wrapped_by = "SELECT domain_key_id::text FROM custom_key_stores";
    let database = kms.database.connect().await;
    let before: String = database.query_one(wrapped_by, &[]).await.unwrap().get(0);
    administer(&kms.running, "RotateDomainKey").await;
    let began = Instant::now();
    while database.query_one(wrapped_by, &[]).await.unwrap().get::<_, String>(0) == before {
        assert!(began.elapsed() < Duration::from_secs(60), "the credential is still wrapped by {before}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A process that knows neither store nor credential yet.
    let journal = tempfile::tempdir().unwrap();
    let second = config_with(&kms.database, journal.path(), kms.dir.path(), &proxy);
    let second = run(second, Arc::new(TestCredentials::standard()), &TestClock::default()).await;
    let opened = client(&second).call("Decrypt", json!({ "CiphertextBlob": blob })).await.ok();
    assert_eq!(opened["Plaintext"], HELLO);
    second.stop().await;
}
