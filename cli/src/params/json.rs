//! JSON, read so that nothing is lost: numbers stay as they were written, and names that stand twice are seen.

use std::fmt;

use keywright_crypto::SecretString;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::ParamsError;
use super::tree::{MAX_DEPTH, Tree};

/// Reads a document.
///
/// # Errors
/// [`ParamsError::Syntax`].
pub(super) fn read(text: &str, what: &str) -> Result<Tree, ParamsError> {
    let syntax = |line, reason| ParamsError::Syntax { what: what.to_owned(), line, reason };
    // All of it first: only this knows the lines.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| syntax(error.line(), "it is not JSON"))?;
    let raw =
        serde_json::from_str::<&RawValue>(text).map_err(|error| syntax(error.line(), "it is not JSON"))?;
    tree(raw, 0).map_err(|reason| syntax(1, reason))
}

fn tree(raw: &RawValue, depth: usize) -> Result<Tree, &'static str> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deep");
    }
    let text = raw.get();
    match text.bytes().next() {
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text).map_err(|_| NOT_UNICODE)?;
            let members = members.0.into_iter().map(|(name, member)| Ok((name, tree(member, depth + 1)?)));
            members.collect::<Result<_, _>>().map(Tree::Map)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| NOT_UNICODE)?;
            items.into_iter().map(|item| tree(item, depth + 1)).collect::<Result<_, _>>().map(Tree::List)
        }
        Some(b'"') => serde_json::from_str::<SecretString>(text).map(Tree::Text).map_err(|_| NOT_UNICODE),
        Some(b'n') => Ok(Tree::Null),
        _ => Ok(Tree::Text(SecretString::new(text.to_owned()))),
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

const NOT_UNICODE: &str = "a text has an escape that is no character";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_written_and_names_may_stand_twice() {
        let read =
            read(r#"{"a": 1.10, "b": true, "a": {"c": "x\n", "d": [null, 12345678901234567890]}}"#, "it")
                .unwrap();
        assert_eq!((read.text("a"), read.text("b")), (Some("1.10"), Some("true")));
        let Tree::Map(members) = read else { panic!() };
        assert_eq!(members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b", "a"]);
        assert_eq!(members[2].1.text("c"), Some("x\n"));
        assert!(matches!(members[2].1.get("d"), Some(Tree::List(items)) if matches!(items[0], Tree::Null)));
    }

    #[test]
    fn what_is_no_json_is_refused_by_its_line() {
        for (text, line) in
            [("{\"a\": \"hunter2\",\n}", 2), ("", 1), ("{\"a\": 1}\nhunter2", 2), ("{\"a\": \"\\ud800\"}", 1)]
        {
            let error = read(text, "it").unwrap_err();
            assert!(matches!(error, ParamsError::Syntax { line: at, .. } if at <= line), "{text}: {error}");
            assert!(!error.to_string().contains("hunter2"));
        }
        assert!(read(&"[".repeat(100_000), "it").is_err());
        assert!(read(&format!("{}{}", "[".repeat(100), "]".repeat(100)), "it").is_err());
    }
}
