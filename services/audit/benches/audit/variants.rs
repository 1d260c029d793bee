//! Other ways to store the same events: with the whole record in each row.

use keywright_audit::domain::event::Event;
use keywright_audit_log::Entry;
use time::OffsetDateTime;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

#[derive(Clone, Copy)]
pub(crate) enum Variant {
    Unnest,
    Staging,
}

pub(crate) const ALL: [Variant; 2] = [Variant::Unnest, Variant::Staging];

impl Variant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unnest => "unnest, ON CONFLICT DO NOTHING, the record in its row",
            Self::Staging => {
                "COPY into a staging table, then INSERT ON CONFLICT DO NOTHING, the record in its row"
            }
        }
    }
}

/// A table like that of events, with its indexes, and with the record.
pub(crate) async fn prepare(client: &Client) {
    let today = OffsetDateTime::now_utc().date();
    let partition = format!("events_{:04}{:02}{:02}", today.year(), u8::from(today.month()), today.day());
    client.execute("SELECT make_event_partitions(ARRAY[$1::date])", &[&today]).await.unwrap();
    let sql = format!(
        "CREATE TABLE variant (LIKE {partition} INCLUDING ALL);
         ALTER TABLE variant ADD COLUMN record bytea NOT NULL, DROP COLUMN block_id, DROP COLUMN ordinal;
         CREATE TEMPORARY TABLE staging (LIKE variant);"
    );
    client.batch_execute(&sql).await.unwrap();
}

pub(crate) async fn store(variant: Variant, client: &Client, entries: &[Entry], batch: usize) {
    for part in entries.chunks(batch) {
        let now = OffsetDateTime::now_utc();
        let events: Vec<Event> = part.iter().map(|entry| Event::read(&entry.payload, now).unwrap()).collect();
        client.batch_execute("BEGIN").await.unwrap();
        match variant {
            Variant::Unnest => unnest(client, &events).await,
            Variant::Staging => staging(client, &events).await,
        }
        client.batch_execute("COMMIT").await.unwrap();
    }
}

async fn unnest(client: &Client, events: &[Event]) {
    let text = |of: fn(&Event) -> Option<&str>| events.iter().map(of).collect::<Vec<_>>();
    let times: Vec<OffsetDateTime> = events.iter().map(|event| event.time).collect();
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let texts = [
        text(|event| Some(&event.account)),
        text(|event| Some(&event.region)),
        text(|event| Some(&event.name)),
        text(|event| Some(&event.source)),
        text(|event| event.username.as_deref()),
        text(|event| event.access_key_id.as_deref()),
        text(|event| event.error_code.as_deref()),
        text(|event| event.principal_arn.as_deref()),
        text(|event| event.source_ip_address.as_deref()),
        text(|event| event.resources.first()?.resource_type.as_deref()),
        text(|event| Some(&event.resources.first()?.name)),
    ];
    let read_only: Vec<bool> = events.iter().map(|event| event.read_only).collect();
    let records: Vec<&[u8]> = events.iter().map(|event| &*event.record).collect();
    let sql = "INSERT INTO variant (event_time, event_id, account, region, event_name, event_source, username, access_key_id,
                   error_code, principal_arn, source_ip_address, resource_type, resource_name, read_only, record)
               SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                   $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bool[], $15::bytea[])
                   ON CONFLICT DO NOTHING";
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&times, &ids];
    parameters.extend(texts.iter().map(|column| column as &(dyn ToSql + Sync)));
    parameters.extend([&read_only as &(dyn ToSql + Sync), &records]);
    client.execute(sql, &parameters).await.unwrap();
}

async fn staging(client: &Client, events: &[Event]) {
    let columns =
        "event_time, event_id, account, region, event_name, event_source, username, access_key_id, read_only,
                   error_code, principal_arn, source_ip_address, resource_type, resource_name, record";
    let sink = client.copy_in(&format!("COPY staging ({columns}) FROM STDIN (FORMAT binary)")).await.unwrap();
    let mut types = vec![Type::TIMESTAMPTZ, Type::UUID];
    types.extend([Type::TEXT; 6]);
    types.push(Type::BOOL);
    types.extend([Type::TEXT; 5]);
    types.push(Type::BYTEA);
    let writer = BinaryCopyInWriter::new(sink, &types);
    tokio::pin!(writer);
    for event in events {
        let first = event.resources.first();
        let (kind, name) =
            (first.and_then(|first| first.resource_type.as_deref()), first.map(|first| &*first.name));
        let record = &*event.record;
        let row: [&(dyn ToSql + Sync); 15] = [
            &event.time,
            &event.id,
            &event.account,
            &event.region,
            &event.name,
            &event.source,
            &event.username,
            &event.access_key_id,
            &event.read_only,
            &event.error_code,
            &event.principal_arn,
            &event.source_ip_address,
            &kind,
            &name,
            &record,
        ];
        writer.as_mut().write(&row).await.unwrap();
    }
    writer.finish().await.unwrap();
    let sql = format!(
        "INSERT INTO variant ({columns}) SELECT {columns} FROM staging ON CONFLICT DO NOTHING; TRUNCATE staging"
    );
    client.batch_execute(&sql).await.unwrap();
}
