//! Digest files: what log files there are, signed, each with the signature of the one before.

use keywright_crypto::{hex_lower, sha256};
use keywright_store::Store;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::config::TrailSection;
use super::directory::Directory;
use super::error::TrailError;
use super::key::{DigestKey, DigestPublicKey};
use super::names;
use crate::store::trail_files::{self as store, Chain, Digest, LogFile};
use crate::trails::NAME;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestFile<'a> {
    aws_account_id: &'a str,
    digest_start_time: String,
    digest_end_time: String,
    digest_s3_bucket: &'a str,
    digest_s3_object: &'a str,
    digest_public_key_fingerprint: &'a str,
    digest_signature_algorithm: &'static str,
    newest_event_time: Option<String>,
    oldest_event_time: Option<String>,
    previous_digest_s3_bucket: Option<&'a str>,
    previous_digest_s3_object: Option<&'a str>,
    previous_digest_hash_value: Option<String>,
    previous_digest_hash_algorithm: Option<&'static str>,
    previous_digest_signature: Option<String>,
    previous_digest_signature_algorithm: Option<&'static str>,
    log_files: Vec<DigestedFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DigestedFile<'a> {
    s3_bucket: &'a str,
    s3_object: &'a str,
    hash_value: String,
    hash_algorithm: &'static str,
    newest_event_time: String,
    oldest_event_time: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    signature: String,
    signature_algorithm: &'static str,
}

/// Makes the digest files that are due, and writes those that are made; says how many.
pub(super) async fn step(
    store: &Store,
    directory: &Directory,
    key: &mut DigestKey,
    section: &TrailSection,
    home_region: &str,
    now: OffsetDateTime,
) -> Result<usize, TrailError> {
    let interval = Duration::seconds(i64::try_from(section.digest_interval_seconds).unwrap_or(i64::MAX));
    let end = floor(now, interval);
    let due = store::chains_before(&store.connection().await?, end).await?;
    for chain in due {
        let start = match &chain.last {
            Some(last) => last.end,
            None => floor(chain.first_file, interval),
        };
        if start < end {
            make(store, key, section, home_region, &chain, start, end).await?;
        }
    }
    write_made(store, directory).await
}

/// Makes a digest file, signs it, and notes it with all of its content.
async fn make(
    store: &Store,
    key: &mut DigestKey,
    section: &TrailSection,
    home_region: &str,
    chain: &Chain,
    start: OffsetDateTime,
    end: OffsetDateTime,
) -> Result<(), TrailError> {
    let public = key.public().await?;
    let files = store::files_between(&store.connection().await?, chain, start, end).await?;
    let object = names::digest(&chain.account, &chain.region, NAME, home_region, end);
    let content = serde_json::to_vec(&content(section, chain, &files, &object, &public, start, end))?;
    let hash = sha256(&content);
    let previous = chain.last.as_ref().map_or_else(|| "null".to_owned(), |last| hex_lower(&last.signature));
    let text = format!("{}\n{}/{object}\n{}\n{previous}", names::time(end), section.bucket, hex_lower(&hash));
    let signature = key.sign(&text).await?;
    let digest = Digest {
        account: chain.account.clone(),
        region: chain.region.clone(),
        start,
        end,
        object,
        hash: hash.to_vec(),
        signature,
        content,
    };
    let transaction = store.begin().await?;
    store::use_key(&transaction, &public.fingerprint, &public.pkcs1, end).await?;
    store::add_digest(&transaction, &digest).await?;
    transaction.commit().await?;
    Ok(())
}

fn content<'a>(
    section: &'a TrailSection,
    chain: &'a Chain,
    files: &'a [LogFile],
    object: &'a str,
    public: &'a DigestPublicKey,
    start: OffsetDateTime,
    end: OffsetDateTime,
) -> DigestFile<'a> {
    let last = chain.last.as_ref();
    let log_files = files.iter().map(|file| DigestedFile {
        s3_bucket: &section.bucket,
        s3_object: &file.object,
        hash_value: hex_lower(&file.hash),
        hash_algorithm: SHA_256,
        newest_event_time: names::time(file.newest),
        oldest_event_time: names::time(file.oldest),
    });
    DigestFile {
        aws_account_id: &chain.account,
        digest_start_time: names::time(start),
        digest_end_time: names::time(end),
        digest_s3_bucket: &section.bucket,
        digest_s3_object: object,
        digest_public_key_fingerprint: &public.fingerprint,
        digest_signature_algorithm: SIGNATURE,
        newest_event_time: files.iter().map(|file| file.newest).max().map(names::time),
        oldest_event_time: files.iter().map(|file| file.oldest).min().map(names::time),
        previous_digest_s3_bucket: last.map(|_| section.bucket.as_str()),
        previous_digest_s3_object: last.map(|last| last.object.as_str()),
        previous_digest_hash_value: last.map(|last| hex_lower(&last.hash)),
        previous_digest_hash_algorithm: last.map(|_| SHA_256),
        previous_digest_signature: last.map(|last| hex_lower(&last.signature)),
        previous_digest_signature_algorithm: last.map(|_| SIGNATURE),
        log_files: log_files.collect(),
    }
}

/// The signature is in the object's metadata, as in a trail's bucket.
async fn write_made(store: &Store, directory: &Directory) -> Result<usize, TrailError> {
    let made = store::unwritten_digests(&store.connection().await?).await?;
    let count = made.len();
    for digest in made {
        let metadata = Metadata { signature: hex_lower(&digest.signature), signature_algorithm: SIGNATURE };
        directory.write_metadata(&digest.object, serde_json::to_vec(&metadata)?).await?;
        directory.write_packed(&digest.object, digest.content.clone()).await?;
        let transaction = store.begin().await?;
        store::digest_written(&transaction, &digest).await?;
        transaction.commit().await?;
    }
    Ok(count)
}

/// The last multiple of the interval that is not behind `time`.
fn floor(time: OffsetDateTime, interval: Duration) -> OffsetDateTime {
    let seconds = time.unix_timestamp();
    let whole = seconds - seconds.rem_euclid(interval.whole_seconds().max(1));
    OffsetDateTime::from_unix_timestamp(whole).unwrap_or(time)
}

const SHA_256: &str = "SHA-256";
const SIGNATURE: &str = "SHA256withRSA";

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn digests_end_at_whole_intervals() {
        let hour = Duration::HOUR;
        assert_eq!(floor(datetime!(2026-01-31 23:59:59.9 UTC), hour), datetime!(2026-01-31 23:00 UTC));
        assert_eq!(floor(datetime!(2026-01-31 23:00 UTC), hour), datetime!(2026-01-31 23:00 UTC));
    }
}
