//! Who may sign documents: a chain of P-384 certificates (RFC 5280) up to a trusted root.

use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath, anchor_from_trusted_cert,
};
use x509_cert::Certificate;
use x509_cert::der::asn1::{SequenceOf, UintRef};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::time::Validity;

use crate::attestation::Attestation;
use crate::cose::Signed;
use crate::document::Document;
use crate::error::AttestationError;

/// The roots that are trusted.
pub struct RootCertificates(Vec<Root>);

struct Root {
    anchor: TrustAnchor<'static>,
    validity: Validity,
    /// How many authorities there may be between it and who signs.
    path_len: Option<u8>,
}

impl RootCertificates {
    /// Reads a file of PEM certificates: one for each partition of AWS whose enclaves are trusted.
    ///
    /// # Errors
    /// [`AttestationError::Roots`] when there is none, or one that isn't a certification authority's.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AttestationError> {
        let roots: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .map(|read| Root::new(&read.map_err(|_| AttestationError::Roots("it is not PEM"))?))
            .collect::<Result<_, _>>()?;
        if roots.is_empty() {
            return Err(AttestationError::Roots("it has no certificate"));
        }
        Ok(Self(roots))
    }

    /// Takes a document that is well-formed, was made within [`MAX_AGE`](crate::MAX_AGE) of `now`, and was signed by who
    /// one of the roots certifies.
    ///
    /// # Errors
    /// [`AttestationError`], with the first reason that was found.
    pub fn verify(&self, document: &[u8], now: OffsetDateTime) -> Result<Attestation, AttestationError> {
        let signed = Signed::parse(document)?;
        let document = Document::parse(signed.payload())?;
        self.verify_signature(&signed, &document, now)?;
        Attestation::of(document, now)
    }

    fn verify_signature(
        &self,
        signed: &Signed,
        document: &Document,
        now: OffsetDateTime,
    ) -> Result<(), AttestationError> {
        let der = CertificateDer::from(document.certificate.as_slice());
        let signer = EndEntityCert::try_from(&der).map_err(|_| AttestationError::Field("certificate"))?;
        check_signer(&der)?;
        let signature = der_signature(signed.signature()).ok_or(AttestationError::Signature)?;
        signer
            .verify_signature(webpki::ring::ECDSA_P384_SHA384, &signed.to_be_signed()?, &signature)
            .map_err(|_| AttestationError::Signature)?;
        let bundle: Vec<_> = document.bundle.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        bundle.iter().try_for_each(check_authority)?;
        let seconds = u64::try_from(now.unix_timestamp());
        let seconds = seconds.map_err(|_| AttestationError::Chain("the time is before 1970"))?;
        let roots = || self.0.iter().filter(|root| is_within(&root.validity, seconds));
        let anchors: Vec<_> = roots().map(|root| root.anchor.clone()).collect();
        // What else a root says of itself webpki doesn't keep.
        let within = |path: &VerifiedPath<'_>| {
            let between = path.intermediate_certificates().count();
            let permits = |root: &Root| root.path_len.is_none_or(|len| between <= usize::from(len));
            match roots().any(|root| root.anchor == *path.anchor() && permits(root)) {
                true => Ok(()),
                false => Err(webpki::Error::PathLenConstraintViolated),
            }
        };
        let algorithms = &[webpki::ring::ECDSA_P384_SHA384];
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        signer
            .verify_for_usage(algorithms, &anchors, &bundle, at, AnyPurpose, None, Some(&within))
            .map(|_| ())
            .map_err(|error| AttestationError::Chain(reason(&error)))
    }
}

impl Root {
    fn new(der: &CertificateDer<'_>) -> Result<Self, AttestationError> {
        let refused = || AttestationError::Roots("it has a certificate that is none of an authority");
        let certificate = Certificate::from_der(der).map_err(|_| refused())?;
        check_authority(der).map_err(|_| refused())?;
        let (_, constraints) = usage(der).map_err(|_| refused())?;
        let anchor = anchor_from_trusted_cert(der).map_err(|_| refused())?.to_owned();
        Ok(Self {
            anchor,
            validity: certificate.tbs_certificate.validity,
            path_len: constraints.and_then(|own| own.path_len_constraint),
        })
    }
}

/// Extended key usages say nothing about hypervisors; key usages are checked here, since webpki passes over them.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn check_signer(der: &CertificateDer<'_>) -> Result<(), AttestationError> {
    let refused = AttestationError::Chain("the certificate is not one for digital signatures");
    let (usage, constraints) = usage(der)?;
    let is_authority = constraints.is_some_and(|own| own.ca || own.path_len_constraint.is_some());
    if is_authority || !usage.is_some_and(|usage| usage.digital_signature()) {
        return Err(refused);
    }
    Ok(())
}

fn check_authority(der: &CertificateDer<'_>) -> Result<(), AttestationError> {
    let (usage, constraints) = usage(der)?;
    if !constraints.is_some_and(|own| own.ca) || !usage.is_some_and(|usage| usage.key_cert_sign()) {
        return Err(AttestationError::Chain("a certificate of the bundle is not one of an authority"));
    }
    Ok(())
}

/// What a certificate is for.
fn usage(der: &CertificateDer<'_>) -> Result<(Option<KeyUsage>, Option<BasicConstraints>), AttestationError> {
    let refused = |_| AttestationError::Chain("a certificate is malformed");
    let certificate = Certificate::from_der(der).map_err(refused)?.tbs_certificate;
    let usage = certificate.get::<KeyUsage>().map_err(refused)?;
    let constraints = certificate.get::<BasicConstraints>().map_err(refused)?;
    Ok((usage.map(|(_, usage)| usage), constraints.map(|(_, constraints)| constraints)))
}

fn is_within(validity: &Validity, seconds: u64) -> bool {
    let unix = |time: &x509_cert::time::Time| time.to_unix_duration().as_secs();
    (unix(&validity.not_before)..=unix(&validity.not_after)).contains(&seconds)
}

/// An ECDSA signature as X.509 writes it.
fn der_signature((r, s): (&[u8], &[u8])) -> Option<Vec<u8>> {
    let mut numbers = SequenceOf::<UintRef<'_>, 2>::new();
    numbers.add(UintRef::new(r).ok()?).ok()?;
    numbers.add(UintRef::new(s).ok()?).ok()?;
    numbers.to_der().ok()
}

fn reason(error: &webpki::Error) -> &'static str {
    match error {
        webpki::Error::CertExpired { .. } => "a certificate has expired",
        webpki::Error::CertNotValidYet { .. } => "a certificate is not valid yet",
        webpki::Error::UnknownIssuer => "its issuer is unknown",
        webpki::Error::PathLenConstraintViolated => "the chain is longer than an authority permits",
        _ => "a certificate does not verify",
    }
}
