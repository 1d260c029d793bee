//! Labels of versions.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html>

/// Whether a version may be given this label: letters, digits and `.-_`, not beginning with a digit, `aws` or `ssm`.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let permitted = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_reserved = |prefix: &str| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let begins_with_digit = text.starts_with(|letter: char| letter.is_ascii_digit());
    (1..=MAX_LABEL_LENGTH).contains(&text.len())
        && text.bytes().all(permitted)
        && !begins_with_digit
        && !is_reserved("aws")
        && !is_reserved("ssm")
}

/// The most characters of a label.
pub const MAX_LABEL_LENGTH: usize = 100;
/// The most labels of a version.
pub const MAX_LABELS: i64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_words_that_do_not_begin_with_what_is_reserved() {
        for good in ["prod", "Prod-1_a.b", "_x", "-", "x".repeat(100).as_str(), "aw", "law", "mssm"] {
            assert!(is_label(good), "{good}");
        }
        let long = "x".repeat(101);
        for bad in ["", "1st", "9", "aws", "AWSx", "ssm", "SsM-1", "a b", "a/b", "a:b", "ä", "aß", &long] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
