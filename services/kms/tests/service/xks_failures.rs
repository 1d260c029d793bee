//! External key store proxies that refuse, lie, hang, or aren't there.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::custom_key_stores::{
    connect, key_input, new_store, start_with, start_with_proxy, store_input, store_with_key, until_state,
};
use crate::harness::HELLO;
use crate::xks_proxy::{Fault, XksTestProxy, health};

fn refusal(status: u16, name: &str) -> Fault {
    Fault::Answers(status, json!({ "errorName": name, "errorMessage": "the proxy's own words" }).to_string())
}

/// Faults of any answer, with the code by which a store is refused and that by which a connection fails.
fn faults() -> Vec<(Fault, &'static str, &'static str)> {
    let invalid = ("XksProxyInvalidResponseException", "XKS_PROXY_INVALID_RESPONSE");
    let malformed = |fault| (fault, invalid.0, invalid.1);
    vec![
        malformed(Fault::Answers(200, "no json".to_owned())),
        malformed(Fault::Answers(200, "{}".to_owned())),
        malformed(Fault::Answers(200, "[".repeat(30_000))),
        malformed(Fault::Answers(200, format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000)))),
        malformed(Fault::Answers(500, "<html>".to_owned())),
        malformed(Fault::Answers(302, String::new())),
        malformed(Fault::Answers(204, String::new())),
        malformed(refusal(400, "NoSuchException")),
        malformed(refusal(400, "ValidationException")),
        malformed(Fault::Changes("ekmFleetDetails", json!([]))),
        malformed(Fault::Changes("xksProxyVendor", Value::Null)),
        (
            refusal(401, "AuthenticationFailedException"),
            "XksProxyIncorrectAuthenticationCredentialException",
            "INVALID_CREDENTIALS",
        ),
        (refusal(403, "AccessDeniedException"), invalid.0, "XKS_PROXY_ACCESS_DENIED"),
        (
            refusal(404, "InvalidUriPathException"),
            "XksProxyInvalidConfigurationException",
            "XKS_PROXY_INVALID_CONFIGURATION",
        ),
        (refusal(500, "InternalException"), invalid.0, "XKS_PROXY_NOT_REACHABLE"),
        (
            refusal(503, "DependencyTimeoutException"),
            "XksProxyUriUnreachableException",
            "XKS_PROXY_TIMED_OUT",
        ),
        (
            Fault::Answers(200, health("UNAVAILABLE").to_string()),
            "XksProxyUriUnreachableException",
            "XKS_PROXY_NOT_REACHABLE",
        ),
        (Fault::HangsUp, "XksProxyUriUnreachableException", "XKS_PROXY_NOT_REACHABLE"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_store_is_made_or_connected_to_a_proxy_that_does_not_work() {
    let (kms, proxy) = start_with_proxy().await;
    for (fault, code, _) in faults() {
        proxy.set(fault.clone());
        let message = kms.refuses("CreateCustomKeyStore", store_input("store"), code).await;
        assert!(!message.contains("own words"), "{message}");
    }
    proxy.set(Fault::None);
    let store = new_store(&kms).await;
    let by_id = json!({ "CustomKeyStoreId": store });
    for (fault, _, code) in faults() {
        proxy.set(fault.clone());
        kms.call("ConnectCustomKeyStore", by_id.clone()).await;
        let failed = until_state(&kms.client, &store, "FAILED").await;
        assert_eq!(failed["ConnectionErrorCode"], code, "{fault:?}");
        kms.refuses("ConnectCustomKeyStore", by_id.clone(), "CustomKeyStoreInvalidStateException").await;
        kms.call("DisconnectCustomKeyStore", by_id.clone()).await;
    }
    proxy.set(Fault::None);
    connect(&kms, &store).await;
    kms.call("ConnectCustomKeyStore", by_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_nobody_vouches_for_or_knows_is_not_reached() {
    let (kms, _proxy) = start_with_proxy().await;
    let mut unknown = store_input("store");
    unknown["XksProxyUriEndpoint"] = json!("https://nowhere.invalid");
    kms.refuses("CreateCustomKeyStore", unknown, "XksProxyUriUnreachableException").await;
    let mut secret = store_input("store");
    secret["XksProxyAuthenticationCredential"]["RawSecretAccessKey"] = json!("w".repeat(43));
    kms.refuses("CreateCustomKeyStore", secret, "XksProxyIncorrectAuthenticationCredentialException").await;

    // Another proxy, whose authority isn't the configured one.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = XksTestProxy::start(elsewhere.path());
    let (kms, _proxy) = start_with(|config| config.external_key_stores.resolve = stranger.resolve()).await;
    let message =
        kms.refuses("CreateCustomKeyStore", store_input("store"), "XksProxyUriUnreachableException").await;
    assert!(message.contains("TLS"), "{message}");
    assert!(stranger.requests("").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_a_store_lacks_or_must_not_have_are_refused() {
    let (kms, _proxy) = start_with_proxy().await;
    for (member, value, code) in [
        ("XksProxyConnectivity", Value::Null, "ValidationException"),
        ("XksProxyUriEndpoint", Value::Null, "ValidationException"),
        ("XksProxyUriPath", Value::Null, "ValidationException"),
        ("XksProxyAuthenticationCredential", Value::Null, "ValidationException"),
        ("XksProxyUriEndpoint", json!("http://xks.example.com"), "ValidationException"),
        ("XksProxyUriEndpoint", json!("https://xks.example.com:8443"), "ValidationException"),
        ("XksProxyUriPath", json!("/kms/xks/v1/"), "ValidationException"),
        ("KeyStorePassword", json!("password"), "ValidationException"),
        ("XksProxyConnectivity", json!("VPC_ENDPOINT_SERVICE"), "ValidationException"),
        ("CustomKeyStoreType", Value::Null, "ValidationException"),
    ] {
        let mut input = store_input("store");
        input[member] = value;
        if input[member].is_null() {
            input.as_object_mut().unwrap().remove(member);
        }
        kms.refuses("CreateCustomKeyStore", input, code).await;
    }
    let mut vpc = store_input("store");
    vpc["XksProxyConnectivity"] = json!("VPC_ENDPOINT_SERVICE");
    vpc["XksProxyVpcEndpointServiceName"] = json!("com.amazonaws.vpce.us-east-1.vpce-svc-example1");
    kms.refuses("CreateCustomKeyStore", vpc, "XksProxyVpcEndpointServiceNotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_key_must_be_suitable_and_its_own() {
    let (kms, proxy) = start_with_proxy().await;
    let (store, _) = store_with_key(&kms).await;
    for (external, code) in [
        ("none-1", "XksKeyNotFoundException"),
        ("rsa-1", "XksKeyInvalidConfigurationException"),
        ("disabled-1", "XksKeyInvalidConfigurationException"),
        ("sealing-1", "XksKeyInvalidConfigurationException"),
        ("key-1", "XksKeyAlreadyInUseException"),
        ("..", "ValidationException"),
        ("a/b", "ValidationException"),
    ] {
        kms.refuses("CreateKey", key_input(&store, external), code).await;
    }
    for (change, code) in [
        (json!({ "XksKeyId": null }), "ValidationException"),
        (json!({ "CustomKeyStoreId": null }), "ValidationException"),
        (json!({ "Origin": "AWS_KMS" }), "ValidationException"),
        (json!({ "Origin": "AWS_CLOUDHSM", "XksKeyId": null }), "ValidationException"),
        (json!({ "MultiRegion": true }), "UnsupportedOperationException"),
        (json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" }), "UnsupportedOperationException"),
        (json!({ "CustomKeyStoreId": "cks-none" }), "CustomKeyStoreNotFoundException"),
    ] {
        let mut input = key_input(&store, "key-2");
        for (member, value) in change.as_object().unwrap() {
            if value.is_null() {
                input.as_object_mut().unwrap().remove(member);
            } else {
                input[member] = value.clone();
            }
        }
        kms.refuses("CreateKey", input, code).await;
    }
    for (fault, code) in [
        (refusal(403, "AccessDeniedException"), "KMSInvalidStateException"),
        (refusal(400, "InvalidStateException"), "XksKeyInvalidConfigurationException"),
        (refusal(401, "AuthenticationFailedException"), "CustomKeyStoreInvalidStateException"),
        (Fault::Answers(200, "{}".to_owned()), "CustomKeyStoreInvalidStateException"),
    ] {
        proxy.set(fault);
        kms.refuses("CreateKey", key_input(&store, "key-2"), code).await;
    }
    proxy.set(Fault::None);
    assert_eq!(kms.call("ListKeys", json!({})).await["Keys"].as_array().unwrap().len(), 1);
    let random = json!({ "NumberOfBytes": 8, "CustomKeyStoreId": store });
    kms.refuses("GenerateRandom", random, "UnsupportedOperationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lying_proxy_answers_is_never_used() {
    let (kms, proxy) = start_with_proxy().await;
    let (_, key) = store_with_key(&kms).await;
    let blob = kms.encrypt(&key, HELLO).await;
    let (encrypt, decrypt) = (json!({ "KeyId": key, "Plaintext": HELLO }), json!({ "CiphertextBlob": blob }));
    let base64 = |length: usize| json!(STANDARD.encode(vec![7; length]));
    let mut lies: Vec<(&str, Fault)> = faults().into_iter().map(|(fault, _, _)| ("Encrypt", fault)).collect();
    // The health of a proxy is no part of an encryption.
    lies.retain(|(_, fault)| !matches!(fault, Fault::Changes(..)));
    lies.extend([
        ("Encrypt", Fault::Changes("ciphertextDataIntegrityValue", base64(32))),
        ("Encrypt", Fault::Changes("ciphertextDataIntegrityValue", Value::Null)),
        ("Encrypt", Fault::Changes("ciphertext", base64(21))),
        ("Encrypt", Fault::Changes("ciphertext", base64(20))),
        ("Encrypt", Fault::Changes("ciphertext", json!("%%%"))),
        ("Encrypt", Fault::Changes("initializationVector", base64(13))),
        ("Encrypt", Fault::Changes("authenticationTag", base64(15))),
        ("Encrypt", Fault::Changes("ciphertextMetadata", base64(21))),
        ("Decrypt", Fault::Changes("plaintext", base64(21))),
        ("Decrypt", Fault::Changes("plaintext", base64(20))),
        ("Decrypt", Fault::Changes("plaintext", base64(0))),
        ("Decrypt", Fault::Changes("plaintext", json!(7))),
        ("Decrypt", refusal(404, "KeyNotFoundException")),
        ("Decrypt", refusal(429, "ThrottlingException")),
    ]);
    for (operation, fault) in lies {
        proxy.set(fault.clone());
        let input = if operation == "Encrypt" { encrypt.clone() } else { decrypt.clone() };
        let (code, message) = kms.refused(operation, input).await;
        assert_eq!(code, "KMSInvalidStateException", "{operation} {fault:?}: {message}");
        assert!(!message.contains("own words"), "{message}");
    }
    proxy.set(Fault::None);
    assert_eq!(kms.call("Decrypt", decrypt).await["Plaintext"], HELLO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_hangs_holds_up_its_own_keys_only() {
    let (kms, proxy) = start_with(|config| {
        config.external_key_stores.time_limit_ms = 2_000;
        config.external_key_stores.attempts = 1;
        config.external_key_stores.max_concurrent_requests = 2;
    })
    .await;
    let (_, key) = store_with_key(&kms).await;
    let own = kms.new_key().await;
    kms.encrypt(&own, HELLO).await;
    proxy.set(Fault::Waits(Duration::from_secs(30)));
    let encrypt = json!({ "KeyId": key, "Plaintext": HELLO });
    let hanging = futures::future::join_all((0..8).map(|_| kms.client.call("Encrypt", encrypt.clone())));
    let others = async {
        let mut done = 0;
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(1_500) {
            kms.encrypt(&own, HELLO).await;
            done += 1;
        }
        done
    };
    let (hanging, others) = futures::future::join(hanging, others).await;
    assert!(others > 5, "{others}");
    let mut waited = 0;
    for answer in &hanging {
        assert_eq!(answer.error(), "KMSInvalidStateException", "{}", answer.text);
        waited += usize::from(answer.message().contains("in time"));
    }
    assert!((2..8).contains(&waited), "{waited} of 8 reached the proxy");
    proxy.set(Fault::None);
    kms.encrypt(&key, HELLO).await;
}
