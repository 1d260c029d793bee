//! Dry runs: all is checked, nothing is answered.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html>

use crate::error::Error;

/// Called where the request has succeeded: ends a dry run, which AWS answers with an error.
pub(crate) fn end(dry_run: Option<bool>) -> Result<(), Error> {
    if dry_run == Some(true) { Err(Error::DryRun) } else { Ok(()) }
}

/// Refuses what changes the meaning of a dry run.
pub(crate) fn refuse_modifiers(modifiers: Option<&[String]>) -> Result<(), Error> {
    if modifiers.is_some_and(|modifiers| !modifiers.is_empty()) {
        return Err(Error::Unsupported("DryRunModifiers are not supported yet"));
    }
    Ok(())
}
