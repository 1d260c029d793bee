use ciborium::Value;
use keywright_attestation::testing::{ES384, encode, test_register};
use keywright_attestation::{AttestationError, MAX_AGE, Platform};
use keywright_crypto::KeyPairSpec;
use time::Duration;

use crate::{hypervisor, key_pair, now, refusal, spki, verify};

fn bytes(len: usize) -> Value {
    Value::Bytes(vec![7; len])
}

#[test]
fn a_document_tells_what_was_measured() {
    let document = hypervisor().document(now(), spki());
    let attestation = verify(&document).unwrap();
    assert_eq!(attestation.module_id(), "i-0123456789abcdef0-enc0123456789abcdef");
    assert_eq!(attestation.platform(), Platform::Enclave);
    assert_eq!(attestation.registers().get(0), Some(&*test_register(0)));
    assert_eq!(attestation.registers().get(15), Some(&*test_register(15)));
    assert_eq!(attestation.registers().get(16), None);
}

#[test]
fn the_tag_of_cose_may_be_there_but_no_other() {
    let fields = hypervisor().fields(now(), spki());
    let parts = hypervisor().parts(&ES384, &encode(&Value::Map(fields.0)));
    let tagged = |tag| encode(&Value::Tag(tag, Box::new(Value::Array(parts.clone()))));
    verify(&tagged(18)).unwrap();
    for other in [17, 98, 61] {
        assert!(matches!(refusal(verify(&tagged(other))), AttestationError::Envelope(_)));
    }
    let twice = encode(&Value::Tag(18, Box::new(Value::Tag(18, Box::new(Value::Array(parts))))));
    assert!(matches!(refusal(verify(&twice)), AttestationError::Envelope(_)));
}

#[test]
fn an_instance_with_a_nitro_tpm_is_told_apart() {
    let fields = hypervisor().fields(now(), spki());
    let pcrs = Value::Map(vec![(4.into(), bytes(48))]);
    let tpm = fields.without("pcrs").set("nitrotpm_pcrs", pcrs.clone());
    let attestation = verify(&hypervisor().sign(&tpm)).unwrap();
    assert_eq!(attestation.platform(), Platform::NitroTpm);
    assert_eq!(attestation.registers().get(4), Some(&[7; 48][..]));
    let both = hypervisor().sign(&tpm.set("pcrs", pcrs));
    assert_eq!(refusal(verify(&both)), AttestationError::Field("pcrs"));
}

#[test]
fn a_document_is_fresh_for_five_minutes_in_both_directions() {
    let at = |shift: Duration| verify(&hypervisor().document(now() + shift, spki()));
    at(MAX_AGE).unwrap();
    at(-MAX_AGE).unwrap();
    for stale in [MAX_AGE + Duration::MILLISECOND, -MAX_AGE - Duration::MILLISECOND, -Duration::days(3650)] {
        assert_eq!(refusal(at(stale)), AttestationError::Stale, "{stale}");
    }
}

#[test]
fn every_field_that_must_be_there_must_be_as_specified() {
    let pcrs = |entries: Vec<(Value, Value)>| Value::Map(entries);
    let rows: Vec<(&'static str, Vec<Value>)> = vec![
        ("module_id", vec!["".into(), 7.into(), bytes(8), Value::Null]),
        ("digest", vec!["SHA256".into(), "sha384".into(), bytes(6), Value::Null]),
        ("timestamp", vec![0.into(), (-1).into(), "1".into(), u64::MAX.into(), Value::Null, 1.5.into()]),
        (
            "pcrs",
            vec![
                pcrs(vec![]),
                pcrs(vec![(32.into(), bytes(48))]),
                pcrs(vec![((-1).into(), bytes(48))]),
                pcrs(vec![("0".into(), bytes(48))]),
                pcrs(vec![(0.into(), bytes(47))]),
                pcrs(vec![(0.into(), "0".into())]),
                pcrs(vec![(0.into(), bytes(48)), (0.into(), bytes(48))]),
                Value::Array(vec![bytes(48)]),
                Value::Null,
            ],
        ),
        ("certificate", vec![bytes(0), bytes(1025), bytes(400), "x".into(), Value::Null]),
        (
            "cabundle",
            vec![
                Value::Array(vec![]),
                Value::Array(vec![bytes(0)]),
                Value::Array(vec![bytes(1025)]),
                Value::Array(vec!["x".into()]),
                bytes(400),
                Value::Null,
            ],
        ),
        ("public_key", vec![bytes(0), bytes(1), bytes(550), bytes(1025), "x".into(), Value::Null]),
    ];
    for (name, wrong) in rows {
        let fields = || hypervisor().fields(now(), spki());
        let missing = hypervisor().sign(&fields().without(name));
        assert_eq!(refusal(verify(&missing)), AttestationError::Field(name));
        for value in wrong {
            let document = hypervisor().sign(&fields().set(name, value.clone()));
            assert_eq!(refusal(verify(&document)), AttestationError::Field(name), "{value:?}");
        }
    }
}

#[test]
fn fields_that_may_be_missing_are_bounded_and_others_say_nothing() {
    for name in ["user_data", "nonce"] {
        let with = |value: Value| {
            verify(&hypervisor().sign(&hypervisor().fields(now(), spki()).set(name, value))).map(|_| ())
        };
        with(bytes(0)).unwrap();
        with(bytes(1024)).unwrap();
        for wrong in [bytes(1025), "x".into()] {
            assert_eq!(with(wrong), Err(AttestationError::Field(name)));
        }
        verify(&hypervisor().sign(&hypervisor().fields(now(), spki()).without(name))).unwrap();
    }
    verify(&hypervisor().sign(&hypervisor().fields(now(), spki()).set("later", 7))).unwrap();
}

#[test]
fn a_field_twice_or_without_a_name_is_refused() {
    for name in ["nonce".into(), 7.into()] {
        let mut fields = hypervisor().fields(now(), spki());
        fields.0.push((name, bytes(3)));
        assert!(matches!(refusal(verify(&hypervisor().sign(&fields))), AttestationError::Envelope(_)));
    }
}

#[test]
fn the_public_key_is_rsa_of_2048_to_4096_bits() {
    for spec in [KeyPairSpec::Rsa2048, KeyPairSpec::Rsa3072, KeyPairSpec::Rsa4096] {
        verify(&hypervisor().document(now(), key_pair(spec).public_key().spki())).unwrap();
    }
    for spec in [KeyPairSpec::NistP256, KeyPairSpec::Ed25519] {
        let document = hypervisor().document(now(), key_pair(spec).public_key().spki());
        assert_eq!(refusal(verify(&document)), AttestationError::Field("public_key"));
    }
    let mut small = std::process::Command::new("openssl");
    small.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-outform", "DER"]);
    let small = small.output().unwrap().stdout;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("small.der"), small).unwrap();
    let mut public = std::process::Command::new("openssl");
    public.args(["pkey", "-inform", "DER", "-in", "small.der", "-pubout", "-outform", "DER"]);
    let public = public.current_dir(directory.path()).output().unwrap().stdout;
    assert!(public.len() > 150);
    let document = hypervisor().document(now(), &public);
    assert_eq!(refusal(verify(&document)), AttestationError::Field("public_key"));
}
