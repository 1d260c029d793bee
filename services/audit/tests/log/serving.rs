//! The service as a whole: it keeps the log by itself, and serves it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_audit::admin::{SIGNING_NAME, TARGET_PREFIX};
use keywright_audit::app::start_with;
use keywright_audit::config::{Config, ConsumerSection, DEFAULTS, LakeSection, RetentionSection};
use keywright_audit::consumer::SourceConfig;
use keywright_audit::log::LogSection;
use keywright_audit::log::verify::{Asked, LogSource as _, Online, verify};
use keywright_audit::notifications::NotificationsSection;
use keywright_audit::trail_files::TrailSection;
use keywright_audit_log::{Entry, Journal, JournalConfig};
use keywright_aws_api::SystemClock;
use keywright_crypto::SecretString;
use keywright_local_stack::testing::database;
use keywright_service::client::http_client;
use keywright_service::testing::{
    ADMINISTRATOR, REGION, TestClient, TestCredentials, base_config, identity_client, surroundings,
};
use keywright_service::{Destination, KmsSection, ServiceClient, ServiceKey, Settings};
use keywright_transparency_log::{
    Checkpoint, Hash, KeyKind, Note, ProofText, VerifierKey, verify_consistency,
};
use serde_json::json;
use time::OffsetDateTime;

use crate::fake_kms::FakeKms;
use crate::rig::{event, id};

#[tokio::test(flavor = "multi_thread")]
async fn the_service_keeps_and_serves_its_log() {
    let (database, kms) = (database().await, FakeKms::start());
    let (base, dir) = base_config(&database);
    let settings = Settings::load(DEFAULTS).unwrap();
    let log = LogSection { interval_seconds: 1, ..LogSection::from_settings(&settings).unwrap() };
    let config = Config {
        base,
        identity: identity_client(dir.path(), "KWAUDIT"),
        consumer: ConsumerSection::from_settings(&settings).unwrap(),
        retention: RetentionSection { days: None },
        lake: LakeSection::from_settings(&settings).unwrap(),
        trail: TrailSection::from_settings(&settings).unwrap(),
        notifications: NotificationsSection::from_settings(&settings).unwrap(),
        kms: KmsSection { endpoint: kms.endpoint() },
        log,
    };
    let journal = Journal::open(JournalConfig::new(dir.path().join("kms"), "kms")).unwrap();
    let credentials =
        TestCredentials::standard().user("AKIAOTHER", "444455556666", "other", &[ADMINISTRATOR]);
    let source = SourceConfig::Journals(vec![journal.clone()]);
    let running = start_with(config, source, surroundings(credentials)).await.unwrap();
    let url = format!("http://{}", running.address());
    let key =
        VerifierKey::from_spki("keywright/audit/111122223333", KeyKind::Note, &kms.public_key()).unwrap();
    let online = Online::new(&url, admin_client(&url));

    for number in 0..300 {
        journal.append(Entry::new(id(number), "key", event(number).to_string())).await.unwrap();
    }
    let note = until_signed(&online, 300).await;
    let checkpoint = Checkpoint::parse(Note::parse(&note).unwrap().text()).unwrap();
    // Whoever asks for its records makes new ones: the check goes by the checkpoint.
    let asked = Asked {
        key: &key,
        witnesses: &[],
        from: None,
        to: None,
        since: None,
        now: OffsetDateTime::now_utc(),
    };
    let report = verify(&online, &asked).await.unwrap();
    assert_eq!(report.findings, []);

    let http = http_client(Duration::from_secs(5)).unwrap();
    let get = async |path: &str| {
        let answer = http.get(format!("{url}/log/{path}")).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (status, kind, cache) =
            (answer.status().as_u16(), header("content-type"), header("cache-control"));
        (status, kind, cache, answer.bytes().await.unwrap())
    };
    let (status, kind, cache, body) = get("tile/0/000").await;
    assert_eq!((status, kind.as_str(), body.len()), (200, "application/octet-stream", 8_192));
    assert_eq!(cache, "public, max-age=31536000, immutable");
    // A narrower tile than there is by now is the beginning of it.
    assert_eq!(get("tile/0/000.p/5").await.3[..], body[..160]);
    let (status, kind, cache, _) = get("checkpoint").await;
    assert_eq!((status, kind.as_str(), cache.as_str()), (200, "text/plain; charset=utf-8", "no-cache"));
    for path in ["tile/0/9", "tile/5/000", "tile/0/x001/000", "tile/entries/000", "", "..%2Fmetrics"] {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
    assert_eq!(http.post(format!("{url}/log/checkpoint")).send().await.unwrap().status().as_u16(), 405);

    let client = TestClient::new(running.address(), "AKIAADMIN", SIGNING_NAME, TARGET_PREFIX);
    let proven = client.call("ProveEvent", json!({ "EventId": id(123) })).await.ok();
    let hashes = |value: &serde_json::Value| {
        let texts = value["Proof"].as_array().unwrap().iter();
        texts.map(|text| Hash::from_base64(text.as_str().unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let proof = ProofText {
        record: STANDARD.decode(proven["Record"].as_str().unwrap()).unwrap(),
        index: proven["LeafIndex"].as_u64().unwrap(),
        proof: hashes(&proven),
        checkpoint: Note::parse(proven["Checkpoint"].as_str().unwrap()).unwrap(),
    };
    assert_eq!(proof.record, event(123).to_string().into_bytes());
    proof.verify(&key).unwrap();
    let answer = client.call("GetConsistencyProof", json!({ "OldSize": checkpoint.size })).await.ok();
    let newer =
        Checkpoint::parse(Note::parse(answer["Checkpoint"].as_str().unwrap()).unwrap().text()).unwrap();
    let (old, new) = ((checkpoint.size, checkpoint.root), (newer.size, newer.root));
    verify_consistency(&hashes(&answer), old.0, old.1, new.0, new.1).unwrap();
    for (operation, input, error) in [
        ("ProveEvent", json!({ "EventId": id(999_999) }), "EventNotFoundException"),
        ("ProveEvent", json!({ "EventId": "x".repeat(36) }), "EventNotFoundException"),
        ("GetConsistencyProof", json!({ "OldSize": 1_000_000 }), "ValidationException"),
        ("GetConsistencyProof", json!({ "OldSize": 1, "NewSize": 2 }), "NotSignedException"),
        ("ListStrays", json!({ "Day": "2026-02-31" }), "ValidationException"),
    ] {
        assert_eq!(client.call(operation, input.clone()).await.error(), error, "{operation} {input}");
    }

    // Records are for the first account's principals that a policy allows.
    let entries = json!({ "FirstLeaf": 0, "TreeSize": 300 });
    for other in ["AKIANOBODY", "AKIAOTHER"] {
        let refused = client.with_key(other).call("GetLogEntries", entries.clone()).await;
        assert_eq!(refused.error(), "AccessDeniedException", "{other}");
    }
    running.stop().await;
    journal.close().await;
}

fn admin_client(url: &str) -> ServiceClient {
    let destination =
        Destination { endpoint: url.to_owned(), signing_name: SIGNING_NAME, target_prefix: TARGET_PREFIX };
    let secret = SecretString::new(TestCredentials::secret_of("AKIAADMIN"));
    let key = ServiceKey { access_key_id: "AKIAADMIN".to_owned(), secret };
    ServiceClient::new(destination, &key, &REGION.parse().unwrap(), Arc::new(SystemClock)).unwrap()
}

async fn until_signed(online: &Online, size: u64) -> String {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let note = online.checkpoint().await.unwrap();
        let signed = note
            .as_deref()
            .map_or(0, |note| Checkpoint::parse(Note::parse(note).unwrap().text()).unwrap().size);
        if let Some(note) = note.filter(|_| signed >= size) {
            return note;
        }
        assert!(tokio::time::Instant::now() < deadline, "{signed} of {size} leaves are signed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
