//! What the derive refuses, and where its words come from. What it accepts is tested by `keywright_aws_api::shape`.

use syn::parse_quote;

use crate::expand::expand;

/// The compile error for a struct.
fn refusal(input: &syn::DeriveInput) -> String {
    expand(input).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn only_plain_structs_with_named_fields_are_inputs() {
    assert!(refusal(&parse_quote! { enum E { A } }).contains("wire_enum!"));
    assert!(refusal(&parse_quote! { struct S(String); }).contains("named fields"));
    assert!(refusal(&parse_quote! { struct S<T> { a: T } }).contains("without parameters"));
    assert_eq!(refusal(&parse_quote! { struct S; }), "accepted");
    assert_eq!(refusal(&parse_quote! { struct S { key_id: String } }), "accepted");
}

#[test]
fn a_pattern_that_does_not_compile_fails_the_build() {
    let refused = refusal(&parse_quote! { struct S { #[member(pattern = "[a-")] a: String } });
    assert!(refused.starts_with("not a regular expression"), "{refused}");
    let refused = refusal(&parse_quote! { struct S { #[member(each(pattern = "(?!x)"))] a: Vec<String> } });
    assert!(refused.starts_with("not a regular expression"), "{refused}");
}

#[test]
fn limits_are_inclusive_and_not_empty() {
    assert!(refusal(&parse_quote! { struct S { #[member(length = 1..5)] a: String } }).contains("a..=b"));
    assert!(refusal(&parse_quote! { struct S { #[member(length = 5)] a: String } }).contains("as a range"));
    assert!(
        refusal(&parse_quote! { struct S { #[member(length = -1..=5)] a: String } }).contains("negative")
    );
    assert!(refusal(&parse_quote! { struct S { #[member(range = 6..=5)] a: i32 } }).contains("empty"));
    assert!(refusal(&parse_quote! { struct S { #[member(range = "a"..=5)] a: i32 } }).contains("integer"));
    assert_eq!(refusal(&parse_quote! { struct S { #[member(range = -6..)] a: i32 } }), "accepted");
}

#[test]
fn unknown_or_contradictory_attributes_are_refused() {
    assert!(
        refusal(&parse_quote! { struct S { #[member(size = 1..)] a: String } })
            .contains("unknown constraint")
    );
    assert!(
        refusal(&parse_quote! { struct S { #[member(default)] a: Option<bool> } }).contains("no default")
    );
    assert!(
        refusal(&parse_quote! { #[input(krate = "x")] struct S { a: bool } }).contains("unknown attribute")
    );
    let twice =
        refusal(&parse_quote! { struct S { key_id: String, #[member(name = "KeyId")] other: String } });
    assert!(twice.contains("this wire name"), "{twice}");
}
