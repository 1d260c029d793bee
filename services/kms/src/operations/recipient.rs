//! The Nitro enclave for which an answer is to be encrypted.

use keywright_aws_api::Input;
use keywright_aws_api::shape::Blob;

use crate::error::Error;

/// A signed attestation document of an enclave.
#[derive(Input)]
pub(crate) struct RecipientInfo {
    #[expect(dead_code, reason = "checked for its form only")]
    #[member(one_of("RSAES_OAEP_SHA_256"))]
    key_encryption_algorithm: Option<String>,
    #[expect(dead_code, reason = "checked for its form only")]
    #[member(length = 1..=262_144)]
    attestation_document: Option<Blob>,
}

/// There are no enclaves here whose documents could be trusted.
pub(crate) fn refuse(recipient: Option<&RecipientInfo>) -> Result<(), Error> {
    match recipient {
        None => Ok(()),
        Some(_) => Err(Error::Unsupported("Recipient is not supported: there are no Nitro enclaves")),
    }
}
