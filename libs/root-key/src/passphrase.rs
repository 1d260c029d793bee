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
