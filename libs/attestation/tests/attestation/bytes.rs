//! Whatever arrives, nothing panics, and nothing is taken but what a hypervisor signed.

use ciborium::Value;
use keywright_attestation::AttestationError;
use keywright_attestation::testing::{ES384, encode};
use proptest::prelude::*;

use crate::{hypervisor, now, refusal, spki, verify};

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let document = hypervisor().document(now(), spki());
    for at in 0..document.len() {
        let mut changed = document.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_part_of_a_document_or_more_than_one_is_refused() {
    let document = hypervisor().document(now(), spki());
    for len in 0..document.len() {
        assert!(verify(&document[..len]).is_err(), "{len} bytes");
    }
    for more in [&[0][..], &document] {
        let refused = refusal(verify(&[&document, more].concat()));
        assert!(matches!(refused, AttestationError::Envelope(_)));
    }
}

#[test]
fn other_algorithms_headers_and_shapes_are_refused() {
    let payload = encode(&Value::Map(hypervisor().fields(now(), spki()).0));
    // ES256, ES512, no algorithm, ES384 with something more, ES384 in a longer form, nothing.
    let others: [&[u8]; 6] = [
        &[0xa1, 0x01, 0x26],
        &[0xa1, 0x01, 0x38, 0x23],
        &[0xa0],
        &[0xa2, 0x01, 0x38, 0x22, 0x04, 0x40],
        &[0xa1, 0x01, 0x39, 0x00, 0x22],
        &[],
    ];
    for protected in others {
        let document = encode(&Value::Array(hypervisor().parts(protected, &payload)));
        assert!(matches!(refusal(verify(&document)), AttestationError::Envelope(_)), "{protected:?}");
    }
    let changes: [fn(&mut Vec<Value>); 8] = [
        |parts| parts[1] = Value::Map(vec![(4.into(), Value::Bytes(vec![1]))]),
        |parts| parts[1] = Value::Null,
        |parts| parts[2] = Value::Null,
        |parts| parts[3] = Value::Bytes(vec![0; 95]),
        |parts| parts[3] = Value::Bytes(vec![0; 97]),
        |parts| parts[0] = Value::Map(vec![(1.into(), (-35).into())]),
        |parts| parts.push(Value::Null),
        |parts| parts.truncate(3),
    ];
    for change in changes {
        let mut parts = hypervisor().parts(&ES384, &payload);
        change(&mut parts);
        assert!(matches!(refusal(verify(&encode(&Value::Array(parts)))), AttestationError::Envelope(_)));
    }
    let mut nobodys = hypervisor().parts(&ES384, &payload);
    nobodys[3] = Value::Bytes(vec![0; 96]);
    assert_eq!(refusal(verify(&encode(&Value::Array(nobodys)))), AttestationError::Signature);
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let with = |value: Value| hypervisor().sign(&hypervisor().fields(now(), spki()).set("more", value));
    let rest = with(Value::Bytes(vec![])).len();
    verify(&with(Value::Bytes(vec![0; 16_000 - rest]))).unwrap();
    for len in [16_384, 262_144] {
        let refused = refusal(verify(&with(Value::Bytes(vec![0; len]))));
        assert!(matches!(refused, AttestationError::Envelope(_)));
    }
    let mut deep = Value::Null;
    for _ in 0..100 {
        deep = Value::Array(vec![deep]);
    }
    assert!(matches!(refusal(verify(&with(deep))), AttestationError::Envelope(_)));
    // Arrays in arrays, and lengths that promise more than is there.
    for bytes in
        [vec![0x81; 16_000], vec![0x9f; 16_000], vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
    {
        assert!(matches!(refusal(verify(&bytes)), AttestationError::Envelope(_)));
    }
    for bytes in [[0x5b; 9], [0x7b; 9], [0xbb; 9]] {
        let document = encode(&Value::Array(hypervisor().parts(&ES384, &bytes)));
        assert!(matches!(refusal(verify(&document)), AttestationError::Envelope(_)));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(verify(&bytes).is_err());
        let payload = encode(&Value::Array(hypervisor().parts(&ES384, &bytes)));
        prop_assert!(verify(&payload).is_err());
    }

    #[test]
    fn any_certificates_are_refused(
        certificate in prop::collection::vec(any::<u8>(), 1..300),
        authority in prop::collection::vec(any::<u8>(), 1..300),
    ) {
        let fields = hypervisor().fields(now(), spki());
        let bundle = Value::Array(vec![Value::Bytes(authority)]);
        let with_bundle = hypervisor().sign(&fields.set("cabundle", bundle.clone()));
        prop_assert!(verify(&with_bundle).is_err());
        let fields = hypervisor().fields(now(), spki()).set("certificate", Value::Bytes(certificate));
        prop_assert!(verify(&hypervisor().sign(&fields)).is_err());
    }

    #[test]
    fn a_document_with_anything_put_over_it_is_refused(
        at in any::<prop::sample::Index>(),
        over in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let document = hypervisor().document(now(), spki());
        let at = at.index(document.len());
        let mut changed = document.clone();
        let end = changed.len().min(at + over.len());
        changed.splice(at..end, over);
        prop_assume!(changed != document);
        prop_assert!(verify(&changed).is_err());
    }

    #[test]
    fn a_certificate_with_a_changed_byte_is_refused(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let fields = hypervisor().fields(now(), spki());
        let own = fields.0.iter().find(|(name, _)| name.as_text() == Some("certificate")).unwrap();
        let mut certificate = own.1.as_bytes().unwrap().clone();
        let at = at.index(certificate.len());
        certificate[at] ^= flip;
        // Signed again, by the key that the true certificate certifies.
        let document = hypervisor().sign(&fields.set("certificate", Value::Bytes(certificate)));
        prop_assert!(verify(&document).is_err());
    }
}
