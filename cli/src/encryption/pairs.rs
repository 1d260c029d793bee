//! Words of the form `KEY=VALUE`.

use super::error::EncryptionError;

/// The key and the value of a word, neither of them empty.
pub(super) fn pair<'a>(switch: &'static str, word: &'a str) -> Result<(&'a str, &'a str), EncryptionError> {
    match word.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key, value)),
        _ => Err(EncryptionError::argument(switch, format!("{word:?} is not KEY=VALUE"))),
    }
}

/// A number.
pub(super) fn number<T: std::str::FromStr>(
    switch: &'static str,
    key: &str,
    value: &str,
) -> Result<T, EncryptionError> {
    value.parse().map_err(|_| {
        EncryptionError::argument(switch, format!("{key} is not a number that is possible: {value:?}"))
    })
}
