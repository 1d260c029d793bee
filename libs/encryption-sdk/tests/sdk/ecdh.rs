use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use keywright_encryption_sdk::{
    AlgorithmSuite, EcdhCurve, Error, KmsClient, KmsEcdhKeyring, MultiKeyring, RawEcdhKeyring,
};
use serde_json::Value;

use crate::fixtures::{aes, any, client_for, options};
use crate::local_kms::LocalKms;
use crate::samples::PLAINTEXT;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
const CURVES: [(EcdhCurve, KeyPairSpec); 4] = [
    (EcdhCurve::P256, KeyPairSpec::NistP256),
    (EcdhCurve::P384, KeyPairSpec::NistP384),
    (EcdhCurve::P521, KeyPairSpec::NistP521),
    (EcdhCurve::Sm2, KeyPairSpec::Sm2),
];

fn pair(spec: KeyPairSpec) -> PrivateKey {
    PrivateKey::generate(spec, &SystemRandom).unwrap()
}

fn between(curve: EcdhCurve, ours: &PrivateKey, theirs: &PrivateKey) -> RawEcdhKeyring {
    let private = ours.to_pkcs8();
    RawEcdhKeyring::between(curve, private.expose_secret(), theirs.public_key().spki()).unwrap()
}

fn to_decrypt(curve: EcdhCurve, key: &PrivateKey) -> RawEcdhKeyring {
    RawEcdhKeyring::to_decrypt(curve, key.to_pkcs8().expose_secret()).unwrap()
}

/// A message by this keyring.
fn encrypt(keyring: RawEcdhKeyring) -> Vec<u8> {
    client_for(SUITE, keyring).encrypt(b"m", options(SUITE, 10)).unwrap().message
}

/// How many data keys were tried in vain.
fn decrypt(keyring: RawEcdhKeyring, message: &[u8]) -> Result<(), usize> {
    match client_for(SUITE, keyring).decrypt(message, any()) {
        Ok(decrypted) => {
            assert_eq!(decrypted.plaintext.expose_secret(), b"m");
            Ok(())
        }
        Err(Error::NoDataKeyDecrypted { causes }) => Err(causes.len()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn parties_decrypt_what_they_sent_each_other() {
    for (curve, spec) in CURVES {
        let [ours, theirs, others] = [pair(spec), pair(spec), pair(spec)];
        let message = encrypt(between(curve, &ours, &theirs));
        assert_eq!(decrypt(between(curve, &ours, &theirs), &message), Ok(()), "{curve:?}");
        assert_eq!(decrypt(between(curve, &theirs, &ours), &message), Ok(()), "{curve:?}");
        assert_eq!(decrypt(to_decrypt(curve, &theirs), &message), Ok(()), "{curve:?}");
        assert_eq!(decrypt(to_decrypt(curve, &ours), &message), Err(0), "{curve:?}");
        assert_eq!(decrypt(between(curve, &others, &theirs), &message), Err(0), "{curve:?}");
        assert_eq!(decrypt(between(curve, &theirs, &others), &message), Err(0), "{curve:?}");
    }
}

#[test]
fn what_an_ephemeral_key_encrypted_only_the_recipient_decrypts() {
    for (curve, spec) in CURVES {
        let [recipient, other] = [pair(spec), pair(spec)];
        let keyring = || RawEcdhKeyring::ephemeral_to(curve, recipient.public_key().spki()).unwrap();
        let (message, next) = (encrypt(keyring()), encrypt(keyring()));
        assert_eq!(decrypt(to_decrypt(curve, &recipient), &message), Ok(()), "{curve:?}");
        assert_eq!(decrypt(to_decrypt(curve, &recipient), &next), Ok(()), "{curve:?}");
        assert_eq!(decrypt(to_decrypt(curve, &other), &message), Err(0), "{curve:?}");
        let refused = client_for(SUITE, keyring()).decrypt(&message, any()).unwrap_err();
        assert!(matches!(refused, Error::Configuration(_)));
        let refused = client_for(SUITE, to_decrypt(curve, &recipient)).encrypt(b"m", options(SUITE, 10));
        assert!(matches!(refused, Err(Error::Configuration(_))));
        let others = |message: &[u8]| {
            let info = client_for(SUITE, to_decrypt(curve, &recipient)).decrypt(message, any()).unwrap().info;
            info.header.encrypted_data_keys[0].provider_info.clone()
        };
        assert_ne!(others(&message), others(&next), "a key for each message");
    }
}

#[tokio::test]
async fn a_key_in_kms_and_one_at_hand_agree() {
    for (curve, spec) in CURVES {
        let [in_kms, at_hand] = [pair(spec), pair(spec)];
        let (kms_spki, our_spki) =
            (in_kms.public_key().spki().to_vec(), at_hand.public_key().spki().to_vec());
        let local = LocalKms::new("us-east-1").pair("a", pair_of(spec, &in_kms));
        let arn = local.arn("a");
        let kms: Arc<dyn KmsClient> = Arc::new(local);
        let theirs = KmsEcdhKeyring::between(kms, curve, &arn, None, &our_spki).await.unwrap();
        let private = at_hand.to_pkcs8();
        let ours = RawEcdhKeyring::between(curve, private.expose_secret(), &kms_spki).unwrap();

        let (ours, theirs) = (client_for(SUITE, ours), client_for(SUITE, theirs));
        for (from, to) in [(&ours, &theirs), (&theirs, &ours)] {
            let message = from.encrypt(b"m", options(SUITE, 10)).unwrap().message;
            assert_eq!(to.decrypt(&message, any()).unwrap().plaintext.expose_secret(), b"m", "{curve:?}");
        }
    }
}

fn pair_of(spec: KeyPairSpec, key: &PrivateKey) -> PrivateKey {
    PrivateKey::from_pkcs8(spec, &key.to_pkcs8()).unwrap()
}

#[test]
fn a_data_key_that_was_changed_is_tried_and_refused() {
    let (curve, spec) = CURVES[0];
    let [ours, theirs] = [pair(spec), pair(spec)];
    let message = encrypt(between(curve, &ours, &theirs));
    let info = client_for(SUITE, to_decrypt(curve, &theirs)).decrypt(&message, any()).unwrap().info;
    let ciphertext = &info.header.encrypted_data_keys[0].ciphertext;
    let at = message.windows(ciphertext.len()).position(|window| window == ciphertext).unwrap();
    // Salt, commitment, data key and tag.
    for place in [0, 32, 64, 96] {
        let mut changed = message.clone();
        changed[at + place] ^= 1;
        assert_eq!(decrypt(to_decrypt(curve, &theirs), &changed), Err(1), "{place}");
    }
}

#[test]
fn keys_of_another_curve_are_refused() {
    let [p256, p384] = [pair(KeyPairSpec::NistP256), pair(KeyPairSpec::NistP384)];
    let private = p256.to_pkcs8();
    assert!(RawEcdhKeyring::ephemeral_to(EcdhCurve::P256, p384.public_key().spki()).is_err());
    assert!(RawEcdhKeyring::to_decrypt(EcdhCurve::P384, private.expose_secret()).is_err());
    assert!(RawEcdhKeyring::to_decrypt(EcdhCurve::P256, b"-----BEGIN PRIVATE KEY-----").is_err());
    let mixed = RawEcdhKeyring::between(EcdhCurve::P256, private.expose_secret(), p384.public_key().spki());
    assert!(mixed.is_err());
}

#[test]
fn it_takes_its_place_among_others() {
    let (curve, spec) = CURVES[1];
    let recipient = pair(spec);
    let ephemeral = RawEcdhKeyring::ephemeral_to(curve, recipient.public_key().spki()).unwrap();
    let message = client_for(SUITE, MultiKeyring::new(aes()).with(ephemeral))
        .encrypt(b"m", options(SUITE, 10))
        .unwrap()
        .message;
    assert_eq!(decrypt(to_decrypt(curve, &recipient), &message), Ok(()));
    assert!(client_for(SUITE, aes()).decrypt(&message, any()).is_ok());
}

/// `samples/ecdh.json`: by `aws-encryption-sdk` 4.0.7 for Python.
#[test]
fn messages_of_the_official_implementation_are_decrypted() {
    let samples = include_str!("samples/ecdh.json");
    let samples: Vec<Value> = serde_json::from_str(samples).unwrap();
    assert_eq!(samples.len(), 3);
    for sample in samples {
        let curve = match sample["curve"].as_str().unwrap() {
            "P256" => EcdhCurve::P256,
            "P384" => EcdhCurve::P384,
            _ => EcdhCurve::P521,
        };
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        let private = |n: usize| sample["private_keys"][n].as_str().unwrap().as_bytes();
        let public = |n: usize| bytes(&sample["public_keys"][n]);
        let recipient = || RawEcdhKeyring::to_decrypt(curve, private(1)).unwrap();
        let sender = RawEcdhKeyring::between(curve, private(0), &public(1)).unwrap();
        let decrypt = |keyring: RawEcdhKeyring, message: &str| {
            let decrypted = client_for(SUITE, keyring).decrypt(&bytes(&sample[message]), any()).unwrap();
            assert_eq!(decrypted.plaintext.expose_secret(), PLAINTEXT, "{curve:?} {message}");
        };
        decrypt(recipient(), "static");
        decrypt(recipient(), "ephemeral");
        decrypt(sender, "static");
    }
}
