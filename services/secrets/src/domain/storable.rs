//! Text that the database can hold.

use crate::error::Error;

/// The same text, if it can be stored: Postgres has no text with U+0000.
///
/// # Errors
/// [`Error::InvalidParameter`].
pub fn storable(text: &str) -> Result<&str, Error> {
    if text.contains('\0') {
        return Err(Error::InvalidParameter("A parameter contains the character U+0000."));
    }
    Ok(text)
}
