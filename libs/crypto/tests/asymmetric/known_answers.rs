//! Published vectors of RFC 8032 and GB/T 32918.5.

use keywright_crypto::{
    AsymmetricEncryption, KeyPairSpec, Message, PrivateKey, SecretBytes, SignatureAlgorithm,
};

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn ed25519(seed: &str) -> PrivateKey {
    let pkcs8 = unhex(&format!("302e020100300506032b657004220420{seed}"));
    PrivateKey::from_pkcs8(KeyPairSpec::Ed25519, &SecretBytes::new(pkcs8)).unwrap()
}

/// RFC 8032, section 7.1, tests 1 and 3.
#[test]
fn ed25519_signs_as_published() {
    let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
             d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
             4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (seed, public, message, expected) in vectors {
        let key = ed25519(seed);
        assert!(key.public_key().spki().ends_with(&unhex(public)));
        let signature = key.sign(SignatureAlgorithm::Ed25519Sha512, Message::Raw(&unhex(message))).unwrap();
        assert_eq!(hex::encode(signature), expected);
    }
}

/// RFC 8032, section 7.3: Ed25519ph of "abc".
#[test]
fn ed25519ph_signs_a_digest_as_published() {
    let key = ed25519("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
    let public = unhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
    assert!(key.public_key().spki().ends_with(&public));
    let sha512_of_abc = unhex(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    let message = Message::Digest(&sha512_of_abc);
    let signature = key.sign(SignatureAlgorithm::Ed25519PhSha512, message).unwrap();
    let expected = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aa\
                    a10b8c61e636062aaad11c2a26083406";
    assert_eq!(hex::encode(&signature), expected);
    assert_eq!(key.public_key().verify(SignatureAlgorithm::Ed25519PhSha512, message, &signature), Ok(()));
    let pure =
        key.public_key().verify(SignatureAlgorithm::Ed25519Sha512, Message::Raw(&sha512_of_abc), &signature);
    assert!(pure.is_err());
}

/// GB/T 32918.5-2017, appendices A and C use one key.
fn sm2() -> PrivateKey {
    let public = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                  ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    let private = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    let pkcs8 = format!(
        "308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420{private}a14403420004{public}"
    );
    let key = PrivateKey::from_pkcs8(KeyPairSpec::Sm2, &SecretBytes::new(unhex(&pkcs8))).unwrap();
    assert!(key.public_key().spki().ends_with(&unhex(public)));
    assert_eq!(hex::encode(key.to_pkcs8().expose_secret()), pkcs8);
    key
}

#[test]
fn the_published_sm2_signature_verifies_as_message_and_as_digest() {
    let key = sm2();
    let signature = unhex(
        "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
         022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    );
    let digest = unhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
    let [message, digest] = [Message::Raw(b"message digest"), Message::Digest(&digest)];
    for message in [message, digest] {
        let verified = key.public_key().verify(SignatureAlgorithm::Sm2Dsa, message, &signature);
        assert_eq!(verified, Ok(()), "{message:?}");
    }
    // A signature of ours, of the message and of its digest: each is the other's.
    let of_message = key.sign(SignatureAlgorithm::Sm2Dsa, message).unwrap();
    let of_digest = key.sign(SignatureAlgorithm::Sm2Dsa, digest).unwrap();
    assert_eq!(key.public_key().verify(SignatureAlgorithm::Sm2Dsa, digest, &of_message), Ok(()));
    assert_eq!(key.public_key().verify(SignatureAlgorithm::Sm2Dsa, message, &of_digest), Ok(()));
}

#[test]
fn the_published_sm2_ciphertext_decrypts() {
    let x = "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73";
    let y = "00e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0";
    let c3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
    let c2 = "21886ca989ca9c7d58087307ca93092d651efa";
    let ciphertext = unhex(&format!("307c0220{x}0221{y}0420{c3}0413{c2}"));
    let plaintext = sm2().decrypt(AsymmetricEncryption::Sm2Pke, &ciphertext).unwrap();
    assert_eq!(plaintext.expose_secret(), b"encryption standard");
}
