//! What is attested.

use keywright_crypto::{CryptoError, KeyPairSpec, PublicKey, Random, SecretBytes};
use time::{Duration, OffsetDateTime};

use crate::cms;
use crate::document::Document;
use crate::error::AttestationError;
use crate::registers::{Platform, Registers};

/// How far from now, in either direction, a document may have been made.
pub const MAX_AGE: Duration = Duration::minutes(5);

/// What a trusted hypervisor has just said of an enclave or an instance.
#[derive(Debug)]
pub struct Attestation {
    module_id: String,
    platform: Platform,
    registers: Registers,
    public_key: PublicKey,
}

impl Attestation {
    /// Of a document whose signature was verified.
    pub(crate) fn of(document: Document, now: OffsetDateTime) -> Result<Self, AttestationError> {
        if (now - document.made_at).abs() > MAX_AGE {
            return Err(AttestationError::Stale);
        }
        let spki = document.public_key.as_deref().unwrap_or_default();
        let public_key = SIZES.into_iter().find_map(|size| PublicKey::from_spki(size, spki).ok());
        Ok(Self {
            module_id: document.module_id,
            platform: document.platform,
            registers: document.registers,
            public_key: public_key.ok_or(AttestationError::Field("public_key"))?,
        })
    }

    /// The id of the enclave, or of the instance with its TPM.
    #[must_use]
    pub fn module_id(&self) -> &str {
        &self.module_id
    }

    /// What it is.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// What was measured.
    #[must_use]
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Encrypts for who holds the private half of the document's public key: CMS EnvelopedData (RFC 5652), RSAES-OAEP with
    /// SHA-256 around an AES-256 key, AES-256-CBC around the plaintext.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`], or [`CryptoError::Library`].
    pub fn encrypt(&self, plaintext: &SecretBytes, random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        cms::envelop(&self.public_key, plaintext, random)
    }
}

const SIZES: [KeyPairSpec; 3] = [KeyPairSpec::Rsa2048, KeyPairSpec::Rsa3072, KeyPairSpec::Rsa4096];
