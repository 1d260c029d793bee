//! What every root key must do, whatever it stands on. A new implementation adds itself to [`implementations`].

#![expect(clippy::unwrap_used, reason = "the lint knows test functions, but not the functions they share")]

use std::path::Path;
use std::sync::Arc;

use keywright_crypto::{SecretBytes, SecretString, SystemRandom};
use keywright_local_stack::testing::{SoftHsm, softhsm_or_skip};
use keywright_root_key::{RootKey, RootKeyError, RootKeySource, WrappedKey, open};

/// Opens the root key that is stored in a directory, making it at the first time.
type Open = fn(&Path) -> Arc<dyn RootKey>;

/// In a process that can load SoftHSM, its token; in any other, those that need none.
fn implementations() -> Vec<(&'static str, Open)> {
    if SoftHsm::of_this_process().is_some() {
        vec![("pkcs11", pkcs11)]
    } else {
        vec![("key file", key_file), ("passphrase", passphrase)]
    }
}

#[test]
fn a_key_in_a_token_does_all_of_this() {
    let name = "a_key_in_a_token_does_all_of_this";
    let Some(softhsm) = softhsm_or_skip(name) else { return };
    let token = softhsm.add_token("root");
    std::fs::write(softhsm.pin_file(), &token.pin).unwrap();
    softhsm.run_tests_again(&["--skip", name]);
}

/// All in one token: its library sees no token that is made later. Keys are told apart by the directory.
fn pkcs11(directory: &Path) -> Arc<dyn RootKey> {
    let softhsm = SoftHsm::of_this_process().unwrap();
    let source = RootKeySource::Pkcs11 {
        module: softhsm.module().to_owned(),
        token_label: "root".into(),
        pin: SecretString::new(std::fs::read_to_string(softhsm.pin_file()).unwrap()),
        key_label: directory.display().to_string(),
        create: true,
    };
    open(&source, &SystemRandom).unwrap()
}

fn key_file(directory: &Path) -> Arc<dyn RootKey> {
    let source = RootKeySource::KeyFile { path: directory.join("root.key"), create: true };
    open(&source, &SystemRandom).unwrap()
}

fn passphrase(directory: &Path) -> Arc<dyn RootKey> {
    let source = RootKeySource::Passphrase {
        passphrase: SecretString::new("correct horse battery staple".into()),
        salt_file: directory.join("root.salt"),
        create: true,
    };
    open(&source, &SystemRandom).unwrap()
}

/// Runs `check` on a fresh root key of each implementation.
fn for_each(check: impl Fn(&str, &Path, Open, Arc<dyn RootKey>)) {
    for (name, open) in implementations() {
        let directory = tempfile::tempdir().unwrap();
        check(name, directory.path(), open, open(directory.path()));
    }
}

const PURPOSE: &[u8] = b"kms domain key 000000000000";

#[test]
fn what_was_wrapped_unwraps_at_any_length() {
    for_each(|name, _, _, root| {
        for len in [0, 1, 16, 32, 64, 4096] {
            let key = SecretBytes::new((0..len).map(|n: u32| n.to_le_bytes()[0]).collect());
            for purpose in [PURPOSE, b""] {
                let wrapped = root.wrap(purpose, &key).unwrap();
                assert_eq!(wrapped.root_key_id(), root.id(), "{name}");
                let unwrapped = root.unwrap_key(purpose, &wrapped).unwrap();
                assert_eq!(unwrapped.expose_secret(), key.expose_secret(), "{name}, {len} bytes");
            }
        }
    });
}

#[test]
fn a_wrapped_key_survives_storage_and_a_restart() {
    for_each(|name, directory, open, root| {
        let stored = root.wrap(PURPOSE, &key()).unwrap().into_bytes();
        let id = *root.id();
        drop(root);

        let root = open(directory);
        assert_eq!(*root.id(), id, "{name}");
        let unwrapped = root.unwrap_key(PURPOSE, &WrappedKey::from_bytes(stored).unwrap()).unwrap();
        assert_eq!(unwrapped.expose_secret(), key().expose_secret(), "{name}");
    });
}

#[test]
fn wrapping_twice_shows_no_equality_and_no_key() {
    for_each(|name, _, _, root| {
        let (one, other) = (root.wrap(PURPOSE, &key()).unwrap(), root.wrap(PURPOSE, &key()).unwrap());
        assert_ne!(one, other, "{name}");
        let has_key = one.as_bytes().windows(32).any(|window| window == key().expose_secret());
        assert!(!has_key, "{name}");
    });
}

#[test]
fn another_purpose_is_refused() {
    for_each(|name, _, _, root| {
        let wrapped = root.wrap(PURPOSE, &key()).unwrap();
        let longer = [PURPOSE, b"0"].concat();
        for purpose in [b"", b"identity".as_slice(), &PURPOSE[1..], &longer] {
            let refusal = root.unwrap_key(purpose, &wrapped).unwrap_err();
            assert!(matches!(refusal, RootKeyError::NotAuthentic), "{name}: {refusal:?}");
        }
    });
}

#[test]
fn another_root_key_is_refused_by_name() {
    for_each(|name, _, open, root| {
        let directory = tempfile::tempdir().unwrap();
        let other = open(directory.path());
        assert_ne!(root.id(), other.id(), "{name}");
        let refusal = other.unwrap_key(PURPOSE, &root.wrap(PURPOSE, &key()).unwrap()).unwrap_err();
        match refusal {
            RootKeyError::OtherRootKey { wrapped_by, this } => {
                assert_eq!((wrapped_by, this), (*root.id(), *other.id()), "{name}");
            }
            refusal => panic!("{name}: {refusal:?}"),
        }
    });
}

#[test]
fn a_renamed_wrapped_key_of_another_root_does_not_authenticate() {
    for_each(|name, _, open, root| {
        let directory = tempfile::tempdir().unwrap();
        let other = open(directory.path());
        let mut bytes = root.wrap(PURPOSE, &key()).unwrap().into_bytes();
        bytes[1..17].copy_from_slice(other.id().as_bytes());
        let refusal = other.unwrap_key(PURPOSE, &WrappedKey::from_bytes(bytes).unwrap()).unwrap_err();
        assert!(matches!(refusal, RootKeyError::NotAuthentic), "{name}: {refusal:?}");
    });
}

#[test]
fn every_flipped_bit_is_refused() {
    for_each(|name, _, _, root| {
        let bytes = root.wrap(PURPOSE, &key()).unwrap().into_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let refusal =
                WrappedKey::from_bytes(flipped).and_then(|wrapped| root.unwrap_key(PURPOSE, &wrapped));
            assert!(refusal.is_err(), "{name}, bit {bit}");
        }
    });
}

#[test]
fn every_truncation_and_extension_is_refused() {
    for_each(|name, _, _, root| {
        let bytes = root.wrap(PURPOSE, &key()).unwrap().into_bytes();
        let truncated = (0..bytes.len()).map(|len| bytes[..len].to_vec());
        for damaged in truncated.chain([[bytes.as_slice(), &[0]].concat()]) {
            let len = damaged.len();
            let refusal =
                WrappedKey::from_bytes(damaged).and_then(|wrapped| root.unwrap_key(PURPOSE, &wrapped));
            assert!(refusal.is_err(), "{name}, {len} bytes");
        }
    });
}

#[test]
fn debug_of_a_root_key_is_its_type_and_id() {
    for_each(|name, _, _, root| {
        let debug = format!("{root:?}");
        assert!(debug.ends_with(&format!("RootKey({})", root.id())), "{name}: {debug}");
    });
}

fn key() -> SecretBytes {
    SecretBytes::new((100..132).collect())
}
