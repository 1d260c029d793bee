//! Dry runs: all is checked, nothing is answered.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html>

use crate::error::Error;

/// Called where the request has succeeded: ends a dry run, which AWS answers with an error.
pub(crate) fn end(dry_run: Option<bool>) -> Result<(), Error> {
    if dry_run == Some(true) { Err(Error::DryRun) } else { Ok(()) }
}

/// Whether the ciphertext isn't looked at: the only thing that `DryRunModifiers` can say, and only in a dry run.
pub(crate) fn ignores_ciphertext(dry_run: Option<bool>, modifiers: Option<&[String]>) -> Result<bool, Error> {
    let ignored = modifiers.is_some_and(|modifiers| !modifiers.is_empty());
    if ignored && dry_run != Some(true) {
        return Err(Error::Invalid("DryRunModifiers can be specified only when DryRun is true"));
    }
    Ok(ignored)
}
