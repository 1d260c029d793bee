//! What keys do, and that nothing else is taken for it.

use keywright_crypto::{
    AsymmetricEncryption, CryptoError, KeyPairSpec, Message, PrivateKey, PublicKey, Random, SecretBytes,
    SignatureAlgorithm, SystemRandom,
};

use crate::{SIGNATURES, SPECS, generate, shared, signs_with};

const ENCRYPTIONS: [AsymmetricEncryption; 6] = [
    AsymmetricEncryption::OaepSha1,
    AsymmetricEncryption::OaepSha256,
    AsymmetricEncryption::OaepSha384,
    AsymmetricEncryption::OaepSha512,
    AsymmetricEncryption::RsaPkcs1,
    AsymmetricEncryption::Sm2Pke,
];

/// Bytes of the lengths that some message kind takes.
const BYTES: [u8; 64] = [0x5a; 64];

/// The lengths of `Raw`, `Digest` and `ExternalMu` that the algorithm takes.
fn messages(algorithm: SignatureAlgorithm) -> Vec<Message<'static>> {
    use SignatureAlgorithm as A;
    let digest = |len: usize| Message::Digest(&BYTES[..len]);
    match algorithm {
        A::RsaPssSha256 | A::RsaPkcs1Sha256 | A::EcdsaSha256 | A::Sm2Dsa => {
            vec![Message::Raw(b""), digest(32)]
        }
        A::RsaPssSha384 | A::RsaPkcs1Sha384 | A::EcdsaSha384 => vec![Message::Raw(b"m"), digest(48)],
        A::RsaPssSha512 | A::RsaPkcs1Sha512 | A::EcdsaSha512 => vec![Message::Raw(&BYTES), digest(64)],
        A::Ed25519Sha512 => vec![Message::Raw(b"message")],
        A::Ed25519PhSha512 => vec![Message::Raw(b"message"), digest(64)],
        A::MlDsaShake256 => vec![Message::Raw(b"message"), Message::ExternalMu(&BYTES)],
    }
}

#[test]
fn every_kind_signs_verifies_and_survives_its_encodings() {
    for spec in SPECS {
        let key = shared(spec);
        let read = PrivateKey::from_pkcs8(spec, &key.to_pkcs8()).unwrap();
        let public = PublicKey::from_spki(spec, key.public_key().spki()).unwrap();
        assert_eq!((key.spec(), read.spec(), public.spec()), (spec, spec, spec));
        assert_eq!(read.to_pkcs8().expose_secret(), key.to_pkcs8().expose_secret(), "{spec:?}");
        assert_eq!(read.public_key().spki(), public.spki(), "{spec:?}");
        assert_eq!(format!("{key:?}"), format!("PrivateKey({spec:?}, redacted)"));

        for algorithm in signs_with(spec) {
            for message in messages(*algorithm) {
                let what = format!("{spec:?} {algorithm:?} {message:?}");
                let signature = read.sign(*algorithm, message).unwrap();
                assert_eq!(public.verify(*algorithm, message, &signature), Ok(()), "{what}");
                for wrong in wrong_signatures(&signature) {
                    let refused = public.verify(*algorithm, message, &wrong);
                    assert_eq!(refused, Err(CryptoError::SignatureInvalid), "{what}");
                }
                for other in messages(*algorithm).into_iter().chain([Message::Raw(b"other")]) {
                    if format!("{other:?}") != format!("{message:?}") {
                        assert_ne!(
                            public.verify(*algorithm, other, &signature),
                            Ok(()),
                            "{what} as {other:?}"
                        );
                    }
                }
            }
        }
    }
}

fn wrong_signatures(signature: &[u8]) -> [Vec<u8>; 5] {
    let mut flipped = signature.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    let longer = [signature, &[0]].concat();
    let shorter = signature[..signature.len() - 1].to_vec();
    [flipped, longer, shorter, vec![], vec![0; signature.len()]]
}

#[test]
fn a_signature_is_of_one_key_and_one_algorithm() {
    let (key, other) = (shared(KeyPairSpec::Rsa2048), generate(KeyPairSpec::Rsa2048));
    for algorithm in signs_with(KeyPairSpec::Rsa2048) {
        let signature = key.sign(*algorithm, Message::Raw(b"message")).unwrap();
        for verifying in signs_with(KeyPairSpec::Rsa2048) {
            let verified = key.public_key().verify(*verifying, Message::Raw(b"message"), &signature);
            assert_eq!(verified.is_ok(), algorithm == verifying);
        }
        let verified = other.public_key().verify(*algorithm, Message::Raw(b"message"), &signature);
        assert_eq!(verified, Err(CryptoError::SignatureInvalid));
    }
}

#[test]
fn an_algorithm_of_another_kind_of_key_is_not_supported() {
    let refusal = Err(CryptoError::UnsupportedAlgorithm);
    for spec in SPECS {
        let key = shared(spec);
        let public = key.public_key();
        for algorithm in SIGNATURES {
            if !signs_with(spec).contains(&algorithm) {
                assert_eq!(key.sign(algorithm, Message::Raw(b"")), refusal, "{spec:?} {algorithm:?}");
                assert_eq!(public.verify(algorithm, Message::Raw(b""), b"").map(|()| vec![]), refusal);
            }
        }
        for algorithm in ENCRYPTIONS {
            let encrypts = match algorithm {
                AsymmetricEncryption::OaepSha1
                | AsymmetricEncryption::OaepSha256
                | AsymmetricEncryption::OaepSha384
                | AsymmetricEncryption::OaepSha512
                | AsymmetricEncryption::RsaPkcs1 => format!("{spec:?}").starts_with("Rsa"),
                AsymmetricEncryption::Sm2Pke => spec == KeyPairSpec::Sm2,
            };
            let encrypted = public.encrypt(algorithm, b"m", &SystemRandom);
            if !encrypts {
                assert_eq!(encrypted, refusal, "{spec:?} {algorithm:?}");
                assert_eq!(key.decrypt(algorithm, b"c").map(|_| vec![]), refusal, "{spec:?} {algorithm:?}");
            } else {
                let decrypted = key.decrypt(algorithm, &encrypted.unwrap()).unwrap();
                assert_eq!(decrypted.expose_secret(), b"m");
            }
        }
        let agrees = matches!(
            spec,
            KeyPairSpec::NistP256 | KeyPairSpec::NistP384 | KeyPairSpec::NistP521 | KeyPairSpec::Sm2
        );
        let agreed = key.agree(public.spki());
        assert_eq!(agreed.is_ok(), agrees, "{spec:?}");
        assert!(agrees || agreed.unwrap_err() == CryptoError::UnsupportedAlgorithm);
    }
}

#[test]
fn a_message_of_another_kind_or_length_is_told_apart() {
    for spec in SPECS {
        if matches!(spec, KeyPairSpec::Rsa3072 | KeyPairSpec::Rsa4096) {
            continue;
        }
        let key = shared(spec);
        for algorithm in signs_with(spec) {
            let taken: Vec<_> = messages(*algorithm).iter().map(|message| kind(*message)).collect();
            for message in [Message::Raw(&BYTES), Message::Digest(&BYTES), Message::ExternalMu(&BYTES)] {
                if !taken.contains(&kind(message)) {
                    let what = format!("{spec:?} {algorithm:?} {message:?}");
                    assert_eq!(key.sign(*algorithm, message), Err(CryptoError::MessageKind), "{what}");
                    let verified = key.public_key().verify(*algorithm, message, b"");
                    assert!(
                        matches!(verified, Err(CryptoError::MessageKind | CryptoError::SignatureInvalid)),
                        "{what}"
                    );
                }
            }
            for message in messages(*algorithm) {
                let (expected, wrong) = match message {
                    Message::Raw(_) => continue,
                    Message::Digest(digest) => (digest.len(), Message::Digest(&BYTES[..20])),
                    Message::ExternalMu(mu) => (mu.len(), Message::ExternalMu(&BYTES[..20])),
                };
                let refusal = CryptoError::DigestLength { expected, actual: 20 };
                assert_eq!(key.sign(*algorithm, wrong), Err(refusal));
                assert_eq!(key.public_key().verify(*algorithm, wrong, b"x"), Err(refusal));
            }
        }
    }
}

fn kind(message: Message<'_>) -> u8 {
    match message {
        Message::Raw(_) => 0,
        Message::Digest(_) => 1,
        Message::ExternalMu(_) => 2,
    }
}

#[test]
fn encryption_comes_back_to_its_holder_only() {
    let cases = [
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha1, 214),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha256, 190),
        (KeyPairSpec::Rsa3072, AsymmetricEncryption::OaepSha256, 318),
        (KeyPairSpec::Rsa4096, AsymmetricEncryption::OaepSha256, 446),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha384, 158),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha512, 126),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::RsaPkcs1, 245),
        (KeyPairSpec::Sm2, AsymmetricEncryption::Sm2Pke, 1024),
    ];
    for (spec, algorithm, longest) in cases {
        let (key, other) = (shared(spec), generate(spec));
        for len in [1, 33, longest] {
            let plaintext = vec![len as u8; len];
            let encrypt = || key.public_key().encrypt(algorithm, &plaintext, &SystemRandom).unwrap();
            let ciphertext = encrypt();
            assert_ne!(ciphertext, encrypt());
            assert_eq!(key.decrypt(algorithm, &ciphertext).unwrap().expose_secret(), plaintext);
            let refusals = [
                other.decrypt(algorithm, &ciphertext),
                key.decrypt(algorithm, &ciphertext[1..]),
                key.decrypt(algorithm, &[ciphertext.as_slice(), &[0]].concat()),
                key.decrypt(algorithm, &{
                    let mut changed = ciphertext.clone();
                    *changed.last_mut().unwrap() ^= 1;
                    changed
                }),
                key.decrypt(algorithm, b""),
            ];
            for refusal in refusals {
                assert_eq!(refusal.unwrap_err(), CryptoError::NotAuthentic, "{spec:?} {algorithm:?}");
            }
        }
    }
}

#[test]
fn oaep_has_its_limit_and_sm2_needs_a_plaintext() {
    let rsa = shared(KeyPairSpec::Rsa2048);
    for (algorithm, limit) in [(AsymmetricEncryption::OaepSha1, 214), (AsymmetricEncryption::OaepSha256, 190)]
    {
        let encrypted = rsa.public_key().encrypt(algorithm, &vec![1; limit + 1], &SystemRandom);
        assert_eq!(encrypted, Err(CryptoError::MessageTooLong { bytes: limit + 1 }));
        let empty = rsa.public_key().encrypt(algorithm, b"", &SystemRandom).unwrap();
        assert!(rsa.decrypt(algorithm, &empty).unwrap().is_empty());
    }
    let sm2 = shared(KeyPairSpec::Sm2);
    let encrypted = sm2.public_key().encrypt(AsymmetricEncryption::Sm2Pke, b"", &SystemRandom);
    assert_eq!(encrypted, Err(CryptoError::EmptyInput));
}

#[test]
fn compressed_points_come_back_as_the_key_they_were() {
    for (spec, len) in [
        (KeyPairSpec::NistP256, 33),
        (KeyPairSpec::NistP384, 49),
        (KeyPairSpec::NistP521, 67),
        (KeyPairSpec::Secp256k1, 33),
        (KeyPairSpec::Sm2, 33),
    ] {
        for _ in 0..8 {
            let key = generate(spec);
            let point = key.public_key().compressed_point().unwrap();
            assert_eq!(point.len(), len);
            let read = PublicKey::from_compressed_point(spec, &point).unwrap();
            assert_eq!(read.spki(), key.public_key().spki(), "{spec:?}");
            for wrong in [&point[1..], &[&point[..], &[0]].concat(), &[&[4], &point[1..]].concat(), b""] {
                let refused = PublicKey::from_compressed_point(spec, wrong).unwrap_err();
                assert_eq!(refused, CryptoError::InvalidKey, "{spec:?}");
            }
            let refused = PublicKey::from_compressed_point(spec, key.public_key().spki()).unwrap_err();
            assert_eq!(refused, CryptoError::InvalidKey, "{spec:?}");
        }
        let beyond_the_field = [vec![2], vec![0xff; len - 1]].concat();
        let refused = PublicKey::from_compressed_point(spec, &beyond_the_field).unwrap_err();
        assert_eq!(refused, CryptoError::InvalidKey, "{spec:?}");
    }
    let rsa = shared(KeyPairSpec::Rsa2048).public_key();
    assert_eq!(rsa.compressed_point(), Err(CryptoError::UnsupportedAlgorithm));
}

#[test]
fn both_sides_agree_on_the_x_coordinate() {
    let cases = [
        (KeyPairSpec::NistP256, 32),
        (KeyPairSpec::NistP384, 48),
        (KeyPairSpec::NistP521, 66),
        (KeyPairSpec::Sm2, 32),
    ];
    for (spec, len) in cases {
        let (ours, theirs, other) = (generate(spec), generate(spec), generate(spec));
        let secret = ours.agree(theirs.public_key().spki()).unwrap();
        assert_eq!(secret.len(), len);
        let same = theirs.agree(ours.public_key().spki()).unwrap();
        assert_eq!(secret.expose_secret(), same.expose_secret());
        let different = ours.agree(other.public_key().spki()).unwrap();
        assert_ne!(secret.expose_secret(), different.expose_secret());
        for (wrong, _) in cases {
            if wrong != spec {
                let refusal = ours.agree(shared(wrong).public_key().spki()).unwrap_err();
                assert_eq!(refusal, CryptoError::InvalidKey, "{spec:?} with {wrong:?}");
            }
        }
    }
}

#[test]
fn signing_is_safe_from_many_threads() {
    for spec in [KeyPairSpec::Rsa2048, KeyPairSpec::NistP256, KeyPairSpec::Sm2, KeyPairSpec::MlDsa44] {
        let key = shared(spec);
        let algorithm = signs_with(spec)[0];
        std::thread::scope(|scope| {
            for thread in 0..4_u8 {
                scope.spawn(move || {
                    for message in messages(algorithm).into_iter().chain([Message::Raw(&[thread])]) {
                        let signature = key.sign(algorithm, message).unwrap();
                        assert_eq!(key.public_key().verify(algorithm, message, &signature), Ok(()));
                    }
                });
            }
        });
    }
}

struct Broken;

impl Random for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), CryptoError> {
        Err(CryptoError::RandomUnavailable)
    }
}

/// Fills with one byte, never zero.
struct Same(u8);

impl Random for Same {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(self.0);
        Ok(())
    }
}

#[test]
fn the_given_randomness_is_used_where_the_library_takes_it() {
    for spec in [
        KeyPairSpec::Ed25519,
        KeyPairSpec::Sm2,
        KeyPairSpec::MlDsa44,
        KeyPairSpec::MlDsa65,
        KeyPairSpec::MlDsa87,
    ] {
        let refusal = PrivateKey::generate(spec, &Broken).unwrap_err();
        assert_eq!(refusal, CryptoError::RandomUnavailable, "{spec:?}");
        let make = |byte| PrivateKey::generate(spec, &Same(byte)).unwrap().to_pkcs8();
        let bytes = |key: &SecretBytes| key.expose_secret().to_vec();
        assert_eq!(bytes(&make(1)), bytes(&make(1)), "{spec:?}");
        assert_ne!(bytes(&make(1)), bytes(&make(2)), "{spec:?}");
    }
    let sm2 = shared(KeyPairSpec::Sm2);
    let encrypted = sm2.public_key().encrypt(AsymmetricEncryption::Sm2Pke, b"m", &Broken);
    assert_eq!(encrypted, Err(CryptoError::RandomUnavailable));
}
