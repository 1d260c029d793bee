//! Algorithm suites, and which of them a commitment policy allows.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/algorithm-suites.md>

use std::fmt;

use keywright_crypto::{HashAlgorithm, KeyPairSpec, SignatureAlgorithm};

/// A suite of the format: cipher, key derivation, key commitment, signature. IVs have 12 bytes, tags 16.
///
/// | id | data key, bits | key derivation | committing | signature |
/// |---|---|---|---|---|
/// | 0x0014, 0x0046, 0x0078 | 128, 192, 256 | none | no | none |
/// | 0x0114, 0x0146, 0x0178 | 128, 192, 256 | HKDF-SHA-256 | no | none |
/// | 0x0214 | 128 | HKDF-SHA-256 | no | ECDSA P-256 |
/// | 0x0346, 0x0378 | 192, 256 | HKDF-SHA-384 | no | ECDSA P-384 |
/// | 0x0478 | 256 | HKDF-SHA-512 | yes | none |
/// | 0x0578 | 256 | HKDF-SHA-512 | yes | ECDSA P-384 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlgorithmSuite {
    /// `ALG_AES_128_GCM_IV12_TAG16_NO_KDF`, 0x0014: the data key itself encrypts. For old messages only.
    Aes128GcmIv12Tag16NoKdf,
    /// `ALG_AES_192_GCM_IV12_TAG16_NO_KDF`, 0x0046. For old messages only.
    Aes192GcmIv12Tag16NoKdf,
    /// `ALG_AES_256_GCM_IV12_TAG16_NO_KDF`, 0x0078. For old messages only.
    Aes256GcmIv12Tag16NoKdf,
    /// `ALG_AES_128_GCM_IV12_TAG16_HKDF_SHA256`, 0x0114.
    Aes128GcmIv12Tag16HkdfSha256,
    /// `ALG_AES_192_GCM_IV12_TAG16_HKDF_SHA256`, 0x0146.
    Aes192GcmIv12Tag16HkdfSha256,
    /// `ALG_AES_256_GCM_IV12_TAG16_HKDF_SHA256`, 0x0178.
    Aes256GcmIv12Tag16HkdfSha256,
    /// `ALG_AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256`, 0x0214.
    Aes128GcmIv12Tag16HkdfSha256EcdsaP256,
    /// `ALG_AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384`, 0x0346.
    Aes192GcmIv12Tag16HkdfSha384EcdsaP384,
    /// `ALG_AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384`, 0x0378.
    Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
    /// `ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY`, 0x0478: committing. The fastest that is safe where whoever can encrypt
    /// is trusted as much as whoever can decrypt.
    Aes256GcmHkdfSha512CommitKey,
    /// `ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384`, 0x0578: committing and signed. The default.
    Aes256GcmHkdfSha512CommitKeyEcdsaP384,
}

impl AlgorithmSuite {
    /// All of them, by their ids.
    pub const ALL: [Self; 11] = [
        Self::Aes128GcmIv12Tag16NoKdf,
        Self::Aes192GcmIv12Tag16NoKdf,
        Self::Aes256GcmIv12Tag16NoKdf,
        Self::Aes128GcmIv12Tag16HkdfSha256,
        Self::Aes192GcmIv12Tag16HkdfSha256,
        Self::Aes256GcmIv12Tag16HkdfSha256,
        Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256,
        Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384,
        Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha512CommitKey,
        Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    ];

    /// The suite's number in a message.
    pub fn id(self) -> u16 {
        match self {
            Self::Aes128GcmIv12Tag16NoKdf => 0x0014,
            Self::Aes192GcmIv12Tag16NoKdf => 0x0046,
            Self::Aes256GcmIv12Tag16NoKdf => 0x0078,
            Self::Aes128GcmIv12Tag16HkdfSha256 => 0x0114,
            Self::Aes192GcmIv12Tag16HkdfSha256 => 0x0146,
            Self::Aes256GcmIv12Tag16HkdfSha256 => 0x0178,
            Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256 => 0x0214,
            Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384 => 0x0346,
            Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384 => 0x0378,
            Self::Aes256GcmHkdfSha512CommitKey => 0x0478,
            Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => 0x0578,
        }
    }

    /// The suite of this number, if the format has one.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The length of a data key, and of the key derived from it, in bytes.
    pub fn data_key_len(self) -> usize {
        match self {
            Self::Aes128GcmIv12Tag16NoKdf
            | Self::Aes128GcmIv12Tag16HkdfSha256
            | Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256 => 16,
            Self::Aes192GcmIv12Tag16NoKdf
            | Self::Aes192GcmIv12Tag16HkdfSha256
            | Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384 => 24,
            Self::Aes256GcmIv12Tag16NoKdf
            | Self::Aes256GcmIv12Tag16HkdfSha256
            | Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384
            | Self::Aes256GcmHkdfSha512CommitKey
            | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => 32,
        }
    }

    /// Whether a message names the one data key that decrypts it.
    pub fn is_committing(self) -> bool {
        matches!(self.key_derivation(), KeyDerivation::Committing)
    }

    /// Whether messages are signed, by a key pair made for the data key.
    pub fn is_signed(self) -> bool {
        self.signature().is_some()
    }

    /// Whether one data key may encrypt several messages.
    pub(crate) fn derives_keys(self) -> bool {
        !matches!(self.key_derivation(), KeyDerivation::None)
    }

    pub(crate) fn key_derivation(self) -> KeyDerivation {
        match self {
            Self::Aes128GcmIv12Tag16NoKdf | Self::Aes192GcmIv12Tag16NoKdf | Self::Aes256GcmIv12Tag16NoKdf => {
                KeyDerivation::None
            }
            Self::Aes128GcmIv12Tag16HkdfSha256
            | Self::Aes192GcmIv12Tag16HkdfSha256
            | Self::Aes256GcmIv12Tag16HkdfSha256
            | Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256 => KeyDerivation::Hkdf(HashAlgorithm::Sha256),
            Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384 | Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384 => {
                KeyDerivation::Hkdf(HashAlgorithm::Sha384)
            }
            Self::Aes256GcmHkdfSha512CommitKey | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => {
                KeyDerivation::Committing
            }
        }
    }

    pub(crate) fn signature(self) -> Option<Signature> {
        match self {
            Self::Aes128GcmIv12Tag16HkdfSha256EcdsaP256 => Some(Signature {
                key: KeyPairSpec::NistP256,
                algorithm: SignatureAlgorithm::EcdsaSha256,
                hash: HashAlgorithm::Sha256,
            }),
            Self::Aes192GcmIv12Tag16HkdfSha384EcdsaP384
            | Self::Aes256GcmIv12Tag16HkdfSha384EcdsaP384
            | Self::Aes256GcmHkdfSha512CommitKeyEcdsaP384 => Some(Signature {
                key: KeyPairSpec::NistP384,
                algorithm: SignatureAlgorithm::EcdsaSha384,
                hash: HashAlgorithm::Sha384,
            }),
            Self::Aes128GcmIv12Tag16NoKdf
            | Self::Aes192GcmIv12Tag16NoKdf
            | Self::Aes256GcmIv12Tag16NoKdf
            | Self::Aes128GcmIv12Tag16HkdfSha256
            | Self::Aes192GcmIv12Tag16HkdfSha256
            | Self::Aes256GcmIv12Tag16HkdfSha256
            | Self::Aes256GcmHkdfSha512CommitKey => None,
        }
    }

    /// Committing suites are written in version 2 of the format, the others in version 1.
    pub(crate) fn message_id_len(self) -> usize {
        if self.is_committing() { 32 } else { 16 }
    }
}

/// The id, as AWS's documents write it.
impl fmt::Display for AlgorithmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.id())
    }
}

/// How a message's key comes from the data key.
pub(crate) enum KeyDerivation {
    /// It is the data key.
    None,
    /// HKDF with the suite and the message's id as the info.
    Hkdf(HashAlgorithm),
    /// HKDF-SHA-512 with the message's id as the salt: the key, and a value that commits to it.
    Committing,
}

/// How a message is signed.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) key: KeyPairSpec,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) hash: HashAlgorithm,
}

/// Whether messages must be committed to their data keys. A message that isn't can be made so that two data keys decrypt
/// it, to different plaintexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitmentPolicy {
    /// Encrypts without commitment, decrypts with and without: while some readers are too old for commitment.
    ForbidEncryptAllowDecrypt,
    /// Encrypts with commitment, decrypts with and without: while there are old messages.
    RequireEncryptAllowDecrypt,
    /// Encrypts and decrypts with commitment only.
    #[default]
    RequireEncryptRequireDecrypt,
}

impl CommitmentPolicy {
    /// What is encrypted with when the caller asks for nothing.
    pub fn default_suite(self) -> AlgorithmSuite {
        match self {
            Self::ForbidEncryptAllowDecrypt => AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384
            }
        }
    }

    /// Whether messages may be encrypted with `suite`.
    pub fn allows_encrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt => !suite.is_committing(),
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => suite.is_committing(),
        }
    }

    /// Whether messages of `suite` may be decrypted.
    pub fn allows_decrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt | Self::RequireEncryptAllowDecrypt => true,
            Self::RequireEncryptRequireDecrypt => suite.is_committing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_suites_and_nothing_else_is_one() {
        let ids = AlgorithmSuite::ALL.map(AlgorithmSuite::id);
        assert!(ids.is_sorted());
        for id in 0..=u16::MAX {
            let suite = AlgorithmSuite::from_id(id);
            assert_eq!(suite.is_some(), ids.contains(&id), "{id:#06x}");
            assert!(suite.is_none_or(|suite| suite.id() == id));
        }
    }

    #[test]
    fn an_id_says_what_its_suite_is_made_of() {
        for suite in AlgorithmSuite::ALL {
            let [family, bits] = suite.id().to_be_bytes();
            assert_eq!(
                suite.data_key_len(),
                match bits {
                    0x14 => 16,
                    0x46 => 24,
                    _ => 32,
                },
                "{suite}"
            );
            assert_eq!(suite.derives_keys(), family != 0, "{suite}");
            assert_eq!(suite.is_signed(), matches!(family, 2 | 3 | 5), "{suite}");
            assert_eq!(suite.is_committing(), family >= 4, "{suite}");
        }
    }

    #[test]
    fn a_policy_allows_its_own_default() {
        use CommitmentPolicy::*;
        for policy in [ForbidEncryptAllowDecrypt, RequireEncryptAllowDecrypt, RequireEncryptRequireDecrypt] {
            assert!(policy.allows_encrypt(policy.default_suite()));
            for suite in AlgorithmSuite::ALL {
                let committing = suite.is_committing();
                assert_eq!(policy.allows_encrypt(suite), committing != (policy == ForbidEncryptAllowDecrypt));
                assert_eq!(
                    policy.allows_decrypt(suite),
                    committing || policy != RequireEncryptRequireDecrypt
                );
            }
        }
    }
}
