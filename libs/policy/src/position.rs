//! Where in a policy's text its statements stand.

use crate::{PolicyDocument, PolicyError};

/// A place in a text: line and column, from 1, the column counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// From the opening brace of a statement to behind its closing brace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: Position,
    /// Behind its end.
    pub end: Position,
}

/// Where each statement stands, by its index in the document of the same text.
///
/// # Errors
/// [`PolicyError`] for a text that is no policy.
pub fn statement_spans(text: &str) -> Result<Vec<Span>, PolicyError> {
    PolicyDocument::parse(text)?;
    let mut scan = Scan { at: Position { line: 1, column: 1 }, depth: 0, key: None, in_list: false };
    let mut spans = Vec::new();
    let mut start = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let before = scan.at;
        match character {
            '"' => {
                let string = scan.string(&mut characters);
                // The last string at the top before a statement is its key, as values there are followed by a comma.
                if scan.depth == 1 {
                    scan.key = Some(string);
                }
                continue;
            }
            '[' => {
                scan.in_list |= scan.depth == 1 && scan.names_statements();
                scan.depth += 1;
            }
            '{' => {
                if scan.begins_statement() {
                    start = Some(before);
                }
                scan.depth += 1;
            }
            '}' | ']' => scan.depth -= 1,
            _ => {}
        }
        scan.step(character);
        match character {
            '}' if scan.begins_statement() => {
                spans.extend(start.take().map(|start| Span { start, end: scan.at }));
            }
            ']' if scan.depth == 1 => scan.in_list = false,
            _ => {}
        }
    }
    Ok(spans)
}

/// A walk through a text that is valid JSON.
struct Scan {
    at: Position,
    depth: usize,
    key: Option<String>,
    in_list: bool,
}

impl Scan {
    /// Whether a brace at this depth is one of a statement.
    fn begins_statement(&self) -> bool {
        match self.depth {
            1 => self.names_statements() && !self.in_list,
            2 => self.in_list,
            _ => false,
        }
    }

    fn names_statements(&self) -> bool {
        self.key.as_deref().is_some_and(|key| {
            // A key may be written with escapes.
            serde_json::from_str::<String>(&format!("\"{key}\"")).is_ok_and(|key| key == "Statement")
        })
    }

    /// Passes a string, and tells what stands between its quotes.
    fn string(&mut self, characters: &mut std::str::Chars<'_>) -> String {
        let mut inside = String::new();
        let mut escaped = false;
        self.step('"');
        for character in characters {
            self.step(character);
            match character {
                '"' if !escaped => break,
                _ => inside.push(character),
            }
            escaped = character == '\\' && !escaped;
        }
        inside
    }

    fn step(&mut self, character: char) {
        if character == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<(usize, usize, usize, usize)> {
        let spans = statement_spans(text).unwrap();
        spans.iter().map(|s| (s.start.line, s.start.column, s.end.line, s.end.column)).collect()
    }

    #[test]
    fn a_single_statement_is_found() {
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \
                    \"Action\": \"*\", \"Resource\": \"*\"\n  }\n}";
        assert_eq!(spans(text), [(3, 16, 6, 4)]);
    }

    #[test]
    fn each_of_a_list_is_found_whatever_stands_in_it() {
        let text = r#"{"Id":"é{[\"","Statement":[{"Effect":"Deny","Action":["a:b"],"Resource":"*",
 "Condition":{"StringLike":{"aws:x":["}]\\"]}}}, {"Effect":"Allow","Action":"*","Resource":"*"}],"Version":"2012-10-17"}"#;
        assert_eq!(spans(text), [(1, 28, 2, 48), (2, 50, 2, 96)]);
    }

    #[test]
    fn an_escaped_key_and_another_order_make_no_difference() {
        let text = r#"{"\u0053tatement":[{"Effect":"Allow","Action":"*","Resource":"*"}],"Id":"Statement"}"#;
        assert_eq!(spans(text), [(1, 20, 1, 66)]);
        assert!(statement_spans("{").is_err());
    }
}
