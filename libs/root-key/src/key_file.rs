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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use keywright_crypto::SystemRandom;

    use super::*;

    /// The key of bytes 0x42, encoded by hand: what is stored today must be readable for ever.
    const LINE: &str = "keywright-root-key-v1:QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkIJpU+2\n";

    fn key_file(contents: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        (directory, path)
    }

    #[test]
    fn the_format_is_as_documented() {
        let key = Key256::from_bytes([0x42; 32]);
        assert_eq!(encode(&key).expose_secret(), LINE);
        for contents in [LINE, LINE.trim_end(), &format!("{LINE}\r\n")] {
            let (_directory, path) = key_file(contents);
            assert_eq!(read(&path).unwrap().expose_secret(), &[0x42; 32], "{contents:?}");
        }
    }

    #[test]
    fn a_key_is_created_once_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        let created = open(&path, true, &SystemRandom).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        for create in [true, false] {
            let found = open(&path, create, &SystemRandom).unwrap();
            assert_eq!(found.expose_secret(), created.expose_secret());
        }
    }

    #[test]
    fn a_missing_file_is_not_replaced_unless_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        let refusal = open(&path, false, &SystemRandom).unwrap_err();
        assert!(matches!(refusal, RootKeyError::Absent { .. }), "{refusal:?}");
        assert!(!path.exists());
    }

    #[test]
    fn any_access_of_group_or_others_is_refused_and_the_message_tells_what_to_do() {
        for mode in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o777, 0o440] {
            let (_directory, path) = key_file(LINE);
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let refusal = open(&path, true, &SystemRandom).unwrap_err();
            assert!(matches!(refusal, RootKeyError::OpenToOthers { .. }), "{mode:o}: {refusal:?}");
            let message = refusal.to_string();
            assert!(message.contains(&format!("{mode:04o}")) && message.contains("chmod 600"), "{message}");
        }
        let (_directory, path) = key_file(LINE);
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        open(&path, false, &SystemRandom).unwrap();
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let access = Access { owner: 1000, mode: 0o600 };
        check_access(Path::new("root.key"), access, 1000).unwrap();
        for user in [0, 1001] {
            let refusal = check_access(Path::new("root.key"), access, user).unwrap_err();
            assert!(matches!(refusal, RootKeyError::ForeignOwner { owner: 1000, .. }), "{refusal:?}");
        }
    }

    #[test]
    fn every_truncation_is_refused_and_leaves_the_file_alone() {
        let line = LINE.trim_end();
        for len in 0..line.len() {
            let (_directory, path) = key_file(&line[..len]);
            let refusal = open(&path, true, &SystemRandom).unwrap_err();
            let expected =
                matches!(refusal, RootKeyError::Damaged { .. } | RootKeyError::UnknownFormat { .. });
            assert!(expected, "{len} bytes: {refusal:?}");
            assert_eq!(fs::read(&path).unwrap(), &line.as_bytes()[..len]);
        }
    }

    #[test]
    fn every_altered_character_is_refused_without_quoting_the_key() {
        for index in 0..LINE.len() - 1 {
            let mut altered = LINE.as_bytes().to_vec();
            altered[index] = if altered[index] == b'Q' { b'R' } else { b'Q' };
            let (_directory, path) = key_file(&altered);
            let refusal = open(&path, true, &SystemRandom).unwrap_err();
            let expected =
                matches!(refusal, RootKeyError::Damaged { .. } | RootKeyError::UnknownFormat { .. });
            assert!(expected, "character {index}: {refusal:?}");
            assert!(!format!("{refusal} {refusal:?}").contains("QkJC"), "{refusal:?}");
        }
    }

    #[test]
    fn a_later_version_is_told_apart_from_damage() {
        let (_directory, path) = key_file("keywright-root-key-v2:AAAA\n");
        let refusal = open(&path, false, &SystemRandom).unwrap_err();
        assert!(matches!(refusal, RootKeyError::UnknownFormat { .. }), "{refusal:?}");
    }
}
