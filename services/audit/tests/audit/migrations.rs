//! What an earlier version stored is there in this one.

use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::store_config;
use keywright_store::Store;
use keywright_store::refinery::Target;
use time::macros::datetime;

use crate::events::{Made, until_whole};

/// 200 events over two days, as the first version had them; every third names a second resource.
#[tokio::test]
async fn events_of_the_first_version_become_leaves_and_lose_nothing() {
    let database = database().await;
    let store = migrated_to(&database, 1).await;
    let client = database.connect().await;
    client
        .batch_execute("SELECT make_event_partitions(ARRAY['2026-03-01', '2026-03-02']::date[])")
        .await
        .unwrap();
    for number in 0..200 {
        let time = datetime!(2026-03-01 22:00 UTC) + time::Duration::minutes(number);
        let event = Made::number(number.unsigned_abs()).at(time).with("/userIdentity/arn", "a\0b".into());
        let id = uuid::Uuid::from_u128(number.unsigned_abs().into());
        let record = event.0.to_string().into_bytes();
        client
            .execute(
                "INSERT INTO events VALUES ($1, $2, '1', 'r', 'Decrypt', 's', 'alice', NULL, true, NULL, $3)",
                &[&time, &id, &record],
            )
            .await
            .unwrap();
        for ordinal in 0..(if number % 3 == 0 { 2 } else { 1 }) {
            let resource =
                "INSERT INTO event_resources VALUES ($1, $2, $3, '1', 'r', 'T', 'arn:' || $3::int)";
            client.execute(resource, &[&time, &id, &ordinal]).await.unwrap();
        }
    }

    keywright_store::migrate(&store, keywright_audit::store::migrations()).await.unwrap();
    until_whole(&client, 200).await;
    let counts = "SELECT count(*) FILTER (WHERE resource_name = 'arn:0' AND resource_type = 'T'),
                         count(*) FILTER (WHERE principal_arn = E'a\\ufffdb'), count(DISTINCT block_id),
                         (SELECT count(*) FROM event_resources WHERE resource_name = 'arn:1' AND ordinal = 1)
                    FROM events";
    let counts = client.query_one(counts, &[]).await.unwrap();
    // 120 events of the first day in two blocks, 80 of the second in two more.
    assert_eq!(
        (counts.get(0), counts.get(1), counts.get(2), counts.get(3)),
        (200_i64, 200_i64, 4_i64, 67_i64)
    );
    for former in ["former_events", "former_events_20260301", "former_event_resources"] {
        let gone = client.query_one("SELECT to_regclass($1) IS NULL", &[&former]).await.unwrap();
        assert!(gone.get::<_, bool>(0), "{former}");
    }
}

async fn migrated_to(database: &TestDatabase, version: i32) -> Store {
    let store = Store::connect(&store_config(database)).await.unwrap();
    let migrations = keywright_audit::store::migrations().set_target(Target::Version(version));
    keywright_store::migrate(&store, migrations).await.unwrap();
    store
}
