//! The installation's own secrets: random, made once, each in a file of its own.

use std::path::PathBuf;

use keywright_crypto::{Random, RandomExt as _, SecretString, hex_lower};
use keywright_identity::domain::access_key::NewAccessKey;

use super::layout::Layout;
use super::private_file;
use crate::error::CliError;

/// The files with secrets.
pub(crate) struct SecretFiles<'a> {
    layout: &'a Layout,
    random: &'a dyn Random,
}

/// The access key by which one service asks others.
#[derive(Clone, Debug)]
pub(crate) struct ServiceAccessKey {
    pub(crate) id: String,
    pub(crate) secret_file: PathBuf,
}

impl<'a> SecretFiles<'a> {
    pub(crate) fn new(layout: &'a Layout, random: &'a dyn Random) -> Self {
        Self { layout, random }
    }

    /// The token by which services know the front.
    pub(crate) fn front_token(&self) -> Result<PathBuf, CliError> {
        let path = self.layout.secret("front-token");
        self.read_or_make(&path, || self.random_text())?;
        Ok(path)
    }

    /// The password of a service's database role.
    pub(crate) fn database_password(&self, service: &str) -> Result<(PathBuf, SecretString), CliError> {
        let path = self.layout.secret(&format!("{service}.database-password"));
        let password = self.read_or_make(&path, || self.random_text())?;
        Ok((path, password))
    }

    /// The access key of a service.
    pub(crate) fn access_key(&self, service: &str) -> Result<ServiceAccessKey, CliError> {
        let id_file = self.layout.secret(&format!("{service}.access-key-id"));
        let secret_file = self.layout.secret(&format!("{service}.secret-access-key"));
        let new = || NewAccessKey::generate(self.random);
        let id = self.read_or_make(&id_file, || Ok(SecretString::new(new()?.access_key_id.to_string())))?;
        self.read_or_make(&secret_file, || Ok(new()?.secret_access_key))?;
        Ok(ServiceAccessKey { id: id.expose_secret().to_owned(), secret_file })
    }

    fn read_or_make(
        &self,
        path: &std::path::Path,
        make: impl FnOnce() -> Result<SecretString, CliError>,
    ) -> Result<SecretString, CliError> {
        if let Some(mut text) = private_file::read(path)? {
            text.truncate(text.trim_end().len());
            if text.is_empty() {
                return Err(CliError::Damaged { path: path.to_owned(), reason: "it is empty".to_owned() });
            }
            return Ok(SecretString::new(text));
        }
        let secret = make()?;
        private_file::write(path, secret.expose_secret())?;
        Ok(secret)
    }

    /// 256 random bits in letters and digits.
    fn random_text(&self) -> Result<SecretString, CliError> {
        let bytes = self.random.secret(32)?;
        Ok(SecretString::new(hex_lower(bytes.expose_secret())))
    }
}

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::make(dir.path()).unwrap();
        let files = SecretFiles::new(&layout, &SystemRandom);
        let (path, password) = files.database_password("kms.us-east-1").unwrap();
        assert_eq!(password.len(), 64);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), password.expose_secret());
        let (_, again) = files.database_password("kms.us-east-1").unwrap();
        assert_eq!(again.expose_secret(), password.expose_secret());
        let (_, other) = files.database_password("kms.eu-west-1").unwrap();
        assert_ne!(other.expose_secret(), password.expose_secret());

        let key = files.access_key("kms").unwrap();
        assert!(key.id.starts_with("AKIA") && key.id.len() == 20, "{key:?}");
        assert_eq!(std::fs::read_to_string(&key.secret_file).unwrap().len(), 40);
        assert_eq!(files.access_key("kms").unwrap().id, key.id);
        assert_ne!(files.access_key("params").unwrap().id, key.id);
    }

    #[test]
    fn an_empty_file_is_not_taken_for_a_secret() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::make(dir.path()).unwrap();
        std::fs::write(layout.secret("front-token"), "\n").unwrap();
        let refused = SecretFiles::new(&layout, &SystemRandom).front_token().unwrap_err();
        assert!(refused.to_string().ends_with("it is empty"), "{refused}");
    }
}
