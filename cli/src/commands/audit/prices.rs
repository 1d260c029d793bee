//! What requests cost, as the operator sets it.

use std::path::Path;

use serde::Deserialize;

use crate::error::CliError;

/// A file of prices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    /// Such as `USD`.
    pub(super) currency: String,
    /// The first class that an operation is in counts.
    #[serde(rename = "class")]
    pub(super) classes: Vec<Class>,
}

/// Operations of one price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    /// Its name.
    pub(super) name: String,
    /// `kms:Encrypt`, `kms:*` or `*`.
    operations: Vec<String>,
    /// The price of 10,000 requests.
    pub(super) per_10000: f64,
}

impl Prices {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = std::fs::read_to_string(path).map_err(|cause| CliError::File {
            action: "read",
            path: path.to_owned(),
            cause,
        })?;
        let damaged = |reason: String| CliError::Damaged { path: path.to_owned(), reason };
        let prices: Self = toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
        match prices.classes.iter().find(|class| !(class.per_10000 >= 0.0 && class.per_10000.is_finite())) {
            Some(class) => Err(damaged(format!("the price of {} is not a price", class.name))),
            None => Ok(prices),
        }
    }

    /// The class of an operation, such as `kms:Encrypt`.
    pub(super) fn class_of(&self, operation: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.operations.iter().any(|pattern| has(pattern, operation)))
    }
}

impl Class {
    /// The price of so many requests.
    pub(super) fn price(&self, requests: u64) -> f64 {
        requests as f64 * self.per_10000 / 10_000.0
    }
}

fn has(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => operation.starts_with(beginning),
        None => operation == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_has_an_operation_counts() {
        let prices: Prices = toml::from_str(
            "currency = 'USD'\n[[class]]\nname = 'asymmetric'\noperations = ['kms:Sign', 'kms:Verify*']\nper_10000 = 0.15\n\
             [[class]]\nname = 'other'\noperations = ['kms:*']\nper_10000 = 0.03",
        )
        .unwrap();
        let class = |operation| prices.class_of(operation).map(|class| class.name.as_str());
        assert_eq!((class("kms:VerifyMac"), class("kms:Decrypt")), (Some("asymmetric"), Some("other")));
        assert_eq!(class("ssm:GetParameter"), None);
        assert!((prices.class_of("kms:Sign").unwrap().price(20_000) - 0.3).abs() < 1e-9);
    }
}
