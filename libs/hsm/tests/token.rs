//! A SoftHSM token through the public API. Each test runs in a process of its own, which alone can load the module.

#![expect(clippy::unwrap_used, reason = "the lint knows test functions, but not the functions they share")]

use std::sync::Arc;
use std::time::Duration;

use keywright_crypto::{SecretBytes, SecretString, SystemRandom};
use keywright_hsm::{HsmError, KeyId, KeyName, OVERHEAD, Token, TokenConfig, TokenSelector};
use keywright_local_stack::testing::{SoftHsm, SoftHsmToken, in_softhsm_process};

fn config(softhsm: &SoftHsm, token: &SoftHsmToken) -> TokenConfig {
    TokenConfig {
        module: softhsm.module().to_owned(),
        token: TokenSelector::Label(token.label.clone()),
        pin: SecretString::new(token.pin.clone()),
        sessions: 3,
        timeout: Duration::from_secs(20),
    }
}

async fn open(softhsm: &SoftHsm, token: &SoftHsmToken) -> Token {
    Token::open(config(softhsm, token), Arc::new(SystemRandom)).await.unwrap()
}

fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

fn secret(bytes: &[u8]) -> SecretBytes {
    SecretBytes::new(bytes.to_vec())
}

#[tokio::test]
async fn what_was_encrypted_decrypts_at_any_length() {
    let Some(softhsm) = in_softhsm_process("what_was_encrypted_decrypts_at_any_length") else { return };
    let token = open(&softhsm, &softhsm.add_token("one")).await;
    let key = token.generate_aes256_key("a key", &id("1")).await.unwrap();
    for len in [0, 1, 15, 16, 17, 32, 4096, 6144] {
        for aad in [b"".as_slice(), b"context", &[7; 8192]] {
            let plaintext = secret(&vec![0x5a; len]);
            let sealed = token.encrypt(&key, aad, &plaintext).await.unwrap();
            assert_eq!(sealed.len(), len + OVERHEAD);
            let opened = token.decrypt(&key, aad, &sealed).await.unwrap();
            assert_eq!(opened.expose_secret(), plaintext.expose_secret());
        }
    }
}

#[tokio::test]
async fn every_flipped_bit_and_every_truncation_is_not_authentic() {
    let Some(softhsm) = in_softhsm_process("every_flipped_bit_and_every_truncation_is_not_authentic") else {
        return;
    };
    let token = open(&softhsm, &softhsm.add_token("one")).await;
    let key = token.generate_aes256_key("a key", &id("1")).await.unwrap();
    let sealed = token.encrypt(&key, b"context", &secret(b"plaintext")).await.unwrap();
    let mut damaged: Vec<_> = (0..sealed.len()).map(|len| sealed[..len].to_vec()).collect();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        damaged.push(flipped);
    }
    damaged.push([sealed.as_slice(), &[0]].concat());
    for damaged in damaged {
        let refusal = token.decrypt(&key, b"context", &damaged).await.unwrap_err();
        assert!(matches!(refusal, HsmError::NotAuthentic), "{refusal:?}: {}", hex::encode(damaged));
    }
    for aad in [b"".as_slice(), b"context ", b"Context"] {
        let refusal = token.decrypt(&key, aad, &sealed).await.unwrap_err();
        assert!(matches!(refusal, HsmError::NotAuthentic), "{refusal:?}");
    }
    let other = token.generate_aes256_key("another key", &id("2")).await.unwrap();
    let refusal = token.decrypt(&other, b"context", &sealed).await.unwrap_err();
    assert!(matches!(refusal, HsmError::NotAuthentic), "{refusal:?}");
    token.decrypt(&key, b"context", &sealed).await.unwrap();
}

#[tokio::test]
async fn a_key_is_found_by_id_and_label_until_it_is_destroyed() {
    let Some(softhsm) = in_softhsm_process("a_key_is_found_by_id_and_label_until_it_is_destroyed") else {
        return;
    };
    let token = open(&softhsm, &softhsm.add_token("one")).await;
    let by_id = KeyName::Id(id("1"));
    let refusal = token.find_key(&by_id).await.unwrap_err();
    assert!(matches!(refusal, HsmError::NoSuchKey { .. }), "{refusal:?}");

    let key = token.generate_aes256_key("a key", &id("1")).await.unwrap();
    assert_eq!(token.find_key(&by_id).await.unwrap(), key);
    let labelled = token.find_key(&KeyName::Label("a key".into())).await.unwrap();
    let sealed = token.encrypt(&key, b"", &secret(b"plaintext")).await.unwrap();
    token.decrypt(&labelled, b"", &sealed).await.unwrap();

    let refusal = token.generate_aes256_key("a key", &id("1")).await.unwrap_err();
    assert!(matches!(refusal, HsmError::KeyExists { .. }), "{refusal:?}");
    token.generate_aes256_key("a key", &id("2")).await.unwrap();
    let refusal = token.find_key(&KeyName::Label("a key".into())).await.unwrap_err();
    assert!(matches!(refusal, HsmError::AmbiguousKey { .. }), "{refusal:?}");

    token.destroy_key(&by_id).await.unwrap();
    for refusal in [
        token.decrypt(&key, b"", &sealed).await.err(),
        token.find_key(&by_id).await.err(),
        token.destroy_key(&by_id).await.err(),
    ] {
        assert!(matches!(refusal, Some(HsmError::NoSuchKey { .. })), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_fingerprint_is_of_the_key_and_survives_a_restart() {
    let Some(softhsm) = in_softhsm_process("a_fingerprint_is_of_the_key_and_survives_a_restart") else {
        return;
    };
    let made = softhsm.add_token("one");
    let token = open(&softhsm, &made).await;
    let key = token.generate_aes256_key("a key", &id("1")).await.unwrap();
    let other = token.generate_aes256_key("another", &id("2")).await.unwrap();
    let fingerprint = token.fingerprint(&key).await.unwrap();
    assert_ne!(fingerprint, token.fingerprint(&other).await.unwrap());
    let sealed = token.encrypt(&key, b"", &secret(b"plaintext")).await.unwrap();
    drop(token);

    let token = open(&softhsm, &made).await;
    let key = token.find_key(&KeyName::Id(id("1"))).await.unwrap();
    assert_eq!(token.fingerprint(&key).await.unwrap(), fingerprint);
    assert_eq!(token.decrypt(&key, b"", &sealed).await.unwrap().expose_secret(), b"plaintext");
}

#[tokio::test]
async fn what_is_wrong_with_module_token_or_pin_is_said() {
    let Some(softhsm) = in_softhsm_process("what_is_wrong_with_module_token_or_pin_is_said") else { return };
    let made = softhsm.add_token("one");
    softhsm.add_token("twin");
    softhsm.add_token("twin");
    let right = config(&softhsm, &made);
    let open = |config| async { Token::open(config, Arc::new(SystemRandom)).await.unwrap_err() };

    for module in ["/nowhere/libnone.so", "Cargo.toml", "libm.so.6"] {
        let refusal = open(TokenConfig { module: module.into(), ..right.clone() }).await;
        assert!(matches!(refusal, HsmError::ModuleNotLoadable { .. }), "{refusal:?}");
        assert!(refusal.to_string().contains(module), "{refusal}");
    }
    let nobody = TokenSelector::Label("nobody".into());
    let refusal = open(TokenConfig { token: nobody, ..right.clone() }).await;
    assert!(matches!(refusal, HsmError::NoSuchToken { .. }), "{refusal:?}");
    let refusal = open(TokenConfig { token: TokenSelector::Label("twin".into()), ..right.clone() }).await;
    assert!(matches!(refusal, HsmError::AmbiguousToken { .. }), "{refusal:?}");

    let wrong = TokenConfig { pin: SecretString::new("123456-wrong".into()), ..right.clone() };
    let refusal = open(wrong.clone()).await;
    assert!(matches!(refusal, HsmError::WrongPin), "{refusal:?}");
    assert!(!format!("{refusal:?} {refusal} {wrong:?}").contains("123456"), "{refusal:?}");

    let token = Token::open(right, Arc::new(SystemRandom)).await.unwrap();
    assert!(!format!("{token:?}").contains(&made.pin), "{token:?}");
    let refusal = open(wrong).await;
    assert!(matches!(refusal, HsmError::WrongPin), "while another is logged in: {refusal:?}");
    token.check().await.unwrap();
}

#[tokio::test]
async fn a_token_is_found_by_its_serial_number() {
    let Some(softhsm) = in_softhsm_process("a_token_is_found_by_its_serial_number") else { return };
    let made = softhsm.add_token("one");
    softhsm.add_token("other");
    // SoftHSM names a token's directory by its UUID, whose last 16 digits are the serial number.
    let mut opened = 0;
    for directory in std::fs::read_dir(softhsm.tokens_dir()).unwrap() {
        let name = directory.unwrap().file_name().into_string().unwrap().replace('-', "");
        let serial = TokenSelector::Serial(name[name.len() - 16..].to_owned());
        let config = TokenConfig { token: serial, ..config(&softhsm, &made) };
        match Token::open(config, Arc::new(SystemRandom)).await {
            Ok(_) => opened += 1,
            Err(refusal) => assert!(matches!(refusal, HsmError::WrongPin), "{refusal:?}"),
        }
    }
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_missing_mechanism_is_named() {
    let Some(softhsm) = in_softhsm_process("a_missing_mechanism_is_named") else { return };
    let made = softhsm.add_token("one");
    for needed in ["CKM_AES_GCM", "CKM_AES_CBC_ENCRYPT_DATA", "CKM_AES_KEY_GEN"] {
        softhsm.disable_mechanism(needed);
        let refusal = Token::open(config(&softhsm, &made), Arc::new(SystemRandom)).await.unwrap_err();
        let HsmError::MissingMechanism { mechanism } = refusal else { panic!("{refusal:?}") };
        assert_eq!(mechanism, needed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_of_several_tokens_of_one_module_work_at_once() {
    let Some(softhsm) = in_softhsm_process("many_callers_of_several_tokens_of_one_module_work_at_once")
    else {
        return;
    };
    let made = ["one", "two"].map(|label| softhsm.add_token(label));
    let mut callers = Vec::new();
    for made in &made {
        let token = open(&softhsm, made).await;
        let key = token.generate_aes256_key("a key", &id("1")).await.unwrap();
        for number in 0..16_u8 {
            let (token, key) = (token.clone(), key.clone());
            callers.push(tokio::spawn(async move {
                for _ in 0..8 {
                    let sealed = token.encrypt(&key, &[number], &secret(&[number; 100])).await.unwrap();
                    let opened = token.decrypt(&key, &[number], &sealed).await.unwrap();
                    assert_eq!(opened.expose_secret(), [number; 100]);
                }
            }));
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
}

#[test]
fn the_blocking_forms_need_no_runtime() {
    let Some(softhsm) = in_softhsm_process("the_blocking_forms_need_no_runtime") else { return };
    let made = softhsm.add_token("one");
    let token = Token::open_blocking(config(&softhsm, &made), Arc::new(SystemRandom)).unwrap();
    let key = token.generate_aes256_key_blocking("a key", &id("1")).unwrap();
    assert_eq!(token.find_key_blocking(key.name()).unwrap(), key);
    let sealed = token.encrypt_blocking(&key, b"", &secret(b"plaintext")).unwrap();
    assert_eq!(token.decrypt_blocking(&key, b"", &sealed).unwrap().expose_secret(), b"plaintext");
    token.fingerprint_blocking(&key).unwrap();
}

#[tokio::test]
async fn a_process_may_exit_with_a_token_open() {
    let Some(softhsm) = in_softhsm_process("a_process_may_exit_with_a_token_open") else { return };
    let token = open(&softhsm, &softhsm.add_token("one")).await;
    token.generate_aes256_key("a key", &id("1")).await.unwrap();
    // Its threads are there when the process ends, with which this test ends well or not.
    std::mem::forget(token);
}

#[tokio::test]
async fn random_bytes_of_the_token_differ_each_time() {
    let Some(softhsm) = in_softhsm_process("random_bytes_of_the_token_differ_each_time") else { return };
    let token = open(&softhsm, &softhsm.add_token("one")).await;
    for length in [1, 32, 1024] {
        assert_eq!(token.generate_random(length).await.unwrap().expose_secret().len(), length);
    }
    let (first, second) =
        (token.generate_random(32).await.unwrap(), token.generate_random(32).await.unwrap());
    assert_ne!(first.expose_secret(), second.expose_secret());
}
