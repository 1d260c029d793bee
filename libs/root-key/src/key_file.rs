//! The key file: one line, `keywright-root-key-v1:` and in base64 the key (32 bytes) with a checksum (4 bytes).

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{Key256, Random, SecretBytes, SecretString, Sha256};

use crate::{RootKeyError, durable_file};

/// Reads the key, or makes one where there is no file and `create` allows it.
pub(crate) fn open(path: &Path, create: bool, random: &dyn Random) -> Result<Key256, RootKeyError> {
    match read(path) {
        Err(RootKeyError::Absent { .. }) if create => {
            let key = Key256::generate(random)?;
            let created = durable_file::create_once(path, encode(&key).expose_secret().as_bytes(), random)?;
            // Another process was faster: its key counts.
            if created { Ok(key) } else { read(path) }
        }
        result => result,
    }
}

fn read(path: &Path) -> Result<Key256, RootKeyError> {
    let user = rustix::process::geteuid().as_raw();
    let contents = durable_file::read(path, |metadata| check_access(path, Access::of(metadata), user))?;
    decode(path, contents.expose_secret())
}

/// Who may get at a file.
#[derive(Clone, Copy)]
struct Access {
    owner: u32,
    mode: u32,
}

impl Access {
    fn of(metadata: &Metadata) -> Self {
        Self { owner: metadata.uid(), mode: metadata.mode() & 0o7777 }
    }
}

fn check_access(path: &Path, Access { owner, mode }: Access, user: u32) -> Result<(), RootKeyError> {
    if owner != user {
        return Err(RootKeyError::ForeignOwner { path: path.to_owned(), owner, user });
    }
    if mode & 0o077 != 0 {
        return Err(RootKeyError::OpenToOthers { path: path.to_owned(), mode });
    }
    Ok(())
}

fn encode(key: &Key256) -> SecretString {
    let mut bytes = Vec::with_capacity(Key256::LEN + CHECKSUM_LEN);
    bytes.extend_from_slice(key.expose_secret());
    bytes.extend_from_slice(&checksum(key.expose_secret()));
    let body = SecretBytes::new(bytes).to_base64();

    let mut line = String::with_capacity(PREFIX.len() + body.len() + 1);
    line.push_str(PREFIX);
    line.push_str(body.expose_secret());
    line.push('\n');
    SecretString::new(line)
}

fn decode(path: &Path, contents: &[u8]) -> Result<Key256, RootKeyError> {
    let damaged = |reason| RootKeyError::Damaged { path: path.to_owned(), reason };
    let line = contents.trim_ascii();
    let Some(body) = line.strip_prefix(PREFIX.as_bytes()) else {
        return Err(if line.starts_with(ANY_VERSION.as_bytes()) {
            RootKeyError::UnknownFormat { path: path.to_owned() }
        } else {
            damaged("it is not a root key file")
        });
    };
    let bytes = STANDARD.decode(body).map_err(|_| damaged("its base64 is truncated or altered"))?;
    let bytes = SecretBytes::new(bytes);
    let Some((key, sum)) = bytes.expose_secret().split_last_chunk::<CHECKSUM_LEN>() else {
        return Err(damaged("it is truncated"));
    };
    let key = Key256::try_from_slice(key).map_err(|_| damaged("its key has a wrong length"))?;
    if checksum(key.expose_secret()) != *sum {
        return Err(damaged("its checksum does not match"));
    }
    Ok(key)
}

/// Finds accidents, not attacks: who can write the file has the key.
fn checksum(key: &[u8; Key256::LEN]) -> [u8; CHECKSUM_LEN] {
    let mut hash = Sha256::new();
    hash.update(PREFIX.as_bytes());
    hash.update(key);
    let [a, b, c, d, ..] = hash.finish();
    [a, b, c, d]
}

const ANY_VERSION: &str = "keywright-root-key-";
const PREFIX: &str = "keywright-root-key-v1:";
const CHECKSUM_LEN: usize = 4;
