//! OpenSSL on the other side, by its command. Debian 12 has version 3.0, which knows no ML-DSA and no Ed25519ph: these
//! two are left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use keywright_crypto::{
    AsymmetricEncryption, CryptoError, KeyPairSpec, Message, PrivateKey, PublicKey, SecretBytes,
    SignatureAlgorithm, SystemRandom,
};
use tempfile::TempDir;

use crate::{SPECS, shared, signs_with};

const MESSAGE: &[u8] = b"a message that both sides know";

/// What OpenSSL 3.0 knows.
fn specs() -> impl Iterator<Item = KeyPairSpec> {
    SPECS
        .into_iter()
        .filter(|spec| !matches!(spec, KeyPairSpec::MlDsa44 | KeyPairSpec::MlDsa65 | KeyPairSpec::MlDsa87))
}

fn algorithms(spec: KeyPairSpec) -> impl Iterator<Item = SignatureAlgorithm> {
    signs_with(spec).iter().copied().filter(|algorithm| *algorithm != SignatureAlgorithm::Ed25519PhSha512)
}

#[test]
fn openssl_reads_and_checks_our_keys_and_derives_the_same_public_key() {
    let scratch = Scratch::new();
    for spec in specs() {
        let key = shared(spec);
        let private = scratch.write("private", key.to_pkcs8().expose_secret());
        let public = scratch.write("public", key.public_key().spki());
        if spec != KeyPairSpec::Ed25519 {
            // It has no check of Ed25519 keys.
            run(&["pkey", "-inform", "DER", "-in", text(&private), "-check", "-noout"]);
        }
        let derived = run(&["pkey", "-inform", "DER", "-in", text(&private), "-pubout", "-outform", "DER"]);
        assert_eq!(derived, key.public_key().spki(), "{spec:?}");
        let read =
            run(&["pkey", "-pubin", "-inform", "DER", "-in", text(&public), "-pubout", "-outform", "DER"]);
        assert_eq!(read, key.public_key().spki(), "{spec:?}");
    }
}

#[test]
fn we_read_the_keys_of_openssl() {
    for spec in specs() {
        let scratch = Scratch::new();
        let (private, public) = openssl_key(&scratch, spec);
        let key = PrivateKey::from_pkcs8(spec, &private).unwrap();
        assert_eq!(key.public_key().spki(), public, "{spec:?}");
        assert_eq!(PublicKey::from_spki(spec, &public).unwrap().spki(), public, "{spec:?}");
    }
}

#[test]
fn each_side_verifies_the_signatures_of_the_other() {
    for spec in specs() {
        let scratch = Scratch::new();
        let (private, public) = openssl_key(&scratch, spec);
        let key = PrivateKey::from_pkcs8(spec, &private).unwrap();
        let message = scratch.write("message", MESSAGE);
        let private = scratch.write("private.der", private.expose_secret());
        let public = scratch.write("public.der", &public);
        for algorithm in algorithms(spec) {
            let what = format!("{spec:?} {algorithm:?}");
            let options = signing_options(algorithm);

            let ours = scratch.write("signature", &key.sign(algorithm, Message::Raw(MESSAGE)).unwrap());
            let mut arguments =
                vec!["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", text(&public)];
            arguments.extend(["-rawin", "-in", text(&message), "-sigfile", text(&ours)]);
            arguments.extend(&options);
            run(&arguments);

            let mut arguments = vec!["pkeyutl", "-sign", "-keyform", "DER", "-inkey", text(&private)];
            arguments.extend(["-rawin", "-in", text(&message)]);
            arguments.extend(&options);
            let theirs = run(&arguments);
            let verified = key.public_key().verify(algorithm, Message::Raw(MESSAGE), &theirs);
            assert_eq!(verified, Ok(()), "{what}");
            let refused = key.public_key().verify(algorithm, Message::Raw(b"another"), &theirs);
            assert_eq!(refused, Err(CryptoError::SignatureInvalid), "{what}");
            if format!("{algorithm:?}").starts_with("RsaPkcs1") {
                // Without randomness there is one signature.
                assert_eq!(key.sign(algorithm, Message::Raw(MESSAGE)).unwrap(), theirs, "{what}");
            }

            let digest = match algorithm {
                SignatureAlgorithm::Ed25519Sha512 | SignatureAlgorithm::Sm2Dsa => continue,
                _ => run(&["dgst", digest_option(algorithm), "-binary", text(&message)]),
            };
            let verified = key.public_key().verify(algorithm, Message::Digest(&digest), &theirs);
            assert_eq!(verified, Ok(()), "{what}: a digest");
            let ours = key.sign(algorithm, Message::Digest(&digest)).unwrap();
            assert_eq!(
                key.public_key().verify(algorithm, Message::Raw(MESSAGE), &ours),
                Ok(()),
                "{what}: a digest"
            );
        }
    }
}

/// The options of OpenSSL for RSAES-OAEP with these two hash functions.
fn oaep([digest, mgf1]: [&str; 2]) -> [&str; 6] {
    ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", digest, "-pkeyopt", mgf1]
}

#[test]
fn each_side_decrypts_what_the_other_encrypted() {
    let cases = [
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha1),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha256),
        (KeyPairSpec::Rsa3072, AsymmetricEncryption::OaepSha256),
        (KeyPairSpec::Rsa4096, AsymmetricEncryption::OaepSha256),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha384),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::OaepSha512),
        (KeyPairSpec::Rsa2048, AsymmetricEncryption::RsaPkcs1),
        (KeyPairSpec::Sm2, AsymmetricEncryption::Sm2Pke),
    ];
    for (spec, algorithm) in cases {
        let scratch = Scratch::new();
        let (private, public) = openssl_key(&scratch, spec);
        let key = PrivateKey::from_pkcs8(spec, &private).unwrap();
        let plaintext = scratch.write("plaintext", MESSAGE);
        let private = scratch.write("private.der", private.expose_secret());
        let public = scratch.write("public.der", &public);
        let options: &[&str] = match algorithm {
            AsymmetricEncryption::OaepSha1 => &oaep(["rsa_oaep_md:sha1", "rsa_mgf1_md:sha1"]),
            AsymmetricEncryption::OaepSha256 => &oaep(["rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]),
            AsymmetricEncryption::OaepSha384 => &oaep(["rsa_oaep_md:sha384", "rsa_mgf1_md:sha384"]),
            AsymmetricEncryption::OaepSha512 => &oaep(["rsa_oaep_md:sha512", "rsa_mgf1_md:sha512"]),
            AsymmetricEncryption::RsaPkcs1 => &["-pkeyopt", "rsa_padding_mode:pkcs1"],
            AsymmetricEncryption::Sm2Pke => &[],
        };

        let ours = key.public_key().encrypt(algorithm, MESSAGE, &SystemRandom).unwrap();
        let ours = scratch.write("ciphertext", &ours);
        let decrypt =
            ["pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", text(&private), "-in", text(&ours)];
        assert_eq!(run(&[&decrypt, options].concat()), MESSAGE, "{spec:?} {algorithm:?}");

        let encrypt = [
            "pkeyutl",
            "-encrypt",
            "-pubin",
            "-keyform",
            "DER",
            "-inkey",
            text(&public),
            "-in",
            text(&plaintext),
        ];
        let theirs = run(&[&encrypt, options].concat());
        let decrypted = key.decrypt(algorithm, &theirs).unwrap();
        assert_eq!(decrypted.expose_secret(), MESSAGE, "{spec:?} {algorithm:?}");
    }
}

#[test]
fn both_sides_derive_the_same_secret() {
    for spec in [KeyPairSpec::NistP256, KeyPairSpec::NistP384, KeyPairSpec::NistP521] {
        let scratch = Scratch::new();
        let (theirs, their_public) = openssl_key(&scratch, spec);
        let theirs = scratch.write("private.der", theirs.expose_secret());
        let ours = shared(spec);
        let our_public = scratch.write("peer.der", ours.public_key().spki());
        let derive = [
            "pkeyutl",
            "-derive",
            "-keyform",
            "DER",
            "-inkey",
            text(&theirs),
            "-peerform",
            "DER",
            "-peerkey",
            text(&our_public),
        ];
        assert_eq!(ours.agree(&their_public).unwrap().expose_secret(), run(&derive), "{spec:?}");
    }
}

#[test]
fn unusual_keys_of_openssl_are_refused() {
    let refuse = |spec, options: &[&str]| {
        let scratch = Scratch::new();
        let path = scratch.path("unusual.der");
        let head = ["genpkey", "-outform", "DER", "-out", text(&path)];
        run(&[&head, options].concat());
        let der = SecretBytes::new(std::fs::read(&path).unwrap());
        assert_eq!(PrivateKey::from_pkcs8(spec, &der).unwrap_err(), CryptoError::InvalidKey, "{options:?}");
    };
    let bits = "rsa_keygen_bits:2048";
    let exponent = "rsa_keygen_pubexp:3";
    refuse(KeyPairSpec::Rsa2048, &["-algorithm", "RSA", "-pkeyopt", bits, "-pkeyopt", exponent]);
    refuse(KeyPairSpec::Rsa2048, &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    refuse(KeyPairSpec::Rsa2048, &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2056"]);
    refuse(KeyPairSpec::Rsa2048, &["-algorithm", "RSA-PSS", "-pkeyopt", bits]);
    refuse(KeyPairSpec::NistP256, &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"]);
    refuse(KeyPairSpec::Ed25519, &["-algorithm", "X25519"]);
    refuse(KeyPairSpec::Ed25519, &["-algorithm", "Ed448"]);
}

/// A new key of OpenSSL's: its `PrivateKeyInfo` and its `SubjectPublicKeyInfo`.
fn openssl_key(scratch: &Scratch, spec: KeyPairSpec) -> (SecretBytes, Vec<u8>) {
    let options: &[&str] = match spec {
        KeyPairSpec::Rsa2048 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        KeyPairSpec::Rsa3072 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
        KeyPairSpec::Rsa4096 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        KeyPairSpec::NistP256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        KeyPairSpec::NistP384 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        KeyPairSpec::NistP521 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        KeyPairSpec::Secp256k1 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        KeyPairSpec::Sm2 => &["-algorithm", "SM2"],
        KeyPairSpec::Ed25519 => &["-algorithm", "ED25519"],
        KeyPairSpec::MlDsa44 | KeyPairSpec::MlDsa65 | KeyPairSpec::MlDsa87 => panic!("not in OpenSSL 3.0"),
    };
    let path = scratch.path("theirs.der");
    run(&[&["genpkey", "-outform", "DER", "-out", text(&path)], options].concat());
    // genpkey writes the traditional form of some kinds in DER.
    let topk8 = ["pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", "-in", text(&path)];
    let private = SecretBytes::new(run(&topk8));
    let public = run(&["pkey", "-inform", "DER", "-in", text(&path), "-pubout", "-outform", "DER"]);
    (private, public)
}

fn signing_options(algorithm: SignatureAlgorithm) -> Vec<&'static str> {
    use SignatureAlgorithm as A;
    let pss = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"];
    match algorithm {
        A::RsaPssSha256 => [&["-digest", "sha256"], pss.as_slice()].concat(),
        A::RsaPssSha384 => [&["-digest", "sha384"], pss.as_slice()].concat(),
        A::RsaPssSha512 => [&["-digest", "sha512"], pss.as_slice()].concat(),
        A::RsaPkcs1Sha256 | A::EcdsaSha256 => vec!["-digest", "sha256"],
        A::RsaPkcs1Sha384 | A::EcdsaSha384 => vec!["-digest", "sha384"],
        A::RsaPkcs1Sha512 | A::EcdsaSha512 => vec!["-digest", "sha512"],
        A::Sm2Dsa => vec!["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"],
        A::Ed25519Sha512 => vec![],
        A::Ed25519PhSha512 | A::MlDsaShake256 => panic!("not in OpenSSL 3.0"),
    }
}

fn digest_option(algorithm: SignatureAlgorithm) -> &'static str {
    match signing_options(algorithm)[1] {
        "sha256" => "-sha256",
        "sha384" => "-sha384",
        "sha512" => "-sha512",
        other => panic!("{other}"),
    }
}

/// The standard output of OpenSSL, which must succeed.
fn run(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).output().expect("openssl is on the PATH");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "openssl {}: {out} {err}", arguments.join(" "));
    output.stdout
}

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
