use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use keywright_kms::app::KmsApp;
use keywright_kms::changes::CHANNEL;
use keywright_kms::regions::peers::{Accounts, Peer};
use keywright_local_stack::testing::database;
use keywright_service::testing::{TestClock, TestCredentials, surroundings_at};
use serde_json::{Value, json};

use crate::custom_key_stores::{config_with, connect, key_input, new_store};
use crate::harness::{HELLO, TestKms, arn, blob, client, start, text};
use crate::importing::{import, quick_parameters};
use crate::regions::{Site, sites};
use crate::state_table::{DISABLED, OK, OTHER_KIND, STATE, STATES, TABLE, WITHOUT_KEYS};
use crate::xks_proxy::XksTestProxy;

const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";
const ELSEWHERE: &str = "eu-west-1";

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_in_the_table_or_uses_no_key() {
    let kms = start().await;
    let registered: BTreeSet<&str> = kms.running.apis()[0].operations().iter().map(|op| op.name).collect();
    let in_table: BTreeSet<&str> = TABLE.iter().map(|(row, _)| operation_of(row)).collect();
    let without_keys: BTreeSet<&str> = WITHOUT_KEYS.iter().copied().collect();
    assert_eq!(in_table.intersection(&without_keys).next(), None);
    assert_eq!(registered, in_table.union(&without_keys).copied().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_an_enabled_key_as_documented() {
    answers_as_documented("Enabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_disabled_key_as_documented() {
    answers_as_documented("Disabled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_key_pending_deletion_as_documented() {
    answers_as_documented("PendingDeletion").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_key_pending_replica_deletion_as_documented() {
    answers_as_documented("PendingReplicaDeletion").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_key_pending_import_as_documented() {
    answers_as_documented("PendingImport").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_an_unavailable_key_as_documented() {
    answers_as_documented("Unavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_key_that_is_being_created_as_documented() {
    answers_as_documented("Creating").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_for_a_key_that_is_being_updated_as_documented() {
    answers_as_documented("Updating").await;
}

async fn answers_as_documented(state: &'static str) {
    let column = STATES.iter().position(|known| *known == state).unwrap();
    let world = World::start(state).await;
    let mut prepared = Vec::new();
    for (number, (row, expected)) in TABLE.iter().enumerate() {
        prepared.push((*row, expected[column], world.prepare(operation_of(row), row, number).await));
    }
    for (_, _, (key, _)) in &prepared {
        world.bring(key).await;
    }
    world.until_all_are_there(&prepared.iter().map(|(_, _, (key, _))| key.clone()).collect::<Vec<_>>()).await;
    let mut wrong = Vec::new();
    for (row, expected, (key, input)) in prepared {
        let answer = world.kms.client.call(operation_of(row), input).await;
        let is_right = if expected == OTHER_KIND {
            answer.status == 400
        } else {
            answer.error() == expected && is_right_message(&key, row, state, expected, answer.message())
        };
        if !is_right {
            wrong.push(format!("{row}: {}, and not {expected:?}", answer.text));
        }
    }
    assert!(wrong.is_empty(), "of a key in {state}:\n{}", wrong.join("\n"));
}

/// The operation of a row of the table.
fn operation_of(row: &'static str) -> &'static str {
    row.split(' ').next().unwrap()
}

fn is_right_message(key: &str, row: &str, state: &str, code: &str, message: &str) -> bool {
    let in_words = match state {
        "PendingDeletion" => "pending deletion",
        "PendingReplicaDeletion" => "pending replica deletion",
        "PendingImport" => "pending import",
        "Unavailable" => "unavailable",
        "Creating" => "creating",
        _ => "updating",
    };
    match code {
        OK => true,
        DISABLED => message == format!("{} is disabled.", arn(key)),
        STATE if row == "CancelKeyDeletion" => message == format!("{} is not pending deletion.", arn(key)),
        STATE => message.starts_with(&format!("{} is {in_words}", arn(key))),
        _ => message.starts_with(&arn(key)),
    }
}

/// A KMS with all that brings keys into a state: an external key store and another Region.
struct World {
    state: &'static str,
    kms: TestKms,
    elsewhere: Site,
    store: String,
    policy: Value,
    _proxy: XksTestProxy,
}

impl World {
    async fn start(state: &'static str) -> Self {
        let (database, dir) = (database().await, tempfile::tempdir().unwrap());
        let proxy = XksTestProxy::start(dir.path());
        let config = config_with(&database, dir.path(), dir.path(), &proxy);
        let clock = TestClock::default();
        let surroundings = surroundings_at(Arc::new(TestCredentials::standard()), Arc::new(clock.clone()));
        let app = keywright_kms::app::start_app_with(config, surroundings).await.unwrap();
        let KmsApp { running, peers } = app;
        let [elsewhere] = sites([ELSEWHERE]).await;
        peers.introduce(elsewhere.as_peer());
        let address = format!("http://{}", running.address());
        let here = "us-east-1".parse().unwrap();
        elsewhere.peers.introduce(Peer::new(here, &address, peers.public_key().clone(), Accounts::All));
        let kms = TestKms { client: client(&running), running, clock, database, dir };
        let store = new_store(&kms).await;
        connect(&kms, &store).await;
        let policy =
            kms.call("GetKeyPolicy", json!({ "KeyId": kms.new_key().await })).await["Policy"].clone();
        Self { state, kms, elsewhere, store, policy, _proxy: proxy }
    }

    /// A key for a row, and the operation's input. The key isn't in the state yet.
    async fn prepare(&self, operation: &str, row: &str, number: usize) -> (String, Value) {
        let kms = &self.kms;
        let key = self.new_key(operation, number).await;
        let alias = format!("alias/{number}");
        kms.call("CreateAlias", json!({ "AliasName": alias, "TargetKeyId": key })).await;
        let made =
            if self.has_kind_for(operation) { made_by(kms, operation, &key).await } else { HELLO.into() };
        let mut input = input(operation, &key, &alias, &made, &self.policy);
        match row {
            "RetireGrant" | "RevokeGrant" => {
                let grant = json!({ "KeyId": key, "GranteePrincipal": ADMIN, "Operations": ["DescribeKey"] });
                input["GrantId"] = json!(kms.grant(grant).await.0);
            }
            "ImportKeyMaterial" if self.state != "Unavailable" => {
                let parameters = quick_parameters(kms, &key).await;
                input = parameters.input(&key, &material_for(operation), &json!({}));
            }
            "ReEncrypt to" => input["CiphertextBlob"] = json!(kms.encrypt(&kms.new_key().await, HELLO).await),
            "ReEncrypt from" => input["DestinationKeyId"] = json!(kms.new_key().await),
            "UpdateAlias from" => input["TargetKeyId"] = json!(kms.new_key().await),
            "UpdateAlias to" => {
                let other = json!({ "AliasName": input["AliasName"], "TargetKeyId": kms.new_key().await });
                kms.call("UpdateAlias", other).await;
            }
            _ => {}
        }
        (key, input)
    }

    async fn new_key(&self, operation: &str, number: usize) -> String {
        let imported = self.state == "PendingImport" || is_of_imports(operation);
        let is_of_regions = matches!(operation, "ReplicateKey" | "UpdatePrimaryRegion");
        let (spec, usage) = kind_for(operation);
        let mut create = json!({ "KeySpec": spec, "KeyUsage": usage });
        if self.state == "Unavailable" {
            create = key_input(&self.store, &format!("key-{number}"));
        } else {
            create["Origin"] = json!(if imported { "EXTERNAL" } else { "AWS_KMS" });
            create["MultiRegion"] = json!(self.is_set() || is_of_regions);
        }
        let key = text(&self.kms.call("CreateKey", create).await["KeyMetadata"]["KeyId"]);
        if imported && self.state != "Unavailable" {
            import(&self.kms, &key, &material_for(operation), json!({})).await;
        }
        if operation == "UpdatePrimaryRegion" && self.state == "Enabled" {
            let replica = json!({ "KeyId": key, "ReplicaRegion": ELSEWHERE });
            self.kms.call("ReplicateKey", replica).await;
            self.elsewhere.until_state(&key, "Enabled").await;
        }
        key
    }

    /// Custom key stores have keys for encryption only.
    fn has_kind_for(&self, operation: &str) -> bool {
        self.state != "Unavailable" || kind_for(operation).0 == "SYMMETRIC_DEFAULT"
    }

    /// Whether only another Region brings keys into the state, so that it is set here as that would.
    fn is_set(&self) -> bool {
        matches!(self.state, "PendingReplicaDeletion" | "Creating" | "Updating")
    }

    async fn bring(&self, key: &str) {
        let operation = match self.state {
            "Disabled" => "DisableKey",
            "PendingDeletion" => "ScheduleKeyDeletion",
            "PendingImport" => "DeleteImportedKeyMaterial",
            _ => return,
        };
        self.kms.call(operation, json!({ "KeyId": key })).await;
    }

    async fn until_all_are_there(&self, keys: &[String]) {
        if self.state == "Unavailable" {
            self.kms.call("DisconnectCustomKeyStore", json!({ "CustomKeyStoreId": self.store })).await;
        }
        if self.is_set() {
            let window = (self.state == "PendingReplicaDeletion").then_some(7_i32);
            let connection = self.kms.database.connect().await;
            let set = "UPDATE keys SET key_state = $1, pending_window_days = $2 WHERE key_id = ANY($3)";
            connection.execute(set, &[&self.state, &window, &keys]).await.unwrap();
            connection.execute("SELECT pg_notify($1, 'all')", &[&CHANNEL]).await.unwrap();
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        for key in keys {
            loop {
                let described = self.kms.call("DescribeKey", json!({ "KeyId": key })).await;
                let metadata = &described["KeyMetadata"];
                if metadata["KeyState"] == self.state {
                    assert_eq!(metadata["Enabled"], self.state == "Enabled");
                    break;
                }
                assert!(Instant::now() < deadline, "{metadata}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

fn is_of_imports(operation: &str) -> bool {
    matches!(operation, "GetParametersForImport" | "ImportKeyMaterial" | "DeleteImportedKeyMaterial")
}

/// The spec and the usage of the keys that an operation uses.
fn kind_for(operation: &str) -> (&'static str, &'static str) {
    match operation {
        "Sign" | "Verify" | "GetPublicKey" => ("ECC_NIST_P256", "SIGN_VERIFY"),
        "GenerateMac" | "VerifyMac" => ("HMAC_256", "GENERATE_VERIFY_MAC"),
        "DeriveSharedSecret" => ("ECC_NIST_P256", "KEY_AGREEMENT"),
        _ => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    }
}

/// Material for a key of that kind.
fn material_for(operation: &str) -> Vec<u8> {
    match kind_for(operation).0 {
        "ECC_NIST_P256" => {
            let pair = PrivateKey::generate(KeyPairSpec::NistP256, &SystemRandom).unwrap();
            pair.to_pkcs8().expose_secret().to_vec()
        }
        _ => vec![7; 32],
    }
}

/// What a key made that an operation is to be given: a ciphertext, a signature, a MAC, its public key.
async fn made_by(kms: &TestKms, operation: &str, key: &str) -> String {
    match operation {
        "Verify" => text(&kms.call("Sign", input("Sign", key, "", "", &Value::Null)).await["Signature"]),
        "VerifyMac" => {
            text(&kms.call("GenerateMac", input("GenerateMac", key, "", "", &Value::Null)).await["Mac"])
        }
        "DeriveSharedSecret" => blob(kms.public_key(key).await),
        "Decrypt" | "ReEncrypt" => kms.encrypt(key, HELLO).await,
        _ => HELLO.into(),
    }
}

fn input(operation: &str, key: &str, alias: &str, blob: &str, policy: &Value) -> Value {
    match operation {
        "CreateAlias" => json!({ "AliasName": format!("{alias}-2"), "TargetKeyId": key }),
        "UpdateAlias" => json!({ "AliasName": alias, "TargetKeyId": key }),
        "Verify" => {
            json!({ "KeyId": key, "Message": HELLO, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": blob })
        }
        "VerifyMac" => {
            json!({ "KeyId": key, "Message": HELLO, "MacAlgorithm": "HMAC_SHA_256", "Mac": blob })
        }
        "DeriveSharedSecret" => {
            json!({ "KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob })
        }
        "DeleteAlias" => json!({ "AliasName": alias }),
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            json!({ "KeyId": key, "KeyPairSpec": "ECC_NIST_P256" })
        }
        "UpdatePrimaryRegion" => json!({ "KeyId": key, "PrimaryRegion": ELSEWHERE }),
        _ => crate::refusals::input(operation, key, blob, policy, ""),
    }
}
