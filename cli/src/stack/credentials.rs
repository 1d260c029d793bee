//! `credentials.env`: what a shell needs.

use std::fmt::Write as _;
use std::path::Path;

use keywright_crypto::SecretString;

use super::private_file;
use crate::error::CliError;

/// Where the stack is, and the access key of its `admin`.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) endpoint_url: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) region: String,
}

impl Credentials {
    /// Reads the file, if it is there.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, CliError> {
        let Some(text) = private_file::read(path)? else { return Ok(None) };
        let find = |name: &str| {
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='));
            let value = value.map(unquoted).filter(|value| !value.is_empty());
            value.ok_or_else(|| CliError::Damaged {
                path: path.to_owned(),
                reason: format!("it lacks {name}"),
            })
        };
        Ok(Some(Self {
            endpoint_url: find("AWS_ENDPOINT_URL")?,
            access_key_id: find("AWS_ACCESS_KEY_ID")?,
            secret_access_key: SecretString::new(find("AWS_SECRET_ACCESS_KEY")?),
            region: find("AWS_REGION")?,
        }))
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), CliError> {
        private_file::write(path, &self.exports())
    }

    /// The lines for a shell. They hold the secret.
    pub(crate) fn exports(&self) -> String {
        let mut text = String::new();
        for (name, value) in [
            ("AWS_ENDPOINT_URL", self.endpoint_url.as_str()),
            ("AWS_ACCESS_KEY_ID", &self.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.expose_secret()),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
        ] {
            // Writing to a string does not fail.
            _ = writeln!(text, "export {name}={}", quoted(value));
        }
        text
    }
}

/// As a shell reads it back; quotes only where they are needed.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+=@,".contains(&byte);
    if value.bytes().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

fn unquoted(value: &str) -> String {
    let inner = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    inner.map_or_else(|| value.to_owned(), |inner| inner.replace(r"'\''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(endpoint_url: &str) -> Credentials {
        Credentials {
            endpoint_url: endpoint_url.to_owned(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SecretString::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            region: "eu-west-1".to_owned(),
        }
    }

    #[test]
    fn the_exports_are_plain_lines() {
        assert_eq!(
            credentials("http://127.0.0.1:4566").exports(),
            "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n\
             export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n\
             export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n\
             export AWS_REGION=eu-west-1\n\
             export AWS_DEFAULT_REGION=eu-west-1\n"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.env");
        assert!(Credentials::read(&path).unwrap().is_none());
        for endpoint in ["http://127.0.0.1:4566", "http://[::1]:4566", "it's"] {
            credentials(endpoint).write(&path).unwrap();
            let read = Credentials::read(&path).unwrap().unwrap();
            assert_eq!(read.exports(), credentials(endpoint).exports());
            assert_eq!(read.endpoint_url, endpoint);
        }
    }

    #[test]
    fn a_file_that_lacks_something_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.env");
        private_file::write(&path, "export AWS_ENDPOINT_URL=http://a\nexport AWS_ACCESS_KEY_ID=\n").unwrap();
        let error = Credentials::read(&path).unwrap_err().to_string();
        assert!(error.contains("AWS_ACCESS_KEY_ID") && error.contains("credentials.env"), "{error}");
    }
}
