//! Text as the indexed columns hold it.

/// Makes any text one that a column and its index can hold: without NUL, which Postgres has no place for, and cut to
/// [`MAX_BYTES`]. The record itself keeps what was cut; who looks for the text must pass it through here too.
#[must_use]
pub fn indexed(mut text: String) -> String {
    if text.contains('\0') {
        text = text.replace('\0', REPLACEMENT);
    }
    let end = text.floor_char_boundary(MAX_BYTES);
    text.truncate(end);
    text
}

/// Room for the longest ARN; with the other columns of an index well below a third of a page, Postgres's limit.
pub const MAX_BYTES: usize = 2_048;
const REPLACEMENT: &str = "\u{fffd}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(indexed("arn:aws:kms:us-east-1:1:key/ä".to_owned()), "arn:aws:kms:us-east-1:1:key/ä");
        assert_eq!(indexed("x".repeat(MAX_BYTES)).len(), MAX_BYTES);
    }

    #[test]
    fn nul_is_replaced_and_length_bounded_between_characters() {
        assert_eq!(indexed("a\0b".to_owned()), "a\u{fffd}b");
        let cut = indexed(format!("x{}", "ä".repeat(MAX_BYTES)));
        assert_eq!((cut.len(), cut.chars().last()), (MAX_BYTES - 1, Some('ä')));
    }
}
