//! TLS to the server: rustls on ring, the chain and the host name always verified.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{StoreConfig, StoreError, TlsMode};

/// What makes TLS connections as configured; nothing where TLS is disabled.
pub(crate) fn connector(config: &StoreConfig) -> Result<Option<MakeRustlsConnect>, StoreError> {
    match config.tls {
        TlsMode::Disable => Ok(None),
        TlsMode::Require => {
            let roots = match &config.ca_file {
                Some(path) => roots_of(path)?,
                None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            };
            let client =
                ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                    .with_safe_default_protocol_versions()
                    .map_err(|error| StoreError::Handshake { reason: error.to_string() })?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
            Ok(Some(MakeRustlsConnect::new(client)))
        }
    }
}

fn roots_of(path: &Path) -> Result<RootCertStore, StoreError> {
    let unreadable = |source| StoreError::File { setting: "ca_file", path: path.to_owned(), source };
    let invalid = |reason| StoreError::Configuration { setting: "ca_file", reason };
    let pem = std::fs::read(path).map_err(unreadable)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| invalid("is not valid PEM"))?;
        roots.add(certificate).map_err(|_| invalid("holds a certificate that can't be a trust anchor"))?;
    }
    if roots.is_empty() { Err(invalid("holds no certificate")) } else { Ok(roots) }
}
