//! TLS to databases: rustls on ring, the chain and the host's name always verified.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::{RotatorSettings, RotatorSettingsError};

/// Whom to trust, in the forms that the drivers want.
#[derive(Clone)]
pub(crate) struct Trust {
    pub(crate) client: Arc<ClientConfig>,
    /// The operator's own authorities; `None` for the public web's.
    pub(crate) authorities: Option<Arc<[CertificateDer<'static>]>>,
}

impl Trust {
    pub(crate) fn new(settings: &RotatorSettings) -> Result<Self, RotatorSettingsError> {
        // mysql_async takes the process's provider. Whoever was first has the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities = match &settings.ca_file {
            None => None,
            Some(path) => {
                let pem = std::fs::read(path)
                    .map_err(|source| RotatorSettingsError::CaFile { path: path.clone(), source })?;
                Some(authorities(&pem)?)
            }
        };
        let mut roots = RootCertStore::empty();
        match &authorities {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(own) => {
                for certificate in own.iter() {
                    roots
                        .add(certificate.clone())
                        .map_err(|_| invalid("holds one that can't be a trust anchor"))?;
                }
            }
        }
        let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(&error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { client: Arc::new(client), authorities })
    }
}

fn authorities(pem: &[u8]) -> Result<Arc<[CertificateDer<'static>]>, RotatorSettingsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| invalid("is not valid PEM"))?;
    if found.is_empty() { Err(invalid("holds no certificate")) } else { Ok(found.into()) }
}

fn invalid(reason: &str) -> RotatorSettingsError {
    RotatorSettingsError::Value { setting: "ca_file", reason: reason.to_owned() }
}
