//! HTTPS to others than our own services: key store proxies, identity providers, an installation elsewhere.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// By whom the other side's certificate must be signed.
#[derive(Clone, Copy, Debug)]
pub enum Authorities<'a> {
    /// One of the Web's authorities.
    Web,
    /// One of those in this file, in PEM.
    Only(&'a Path),
    /// One of the Web's, or of those in this file.
    WebAnd(&'a Path),
}

/// Why there is no client; of a file, what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// The file can't be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It isn't PEM.
    #[error("it is not valid PEM")]
    NotPem,
    /// It has a certificate that is no authority's.
    #[error("a certificate can't be a trust anchor")]
    NoAnchor,
    /// It has none.
    #[error("it holds no certificate")]
    Empty,
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// A client that verifies chain and name, goes nowhere else by a redirect, and by no proxy of the environment.
///
/// # Errors
/// [`HttpsError`].
pub fn client_builder(authorities: Authorities<'_>) -> Result<reqwest::ClientBuilder, HttpsError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities.roots()?)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(tls))
}

impl Authorities<'_> {
    fn roots(self) -> Result<RootCertStore, HttpsError> {
        let of_web = || RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let (mut roots, path) = match self {
            Self::Web => return Ok(of_web()),
            Self::Only(path) => (RootCertStore::empty(), path),
            Self::WebAnd(path) => (of_web(), path),
        };
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&std::fs::read(path)?) {
            let certificate = certificate.map_err(|_| HttpsError::NotPem)?;
            roots.add(certificate).map_err(|_| HttpsError::NoAnchor)?;
        }
        if roots.len() == before { Err(HttpsError::Empty) } else { Ok(roots) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_authority_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        let refused = |authorities: Authorities<'_>| client_builder(authorities).unwrap_err().to_string();
        for of in [Authorities::Only, Authorities::WebAnd] {
            assert!(matches!(client_builder(of(&file)), Err(HttpsError::Unreadable(_))));
            for (text, reason) in [
                ("", "it holds no certificate"),
                ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "it is not valid PEM"),
                (
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    "a certificate can't be a trust anchor",
                ),
            ] {
                std::fs::write(&file, text).unwrap();
                assert_eq!(refused(of(&file)), reason);
            }
            std::fs::remove_file(&file).unwrap();
        }
        assert!(client_builder(Authorities::Web).is_ok());
    }
}
