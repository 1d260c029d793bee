//! Nothing secret where it could be read: not in the database, the journal or what goes over the wire.

use base64::Engine as _;
use keywright_service::testing::{Log, records};
use serde_json::json;

use crate::fixture::{Fixture, verifies};

/// Every row of every table of the service, as text.
async fn dump(f: &Fixture) -> String {
    let database = f.database.connect().await;
    let tables = database
        .query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", &[])
        .await
        .unwrap();
    assert!(tables.len() >= 10, "the tables are there");
    let mut dump = String::new();
    for table in tables {
        let name: String = table.get(0);
        // Bytes as they are, so that a secret in them would show.
        let columns = database
            .query(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1",
                &[&name],
            )
            .await
            .unwrap();
        for column in columns {
            let (column, data_type): (String, String) = (column.get(0), column.get(1));
            let shown = if data_type == "bytea" {
                format!("encode({column}, 'escape')")
            } else {
                format!("{column}::text")
            };
            for row in database.query(&format!("SELECT {shown} FROM {name}"), &[]).await.unwrap() {
                dump.push_str(row.get::<_, Option<&str>>(0).unwrap_or_default());
                dump.push('\n');
            }
        }
    }
    dump
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_access_key_is_in_the_database_the_records_or_the_log() {
    let log = Log::of_this_process();
    let f = Fixture::start().await;
    let (admin, alice) = (f.admin().await, f.user("alice", None).await);
    verifies(&f.credentials("kms", &f.kms), &alice, "kms").await.unwrap();
    verifies(&f.credentials("ssm", &f.ssm), &admin, "ssm").await.unwrap();

    let dump = dump(&f).await;
    assert!(dump.contains(alice.access_key_id.as_str()), "the dump has the rows");
    let records = records(f.app.running.journal(), 6).await;
    let records = serde_json::to_string(&records).unwrap();
    assert!(records.contains(alice.access_key_id.as_str()), "the records are there");
    let log = log.text();
    assert!(log.contains("identity was bootstrapped"), "the log is there");
    for key in [&admin, &alice, &f.kms, &f.ssm] {
        let secret = key.secret_access_key.expose_secret();
        for part in [secret, &secret[..20], &secret[20..]] {
            assert!(!dump.contains(part), "a secret access key is readable in the database");
            assert!(!records.contains(part), "a secret access key is readable in a record");
            assert!(!log.contains(part), "a secret access key is readable in the log");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_shows_nothing_on_the_wire() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let scope = f.scope("kms").to_string();
    let input = json!({
        "AccessKeyId": alice.access_key_id.as_str(), "Date": &scope[..8], "Region": "us-east-1", "Service": "kms",
        "Nonce": "AAAAAAAAAAAAAAAAAAAAAA==",
    });
    let first = f.internal(&f.kms).call("ResolveCredential", input.clone()).await.ok();
    let members: Vec<_> = first.as_object().unwrap().keys().collect();
    assert_eq!(members, ["SealedAnswer"]);
    let key = keywright_sigv4::SigningKey::derive(
        &alice.secret_access_key,
        f.scope("kms").date,
        "us-east-1",
        "kms",
    );
    let sealed = first["SealedAnswer"].as_str().unwrap();
    let sealed = base64::engine::general_purpose::STANDARD.decode(sealed).unwrap();
    assert!(!sealed.windows(8).any(|window| key.expose_secret().starts_with(window)));
    assert!(!sealed.windows(5).any(|window| window == b"alice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_moved_to_another_access_key_does_not_open() {
    let f = Fixture::start().await;
    let (alice, bob) = (f.user("alice", None).await, f.user("bob", None).await);
    let database = f.database.connect().await;
    let moved = database
        .execute(
            "UPDATE access_keys SET sealed_secret = (SELECT sealed_secret FROM access_keys WHERE access_key_id = $1)
             WHERE access_key_id = $2",
            &[&alice.access_key_id.as_str(), &bob.access_key_id.as_str()],
        )
        .await
        .unwrap();
    assert_eq!(moved, 1);
    let refused = verifies(&f.credentials("kms", &f.kms), &bob, "kms").await;
    assert!(refused.is_err(), "alice's secret served for bob");
    verifies(&f.credentials("kms", &f.kms), &alice, "kms").await.unwrap();
}
