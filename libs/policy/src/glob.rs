//! Wildcards: `*` is any run of characters, also none; `?` is exactly one character.
//!
//! Only the last `*` is ever gone back to, so a match costs at most the pattern's length times the text's: no pattern
//! makes it exponential, and the usual ones (`kms:*`, one `*` at the end) cost one pass.

/// Whether the whole text matches the pattern, case and all.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    run::<b'*', b'?'>(pattern.as_bytes(), text.as_bytes(), |p, t| p == t)
}

/// The same without regard to ASCII case, as action names are compared.
pub(crate) fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    run::<b'*', b'?'>(pattern.as_bytes(), text.as_bytes(), |p, t| p.eq_ignore_ascii_case(&t))
}

/// Whether the whole text matches a pattern in which [`ANY_RUN`] and [`ANY_ONE`] are the wildcards, and `*` and `?` are
/// themselves: one that has had its variables replaced.
pub(crate) fn matches_marked(pattern: &[u8], text: &str) -> bool {
    run::<ANY_RUN, ANY_ONE>(pattern, text.as_bytes(), |p, t| p == t)
}

/// Any run of characters. No text in UTF-8 has this byte, so what a variable stands for can't become a wildcard.
pub(crate) const ANY_RUN: u8 = 0xFF;
/// Exactly one character.
pub(crate) const ANY_ONE: u8 = 0xFE;

fn run<const RUN: u8, const ONE: u8>(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut p, mut t) = (pattern, text);
    // What follows the last `*`, and where in the text that is tried next.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        let advanced = match (p.split_first(), t.split_first()) {
            (Some((wild, rest)), _) if *wild == RUN => {
                if rest.is_empty() {
                    return true;
                }
                retry = Some((rest, t));
                Some((rest, t))
            }
            (Some((wild, rest)), Some(_)) if *wild == ONE => Some((rest, after_one_character(t))),
            (Some((a, rest)), Some((b, left))) if same(*a, *b) => Some((rest, left)),
            (None, None) => return true,
            _ => None,
        };
        (p, t) = match (advanced, retry) {
            (Some(state), _) => state,
            (None, Some((rest, from))) if !from.is_empty() => {
                let next = after_one_character(from);
                retry = Some((rest, next));
                (rest, next)
            }
            (None, _) => return false,
        };
    }
}

/// The text without its first character, which in UTF-8 may be several bytes.
fn after_one_character(text: &[u8]) -> &[u8] {
    let continuation = |byte: &&u8| **byte & 0xC0 == 0x80;
    let width = 1 + text.iter().skip(1).take_while(continuation).count();
    text.get(width..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, exponential and obvious.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), left) => {
                naive(rest, text) || left.is_some_and(|(_, after)| naive(pattern, after))
            }
            (Some(('?', rest)), Some((_, after))) => naive(rest, after),
            (Some((a, rest)), Some((b, after))) => a == b && naive(rest, after),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn agrees_with_the_naive_definition(pattern in "[ab?*é]{0,9}", text in "[abé*?]{0,12}") {
            let expected =
                naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn a_pattern_made_from_a_text_matches_it(text in "\\PC{0,20}", cut in 0usize..20) {
            let text = text.replace(['*', '?'], "x");
            let kept: String = text.chars().take(cut).collect();
            let pattern = format!("{kept}*");
            prop_assert!(matches(&pattern, &text));
            prop_assert!(matches(&"?".repeat(text.chars().count()), &text));
            prop_assert!(!matches(&"?".repeat(text.chars().count() + 1), &text));
        }
    }

    #[test]
    fn a_hostile_pattern_ends_at_once() {
        let pattern = format!("{}b", "a*".repeat(200));
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }

    #[test]
    fn case_matters_only_where_it_should() {
        assert!(!matches("kms:decrypt", "kms:Decrypt"));
        assert!(matches_ignoring_case("KMS:dec*T", "kms:Decrypt"));
    }
}
