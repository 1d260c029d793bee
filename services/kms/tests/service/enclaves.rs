//! Answers for enclaves: who gets them, who decides, and what is recorded.

use std::sync::Arc;

use keywright_attestation::testing::{TestHypervisor, test_register};
use keywright_aws_api::Clock as _;
use keywright_kms::enclaves::EnclavesSection;
use keywright_local_stack::testing::database;
use keywright_service::testing::{TestClock, base_config_in, records};
use serde_json::{Value, json};
use time::Duration;

use crate::harness::{HELLO, TestKms, blob, bytes, client, config, run, start_with, text};
use crate::openssl::OpenSsl;
use crate::principals::{ALICE, BOB, ROOT, principals};

/// A KMS that trusts a hypervisor, and an enclave under that.
struct Enclave {
    kms: TestKms,
    hypervisor: TestHypervisor,
    openssl: OpenSsl,
    public_key: Vec<u8>,
}

impl Enclave {
    async fn start() -> Self {
        let (database, dir, clock) = (database().await, tempfile::tempdir().unwrap(), TestClock::default());
        let hypervisor = TestHypervisor::new(clock.now());
        let root = dir.path().join("enclaves.pem");
        std::fs::write(&root, hypervisor.root()).unwrap();
        let mut config = config(base_config_in(&database, dir.path()), dir.path());
        config.enclaves = EnclavesSection { root_certificate_file: Some(root) };
        let running = run(config, Arc::new(principals()), &clock).await;
        let openssl = OpenSsl::new();
        openssl.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out enclave.pem");
        let public_key = openssl.run("pkey -in enclave.pem -pubout -outform DER");
        let kms = TestKms { client: client(&running), running, clock, database, dir };
        Self { kms, hypervisor, openssl, public_key }
    }

    fn recipient(&self) -> Value {
        recipient(&self.hypervisor.document(self.kms.clock.now(), &self.public_key))
    }

    /// What only the enclave can read.
    fn decrypt(&self, answer: &Value) -> Vec<u8> {
        self.openssl.put("message", &bytes(&answer["CiphertextForRecipient"]));
        self.openssl.run("cms -decrypt -binary -inform DER -in message -inkey enclave.pem")
    }

    /// A call for the enclave.
    async fn call(&self, operation: &str, mut input: Value) -> Value {
        input["Recipient"] = self.recipient();
        self.kms.call(operation, input).await
    }
}

fn recipient(document: &[u8]) -> Value {
    json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": blob(document) })
}

fn policy(action: &str, condition: Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "AWS": ALICE }, "Action": action, "Resource": "*",
          "Condition": condition },
    ] })
    .to_string()
}

fn register(number: u8) -> String {
    test_register(number).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_the_enclave_and_nobody_else() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let key = kms.new_key().await;
    let blob_of = async |plaintext: &str| kms.encrypt(&key, plaintext).await;
    let decrypt = async |blob: &Value| {
        bytes(&kms.call("Decrypt", json!({ "CiphertextBlob": blob })).await["Plaintext"])
    };

    let answer = enclave.call("Decrypt", json!({ "CiphertextBlob": blob_of(HELLO).await })).await;
    assert!(answer.get("Plaintext").is_none(), "{answer}");
    assert_eq!(enclave.decrypt(&answer), b"hello");

    let answer = enclave.call("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })).await;
    assert!(answer.get("Plaintext").is_none(), "{answer}");
    assert_eq!(enclave.decrypt(&answer), decrypt(&answer["CiphertextBlob"]).await);

    let pair = json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" });
    let answer = enclave.call("GenerateDataKeyPair", pair).await;
    assert!(answer.get("PrivateKeyPlaintext").is_none(), "{answer}");
    let private = enclave.decrypt(&answer);
    assert_eq!(private, decrypt(&answer["PrivateKeyCiphertextBlob"]).await);
    enclave.openssl.put("private.der", &private);
    let public = enclave.openssl.run("pkey -inform DER -in private.der -pubout -outform DER");
    assert_eq!(public, bytes(&answer["PublicKey"]));

    let answer = enclave.call("GenerateRandom", json!({ "NumberOfBytes": 1024 })).await;
    assert!(answer.get("Plaintext").is_none(), "{answer}");
    assert_eq!(enclave.decrypt(&answer).len(), 1024);

    let agreement = kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await;
    let peer = kms.public_key(&kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await).await;
    let derive = json!({ "KeyId": agreement, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob(peer) });
    let answer = enclave.call("DeriveSharedSecret", derive.clone()).await;
    assert!(answer.get("SharedSecret").is_none(), "{answer}");
    let shared = kms.call("DeriveSharedSecret", derive).await;
    assert!(shared.get("CiphertextForRecipient").is_none());
    assert_eq!(enclave.decrypt(&answer), bytes(&shared["SharedSecret"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_tell_which_enclave_it_was_and_no_plaintext() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let key = kms.new_key().await;
    let marker = blob("a plaintext that is nowhere");
    let ciphertext = kms.encrypt(&key, &marker).await;
    let answer = enclave.call("Decrypt", json!({ "CiphertextBlob": ciphertext })).await;
    assert_eq!(enclave.decrypt(&answer), b"a plaintext that is nowhere");
    enclave.call("GenerateRandom", json!({ "NumberOfBytes": 16 })).await;
    let recipient = json!({
        "attestationDocumentModuleId": "i-0123456789abcdef0-enc0123456789abcdef",
        "attestationDocumentEnclaveImageDigest": register(0),
        "attestationDocumentEnclavePCR1": register(1),
        "attestationDocumentEnclavePCR2": register(2),
        "attestationDocumentEnclavePCR3": register(3),
        "attestationDocumentEnclavePCR4": register(4),
        "attestationDocumentEnclavePCR8": register(8),
    });
    let decrypted = kms.record_of("Decrypt", 4).await;
    assert_eq!(decrypted["additionalEventData"]["recipient"], recipient);
    assert_eq!(decrypted["additionalEventData"]["keyMaterialId"], answer["KeyMaterialId"]);
    assert_eq!(kms.record_of("GenerateRandom", 4).await["additionalEventData"]["recipient"], recipient);
    for record in records(kms.running.journal(), 4).await {
        let record = record.to_string();
        let secret = [&marker, "a plaintext that", &text(&answer["CiphertextForRecipient"])];
        assert!(!secret.iter().any(|secret| record.contains(&**secret)), "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nitro_tpm_is_recorded_and_asked_for_by_its_own_names() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let fields = enclave.hypervisor.fields(kms.clock.now(), &enclave.public_key);
    let pcrs = fields.0.iter().find(|(name, _)| name.as_text() == Some("pcrs")).unwrap().1.clone();
    let document = enclave.hypervisor.sign(&fields.without("pcrs").set("nitrotpm_pcrs", pcrs));
    let key = kms.new_key().await;
    for (name, expected) in [("NitroTPMPCR4", ""), ("PCR4", "AccessDeniedException")] {
        let key_name = format!("kms:RecipientAttestation:{name}");
        let policy = policy("kms:GenerateDataKey", json!({ "StringEquals": { key_name: register(4) } }));
        kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })).await;
        let input = json!({ "KeyId": key, "KeySpec": "AES_128", "Recipient": recipient(&document) });
        let answer = kms.by("AKIAALICE").call("GenerateDataKey", input).await;
        assert_eq!(answer.error(), expected, "{name}");
    }
    let record = kms.record_of("GenerateDataKey", 5).await;
    assert_eq!(record["errorCode"], "AccessDeniedException");
    assert_eq!(
        record["additionalEventData"]["recipient"],
        json!({
            "attestationDocumentModuleId": "i-0123456789abcdef0-enc0123456789abcdef",
            "attestationDocumentNitroTPMPCR4": register(4),
            "attestationDocumentNitroTPMPCR7": register(7),
            "attestationDocumentNitroTPMPCR8": register(8),
            "attestationDocumentNitroTPMPCR9": register(9),
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_ask_for_what_was_measured() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let key = kms.new_key().await;
    let agreement = kms.new_key_of("ECC_NIST_P256", "KEY_AGREEMENT").await;
    let peer = blob(kms.public_key(&agreement).await);
    let derive = json!({ "KeyId": agreement, "KeyAgreementAlgorithm": "ECDH", "PublicKey": peer });
    let operations = [
        ("Decrypt", &key, json!({ "CiphertextBlob": kms.encrypt(&key, HELLO).await })),
        ("GenerateDataKey", &key, json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ("GenerateDataKeyPair", &key, json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })),
        ("DeriveSharedSecret", &agreement, derive),
    ];
    let fresh = enclave.recipient();
    let other = TestHypervisor::new(kms.clock.now()).document(kms.clock.now(), &enclave.public_key);
    let rows = [
        ("ImageSha384", register(0), &fresh, ""),
        ("imagesha384", register(0).to_uppercase(), &fresh, ""),
        ("PCR0", register(0), &fresh, ""),
        ("PCR15", register(15), &fresh, ""),
        ("PCR15", register(14), &fresh, "AccessDeniedException"),
        ("PCR16", register(0), &fresh, "AccessDeniedException"),
        ("PCR015", register(15), &fresh, "AccessDeniedException"),
        ("NitroTPMPCR0", register(0), &fresh, "AccessDeniedException"),
        ("ImageSha384", register(1), &fresh, "AccessDeniedException"),
        ("ImageSha384", register(0), &recipient(&other), "AccessDeniedException"),
        ("ImageSha384", register(0), &Value::Null, "AccessDeniedException"),
    ];
    for (operation, key, input) in operations {
        for (name, value, recipient, expected) in &rows {
            let name = format!("kms:RecipientAttestation:{name}");
            let condition = json!({ "StringEqualsIgnoreCase": { name.as_str(): value } });
            let policy = policy(&format!("kms:{operation}"), condition);
            kms.call("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })).await;
            let mut input = input.clone();
            if !recipient.is_null() {
                input["Recipient"] = (*recipient).clone();
            }
            let answer = kms.by("AKIAALICE").call(operation, input).await;
            assert_eq!(answer.error(), *expected, "{operation} {name} {value}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_gives_no_more_than_a_deny_without_attestation_leaves() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": ROOT }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": { "AWS": BOB }, "Action": "kms:GenerateDataKey", "Resource": "*",
          "Condition": { "StringNotEquals": { "kms:RecipientAttestation:PCR1": register(1) } } },
    ] });
    let key =
        text(&kms.call("CreateKey", json!({ "Policy": policy.to_string() })).await["KeyMetadata"]["KeyId"]);
    let (_, token) =
        kms.grant(json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["GenerateDataKey"] })).await;
    let mut input = json!({ "KeyId": key, "KeySpec": "AES_256", "GrantTokens": [token] });
    let refused = kms.by("AKIABOB").call("GenerateDataKey", input.clone()).await;
    assert_eq!(refused.error(), "AccessDeniedException", "{}", refused.text);
    input["Recipient"] = enclave.recipient();
    kms.by("AKIABOB").call("GenerateDataKey", input).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_not_to_be_trusted_is_refused() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let key = kms.new_key().await;
    let document = enclave.hypervisor.document(kms.clock.now(), &enclave.public_key);
    let mut forged = document.clone();
    *forged.last_mut().unwrap() ^= 1;
    let stranger = TestHypervisor::new(kms.clock.now()).document(kms.clock.now(), &enclave.public_key);
    let without_algorithm = json!({ "AttestationDocument": blob(&document) });
    let without_document = json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256" });
    let rows = [
        (recipient(&forged), "signature does not verify"),
        (recipient(&stranger), "does not chain up"),
        (recipient(&document[1..]), "not a COSE_Sign1"),
        (recipient(&vec![0x9f; 200_000]), "it is too long"),
        (recipient(&vec![0; 262_145]), "'recipient.attestationDocument'"),
        (without_algorithm, "must have both"),
        (without_document, "must have both"),
        (json!({}), "must have both"),
        (
            json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_1", "AttestationDocument": blob(&document) }),
            "'recipient.keyEncryptionAlgorithm'",
        ),
    ];
    for (recipient, reason) in rows {
        for (operation, input) in [
            ("GenerateRandom", json!({ "NumberOfBytes": 8, "Recipient": recipient })),
            ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256", "Recipient": recipient })),
        ] {
            let message = kms.refuses(operation, input, "ValidationException").await;
            assert!(message.contains(reason), "{operation}: {message}");
        }
    }
    // What is two minutes old is six minutes old by the service's clock four minutes later.
    let earlier = kms.clock.now() - Duration::minutes(2);
    let earlier = enclave.hypervisor.document(earlier, &enclave.public_key);
    let input = json!({ "NumberOfBytes": 8, "Recipient": recipient(&earlier) });
    kms.call("GenerateRandom", input.clone()).await;
    kms.clock.advance(Duration::minutes(4));
    let message = kms.refuses("GenerateRandom", input, "ValidationException").await;
    assert!(message.contains("last five minutes"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_checks_the_document_too() {
    let enclave = Enclave::start().await;
    let kms = &enclave.kms;
    let key = kms.new_key().await;
    let mut input =
        json!({ "KeyId": key, "KeySpec": "AES_256", "DryRun": true, "Recipient": enclave.recipient() });
    kms.refuses("GenerateDataKey", input.clone(), "DryRunOperationException").await;
    input["Recipient"] = recipient(b"nonsense");
    kms.refuses("GenerateDataKey", input, "ValidationException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_root_certificate_nothing_is_believed() {
    let kms = start_with(principals()).await;
    let hypervisor = TestHypervisor::new(kms.clock.now());
    let document = hypervisor.document(kms.clock.now(), b"whatever");
    let input = json!({ "NumberOfBytes": 8, "Recipient": recipient(&document) });
    let message = kms.refuses("GenerateRandom", input, "UnsupportedOperationException").await;
    assert!(message.contains("no root certificate is configured"), "{message}");
}
