//! From Rust's names to AWS's.

/// `grant_tokens` becomes `GrantTokens`, as most members are called on the wire.
pub(crate) fn pascal_case(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    for word in field.trim_start_matches("r#").split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            name.extend(first.to_uppercase());
            name.push_str(letters.as_str());
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::pascal_case;

    #[test]
    fn fields_get_the_wire_name_of_their_words() {
        assert_eq!(pascal_case("key_id"), "KeyId");
        assert_eq!(pascal_case("policy"), "Policy");
        assert_eq!(pascal_case("r#type"), "Type");
        assert_eq!(pascal_case("max_results_2"), "MaxResults2");
    }
}
