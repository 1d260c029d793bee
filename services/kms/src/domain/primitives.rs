//! Which primitive stands behind each of the API's names.

use keywright_crypto::{AsymmetricEncryption, HmacAlgorithm, KeyPairSpec, SignatureAlgorithm};

use super::algorithms::{EncryptionAlgorithmSpec, MacAlgorithmSpec, SigningAlgorithmSpec};
use super::key_spec::{DataKeyPairSpec, KeySpec};

impl KeySpec {
    /// The kind of key pair, for an asymmetric key.
    #[must_use]
    pub fn key_pair(self) -> Option<KeyPairSpec> {
        match self {
            Self::Rsa2048 => Some(KeyPairSpec::Rsa2048),
            Self::Rsa3072 => Some(KeyPairSpec::Rsa3072),
            Self::Rsa4096 => Some(KeyPairSpec::Rsa4096),
            Self::EccNistP256 => Some(KeyPairSpec::NistP256),
            Self::EccNistP384 => Some(KeyPairSpec::NistP384),
            Self::EccNistP521 => Some(KeyPairSpec::NistP521),
            Self::EccSecgP256k1 => Some(KeyPairSpec::Secp256k1),
            Self::Sm2 => Some(KeyPairSpec::Sm2),
            Self::EccNistEdwards25519 => Some(KeyPairSpec::Ed25519),
            Self::MlDsa44 => Some(KeyPairSpec::MlDsa44),
            Self::MlDsa65 => Some(KeyPairSpec::MlDsa65),
            Self::MlDsa87 => Some(KeyPairSpec::MlDsa87),
            Self::SymmetricDefault | Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512 => None,
        }
    }

    /// The hash function, for an HMAC key.
    #[must_use]
    pub fn hmac(self) -> Option<HmacAlgorithm> {
        match self {
            Self::Hmac224 => Some(HmacAlgorithm::Sha224),
            Self::Hmac256 => Some(HmacAlgorithm::Sha256),
            Self::Hmac384 => Some(HmacAlgorithm::Sha384),
            Self::Hmac512 => Some(HmacAlgorithm::Sha512),
            _ => None,
        }
    }
}

impl DataKeyPairSpec {
    /// The kind of key pair.
    #[must_use]
    pub fn primitive(self) -> KeyPairSpec {
        match self {
            Self::Rsa2048 => KeyPairSpec::Rsa2048,
            Self::Rsa3072 => KeyPairSpec::Rsa3072,
            Self::Rsa4096 => KeyPairSpec::Rsa4096,
            Self::EccNistP256 => KeyPairSpec::NistP256,
            Self::EccNistP384 => KeyPairSpec::NistP384,
            Self::EccNistP521 => KeyPairSpec::NistP521,
            Self::EccSecgP256k1 => KeyPairSpec::Secp256k1,
            Self::Sm2 => KeyPairSpec::Sm2,
            Self::EccNistEdwards25519 => KeyPairSpec::Ed25519,
        }
    }
}

impl SigningAlgorithmSpec {
    /// The signature scheme.
    #[must_use]
    pub fn primitive(self) -> SignatureAlgorithm {
        match self {
            Self::RsassaPssSha256 => SignatureAlgorithm::RsaPssSha256,
            Self::RsassaPssSha384 => SignatureAlgorithm::RsaPssSha384,
            Self::RsassaPssSha512 => SignatureAlgorithm::RsaPssSha512,
            Self::RsassaPkcs1Sha256 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::RsassaPkcs1Sha384 => SignatureAlgorithm::RsaPkcs1Sha384,
            Self::RsassaPkcs1Sha512 => SignatureAlgorithm::RsaPkcs1Sha512,
            Self::EcdsaSha256 => SignatureAlgorithm::EcdsaSha256,
            Self::EcdsaSha384 => SignatureAlgorithm::EcdsaSha384,
            Self::EcdsaSha512 => SignatureAlgorithm::EcdsaSha512,
            Self::Sm2Dsa => SignatureAlgorithm::Sm2Dsa,
            Self::MlDsaShake256 => SignatureAlgorithm::MlDsaShake256,
            Self::Ed25519Sha512 => SignatureAlgorithm::Ed25519Sha512,
            Self::Ed25519PhSha512 => SignatureAlgorithm::Ed25519PhSha512,
        }
    }

    /// The length in bytes of the digest that it takes instead of the message; none where it takes no digest.
    #[must_use]
    pub fn digest_length(self) -> Option<usize> {
        match self {
            Self::RsassaPssSha256 | Self::RsassaPkcs1Sha256 | Self::EcdsaSha256 | Self::Sm2Dsa => Some(32),
            Self::RsassaPssSha384 | Self::RsassaPkcs1Sha384 | Self::EcdsaSha384 => Some(48),
            Self::RsassaPssSha512 | Self::RsassaPkcs1Sha512 | Self::EcdsaSha512 | Self::Ed25519PhSha512 => {
                Some(64)
            }
            Self::Ed25519Sha512 | Self::MlDsaShake256 => None,
        }
    }
}

impl EncryptionAlgorithmSpec {
    /// The encryption scheme of a key pair; none for that of a symmetric key.
    #[must_use]
    pub fn asymmetric(self) -> Option<AsymmetricEncryption> {
        match self {
            Self::SymmetricDefault => None,
            Self::RsaesOaepSha1 => Some(AsymmetricEncryption::OaepSha1),
            Self::RsaesOaepSha256 => Some(AsymmetricEncryption::OaepSha256),
            Self::Sm2Pke => Some(AsymmetricEncryption::Sm2Pke),
        }
    }

    /// How many bytes it encrypts under a key of this spec.
    #[must_use]
    pub fn max_plaintext(self, spec: KeySpec) -> usize {
        let modulus = match spec {
            KeySpec::Rsa2048 => 256,
            KeySpec::Rsa3072 => 384,
            KeySpec::Rsa4096 => 512,
            _ => 0_usize,
        };
        // OAEP takes two digests and two bytes of the modulus (RFC 8017, 7.1.1).
        match self {
            Self::SymmetricDefault => 4096,
            Self::RsaesOaepSha1 => modulus.saturating_sub(2 * 20 + 2),
            Self::RsaesOaepSha256 => modulus.saturating_sub(2 * 32 + 2),
            Self::Sm2Pke => 1024,
        }
    }
}

impl MacAlgorithmSpec {
    /// The hash function.
    #[must_use]
    pub fn primitive(self) -> HmacAlgorithm {
        match self {
            Self::HmacSha224 => HmacAlgorithm::Sha224,
            Self::HmacSha256 => HmacAlgorithm::Sha256,
            Self::HmacSha384 => HmacAlgorithm::Sha384,
            Self::HmacSha512 => HmacAlgorithm::Sha512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_spec::CustomerMasterKeySpec;

    #[test]
    fn every_spec_is_of_one_kind() {
        for spec in KeySpec::ALL {
            let kinds = [spec.is_symmetric_encryption(), spec.hmac().is_some(), spec.key_pair().is_some()];
            assert_eq!(kinds.into_iter().filter(|kind| *kind).count(), 1, "{spec:?}");
            assert_eq!(spec.hmac().is_some(), spec.hmac_length().is_some(), "{spec:?}");
        }
    }

    #[test]
    fn names_that_are_shared_mean_the_same() {
        for old in CustomerMasterKeySpec::ALL {
            assert_eq!(KeySpec::from(*old).as_str(), old.as_str());
        }
        for pair in DataKeyPairSpec::ALL {
            let spec: KeySpec = pair.as_str().parse().unwrap();
            assert_eq!(spec.key_pair(), Some(pair.primitive()));
        }
    }

    #[test]
    fn an_hmac_key_has_the_hash_function_of_its_algorithm() {
        for spec in KeySpec::ALL.iter().filter(|spec| spec.hmac().is_some()) {
            let algorithms = spec.mac_algorithms().iter().map(|algorithm| algorithm.primitive());
            assert_eq!(algorithms.collect::<Vec<_>>(), [spec.hmac().unwrap()]);
        }
    }

    #[test]
    fn a_plaintext_is_as_long_as_documented() {
        use EncryptionAlgorithmSpec as E;
        for (spec, sha1, sha256) in
            [(KeySpec::Rsa2048, 214, 190), (KeySpec::Rsa3072, 342, 318), (KeySpec::Rsa4096, 470, 446)]
        {
            assert_eq!(E::RsaesOaepSha1.max_plaintext(spec), sha1);
            assert_eq!(E::RsaesOaepSha256.max_plaintext(spec), sha256);
        }
        assert_eq!(E::Sm2Pke.max_plaintext(KeySpec::Sm2), 1024);
        assert_eq!(E::SymmetricDefault.max_plaintext(KeySpec::SymmetricDefault), 4096);
    }
}
