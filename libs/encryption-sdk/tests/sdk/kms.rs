use std::sync::Arc;

use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
use keywright_encryption_sdk::{
    AlgorithmSuite, DiscoveryFilter, EcdhCurve, Error, Keyring, KmsClient, KmsDiscoveryKeyring,
    KmsEcdhKeyring, KmsKeyring, KmsRsaAlgorithm, KmsRsaKeyring, MultiKeyring,
};

use crate::fixtures::{any, client_for, options};
use crate::local_kms::LocalKms;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

fn encrypt(keyring: impl Keyring + 'static) -> Vec<u8> {
    client_for(SUITE, keyring).encrypt(b"m", options(SUITE, 10)).unwrap().message
}

/// How many encrypted data keys were tried in vain; none if one wasn't in vain.
fn decrypt(keyring: impl Keyring + 'static, message: &[u8]) -> Result<(), usize> {
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
fn a_key_of_kms_makes_wraps_and_unwraps_data_keys() {
    let kms = Arc::new(LocalKms::new("us-east-1").symmetric("a").symmetric("b"));
    let ring = |id: &str| KmsKeyring::new(kms.clone(), kms.arn(id)).unwrap();
    for suite in AlgorithmSuite::ALL {
        let both = MultiKeyring::new(ring("a")).with(ring("b"));
        let encrypted = client_for(suite, both).encrypt(b"m", options(suite, 10)).unwrap();
        let data_keys = encrypted.info.header.encrypted_data_keys;
        assert!(data_keys.iter().all(|data_key| data_key.provider_id == "aws-kms"));
        let arns = data_keys.iter().map(|data_key| data_key.provider_info.clone());
        assert_eq!(Vec::from_iter(arns), [kms.arn("a").into_bytes(), kms.arn("b").into_bytes()]);
        for id in ["a", "b"] {
            let decrypted = client_for(suite, ring(id)).decrypt(&encrypted.message, any()).unwrap();
            assert_eq!(decrypted.plaintext.expose_secret(), b"m");
        }
    }
    let message = encrypt(ring("a"));
    let before = kms.calls();
    assert_eq!(decrypt(ring("b"), &message), Err(0));
    assert_eq!(kms.calls(), before, "another key is not asked for");
}

#[test]
fn names_that_are_none_and_answers_about_other_keys_are_refused() {
    let kms = Arc::new(LocalKms::new("us-east-1").symmetric("a"));
    for wrong in ["", "arn:aws:kms:us-east-1:1:key", "arn:aws:s3:::bucket"] {
        assert!(matches!(KmsKeyring::new(kms.clone(), wrong), Err(Error::Configuration(_))), "{wrong}");
    }
    let message = encrypt(KmsKeyring::new(kms.clone(), kms.arn("a")).unwrap());
    let mut other = LocalKms::new("us-east-1").symmetric("a");
    other.pretends = Some(kms.arn("b"));
    let other = Arc::new(other);
    assert_eq!(decrypt(KmsKeyring::new(other.clone(), kms.arn("a")).unwrap(), &message), Err(1));
    assert_eq!(decrypt(KmsDiscoveryKeyring::new(other), &message), Err(1));

    let mut nameless = LocalKms::new("us-east-1").symmetric("a");
    nameless.pretends = Some("a".into());
    let ring = KmsKeyring::new(Arc::new(nameless), kms.arn("a")).unwrap();
    let refused = client_for(SUITE, ring).encrypt(b"m", options(SUITE, 10)).unwrap_err();
    assert!(matches!(refused, Error::Materials(_)));
}

#[test]
fn discovery_asks_for_the_keys_of_its_filter() {
    let kms = Arc::new(LocalKms::new("us-east-1").symmetric("a"));
    let message = encrypt(KmsKeyring::new(kms.clone(), kms.arn("a")).unwrap());
    let filter = |partition, account| DiscoveryFilter::new(partition, [account]).unwrap();
    let discovery = || KmsDiscoveryKeyring::new(kms.clone());
    assert_eq!(decrypt(discovery(), &message), Ok(()));
    assert_eq!(decrypt(discovery().filter(filter("aws", "111122223333")), &message), Ok(()));
    assert_eq!(decrypt(discovery().filter(filter("aws", "444455556666")), &message), Err(0));
    assert_eq!(decrypt(discovery().filter(filter("aws-cn", "111122223333")), &message), Err(0));
    assert!(DiscoveryFilter::new("aws", Vec::<String>::new()).is_err());
    let refused = client_for(SUITE, discovery()).encrypt(b"m", options(SUITE, 10)).unwrap_err();
    assert!(matches!(refused, Error::Configuration(_)));
}

#[test]
fn a_multi_region_key_unwraps_in_any_of_its_regions() {
    let region = |name: &str| Arc::new(LocalKms::new(name).symmetric("mrk-a").symmetric("a"));
    let (here, there) = (region("us-east-1"), region("eu-west-1"));
    let message = encrypt(KmsKeyring::new(here.clone(), here.arn("mrk-a")).unwrap());
    let strict = || KmsKeyring::new(there.clone(), there.arn("mrk-a")).unwrap();
    assert_eq!(decrypt(strict(), &message), Err(0));
    assert_eq!(decrypt(strict().multi_region_aware(), &message), Ok(()));
    let discovery = || KmsDiscoveryKeyring::new(there.clone());
    assert_eq!(decrypt(discovery(), &message), Err(1));
    assert_eq!(decrypt(discovery().multi_region_aware(), &message), Ok(()));

    let single = encrypt(KmsKeyring::new(here.clone(), here.arn("a")).unwrap());
    let aware = KmsKeyring::new(there.clone(), there.arn("a")).unwrap().multi_region_aware();
    assert_eq!(decrypt(aware, &single), Err(0));
    assert_eq!(decrypt(discovery().multi_region_aware(), &single), Err(0));
    assert_eq!(decrypt(KmsDiscoveryKeyring::new(here).multi_region_aware(), &single), Ok(()));
}

#[test]
fn rsa_keys_of_kms_wrap_here_and_unwrap_there() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    let key = PrivateKey::generate(KeyPairSpec::Rsa2048, &SystemRandom).unwrap();
    let spki = key.public_key().spki().to_vec();
    let kms = Arc::new(LocalKms::new("us-east-1").pair("rsa", key));
    for algorithm in [KmsRsaAlgorithm::RsaesOaepSha1, KmsRsaAlgorithm::RsaesOaepSha256] {
        let ring = || KmsRsaKeyring::new(kms.arn("rsa"), algorithm).unwrap();
        let encrypting = client_for(suite, ring().with_public_key(&spki).unwrap());
        let before = kms.calls();
        let encrypted = encrypting.encrypt(b"m", options(suite, 10)).unwrap();
        assert_eq!(kms.calls(), before);
        assert_eq!(encrypted.info.header.encrypted_data_keys[0].provider_id, "aws-kms-rsa");

        let decrypting = client_for(suite, ring().with_client(kms.clone()));
        assert_eq!(decrypting.decrypt(&encrypted.message, any()).unwrap().plaintext.expose_secret(), b"m");
        // The data key is bound to the context.
        let refused = decrypting.decrypt(&encrypted.message, any().context([("a", "b")])).unwrap_err();
        assert!(matches!(refused, Error::NoDataKeyDecrypted { causes } if causes.len() == 1));
        assert!(matches!(decrypting.encrypt(b"m", options(suite, 10)), Err(Error::Configuration(_))));
        assert!(matches!(encrypting.decrypt(&encrypted.message, any()), Err(Error::Configuration(_))));

        let signed = client_for(SUITE, ring().with_public_key(&spki).unwrap());
        assert!(matches!(signed.encrypt(b"m", options(SUITE, 10)), Err(Error::Configuration(_))));
    }
    assert!(KmsRsaKeyring::new("alias/rsa", KmsRsaAlgorithm::RsaesOaepSha1).is_err());
}

#[tokio::test]
async fn parties_of_an_agreement_decrypt_what_they_sent_each_other() {
    let curves = [
        (EcdhCurve::P256, KeyPairSpec::NistP256),
        (EcdhCurve::P384, KeyPairSpec::NistP384),
        (EcdhCurve::P521, KeyPairSpec::NistP521),
        (EcdhCurve::Sm2, KeyPairSpec::Sm2),
    ];
    for (curve, spec) in curves {
        let pair = || PrivateKey::generate(spec, &SystemRandom).unwrap();
        let [ours, theirs, others] = [pair(), pair(), pair()];
        let spki = |key: &PrivateKey| key.public_key().spki().to_vec();
        let (our_spki, their_spki, others_spki) = (spki(&ours), spki(&theirs), spki(&others));
        let local = LocalKms::new("us-east-1").pair("a", ours).pair("b", theirs).pair("c", others);
        let (a, b, c) = (local.arn("a"), local.arn("b"), local.arn("c"));
        let kms: Arc<dyn KmsClient> = Arc::new(local);

        let between = async |key: &str, peer: &[u8]| {
            KmsEcdhKeyring::between(kms.clone(), curve, key, None, peer).await.unwrap()
        };
        let message = client_for(SUITE, between(&a, &their_spki).await)
            .encrypt(b"m", options(SUITE, 10))
            .unwrap()
            .message;
        assert_eq!(decrypt(between(&a, &their_spki).await, &message), Ok(()));
        assert_eq!(decrypt(between(&b, &our_spki).await, &message), Ok(()));
        assert_eq!(decrypt(between(&c, &our_spki).await, &message), Err(0));
        assert_eq!(decrypt(between(&b, &others_spki).await, &message), Err(0));

        let anybody =
            async |key: &str| KmsEcdhKeyring::to_decrypt(kms.clone(), curve, key, None).await.unwrap();
        assert_eq!(decrypt(anybody(&b).await, &message), Ok(()));
        assert_eq!(decrypt(anybody(&a).await, &message), Err(0));
        let refused = client_for(SUITE, anybody(&a).await).encrypt(b"m", options(SUITE, 10)).unwrap_err();
        assert!(matches!(refused, Error::Configuration(_)));
    }
}

#[tokio::test]
async fn keys_that_do_not_agree_on_the_curve_are_refused() {
    let key = PrivateKey::generate(KeyPairSpec::NistP256, &SystemRandom).unwrap();
    let spki = key.public_key().spki().to_vec();
    let local = LocalKms::new("us-east-1").pair("a", key).symmetric("b");
    let (a, b) = (local.arn("a"), local.arn("b"));
    let kms: Arc<dyn KmsClient> = Arc::new(local);
    let made = KmsEcdhKeyring::to_decrypt(kms.clone(), EcdhCurve::P384, &a, None).await;
    assert!(matches!(made, Err(Error::Configuration(_))));
    let made = KmsEcdhKeyring::to_decrypt(kms.clone(), EcdhCurve::P384, &a, Some(&spki)).await;
    assert!(matches!(made, Err(Error::Crypto(_))));
    let made = KmsEcdhKeyring::to_decrypt(kms.clone(), EcdhCurve::P256, &b, None).await;
    assert!(matches!(made, Err(Error::Kms(_))));
    assert!(KmsEcdhKeyring::to_decrypt(kms, EcdhCurve::P256, &a, Some(&spki)).await.is_ok());
}
