//! The certificate by which a cluster is known.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// A certificate, to compare. Clusters that have the same one are copies of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustAnchor(CertificateDer<'static>);

impl TrustAnchor {
    /// Reads it from PEM, where there must be no other; the text around it doesn't matter.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        let mut certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
        let first = certificates.next()?.ok()?;
        certificates.next().is_none().then_some(Self(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
    const OTHER: &str = "-----BEGIN CERTIFICATE-----\nAQIE\n-----END CERTIFICATE-----\n";

    #[test]
    fn certificates_are_compared_by_what_they_are() {
        let one = TrustAnchor::from_pem(ONE).unwrap();
        let noted = format!("the cluster's\r\n{}", ONE.replace('\n', "\r\n"));
        assert_eq!(TrustAnchor::from_pem(&noted).unwrap(), one);
        assert_eq!(TrustAnchor::from_pem(ONE.trim_end()).unwrap(), one);
        assert_ne!(TrustAnchor::from_pem(OTHER).unwrap(), one);
    }

    #[test]
    fn what_is_not_one_certificate_is_none() {
        let key = ONE.replace("CERTIFICATE", "PRIVATE KEY");
        let broken = ONE.replace("AQID", "%%%");
        for pem in ["", "AQID", &key, &broken, &format!("{ONE}{OTHER}"), &format!("{ONE}{ONE}")] {
            assert_eq!(TrustAnchor::from_pem(pem), None, "{pem}");
        }
    }
}
