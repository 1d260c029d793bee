//! Which enclaves are believed: those whose attestation documents a root certificate stands behind.

use std::path::PathBuf;

use keywright_attestation::{AttestationError, RootCertificates};
use keywright_service::ServiceError;
use serde::Deserialize;

/// Whose attestation documents are trusted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnclavesSection {
    /// A file of PEM certificates. Without it, requests that name a recipient are refused.
    #[serde(default)]
    pub root_certificate_file: Option<PathBuf>,
}

/// Why the recipient that a request names is refused.
#[derive(Clone, Copy, Debug)]
pub enum RecipientRefusal {
    /// No root certificate is trusted here.
    NoRoots,
    /// The document or the algorithm is missing.
    Incomplete,
    /// The document isn't one to trust.
    Document(AttestationError),
}

impl EnclavesSection {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ServiceError`] when it can't be read, or holds no root certificates.
    pub fn roots(&self) -> Result<Option<RootCertificates>, ServiceError> {
        let named = self.root_certificate_file.as_ref().filter(|path| !path.as_os_str().is_empty());
        let Some(path) = named else { return Ok(None) };
        let fault = |reason: &dyn std::fmt::Display| {
            ServiceError::own(format!("enclaves.root_certificate_file {}: {reason}", path.display()))
        };
        let pem = std::fs::read(path).map_err(|error| fault(&error))?;
        RootCertificates::from_pem(&pem).map(Some).map_err(|error| fault(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_trusts_nobody_and_a_wrong_one_is_refused() {
        let section = |path: &str| EnclavesSection { root_certificate_file: Some(path.into()) };
        assert!(EnclavesSection::default().roots().unwrap().is_none());
        assert!(section("").roots().unwrap().is_none());
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in ["/nowhere/root.pem", file.path().to_str().unwrap()] {
            let refused = section(path).roots().err().unwrap().to_string();
            assert!(refused.contains(path), "{refused}");
        }
    }
}
