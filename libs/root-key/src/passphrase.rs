//! The root key from a passphrase: Argon2id over the passphrase and a stored salt.
//!
//! The salt file is JSON with the salt, the cost parameters, a verifier that tells a wrong passphrase from a right
//! one, and a checksum that tells a damaged file from a wrong passphrase. The verifier helps nobody who guesses:
//! each guess costs a whole Argon2id, as it would with any wrapped key.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{
    Argon2Params, CryptoError, Key256, Random, RandomExt as _, SecretString, argon2id, constant_time_eq,
    hkdf_sha256, sha256,
};
use serde::{Deserialize, Serialize};

use crate::{RootKeyError, durable_file};

/// The least length of a passphrase, in characters.
pub const PASSPHRASE_MIN_CHARS: usize = 16;

/// Derives the key, making a salt where there is no file and `create` allows it.
pub(crate) fn open(
    passphrase: &SecretString,
    salt_file: &Path,
    create: bool,
    random: &dyn Random,
) -> Result<Key256, RootKeyError> {
    open_with(Argon2Params::RECOMMENDED, passphrase, salt_file, create, random)
}

/// `new_params` are the costs of a salt file made here; an existing file carries its own.
fn open_with(
    new_params: Argon2Params,
    passphrase: &SecretString,
    salt_file: &Path,
    create: bool,
    random: &dyn Random,
) -> Result<Key256, RootKeyError> {
    if passphrase.expose_secret().chars().count() < PASSPHRASE_MIN_CHARS {
        return Err(RootKeyError::PassphraseTooShort);
    }
    match read(passphrase, salt_file) {
        Err(RootKeyError::Absent { .. }) if create => {
            let salt = random.bytes::<SALT_LEN>()?;
            let key = argon2id(passphrase, &salt, new_params)?;
            let contents = SaltFile::new(new_params, &salt, &verifier(&key)?).encode().map_err(|error| {
                RootKeyError::Io { action: "encode", path: salt_file.to_owned(), source: error.into() }
            })?;
            let created = durable_file::create_once(salt_file, contents.as_bytes(), random)?;
            // Another process was faster: its salt counts.
            if created { Ok(key) } else { read(passphrase, salt_file) }
        }
        result => result,
    }
}

fn read(passphrase: &SecretString, salt_file: &Path) -> Result<Key256, RootKeyError> {
    let contents = durable_file::read(salt_file, |_| Ok(()))?;
    let stored = SaltFile::decode(salt_file, contents.expose_secret())?;
    let key = argon2id(passphrase, &stored.salt, stored.params)?;
    if constant_time_eq(&verifier(&key)?, &stored.verifier) {
        Ok(key)
    } else {
        Err(RootKeyError::WrongPassphrase { salt_file: salt_file.to_owned() })
    }
}

fn verifier(key: &Key256) -> Result<[u8; VERIFIER_LEN], CryptoError> {
    let mut verifier = [0; VERIFIER_LEN];
    hkdf_sha256(key.expose_secret(), &[], VERIFIER_INFO, &mut verifier)?;
    Ok(verifier)
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaltFile {
    format: String,
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
    salt: String,
    verifier: String,
    checksum: String,
}

/// Read first: a later version may have other members.
#[derive(Deserialize)]
struct Format {
    format: String,
}

/// The file as it is used.
struct Stored {
    params: Argon2Params,
    salt: Vec<u8>,
    verifier: Vec<u8>,
}

impl SaltFile {
    fn new(params: Argon2Params, salt: &[u8], verifier: &[u8]) -> Self {
        let mut file = Self {
            format: FORMAT.to_owned(),
            memory_kib: params.memory_kib,
            iterations: params.iterations,
            parallelism: params.parallelism,
            salt: STANDARD.encode(salt),
            verifier: STANDARD.encode(verifier),
            checksum: String::new(),
        };
        file.checksum = file.expected_checksum();
        file
    }

    /// Lines of JSON, for the operator who looks.
    fn encode(&self) -> serde_json::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    fn decode(path: &Path, contents: &[u8]) -> Result<Stored, RootKeyError> {
        let damaged = |reason| RootKeyError::Damaged { path: path.to_owned(), reason };
        let Format { format } = serde_json::from_slice(contents)
            .map_err(|_| damaged("it is not a root passphrase's salt file"))?;
        if format != FORMAT {
            return Err(RootKeyError::UnknownFormat { path: path.to_owned() });
        }
        let file: Self =
            serde_json::from_slice(contents).map_err(|_| damaged("a member is missing or altered"))?;
        if file.checksum != file.expected_checksum() {
            return Err(damaged("its checksum does not match"));
        }
        if file.memory_kib > MAX_MEMORY_KIB
            || file.iterations > MAX_ITERATIONS
            || file.parallelism > MAX_PARALLELISM
        {
            return Err(damaged("its cost parameters are beyond all reason"));
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| damaged("its base64 is altered"));
        Ok(Stored {
            params: Argon2Params {
                memory_kib: file.memory_kib,
                iterations: file.iterations,
                parallelism: file.parallelism,
            },
            salt: decode(&file.salt)?,
            verifier: decode(&file.verifier)?,
        })
    }

    fn expected_checksum(&self) -> String {
        let Self { format, memory_kib, iterations, parallelism, salt, verifier, checksum: _ } = self;
        let covered = format!("{format}\n{memory_kib}\n{iterations}\n{parallelism}\n{salt}\n{verifier}");
        let [a, b, c, d, ..] = sha256(covered.as_bytes());
        hex::encode([a, b, c, d])
    }
}

const FORMAT: &str = "keywright-root-passphrase-v1";
const SALT_LEN: usize = 16;
const VERIFIER_LEN: usize = 16;
const VERIFIER_INFO: &[u8] = b"keywright root passphrase v1: verifier";
/// Bounds on what a damaged file can make this process spend: 1 GiB, and a minute or so.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_ITERATIONS: u32 = 64;
const MAX_PARALLELISM: u32 = 64;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use keywright_crypto::SystemRandom;

    use super::*;

    const PASSPHRASE: &str = "correct horse battery staple";
    const CHEAP: Argon2Params = Argon2Params { memory_kib: 64, iterations: 1, parallelism: 1 };

    fn open_cheaply(passphrase: &str, salt_file: &Path, create: bool) -> Result<Key256, RootKeyError> {
        open_with(CHEAP, &SecretString::new(passphrase.into()), salt_file, create, &SystemRandom)
    }

    /// A directory, a salt file in it, and the key.
    fn created() -> (tempfile::TempDir, PathBuf, Key256) {
        let directory = tempfile::tempdir().unwrap();
        let salt_file = directory.path().join("root.salt");
        let key = open_cheaply(PASSPHRASE, &salt_file, true).unwrap();
        (directory, salt_file, key)
    }

    #[test]
    fn the_same_passphrase_and_file_give_the_same_key() {
        let (_directory, salt_file, key) = created();
        for create in [true, false] {
            // The costs come from the file: others than its own would be refused as a wrong passphrase.
            let passphrase = SecretString::new(PASSPHRASE.into());
            let found = open(&passphrase, &salt_file, create, &SystemRandom).unwrap();
            assert_eq!(found.expose_secret(), key.expose_secret());
        }
    }

    #[test]
    fn each_salt_file_gives_another_key() {
        assert_ne!(created().2.expose_secret(), created().2.expose_secret());
    }

    #[test]
    fn a_wrong_passphrase_is_told_apart() {
        let (_directory, salt_file, _) = created();
        let refusal = open_cheaply("correct horse battery stapler", &salt_file, true).unwrap_err();
        assert!(matches!(refusal, RootKeyError::WrongPassphrase { .. }), "{refusal:?}");
        assert!(!format!("{refusal} {refusal:?}").contains("horse"), "{refusal:?}");
    }

    #[test]
    fn a_short_passphrase_makes_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let salt_file = directory.path().join("root.salt");
        let short = "ä".repeat(PASSPHRASE_MIN_CHARS - 1);
        let refusal = open_cheaply(&short, &salt_file, true).unwrap_err();
        assert!(matches!(refusal, RootKeyError::PassphraseTooShort), "{refusal:?}");
        assert!(!salt_file.exists());
        open_cheaply(&"ä".repeat(PASSPHRASE_MIN_CHARS), &salt_file, true).unwrap();
    }

    #[test]
    fn a_missing_file_is_not_replaced_unless_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let salt_file = directory.path().join("root.salt");
        let refusal = open_cheaply(PASSPHRASE, &salt_file, false).unwrap_err();
        assert!(matches!(refusal, RootKeyError::Absent { .. }), "{refusal:?}");
        assert!(!salt_file.exists());
    }

    #[test]
    fn every_damage_is_told_apart_from_a_wrong_passphrase() {
        let (_directory, salt_file, key) = created();
        let text = fs::read_to_string(&salt_file).unwrap();
        let end = text.trim_end().len();
        let truncated = (0..end).map(|len| text[..len].to_owned());
        let altered = (0..end).map(|index| {
            let replacement = if text.as_bytes()[index] == b'1' { "2" } else { "1" };
            [&text[..index], replacement, &text[index + 1..]].concat()
        });
        let mut refused = 0;
        for damaged in truncated.chain(altered) {
            fs::write(&salt_file, &damaged).unwrap();
            match open_cheaply(PASSPHRASE, &salt_file, true) {
                Err(RootKeyError::Damaged { .. } | RootKeyError::UnknownFormat { .. }) => refused += 1,
                other => panic!("{other:?} for {damaged}"),
            }
        }
        assert_eq!(refused, 2 * end);
        fs::write(&salt_file, &text).unwrap();
        assert_eq!(open_cheaply(PASSPHRASE, &salt_file, false).unwrap().expose_secret(), key.expose_secret());
    }

    #[test]
    fn unreasonable_costs_are_refused_before_they_are_paid() {
        let bounds = [
            Argon2Params { memory_kib: MAX_MEMORY_KIB + 1, ..CHEAP },
            Argon2Params { iterations: MAX_ITERATIONS + 1, ..CHEAP },
            Argon2Params { parallelism: MAX_PARALLELISM + 1, ..CHEAP },
        ];
        for params in bounds {
            let directory = tempfile::tempdir().unwrap();
            let salt_file = directory.path().join("root.salt");
            fs::write(&salt_file, SaltFile::new(params, &[1; 16], &[2; 16]).encode().unwrap()).unwrap();
            let refusal = open_cheaply(PASSPHRASE, &salt_file, false).unwrap_err();
            assert!(matches!(refusal, RootKeyError::Damaged { .. }), "{params:?}: {refusal:?}");
        }
    }

    #[test]
    fn a_later_version_is_told_apart_from_damage() {
        let directory = tempfile::tempdir().unwrap();
        let salt_file = directory.path().join("root.salt");
        fs::write(&salt_file, r#"{"format": "keywright-root-passphrase-v2", "pepper": 1}"#).unwrap();
        let refusal = open_cheaply(PASSPHRASE, &salt_file, false).unwrap_err();
        assert!(matches!(refusal, RootKeyError::UnknownFormat { .. }), "{refusal:?}");
    }
}
