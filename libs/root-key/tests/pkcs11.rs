//! What a root key in a token says when it can't be had. Each test runs in a process of its own.

#![expect(clippy::unwrap_used, reason = "the lint knows test functions, but not the functions they share")]

use std::error::Error as _;

use keywright_crypto::{SecretBytes, SecretString, SystemRandom};
use keywright_local_stack::testing::{SoftHsm, SoftHsmToken, in_softhsm_process};
use keywright_root_key::{RootKeyError, RootKeySource, open};

fn source(softhsm: &SoftHsm, token: &SoftHsmToken, create: bool) -> RootKeySource {
    RootKeySource::Pkcs11 {
        module: softhsm.module().to_owned(),
        token_label: token.label.clone(),
        pin: SecretString::new(token.pin.clone()),
        key_label: "keywright root".into(),
        create,
    }
}

fn refusal(source: &RootKeySource) -> RootKeyError {
    open(source, &SystemRandom).unwrap_err()
}

#[test]
fn a_key_is_made_only_where_allowed_and_once() {
    let Some(softhsm) = in_softhsm_process("a_key_is_made_only_where_allowed_and_once") else { return };
    let token = softhsm.add_token("root");
    let refusal = refusal(&source(&softhsm, &token, false));
    assert!(matches!(refusal, RootKeyError::AbsentFromToken { .. }), "{refusal:?}");
    let message = refusal.to_string();
    assert!(message.contains("keywright root") && message.contains("backup"), "{message}");

    let made = open(&source(&softhsm, &token, true), &SystemRandom).unwrap();
    for create in [true, false] {
        let found = open(&source(&softhsm, &token, create), &SystemRandom).unwrap();
        assert_eq!(found.id(), made.id());
    }
}

#[test]
fn what_is_wrong_is_said_without_the_pin() {
    let Some(softhsm) = in_softhsm_process("what_is_wrong_is_said_without_the_pin") else { return };
    let token = softhsm.add_token("root");
    let wrong_pin = SoftHsmToken { pin: "not-the-pin".into(), ..token.clone() };
    let nobody = SoftHsmToken { label: "nobody".into(), ..token };
    for (token, expected) in [(wrong_pin, "refused the PIN"), (nobody, "has no token with the label")] {
        let refusal = refusal(&source(&softhsm, &token, true));
        assert!(matches!(refusal, RootKeyError::Hsm(_)), "{refusal:?}");
        let cause = refusal.source().unwrap().to_string();
        assert!(cause.contains(expected), "{cause}");
        assert!(!format!("{refusal:?} {refusal} {cause}").contains(&token.pin), "{refusal:?}");
    }
    let source = source(&softhsm, &SoftHsmToken { label: "root".into(), pin: "not-the-pin".into() }, true);
    assert!(!format!("{source:?}").contains("not-the-pin"), "{source:?}");
}

#[test]
fn keys_move_from_a_file_to_a_token_by_unwrapping_and_wrapping() {
    let Some(softhsm) = in_softhsm_process("keys_move_from_a_file_to_a_token_by_unwrapping_and_wrapping")
    else {
        return;
    };
    let token = softhsm.add_token("root");
    let directory = tempfile::tempdir().unwrap();
    let file = RootKeySource::KeyFile { path: directory.path().join("root.key"), create: true };
    let old = open(&file, &SystemRandom).unwrap();
    let new = open(&source(&softhsm, &token, true), &SystemRandom).unwrap();
    let wrapped = old.wrap(b"purpose", &SecretBytes::new(vec![7; 32])).unwrap();
    let refusal = new.unwrap_key(b"purpose", &wrapped).unwrap_err();
    assert!(matches!(refusal, RootKeyError::OtherRootKey { .. }), "{refusal:?}");
    let moved = new.wrap(b"purpose", &old.unwrap_key(b"purpose", &wrapped).unwrap()).unwrap();
    assert_eq!(new.unwrap_key(b"purpose", &moved).unwrap().expose_secret(), [7; 32]);
}
