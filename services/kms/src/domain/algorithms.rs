//! The algorithms that operations name, and which keys have them.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>

use keywright_aws_api::wire_enum;

use super::key_spec::{KeySpec, KeyUsageType};
use crate::error::Error;

wire_enum! {
    /// How something is encrypted.
    pub enum EncryptionAlgorithmSpec {
        /// AES-256-GCM under a symmetric key.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// RSA-OAEP with SHA-1.
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        /// RSA-OAEP with SHA-256.
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
        /// SM2.
        Sm2Pke = "SM2PKE",
    }
}

wire_enum! {
    /// How something is signed.
    pub enum SigningAlgorithmSpec {
        /// RSASSA-PSS with SHA-256.
        RsassaPssSha256 = "RSASSA_PSS_SHA_256",
        /// RSASSA-PSS with SHA-384.
        RsassaPssSha384 = "RSASSA_PSS_SHA_384",
        /// RSASSA-PSS with SHA-512.
        RsassaPssSha512 = "RSASSA_PSS_SHA_512",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        RsassaPkcs1Sha256 = "RSASSA_PKCS1_V1_5_SHA_256",
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        RsassaPkcs1Sha384 = "RSASSA_PKCS1_V1_5_SHA_384",
        /// RSASSA-PKCS1-v1_5 with SHA-512.
        RsassaPkcs1Sha512 = "RSASSA_PKCS1_V1_5_SHA_512",
        /// ECDSA with SHA-256.
        EcdsaSha256 = "ECDSA_SHA_256",
        /// ECDSA with SHA-384.
        EcdsaSha384 = "ECDSA_SHA_384",
        /// ECDSA with SHA-512.
        EcdsaSha512 = "ECDSA_SHA_512",
        /// SM2 with SM3.
        Sm2Dsa = "SM2DSA",
        /// ML-DSA.
        MlDsaShake256 = "ML_DSA_SHAKE_256",
        /// Ed25519.
        Ed25519Sha512 = "ED25519_SHA_512",
        /// Ed25519ph.
        Ed25519PhSha512 = "ED25519_PH_SHA_512",
    }
}

wire_enum! {
    /// How a message authentication code is made.
    pub enum MacAlgorithmSpec {
        /// HMAC with SHA-224.
        HmacSha224 = "HMAC_SHA_224",
        /// HMAC with SHA-256.
        HmacSha256 = "HMAC_SHA_256",
        /// HMAC with SHA-384.
        HmacSha384 = "HMAC_SHA_384",
        /// HMAC with SHA-512.
        HmacSha512 = "HMAC_SHA_512",
    }
}

wire_enum! {
    /// How a secret is agreed upon.
    pub enum KeyAgreementAlgorithmSpec {
        /// Elliptic curve Diffie-Hellman.
        Ecdh = "ECDH",
    }
}

impl KeySpec {
    /// The algorithms by which a key of this spec and usage encrypts.
    #[must_use]
    pub fn encryption_algorithms(self, usage: KeyUsageType) -> &'static [EncryptionAlgorithmSpec] {
        use EncryptionAlgorithmSpec as E;
        if usage != KeyUsageType::EncryptDecrypt {
            return &[];
        }
        match self {
            Self::SymmetricDefault => &[E::SymmetricDefault],
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[E::RsaesOaepSha1, E::RsaesOaepSha256],
            Self::Sm2 => &[E::Sm2Pke],
            _ => &[],
        }
    }

    /// The algorithms by which a key of this spec and usage signs.
    #[must_use]
    pub fn signing_algorithms(self, usage: KeyUsageType) -> &'static [SigningAlgorithmSpec] {
        use SigningAlgorithmSpec as S;
        if usage != KeyUsageType::SignVerify {
            return &[];
        }
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[
                S::RsassaPkcs1Sha256,
                S::RsassaPkcs1Sha384,
                S::RsassaPkcs1Sha512,
                S::RsassaPssSha256,
                S::RsassaPssSha384,
                S::RsassaPssSha512,
            ],
            Self::EccNistP256 | Self::EccSecgP256k1 => &[S::EcdsaSha256],
            Self::EccNistP384 => &[S::EcdsaSha384],
            Self::EccNistP521 => &[S::EcdsaSha512],
            Self::Sm2 => &[S::Sm2Dsa],
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => &[S::MlDsaShake256],
            Self::EccNistEdwards25519 => &[S::Ed25519Sha512, S::Ed25519PhSha512],
            Self::SymmetricDefault | Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512 => &[],
        }
    }

    /// The algorithms by which a key of this spec makes message authentication codes.
    #[must_use]
    pub fn mac_algorithms(self) -> &'static [MacAlgorithmSpec] {
        match self {
            Self::Hmac224 => &[MacAlgorithmSpec::HmacSha224],
            Self::Hmac256 => &[MacAlgorithmSpec::HmacSha256],
            Self::Hmac384 => &[MacAlgorithmSpec::HmacSha384],
            Self::Hmac512 => &[MacAlgorithmSpec::HmacSha512],
            _ => &[],
        }
    }

    /// The algorithms by which a key of this usage agrees upon secrets.
    #[must_use]
    pub fn key_agreement_algorithms(usage: KeyUsageType) -> &'static [KeyAgreementAlgorithmSpec] {
        if usage == KeyUsageType::KeyAgreement { &[KeyAgreementAlgorithmSpec::Ecdh] } else { &[] }
    }

    /// Refuses an algorithm that isn't one of the key's.
    ///
    /// # Errors
    /// [`Error::InvalidKeyUsage`].
    pub fn check_has<A: Copy + PartialEq>(
        self,
        algorithm: A,
        name: &'static str,
        of_key: &[A],
    ) -> Result<(), Error> {
        if of_key.contains(&algorithm) {
            Ok(())
        } else {
            Err(Error::InvalidKeyUsage { algorithm: name, spec: self.as_str() })
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_aws_api::shape::Enumeration as _;

    use super::*;

    #[test]
    fn every_spec_has_an_algorithm_for_each_of_its_usages() {
        for spec in KeySpec::VALUES.iter().filter_map(|name| KeySpec::from_name(name)) {
            for usage in spec.usages() {
                let count = spec.encryption_algorithms(*usage).len()
                    + spec.signing_algorithms(*usage).len()
                    + KeySpec::key_agreement_algorithms(*usage).len()
                    + if *usage == KeyUsageType::GenerateVerifyMac { spec.mac_algorithms().len() } else { 0 };
                assert!(count > 0, "{spec:?} {usage:?}");
            }
        }
    }
}
