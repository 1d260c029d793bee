//! Attestation documents of AWS Nitro enclaves and of instances with a NitroTPM: what a hypervisor signed about them, and
//! the answer that only they can read.
//!
//! [`RootCertificates::verify`] gives an [`Attestation`] of a document that is well-formed, fresh, and signed under a
//! certificate that one of the roots certifies. [`Attestation::encrypt`] makes the CMS message that KMS answers with.
//! Whether what is attested may have the answer, policies say. No input or output happens here; the time is a parameter.
//!
//! Which fields there are and what must hold of them:
//! <https://github.com/aws/aws-nitro-enclaves-nsm-api/blob/main/docs/attestation_process.md>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/nitrotpm-attestation-document-validate.html>

mod attestation;
mod certificates;
mod cms;
mod cose;
mod document;
mod error;
mod registers;
#[cfg(feature = "testing")]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "for tests only")]
pub mod testing;

pub use attestation::{Attestation, MAX_AGE};
pub use certificates::RootCertificates;
pub use error::AttestationError;
pub use registers::{Platform, Registers};
