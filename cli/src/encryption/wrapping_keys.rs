//! What `--wrapping-keys` says, once for each time it is given.

use std::path::PathBuf;

use keywright_aws_api::Region;
use keywright_encryption_sdk::{DiscoveryFilter, RsaPadding};

use super::error::EncryptionError;
use super::pairs::pair;

/// The wrapping keys of one provider.
#[derive(Debug)]
pub(crate) enum WrappingKeys {
    /// Keys of KMS, each by its ARN, alias or id.
    Kms { keys: Vec<String>, region: Option<Region> },
    /// Whichever keys of KMS a message names.
    Discovery { filter: Option<DiscoveryFilter>, region: Option<Region> },
    /// AES keys in files.
    RawAes { namespace: String, name: String, files: Vec<PathBuf> },
    /// RSA keys in files.
    RawRsa { namespace: String, name: String, padding: RsaPadding, files: Vec<PathBuf> },
}

/// What the command does with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

/// The words of one `--wrapping-keys`.
#[derive(Default)]
struct Words {
    keys: Vec<String>,
    provider: Option<String>,
    region: Option<String>,
    discovery: Option<String>,
    accounts: Vec<String>,
    partition: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    padding: Option<String>,
}

impl WrappingKeys {
    /// Reads `provider=`, `key=`, `region=`, `discovery=` and what else the provider needs.
    pub(crate) fn read(words: &[String], direction: Direction) -> Result<Self, EncryptionError> {
        let words = Words::read(words)?;
        match words.provider.as_deref() {
            None | Some("aws-kms") => words.kms(direction),
            Some("raw-aes") => words.raw_aes(),
            Some("raw-rsa") => words.raw_rsa(),
            Some(other) => {
                refuse(format!("provider={other} is not known; there are aws-kms, raw-aes and raw-rsa"))
            }
        }
    }
}

impl Words {
    fn read(words: &[String]) -> Result<Self, EncryptionError> {
        let mut found = Self::default();
        for word in words {
            let (key, value) = pair(SWITCH, word)?;
            let place = match key {
                "key" => {
                    found.keys.push(value.to_owned());
                    continue;
                }
                "discovery-account" => {
                    found.accounts.push(value.to_owned());
                    continue;
                }
                "provider" => &mut found.provider,
                "region" => &mut found.region,
                "discovery" => &mut found.discovery,
                "discovery-partition" => &mut found.partition,
                "namespace" => &mut found.namespace,
                "name" => &mut found.name,
                "padding" => &mut found.padding,
                "profile" => {
                    return refuse("profiles are not read: credentials are those of the environment");
                }
                _ => return refuse(format!("{key} is not known")),
            };
            if place.replace(value.to_owned()).is_some() {
                return refuse(format!("{key} is given twice"));
            }
        }
        Ok(found)
    }

    fn kms(self, direction: Direction) -> Result<WrappingKeys, EncryptionError> {
        if self.namespace.is_some() || self.name.is_some() || self.padding.is_some() {
            return refuse("namespace, name and padding are for raw keys");
        }
        let region = self.region.map(|text| {
            Region::parse(&text)
                .map_err(|_| EncryptionError::argument(SWITCH, format!("{text} is not a region")))
        });
        let region = region.transpose()?;
        let discovery = self.discovery.as_deref().map(yes_or_no).transpose()?;
        let has_filter = self.partition.is_some() || !self.accounts.is_empty();
        if direction == Direction::Encrypt && (discovery.is_some() || has_filter) {
            return refuse("discovery is to decrypt only");
        }
        if discovery != Some(true) {
            if has_filter {
                return refuse("discovery-account and discovery-partition need discovery=true");
            }
            if self.keys.is_empty() {
                return refuse("there must be a key=, or to decrypt discovery=true");
            }
            let is_no_arn = |key: &&String| !key.starts_with("arn:") || !key.contains(":key/");
            if direction == Direction::Decrypt
                && let Some(key) = self.keys.iter().find(is_no_arn)
            {
                return refuse(format!("{key} is not the ARN of a key, which messages name it by"));
            }
            return Ok(WrappingKeys::Kms { keys: self.keys, region });
        }
        if !self.keys.is_empty() {
            return refuse("discovery=true and key= exclude each other");
        }
        let filter = match (self.partition, self.accounts) {
            (None, accounts) if accounts.is_empty() => None,
            (Some(partition), accounts) if !accounts.is_empty() => {
                Some(DiscoveryFilter::new(partition, accounts).map_err(EncryptionError::Setup)?)
            }
            _ => return refuse("discovery-account and discovery-partition need each other"),
        };
        Ok(WrappingKeys::Discovery { filter, region })
    }

    fn raw_aes(self) -> Result<WrappingKeys, EncryptionError> {
        if self.padding.is_some() {
            return refuse("padding is for raw-rsa");
        }
        let (namespace, name, files) = self.raw()?;
        Ok(WrappingKeys::RawAes { namespace, name, files })
    }

    fn raw_rsa(self) -> Result<WrappingKeys, EncryptionError> {
        let padding = match self.padding.as_deref() {
            None | Some("oaep-sha256") => RsaPadding::OaepSha256,
            Some("oaep-sha1") => RsaPadding::OaepSha1,
            Some("oaep-sha384") => RsaPadding::OaepSha384,
            Some("oaep-sha512") => RsaPadding::OaepSha512,
            Some("pkcs1") => RsaPadding::Pkcs1,
            Some(other) => return refuse(format!("padding={other} is not known")),
        };
        let (namespace, name, files) = self.raw()?;
        Ok(WrappingKeys::RawRsa { namespace, name, padding, files })
    }

    fn raw(self) -> Result<(String, String, Vec<PathBuf>), EncryptionError> {
        let is_kms = self.region.is_some() || self.discovery.is_some();
        if is_kms || self.partition.is_some() || !self.accounts.is_empty() {
            return refuse("region and discovery are for keys of kms");
        }
        match (self.namespace, self.name, self.keys) {
            (Some(namespace), Some(name), files) if !files.is_empty() => {
                Ok((namespace, name, files.into_iter().map(PathBuf::from).collect()))
            }
            _ => refuse("a raw key needs namespace=, name= and key=FILE"),
        }
    }
}

/// As the AWS Encryption CLI reads it.
fn yes_or_no(text: &str) -> Result<bool, EncryptionError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "y" => Ok(true),
        "false" | "f" | "0" | "no" | "n" => Ok(false),
        _ => refuse(format!("discovery={text} is neither true nor false")),
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, EncryptionError> {
    Err(EncryptionError::argument(SWITCH, reason))
}

const SWITCH: &str = "--wrapping-keys";

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "key=arn:aws:kms:us-east-1:1:key/a";

    fn read(direction: Direction, words: &[&str]) -> Result<WrappingKeys, String> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        WrappingKeys::read(&words, direction).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_of_kms_are_named_or_discovered() {
        let found = read(Direction::Encrypt, &["key=alias/a", "key=b", "region=eu-west-1"]).unwrap();
        let WrappingKeys::Kms { keys, region } = found else { panic!("not kms") };
        assert_eq!((keys.len(), region.unwrap().as_str()), (2, "eu-west-1"));
        let found =
            read(Direction::Decrypt, &["discovery=Yes", "discovery-account=1", "discovery-partition=aws"]);
        assert!(matches!(found, Ok(WrappingKeys::Discovery { filter: Some(_), region: None })));
        assert!(matches!(
            read(Direction::Decrypt, &["provider=aws-kms", ARN, "discovery=false"]),
            Ok(WrappingKeys::Kms { .. })
        ));
    }

    #[test]
    fn words_that_contradict_each_other_are_refused() {
        use Direction::{Decrypt, Encrypt};
        for (direction, words, reason) in [
            (Encrypt, &["provider=aws-kms"][..], "key="),
            (Encrypt, &[ARN, "discovery=true"], "to decrypt only"),
            (Encrypt, &[ARN, "profile=a"], "profiles"),
            (Encrypt, &[ARN, "region=US"], "not a region"),
            (Encrypt, &[ARN, "name=a"], "for raw keys"),
            (Encrypt, &[ARN, "region=a", "region=b"], "twice"),
            (Encrypt, &[ARN, "color=a"], "color is not known"),
            (Encrypt, &["provider=plugin", ARN], "provider=plugin is not known"),
            (Encrypt, &["provider=raw-aes", "key=a"], "namespace="),
            (Encrypt, &["provider=raw-aes", "key=a", "namespace=a", "name=b", "region=a"], "keys of kms"),
            (
                Encrypt,
                &["provider=raw-rsa", "key=a", "namespace=a", "name=b", "padding=none"],
                "padding=none",
            ),
            (Decrypt, &["discovery=false"], "key="),
            (Decrypt, &["key=alias/a"], "not the ARN of a key"),
            (Decrypt, &["discovery=true", ARN], "exclude"),
            (Decrypt, &["discovery=maybe"], "neither true nor false"),
            (Decrypt, &["discovery=true", "discovery-account=1"], "need each other"),
            (Decrypt, &[ARN, "discovery-account=1"], "need discovery=true"),
            (Decrypt, &["key"], "KEY=VALUE"),
        ] {
            let refused = read(direction, words).unwrap_err();
            assert!(
                refused.starts_with("--wrapping-keys: ") && refused.contains(reason),
                "{words:?}: {refused}"
            );
        }
    }
}
