//! A key's metadata and state.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>

use std::sync::Arc;

use keywright_aws_api::{AccountId, wire_enum};
use time::OffsetDateTime;

use super::key_id::KeyId;
use crate::error::Error;

/// All that is known of a key but its material and its policy.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: Arc<str>,
    /// What may be done with it now.
    pub state: KeyState,
    /// Who manages it.
    pub manager: KeyManagerType,
    /// The kind of its material.
    pub spec: KeySpec,
    /// What it is for.
    pub usage: KeyUsageType,
    /// Where its material comes from.
    pub origin: OriginType,
    /// What its owner says about it.
    pub description: Box<str>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its material will be destroyed.
    pub deletion_date: Option<OffsetDateTime>,
}

wire_enum! {
    /// What may be done with a key.
    pub enum KeyState {
        /// Everything.
        Enabled = "Enabled",
        /// It may be managed, but not used.
        Disabled = "Disabled",
        /// It waits for its material to be destroyed.
        PendingDeletion = "PendingDeletion",
    }
}

wire_enum! {
    /// Who manages a key.
    pub enum KeyManagerType {
        /// A service, for its customers.
        Aws = "AWS",
        /// The account.
        Customer = "CUSTOMER",
    }
}

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

wire_enum! {
    /// Where a key's material comes from.
    pub enum OriginType {
        /// Made here.
        AwsKms = "AWS_KMS",
        /// Imported.
        External = "EXTERNAL",
        /// In a CloudHSM key store.
        AwsCloudHsm = "AWS_CLOUDHSM",
        /// In an external key store.
        ExternalKeyStore = "EXTERNAL_KEY_STORE",
    }
}

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

impl Key {
    /// Refuses cryptography with a key that isn't enabled.
    ///
    /// # Errors
    /// [`Error::KeyDisabled`] or [`Error::KeyPendingDeletion`].
    pub fn check_usable(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Enabled => Ok(()),
            KeyState::Disabled => Err(Error::KeyDisabled { arn: Arc::clone(&self.arn) }),
            KeyState::PendingDeletion => Err(self.pending_deletion()),
        }
    }

    /// Refuses to change a key that waits for its deletion.
    ///
    /// # Errors
    /// [`Error::KeyPendingDeletion`].
    pub fn check_manageable(&self) -> Result<(), Error> {
        match self.state {
            KeyState::Enabled | KeyState::Disabled => Ok(()),
            KeyState::PendingDeletion => Err(self.pending_deletion()),
        }
    }

    /// Refuses to cancel what wasn't begun.
    ///
    /// # Errors
    /// [`Error::KeyNotPendingDeletion`].
    pub fn check_pending_deletion(&self) -> Result<(), Error> {
        match self.state {
            KeyState::PendingDeletion => Ok(()),
            KeyState::Enabled | KeyState::Disabled => {
                Err(Error::KeyNotPendingDeletion { arn: Arc::clone(&self.arn) })
            }
        }
    }

    fn pending_deletion(&self) -> Error {
        Error::KeyPendingDeletion { arn: Arc::clone(&self.arn) }
    }
}
