//! A line of JSON for each message, as the AWS Encryption CLI writes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_encryption_sdk::{ContentType, Header, MessageInfo};
use serde_json::{Value, json};

use super::error::EncryptionError;
use super::suites;

/// Where lines go.
pub(crate) struct Metadata(Option<Mutex<Place>>);

enum Place {
    File(File),
    StandardOutput,
}

/// One message.
pub(super) struct Record<'a> {
    /// `encrypt`, `decrypt` or `decrypt-unsigned`.
    pub(super) mode: &'static str,
    pub(super) input: &'a str,
    pub(super) output: &'a str,
    pub(super) info: &'a MessageInfo,
}

impl Metadata {
    /// Nowhere.
    pub(crate) fn suppressed() -> Self {
        Self(None)
    }

    /// Into a file, behind what is there or in its place; `-` is standard output.
    pub(crate) fn into(path: &Path, overwrites: bool) -> Result<Self, EncryptionError> {
        if path.as_os_str() == "-" {
            return Ok(Self(Some(Mutex::new(Place::StandardOutput))));
        }
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(!overwrites).truncate(overwrites);
        let file = options.open(path).map_err(EncryptionError::Metadata)?;
        Ok(Self(Some(Mutex::new(Place::File(file)))))
    }

    /// Writes a line, all of it at once.
    pub(super) fn write(&self, record: &Record<'_>) -> Result<(), EncryptionError> {
        let Some(place) = &self.0 else { return Ok(()) };
        let line = format!("{}\n", record.json());
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *place {
            Place::File(file) => file.write_all(line.as_bytes()),
            Place::StandardOutput => {
                let mut out = io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush())
            }
        }
        .map_err(EncryptionError::Metadata)
    }
}

/// Refuses a file for metadata that is, or is within, what is read or written.
pub(crate) fn keep_apart(metadata: &Path, others: &[PathBuf]) -> Result<(), EncryptionError> {
    if metadata.as_os_str() == "-" {
        return Ok(());
    }
    let resolved = |path: &Path| -> Option<PathBuf> {
        path.canonicalize().ok().or_else(|| {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Some(parent.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
        })
    };
    let place = resolved(metadata);
    let is_within = |other: &PathBuf| match (&place, resolved(other)) {
        (Some(place), Some(other)) => place.starts_with(other),
        _ => false,
    };
    match others.iter().find(|other| is_within(other)) {
        Some(other) => Err(EncryptionError::argument(
            "--metadata-output",
            format!("it is, or is within, {}", other.display()),
        )),
        None => Ok(()),
    }
}

impl Record<'_> {
    fn json(&self) -> Value {
        json!({
            "mode": self.mode,
            "input": self.input,
            "output": self.output,
            "header": header(&self.info.header),
        })
    }
}

fn header(header: &Header) -> Value {
    let is_committing = header.suite.is_committing();
    let (content_type, frame_length) = match header.content_type {
        ContentType::Unframed => (1, 0),
        ContentType::Framed { frame_length } => (2, frame_length),
    };
    let mut keys: Vec<_> = header.encrypted_data_keys.iter().collect();
    keys.sort_by_key(|key| [key.provider_id.as_bytes(), &key.provider_info].concat());
    let keys = keys.into_iter().map(|key| {
        json!({
            "encrypted_data_key": STANDARD.encode(&key.ciphertext),
            "key_provider": {
                "provider_id": STANDARD.encode(&key.provider_id),
                "key_info": STANDARD.encode(&key.provider_info),
            },
        })
    });
    let context: serde_json::Map<_, _> =
        header.stored_context.iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    json!({
        "version": if is_committing { "2.0" } else { "1.0" },
        "type": if is_committing { Value::Null } else { 128.into() },
        "algorithm": suites::name(header.suite),
        "message_id": STANDARD.encode(&header.message_id),
        "encryption_context": context,
        "encrypted_data_keys": keys.collect::<Vec<_>>(),
        "content_type": content_type,
        "header_iv_length": if is_committing { Value::Null } else { 12.into() },
        "frame_length": frame_length,
        "commitment_key": header.commitment().map(|value| STANDARD.encode(value)),
    })
}
