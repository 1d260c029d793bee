//! Log files: the records behind the last ones, sorted by account and Region.

use std::collections::BTreeMap;

use keywright_audit_log::EventEnvelope;
use keywright_crypto::sha256;
use keywright_store::Store;
use time::OffsetDateTime;

use super::directory::Directory;
use super::error::TrailError;
use super::names;
use crate::store::trail_files::{self as store, Delivery, LogFile};

/// The records of one file.
struct Gathered {
    records: Vec<Vec<u8>>,
    oldest: OffsetDateTime,
    newest: OffsetDateTime,
}

/// Writes the files of the next range of leaves; says whether there was one.
pub(super) async fn step(
    store: &Store,
    directory: &Directory,
    now: OffsetDateTime,
) -> Result<bool, TrailError> {
    let Some(delivery) = begin(store, now).await? else { return Ok(false) };
    let files = write(store, directory, &delivery).await?;
    let transaction = store.begin().await?;
    store::finish(&transaction, &delivery, &files).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The range that was begun and not finished, or else a new one, which is noted.
async fn begin(store: &Store, now: OffsetDateTime) -> Result<Option<Delivery>, TrailError> {
    let transaction = store.begin().await?;
    if let Some(unfinished) = store::unfinished(&transaction).await? {
        transaction.rollback().await?;
        return Ok(Some(unfinished));
    }
    let begun = store::begin(&transaction, now).await?;
    transaction.commit().await?;
    Ok(begun)
}

async fn write(
    store: &Store,
    directory: &Directory,
    delivery: &Delivery,
) -> Result<Vec<LogFile>, TrailError> {
    let blocks = store::blocks(&store.connection().await?, delivery).await?;
    let mut gathered: BTreeMap<(String, String), Gathered> = BTreeMap::new();
    for block in blocks {
        let Some(records) = block.records else {
            tracing::warn!(
                block_id = block.id,
                "records were dropped by retention before the trail's files were written"
            );
            continue;
        };
        for record in records {
            let envelope =
                EventEnvelope::parse(&record).map_err(|_| TrailError::Record { block_id: block.id })?;
            let time = envelope.event_time;
            let place = (envelope.recipient_account_id, envelope.aws_region);
            // What our services ask each other is nobody's trail.
            if !is_account(&place.0) || !is_region(&place.1) {
                continue;
            }
            let file = gathered.entry(place).or_insert_with(|| Gathered {
                records: Vec::new(),
                oldest: time,
                newest: time,
            });
            (file.oldest, file.newest) = (file.oldest.min(time), file.newest.max(time));
            file.records.push(record);
        }
    }
    let mut files = Vec::with_capacity(gathered.len());
    for ((account, region), Gathered { records, oldest, newest }) in gathered {
        let object = names::log_file(&account, &region, delivery.at, delivery.first_leaf);
        let content = content(&records);
        let hash = sha256(&content);
        directory.write_packed(&object, content).await?;
        files.push(LogFile { object, account, region, at: delivery.at, hash: hash.to_vec(), oldest, newest });
    }
    Ok(files)
}

/// Each record byte for byte.
fn content(records: &[Vec<u8>]) -> Vec<u8> {
    let mut content = Vec::with_capacity(records.iter().map(|record| record.len() + 1).sum::<usize>() + 16);
    content.extend_from_slice(br#"{"Records":["#);
    content.extend_from_slice(&records.join(&b","[..]));
    content.extend_from_slice(b"]}");
    content
}

/// These become parts of a path: whatever a record says, it stays inside the directory.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_its_records_byte_for_byte() {
        assert_eq!(content(&[b"{ }".to_vec(), b"[]".to_vec()]), br#"{"Records":[{ },[]]}"#);
    }

    #[test]
    fn no_record_names_a_path() {
        assert!(is_account("111122223333") && is_region("us-gov-west-1"));
        assert!(!is_account("internal") && !is_account("11112222333") && !is_account("../../../../a"));
        assert!(!is_region("") && !is_region("../x") && !is_region("us_east") && !is_region("a/b"));
    }
}
