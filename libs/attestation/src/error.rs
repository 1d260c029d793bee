/// Why a document, or the file of root certificates, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// The file of root certificates holds none, or what isn't one.
    #[error("not a file of PEM certificates of certification authorities: {0}")]
    Roots(&'static str),
    /// It isn't COSE_Sign1 with ES384, or is too long or too deep.
    #[error("the attestation document is not a COSE_Sign1 structure signed with ES384: {0}")]
    Envelope(&'static str),
    /// A field is missing, or not as it must be.
    #[error("the attestation document's field {0} is missing or not valid")]
    Field(&'static str),
    /// The certificate is not one that the roots certify, at this time, for signatures.
    #[error("the attestation document's certificate does not chain up to a trusted root certificate: {0}")]
    Chain(&'static str),
    /// Somebody else signed it, or something else was signed.
    #[error("the attestation document's signature does not verify")]
    Signature,
    /// It was made more than five minutes ago, or will be in more than five minutes.
    #[error("the attestation document is not from the last five minutes")]
    Stale,
}
