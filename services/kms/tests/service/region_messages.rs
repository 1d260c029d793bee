use keywright_aws_api::Region;
use keywright_crypto::{HpkePrivateKey, SecretBytes, SystemRandom};
use keywright_kms::domain::domain_keys::{DomainKeys, StoredDomainKey};
use keywright_kms::domain::entry::KeyName;
use keywright_kms::domain::material::{KeyMaterial, MaterialOwner};
use keywright_kms::regions::envelope::{Between, Envelope};
use keywright_kms::regions::message::{Content, Message, ReplicaState};
use keywright_root_key::WrappedKey;
use keywright_service::testing::{ACCOUNT, records};
use serde_json::json;
use time::Duration;

use crate::harness::{HELLO, text};
use crate::regions::{Mode, Site, deliver, sites};

const EAST: &str = "us-east-1";
const WEST: &str = "eu-west-1";

fn replicate(key: &str) -> serde_json::Value {
    json!({ "KeyId": key, "ReplicaRegion": WEST })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_away_gets_no_key_and_leaves_none_behind() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    for mode in [Mode::Down, Mode::AnswersNonsense, Mode::Tampers] {
        west.network.becomes(mode);
        let answer = east.kms.client.call("ReplicateKey", replicate(&key)).await;
        assert_eq!((answer.status, answer.error()), (503, "ServiceUnavailableException"), "{mode:?}");
    }
    assert_eq!(east.regions(&key).await, [EAST]);
    assert_eq!(west.state(&key).await, "NotFoundException");
    west.network.becomes(Mode::Works);
    east.replicate(&key, &west).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_key_is_not_usable_before_it_is_complete_and_completed_after_crashes() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    let blob = east.kms.encrypt(&key, HELLO).await;
    // It is announced, and then the network breaks.
    west.network.then(&[Mode::Works], Mode::Down);
    east.kms.call("ReplicateKey", replicate(&key)).await;
    assert_eq!(west.state(&key).await, "Creating");
    west.until_count("key_materials", 0).await;
    let decrypt = json!({ "CiphertextBlob": blob });
    west.kms.refuses("Decrypt", decrypt.clone(), "KMSInvalidStateException").await;
    east.kms.refuses("ReplicateKey", replicate(&key), "AlreadyExistsException").await;

    // Both die; neither has forgotten it.
    let west = west.restarted(&[&east]).await;
    let east = east.restarted(&[&west]).await;
    assert_eq!(west.state(&key).await, "Creating");
    west.network.then(&[Mode::Tampers, Mode::AnswersNonsense, Mode::LosesAnswers], Mode::Works);
    west.knows(&east);
    west.until_state(&key, "Enabled").await;
    east.until_count("replications", 0).await;
    assert_eq!(west.kms.call("Decrypt", decrypt).await["Plaintext"], HELLO);
    west.until_count("key_materials", 1).await;
    assert_eq!(west.regions(&key).await, [EAST, WEST]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_announced_by_a_request_that_failed_goes_away() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    // The other Region has heard of it, but the request doesn't know that.
    west.network.then(&[Mode::LosesAnswers], Mode::Works);
    let answer = east.kms.client.call("ReplicateKey", replicate(&key)).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(west.state(&key).await, "Creating");
    assert_eq!(east.regions(&key).await, [EAST]);
    west.kms.clock.advance(Duration::seconds(61));
    west.until_state(&key, "NotFoundException").await;
    // Trying again works, whether it is gone by then or not.
    west.network.then(&[Mode::LosesAnswers], Mode::Works);
    east.kms.client.call("ReplicateKey", replicate(&key)).await;
    east.replicate(&key, &west).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_message_brings_nothing_back() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    east.until_count("replications", 0).await;
    let old = west.network.bodies();
    assert!(old.len() >= 2);
    west.kms.call("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 })).await;
    west.kms.clock.advance(Duration::days(8));
    west.until_count("keys", 0).await;
    west.until_count("replications", 0).await;
    west.kms.clock.advance(Duration::days(-8));
    east.until_regions(&key, &[EAST]).await;
    for body in old {
        let (status, _) = deliver(west.kms.running.address(), body).await;
        // It is heard, and changes nothing.
        assert_eq!(status, 200);
    }
    assert_eq!(west.state(&key).await, "NotFoundException");
    west.until_count("key_materials", 0).await;
    // It can be replicated anew, all the same.
    east.replicate(&key, &west).await;
    west.kms.encrypt(&key, HELLO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_regions_that_are_known_by_their_keys_are_heard() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    east.replicate(&key, &west).await;
    east.until_count("replications", 0).await;
    let address = east.kms.running.address();
    let stranger = HpkePrivateKey::generate(&SystemRandom).unwrap();
    // As if the replica key were gone, which would let its primary key go.
    let gone = |from: &str, to: &str, own_key: &HpkePrivateKey| {
        let (from, to) = (Region::parse(from).unwrap(), Region::parse(to).unwrap());
        let name = KeyName { account: ACCOUNT.parse().unwrap(), id: key.parse().unwrap() };
        let content = Content::Replica(ReplicaState { exists: false, held: Vec::new() });
        let message = Message::new(name, 1 << 40, content).encode().unwrap();
        let between = Between { own: &from, own_key, peer: &to, peer_key: east.peers.public_key() };
        let (envelope, _): (Envelope, _) = between.seal(&message, &SystemRandom).unwrap();
        serde_json::to_vec(&envelope).unwrap()
    };
    for (body, status, code) in [
        (gone(WEST, EAST, &stranger), 403, "AccessDeniedException"),
        (gone("ap-southeast-2", EAST, &stranger), 403, "AccessDeniedException"),
        (gone(WEST, WEST, &stranger), 403, "AccessDeniedException"),
        (b"{}".to_vec(), 400, "SerializationException"),
        (Vec::new(), 400, "SerializationException"),
        // What was sealed for the other Region.
        (west.network.bodies().remove(0), 403, "AccessDeniedException"),
    ] {
        let (answered, answer) = deliver(address, body).await;
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((answered, &answer["__type"]), (status, &json!(code)));
    }
    assert_eq!(east.regions(&key).await, [EAST, WEST]);
    let refused: Vec<_> = records(east.kms.running.journal(), 8)
        .await
        .into_iter()
        .filter(|record| record["eventName"] == "Deliver" && record["errorCode"].is_string())
        .collect();
    assert_eq!(refused.len(), 6, "{refused:#?}");
    assert!(refused.iter().all(|record| record["userIdentity"]["type"] == "Unknown"), "{refused:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_changed_its_key_pair_is_a_stranger_until_its_operator_says_otherwise() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({})).await;
    let forget = "DELETE FROM region_keys";
    west.kms.database.connect().await.execute(forget, &[]).await.unwrap();
    let west = west.restarted(&[&east]).await;
    let answer = east.kms.client.call("ReplicateKey", replicate(&key)).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(west.state(&key).await, "NotFoundException");
    east.knows(&west);
    east.replicate(&key, &west).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn material_never_crosses_the_network_in_the_clear() {
    let [east, west] = sites([EAST, WEST]).await;
    let description = "a description that would be seen";
    let key = east.primary(json!({})).await;
    let input = json!({ "KeyId": key, "ReplicaRegion": WEST, "Description": description });
    east.kms.call("ReplicateKey", input).await;
    west.until_state(&key, "Enabled").await;
    for body in west.network.bodies() {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let members: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(members, ["Enc", "From", "Sealed", "To"]);
        assert!(!body.to_string().contains(&key) && !body.to_string().contains(description));
    }
    // What is stored of the private half is wrapped.
    let row = east.kms.database.connect().await;
    let row = row.query_one("SELECT wrapped FROM region_keys", &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<u8>>(0).len(), 1 + 12 + 32 + 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_material_stays_in_its_region() {
    let [east, west] = sites([EAST, WEST]).await;
    let key = east.primary(json!({ "Origin": "EXTERNAL" })).await;
    import(&east, &key).await;
    east.kms.call("ReplicateKey", replicate(&key)).await;
    west.until_state(&key, "PendingImport").await;
    let there = west.describe(&key).await;
    assert_eq!((text(&there["Origin"]).as_str(), there["Enabled"].as_bool()), ("EXTERNAL", Some(false)));
    let wrapped = "key_materials WHERE wrapped IS NOT NULL";
    west.until_count(wrapped, 0).await;
    let blob = east.kms.encrypt(&key, HELLO).await;
    west.kms.refuses("Decrypt", json!({ "CiphertextBlob": blob }), "KMSInvalidStateException").await;
}

/// Gives a key material as an import would leave it.
async fn import(site: &Site, key: &str) {
    let connection = site.kms.database.connect().await;
    let row = connection.query_one("SELECT domain_key_id, wrapped FROM domain_keys", &[]).await.unwrap();
    let wrapped = WrappedKey::from_bytes(row.get::<_, Vec<u8>>(1)).unwrap();
    let path = site.kms.dir.path().join("root.key");
    let source = keywright_root_key::RootKeySource::KeyFile { path, create: false };
    let root = keywright_root_key::open(&source, &SystemRandom).unwrap();
    let stored = StoredDomainKey { id: row.get(0), wrapped };
    let domain_keys = DomainKeys::open(root, &stored).unwrap();
    let (domain_key, wrapping) = domain_keys.active().unwrap();
    let (region, key_id) = (site.region(), key.parse().unwrap());
    let owner = MaterialOwner { account: ACCOUNT.parse().unwrap(), region: &region, key_id };
    let material = KeyMaterial::new(key_id, SecretBytes::new(vec![7; 32]));
    let wrapped = material.wrap(owner, &wrapping, &SystemRandom).unwrap();
    let insert = "INSERT INTO key_materials (region, account_id, key_id, key_material_id, domain_key_id, wrapped, \
                  is_current, created_at, material_state, imported) \
                  VALUES ($1, $2, $3, $4, $5, $6, true, now(), 'CURRENT', true)";
    let id = material.id();
    let id = id.as_bytes().as_slice();
    connection.execute(insert, &[&site.region, &ACCOUNT, &key, &id, &domain_key, &wrapped]).await.unwrap();
    connection.execute("UPDATE keys SET key_state = 'Enabled' WHERE key_id = $1", &[&key]).await.unwrap();
}
