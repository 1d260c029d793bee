//! Texts in quotes, which JSON and YAML read alike.

use zeroize::Zeroizing;

/// A text that secrets are written into, with room from the start: where one outgrows its place, a copy would be left.
pub(super) type SecretText = Zeroizing<String>;

/// A text with room for so many values of so many bytes together.
pub(super) fn with_room(count: usize, bytes: usize) -> SecretText {
    Zeroizing::new(String::with_capacity(
        bytes * LONGEST_ESCAPE + count * ROOM_OF_A_PARAMETER + ROOM_OF_A_FILE,
    ))
}

/// Writes a text in double quotes. What isn't printable is escaped, so that every reader takes it.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_printable(ch) => out.push(ch),
            _ => push_unicode(out, u32::from(ch)),
        }
    }
    out.push('"');
}

/// All that is not printable in YAML is within sixteen bits.
fn push_unicode(out: &mut String, code: u32) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from_digit((code >> shift) & 0xf, 16).unwrap_or('0'));
    }
}

fn is_printable(ch: char) -> bool {
    !ch.is_control() && !matches!(ch, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

const LONGEST_ESCAPE: usize = 6;
/// Its names, descriptions, tags and patterns may have thousands of characters each.
const ROOM_OF_A_PARAMETER: usize = 512;
const ROOM_OF_A_FILE: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_back_as_json() {
        for text in ["plain", "a\"b\\c\n\r\t", "\u{0}\u{7f}\u{85}\u{2028}\u{feff}\u{ffff}", "ü😀", "$`'"] {
            let mut quoted = String::new();
            push_quoted(&mut quoted, text);
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
            assert!(quoted.chars().all(is_printable), "{quoted}");
        }
    }
}
