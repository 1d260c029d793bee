//! YAML, read by its events: `NO`, `1.10` and `0777` stay as they were written, and no alias can make a small file large.

use keywright_crypto::SecretString;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::error::ParamsError;
use super::tree::{MAX_DEPTH, Tree};

/// Reads a document.
///
/// # Errors
/// [`ParamsError::Syntax`].
pub(super) fn read(text: &str, what: &str) -> Result<Tree, ParamsError> {
    let mut reader = Reader { parser: Parser::new_from_str(text), line: 1 };
    reader.document().map_err(|reason| ParamsError::Syntax {
        what: what.to_owned(),
        line: reader.line,
        reason,
    })
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Tree, &'static str> {
        loop {
            match self.next()? {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => return Ok(Tree::Map(Vec::new())),
                event => {
                    let tree = self.tree(event, 0)?;
                    return match (self.next()?, self.next()?) {
                        (Event::DocumentEnd, Event::StreamEnd) => Ok(tree),
                        _ => Err("it has more than one document"),
                    };
                }
            }
        }
    }

    fn next(&mut self) -> Result<Event<'a>, &'static str> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            // The parser's own words may quote what stands there.
            Some(Err(error)) => {
                self.line = error.marker().line();
                Err("it is not YAML")
            }
            None => Err("it ends too early"),
        }
    }

    fn tree(&mut self, event: Event<'a>, depth: usize) -> Result<Tree, &'static str> {
        if depth > MAX_DEPTH {
            return Err("it is nested too deep");
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                untagged(tag.as_deref())?;
                let is_null = tag.is_none() && style == ScalarStyle::Plain && NULLS.contains(&&*text);
                Ok(if is_null { Tree::Null } else { Tree::Text(SecretString::new(text.into_owned())) })
            }
            Event::SequenceStart(_, tag) => {
                untagged(tag.as_deref())?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => return Ok(Tree::List(items)),
                        event => items.push(self.tree(event, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(_, tag) => {
                untagged(tag.as_deref())?;
                let mut members = Vec::new();
                loop {
                    let name = match self.next()? {
                        Event::MappingEnd => return Ok(Tree::Map(members)),
                        Event::Scalar(name, ..) => name.into_owned(),
                        _ => return Err("a name is not a text"),
                    };
                    let event = self.next()?;
                    members.push((name, self.tree(event, depth + 1)?));
                }
            }
            Event::Alias(_) => Err("an alias stands for something else: write it out"),
            _ => Err("it is not YAML"),
        }
    }
}

/// Other tags change what a text means.
fn untagged(tag: Option<&Tag>) -> Result<(), &'static str> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && ["str", "map", "seq"].contains(&tag.suffix.as_str())) => {
            Err("a tag other than !!str says what it is")
        }
        Some(_) | None => Ok(()),
    }
}

const NULLS: [&str; 5] = ["", "~", "null", "Null", "NULL"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_stay_as_written() {
        let text = "a: 1.10\nb: NO\nc: \"x\\n\"\nd: |\n  two\n  lines\ne: ~\nf: !!str ~\ng:\n  h: 0777\n\"i/j\": [x, 'y']\n";
        let read = read(text, "it").unwrap();
        for (name, value) in [("a", "1.10"), ("b", "NO"), ("c", "x\n"), ("d", "two\nlines\n"), ("f", "~")] {
            assert_eq!(read.text(name), Some(value), "{name}");
        }
        assert!(matches!(read.get("e"), Some(Tree::Null)));
        assert_eq!(read.get("g").unwrap().text("h"), Some("0777"));
        assert!(matches!(read.get("i/j"), Some(Tree::List(items)) if items.len() == 2));
        assert!(matches!(super::read("", "it").unwrap(), Tree::Map(members) if members.is_empty()));
    }

    #[test]
    fn what_would_change_its_meaning_is_refused() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        for text in [
            "a: &x 1\nb: *x",
            "a: !!binary aGk=",
            "a: 1\n---\nb: 2",
            "? [a]\n: b",
            "a: \"hunter2",
            "a: b: c",
            &deep,
        ] {
            let error = read(text, "it").unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
