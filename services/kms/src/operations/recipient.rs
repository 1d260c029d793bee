//! The Nitro enclave, or the instance with a NitroTPM, for which an answer is encrypted.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/cryptographic-attestation.html>

use std::sync::Arc;

use keywright_attestation::{Attestation, Platform};
use keywright_audit_log::Fields;
use keywright_aws_api::shape::{Blob, PlaintextOut};
use keywright_aws_api::{Input, Shown};
use keywright_crypto::{SecretBytes, hex_lower};

use super::private_key::elsewhere;
use crate::domain::condition_keys::strip_ignoring_case;
use crate::enclaves::RecipientRefusal;
use crate::error::Error;
use crate::service::Kms;

/// A signed attestation document.
#[derive(Input)]
pub(crate) struct RecipientInfo {
    #[member(one_of("RSAES_OAEP_SHA_256"))]
    key_encryption_algorithm: Option<String>,
    #[member(length = 1..=262_144)]
    attestation_document: Option<Blob>,
}

/// Who gets the answer of a request, and what was loaded for it.
///
/// A document that is refused doesn't end the request at once: policies decide first, and to them such a document is none.
pub(crate) struct For<T> {
    /// What was loaded.
    pub(crate) loaded: T,
    recipient: Recipient,
}

/// Who gets an answer.
pub(crate) enum Recipient {
    /// The caller.
    Caller,
    /// Whoever a hypervisor has attested.
    Attested(Box<Attestation>),
    /// Nobody: the document, or the request for it, is refused.
    Refused(RecipientRefusal),
}

impl Recipient {
    /// Who is named in a request. The signatures of a document take some milliseconds, so they are verified where no
    /// other request waits.
    pub(crate) async fn of(kms: &Kms, info: Option<&RecipientInfo>) -> Result<Self, Error> {
        let Some(info) = info else { return Ok(Self::Caller) };
        let Some(roots) = &kms.enclave_roots else { return Ok(Self::Refused(RecipientRefusal::NoRoots)) };
        let (Some(document), Some(_)) = (&info.attestation_document, &info.key_encryption_algorithm) else {
            return Ok(Self::Refused(RecipientRefusal::Incomplete));
        };
        let (roots, document, now) = (Arc::clone(roots), document.clone(), kms.now());
        let verified = elsewhere(move || Ok(roots.verify(document.as_bytes(), now))).await?;
        Ok(match verified {
            Ok(attestation) => Self::Attested(Box::new(attestation)),
            Err(error) => Self::Refused(RecipientRefusal::Document(error)),
        })
    }

    /// The same with what was loaded.
    pub(crate) fn with<T>(self, loaded: T) -> For<T> {
        For { loaded, recipient: self }
    }
}

impl<T> For<T> {
    /// What is attested.
    pub(crate) fn attestation(&self) -> Option<&Attestation> {
        match &self.recipient {
            Recipient::Attested(attestation) => Some(attestation),
            Recipient::Caller | Recipient::Refused(_) => None,
        }
    }

    /// To be called before anything is done.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.recipient {
            Recipient::Caller | Recipient::Attested(_) => Ok(()),
            Recipient::Refused(refusal) => Err(Error::Recipient(*refusal)),
        }
    }

    /// The members of the answer that hold a plaintext: the one for the caller or the one for the recipient.
    pub(crate) fn answer(
        &self,
        kms: &Kms,
        plaintext: SecretBytes,
    ) -> Result<(Option<PlaintextOut>, Option<Blob>), Error> {
        self.check()?;
        match self.attestation() {
            None => Ok((Some(PlaintextOut(plaintext)), None)),
            Some(attestation) => {
                let encrypted = attestation.encrypt(&plaintext, &*kms.random).map_err(Error::Crypto)?;
                Ok((None, Some(encrypted.into())))
            }
        }
    }

    /// Shows what is attested, as CloudTrail does.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-attestation.html>
    pub(crate) fn show<'a>(&'a self, shown: &mut Shown<'a>) {
        let Some(attestation) = self.attestation() else { return };
        let mut fields = Fields::new();
        fields.push_str("attestationDocumentModuleId", attestation.module_id());
        let members: &[(&str, u8)] = match attestation.platform() {
            Platform::Enclave => &OF_ENCLAVES,
            Platform::NitroTpm => &OF_NITRO_TPMS,
        };
        for (name, number) in members {
            fields.push_opt_str(name, attestation.registers().get(*number).map(hex_lower));
        }
        shown.additional.push_object("recipient", fields);
    }
}

/// The condition keys `kms:RecipientAttestation:*`, by what follows that.
pub(crate) fn attested_key(attestation: &Attestation, name: &str, each: &mut dyn FnMut(&str)) -> bool {
    let number = match attestation.platform() {
        Platform::Enclave if name.eq_ignore_ascii_case("ImageSha384") => Some(0),
        Platform::Enclave => strip_ignoring_case(name, "PCR").and_then(register),
        Platform::NitroTpm => strip_ignoring_case(name, "NitroTPMPCR").and_then(register),
    };
    let content = number.and_then(|number| attestation.registers().get(number));
    content.inspect(|content| each(&hex_lower(content))).is_some()
}

/// A register's number, which has one form only.
fn register(text: &str) -> Option<u8> {
    let number: u8 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

const OF_ENCLAVES: [(&str, u8); 6] = [
    ("attestationDocumentEnclaveImageDigest", 0),
    ("attestationDocumentEnclavePCR1", 1),
    ("attestationDocumentEnclavePCR2", 2),
    ("attestationDocumentEnclavePCR3", 3),
    ("attestationDocumentEnclavePCR4", 4),
    ("attestationDocumentEnclavePCR8", 8),
];

const OF_NITRO_TPMS: [(&str, u8); 6] = [
    ("attestationDocumentNitroTPMPCR4", 4),
    ("attestationDocumentNitroTPMPCR7", 7),
    ("attestationDocumentNitroTPMPCR8", 8),
    ("attestationDocumentNitroTPMPCR9", 9),
    ("attestationDocumentNitroTPMPCR16", 16),
    ("attestationDocumentNitroTPMPCR23", 23),
];
