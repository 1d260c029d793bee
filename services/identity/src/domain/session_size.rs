//! How much a session's policies and tags take up in its token.
//!
//! AWS packs them into a form that it doesn't publish, tells how full that is, and refuses what doesn't fit
//! (`PackedPolicySize`, `PackedPolicyTooLarge`). Here the measure is what goes into the token: the policy without the
//! white space between its parts, the ARNs, the tags. The limit keeps a token well below what HTTP headers hold.

use super::session::{SessionPolicies, SessionTag};

/// How much of the room is used, in percent, rounded up; above 100 where it doesn't fit.
#[must_use]
pub fn packed_percent(policies: Option<&SessionPolicies>, tags: &[SessionTag]) -> usize {
    let of_policies = policies.map_or(0, |policies| {
        let inline = policies.inline.as_deref().map_or(0, str::len);
        inline + policies.arns.iter().map(String::len).sum::<usize>()
    });
    let of_tags: usize = tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
    ((of_policies + of_tags) * 100).div_ceil(PACKED_BYTES)
}

/// A policy without the white space between its parts, which is what a token carries.
#[must_use]
pub fn packed_policy(document: &str) -> String {
    let (mut packed, mut in_text, mut escaped) = (String::with_capacity(document.len()), false, false);
    for character in document.chars() {
        if in_text {
            (in_text, escaped) = (character != '"' || escaped, character == '\\' && !escaped);
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_text = character == '"';
        }
        packed.push(character);
    }
    packed
}

/// The room for policies and tags, in bytes.
pub const PACKED_BYTES: usize = 6_144;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_the_parts_is_left_out() {
        let document = "{ \"Sid\" :\n\t\"a b\\\" c\\\\\" , \"x\": [ 1, 2 ] }";
        let packed = packed_policy(document);
        assert_eq!(packed, r#"{"Sid":"a b\" c\\","x":[1,2]}"#);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&packed), read(document));
    }

    #[test]
    fn all_that_a_token_carries_counts() {
        let policies = SessionPolicies { inline: Some("x".repeat(2_048)), arns: vec!["y".repeat(1_024)] };
        let tag = SessionTag { key: "k".repeat(72), value: "v".repeat(56), transitive: false };
        assert_eq!(packed_percent(None, &[]), 0);
        assert_eq!(packed_percent(Some(&policies), &[]), 50);
        assert_eq!(packed_percent(Some(&policies), &vec![tag.clone(); 24]), 100);
        assert_eq!(packed_percent(Some(&policies), &vec![tag; 25]), 103);
    }
}
