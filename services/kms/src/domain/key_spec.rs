//! The kinds of keys: what their material is, and what they are for.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>

use keywright_aws_api::wire_enum;

use crate::error::Error;

wire_enum! {
    /// The kind of a key's material.
    pub enum KeySpec {
        /// RSA, 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA, 4096 bits.
        Rsa4096 = "RSA_4096",
        /// NIST P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// NIST P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// NIST P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// secp256k1.
        EccSecgP256k1 = "ECC_SECG_P256K1",
        /// AES-256-GCM.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// HMAC with 224 bits.
        Hmac224 = "HMAC_224",
        /// HMAC with 256 bits.
        Hmac256 = "HMAC_256",
        /// HMAC with 384 bits.
        Hmac384 = "HMAC_384",
        /// HMAC with 512 bits.
        Hmac512 = "HMAC_512",
        /// SM2.
        Sm2 = "SM2",
        /// ML-DSA-44.
        MlDsa44 = "ML_DSA_44",
        /// ML-DSA-65.
        MlDsa65 = "ML_DSA_65",
        /// ML-DSA-87.
        MlDsa87 = "ML_DSA_87",
        /// Ed25519.
        EccNistEdwards25519 = "ECC_NIST_EDWARDS25519",
    }
}

wire_enum! {
    /// The specs that the older name of the member has.
    pub enum CustomerMasterKeySpec {
        /// RSA, 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA, 4096 bits.
        Rsa4096 = "RSA_4096",
        /// NIST P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// NIST P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// NIST P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// secp256k1.
        EccSecgP256k1 = "ECC_SECG_P256K1",
        /// AES-256-GCM.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// HMAC with 224 bits.
        Hmac224 = "HMAC_224",
        /// HMAC with 256 bits.
        Hmac256 = "HMAC_256",
        /// HMAC with 384 bits.
        Hmac384 = "HMAC_384",
        /// HMAC with 512 bits.
        Hmac512 = "HMAC_512",
        /// SM2.
        Sm2 = "SM2",
    }
}

wire_enum! {
    /// The kinds of key pairs that are made for use outside of KMS.
    pub enum DataKeyPairSpec {
        /// RSA, 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA, 4096 bits.
        Rsa4096 = "RSA_4096",
        /// NIST P-256.
        EccNistP256 = "ECC_NIST_P256",
        /// NIST P-384.
        EccNistP384 = "ECC_NIST_P384",
        /// NIST P-521.
        EccNistP521 = "ECC_NIST_P521",
        /// secp256k1.
        EccSecgP256k1 = "ECC_SECG_P256K1",
        /// SM2.
        Sm2 = "SM2",
        /// Ed25519.
        EccNistEdwards25519 = "ECC_NIST_EDWARDS25519",
    }
}

wire_enum! {
    /// What a key is for.
    pub enum KeyUsageType {
        /// Signatures.
        SignVerify = "SIGN_VERIFY",
        /// Encryption and decryption.
        EncryptDecrypt = "ENCRYPT_DECRYPT",
        /// Message authentication codes.
        GenerateVerifyMac = "GENERATE_VERIFY_MAC",
        /// Key agreement.
        KeyAgreement = "KEY_AGREEMENT",
    }
}

impl From<CustomerMasterKeySpec> for KeySpec {
    fn from(spec: CustomerMasterKeySpec) -> Self {
        use CustomerMasterKeySpec as C;
        match spec {
            C::Rsa2048 => Self::Rsa2048,
            C::Rsa3072 => Self::Rsa3072,
            C::Rsa4096 => Self::Rsa4096,
            C::EccNistP256 => Self::EccNistP256,
            C::EccNistP384 => Self::EccNistP384,
            C::EccNistP521 => Self::EccNistP521,
            C::EccSecgP256k1 => Self::EccSecgP256k1,
            C::SymmetricDefault => Self::SymmetricDefault,
            C::Hmac224 => Self::Hmac224,
            C::Hmac256 => Self::Hmac256,
            C::Hmac384 => Self::Hmac384,
            C::Hmac512 => Self::Hmac512,
            C::Sm2 => Self::Sm2,
        }
    }
}

impl KeySpec {
    /// What a key of this spec can be for; each key is for one of them.
    #[must_use]
    pub fn usages(self) -> &'static [KeyUsageType] {
        use KeyUsageType as U;
        match self {
            Self::SymmetricDefault => &[U::EncryptDecrypt],
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[U::EncryptDecrypt, U::SignVerify],
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521 => &[U::SignVerify, U::KeyAgreement],
            Self::Sm2 => &[U::EncryptDecrypt, U::SignVerify, U::KeyAgreement],
            Self::EccSecgP256k1
            | Self::EccNistEdwards25519
            | Self::MlDsa44
            | Self::MlDsa65
            | Self::MlDsa87 => &[U::SignVerify],
            Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512 => &[U::GenerateVerifyMac],
        }
    }

    /// The usage of a new key, for which the caller may have named one; only a symmetric key needs none to be named.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a usage that the spec doesn't have.
    pub fn usage(self, named: Option<KeyUsageType>) -> Result<KeyUsageType, Error> {
        match named {
            Some(usage) if self.usages().contains(&usage) => Ok(usage),
            Some(_) => Err(Error::Invalid("The KeyUsage is not compatible with the KeySpec")),
            None if self == Self::SymmetricDefault => Ok(KeyUsageType::EncryptDecrypt),
            None => Err(Error::Invalid(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys",
            )),
        }
    }

    /// Whether its material is one secret of a symmetric encryption key.
    #[must_use]
    pub fn is_symmetric_encryption(self) -> bool {
        self == Self::SymmetricDefault
    }

    /// The length in bytes of an HMAC key of this spec.
    #[must_use]
    pub fn hmac_length(self) -> Option<usize> {
        match self {
            Self::Hmac224 => Some(28),
            Self::Hmac256 => Some(32),
            Self::Hmac384 => Some(48),
            Self::Hmac512 => Some(64),
            _ => None,
        }
    }
}
