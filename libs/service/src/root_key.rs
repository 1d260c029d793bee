//! `[root_key]`: where a service's root key comes from.

use std::path::PathBuf;
use std::sync::Arc;

use keywright_crypto::Random;
use keywright_root_key::{RootKey, RootKeySource};
use serde::Deserialize;

use crate::base::read_secret;
use crate::error::ServiceError;

/// Where the root key comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootKeySection {
    /// A file that holds it, a passphrase, or a PKCS#11 token.
    pub kind: RootKeyKind,
    /// The key file.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// A file with the passphrase.
    #[serde(default)]
    pub passphrase_file: Option<PathBuf>,
    /// The file with the passphrase's salt.
    #[serde(default)]
    pub salt_file: Option<PathBuf>,
    /// The token's PKCS#11 library.
    #[serde(default)]
    pub module: Option<PathBuf>,
    /// The token's label.
    #[serde(default)]
    pub token: Option<String>,
    /// A file with the token's user PIN.
    #[serde(default)]
    pub pin_file: Option<PathBuf>,
    /// The label of the key in the token.
    #[serde(default)]
    pub key_label: Option<String>,
}

/// The kinds of root keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootKeyKind {
    /// A file that holds the key.
    KeyFile,
    /// A passphrase, with a file that holds its salt.
    Passphrase,
    /// A key in a PKCS#11 token.
    Pkcs11,
}

impl RootKeySection {
    /// The key in this file.
    #[must_use]
    pub fn key_file(path: impl Into<PathBuf>) -> Self {
        Self {
            kind: RootKeyKind::KeyFile,
            path: Some(path.into()),
            passphrase_file: None,
            salt_file: None,
            module: None,
            token: None,
            pin_file: None,
            key_label: None,
        }
    }

    /// Opens the root key; or makes it, where `nothing_wrapped` says that it is no loss. Who asks holds the lock under
    /// which the first wrapped key is stored, so that of replicas which start together one makes it.
    ///
    /// # Errors
    /// [`ServiceError`] with what to set or to bring back.
    pub async fn open(
        &self,
        nothing_wrapped: bool,
        random: Arc<dyn Random>,
    ) -> Result<Arc<dyn RootKey>, ServiceError> {
        let source = self.source(nothing_wrapped)?;
        // It reads files, derives from a passphrase for a good part of a second, or waits for a token: not for the
        // runtime's threads.
        let opened = tokio::task::spawn_blocking(move || keywright_root_key::open(&source, &*random)).await;
        opened.map_err(ServiceError::own)?.map_err(ServiceError::own)
    }

    fn source(&self, create: bool) -> Result<RootKeySource, ServiceError> {
        match self.kind {
            RootKeyKind::KeyFile => Ok(RootKeySource::KeyFile {
                path: required(self.path.as_deref(), "path")?.to_owned(),
                create,
            }),
            RootKeyKind::Passphrase => {
                let passphrase_file = required(self.passphrase_file.as_deref(), "passphrase_file")?;
                let salt_file = required(self.salt_file.as_deref(), "salt_file")?.to_owned();
                Ok(RootKeySource::Passphrase { passphrase: read_secret(passphrase_file)?, salt_file, create })
            }
            RootKeyKind::Pkcs11 => {
                let module = required(self.module.as_deref(), "module")?.to_owned();
                let token_label = required(self.token.as_deref(), "token")?.to_owned();
                let pin_file = required(self.pin_file.as_deref(), "pin_file")?;
                let key_label = required(self.key_label.as_deref(), "key_label")?.to_owned();
                let pin = read_secret(pin_file)?;
                Ok(RootKeySource::Pkcs11 { module, token_label, pin, key_label, create })
            }
        }
    }
}

fn required<'a, T: ?Sized>(value: Option<&'a T>, setting: &str) -> Result<&'a T, ServiceError> {
    value.ok_or_else(|| {
        ServiceError::own(format!("root_key.{setting} is not set: set it for this root_key.kind"))
    })
}

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use keywright_local_stack::testing::in_softhsm_process;

    use super::*;

    async fn open(section: &RootKeySection, nothing_wrapped: bool) -> Result<String, String> {
        let opened = section.open(nothing_wrapped, Arc::new(SystemRandom)).await;
        opened.map(|key| key.id().to_string()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn it_is_made_only_where_nothing_was_wrapped() {
        let dir = tempfile::tempdir().unwrap();
        let section = RootKeySection::key_file(dir.path().join("root.key"));
        assert!(open(&section, false).await.unwrap_err().contains("root.key does not exist"));
        let made = open(&section, true).await.unwrap();
        assert_eq!(open(&section, false).await.unwrap(), made);
        assert_eq!(open(&section, true).await.unwrap(), made, "a key that is there is kept");
    }

    #[tokio::test]
    async fn each_kind_says_what_it_lacks() {
        let dir = tempfile::tempdir().unwrap();
        let mut section = RootKeySection::key_file(dir.path().join("root.key"));
        section.kind = RootKeyKind::Passphrase;
        assert!(open(&section, true).await.unwrap_err().contains("root_key.passphrase_file"));
        let passphrase = dir.path().join("passphrase");
        std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
        section.passphrase_file = Some(passphrase);
        assert!(open(&section, true).await.unwrap_err().contains("root_key.salt_file"));
        section.salt_file = Some(dir.path().join("root.salt"));
        let made = open(&section, true).await.unwrap();
        assert_eq!(open(&section, false).await.unwrap(), made);

        section.kind = RootKeyKind::KeyFile;
        section.path = None;
        assert!(open(&section, true).await.unwrap_err().contains("root_key.path"));
    }

    #[tokio::test]
    async fn a_token_says_what_it_lacks_and_keeps_its_key() {
        let name = "root_key::tests::a_token_says_what_it_lacks_and_keeps_its_key";
        let Some(softhsm) = in_softhsm_process(name) else { return };
        let token = softhsm.add_token("root");
        std::fs::write(softhsm.pin_file(), format!("{}\n", token.pin)).unwrap();

        let mut section = RootKeySection::key_file("/nowhere");
        section.kind = RootKeyKind::Pkcs11;
        assert!(open(&section, true).await.unwrap_err().contains("root_key.module"));
        section.module = Some(softhsm.module().to_owned());
        assert!(open(&section, true).await.unwrap_err().contains("root_key.token"));
        section.token = Some(token.label);
        assert!(open(&section, true).await.unwrap_err().contains("root_key.pin_file"));
        section.pin_file = Some(softhsm.pin_file());
        assert!(open(&section, true).await.unwrap_err().contains("root_key.key_label"));
        section.key_label = Some("kms".into());
        assert!(open(&section, false).await.unwrap_err().contains("has no key \"kms\""));

        let made = open(&section, true).await.unwrap();
        assert_eq!(open(&section, false).await.unwrap(), made);
        assert_eq!(open(&section, true).await.unwrap(), made, "a key that is there is kept");
    }
}
