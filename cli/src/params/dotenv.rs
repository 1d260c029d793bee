//! Lines of `NAME=value`.
//!
//! There is no standard of them. Read is: a line `NAME=value` or `export NAME=value`; a value without quotes to the end of its
//! line or to ` #`, without the space around it; in single quotes as it is, over lines too; in double quotes over lines
//! too, with the escapes `\n`, `\r`, `\t`, `\\`, `\"`, `\$`, `` \` `` and `\'`. `$NAME` is not replaced: a password may have a dollar sign.

use keywright_crypto::SecretString;

use super::error::ParamsError;
use super::quoting::SecretText;

/// A variable of a file.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: SecretString,
}

/// Reads all lines.
///
/// # Errors
/// [`ParamsError::Syntax`], which says where, and nothing of what stands there.
pub(super) fn read(text: &str, what: &str) -> Result<Vec<Variable>, ParamsError> {
    let mut lines = Lines { rest: text, line: 1 };
    let mut variables = Vec::new();
    while !lines.rest.is_empty() {
        let line = lines.line;
        let read =
            lines.variable().map_err(|reason| ParamsError::Syntax { what: what.to_owned(), line, reason })?;
        variables.extend(read.map(|(name, value)| Variable { name, line, value }));
    }
    Ok(variables)
}

/// Writes a line.
pub(super) fn push_line(out: &mut SecretText, name: &str, value: &str) {
    out.push_str(name);
    out.push('=');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_plain) {
        out.push_str(value);
    } else if !value.contains(['\'', '\\', '\n', '\r']) {
        out.push('\'');
        out.push_str(value);
        out.push('\'');
    } else {
        out.push('"');
        for ch in value.chars() {
            match ch {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '"' | '\\' | '$' | '`' => {
                    out.push('\\');
                    out.push(ch);
                }
                _ => out.push(ch),
            }
        }
        out.push('"');
    }
    out.push('\n');
}

/// What is still to be read, and on which line it begins.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    /// The variable on the next line; none where it is empty or a comment.
    fn variable(&mut self) -> Result<Option<(String, SecretString)>, &'static str> {
        let line = self.rest.lines().next().unwrap_or_default();
        let begun = line.trim_start();
        if begun.is_empty() || begun.starts_with('#') {
            self.skip_line();
            return Ok(None);
        }
        let (name, _) = line.split_once('=').ok_or("it has no =")?;
        let bare = name.trim();
        let bare =
            bare.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(bare).trim();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if bare.is_empty() || !bare.bytes().all(is_name) {
            return Err("what stands before the = is not a name of letters, digits and _");
        }
        self.rest = self.rest.get(name.len() + 1..).unwrap_or_default();
        let value = self.rest.trim_start_matches([' ', '\t']);
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                self.rest = value.get(1..).unwrap_or_default();
                let value = self.quoted(quote)?;
                let line = self.rest.lines().next().unwrap_or_default().trim();
                if !line.is_empty() && !line.starts_with('#') {
                    return Err("something stands behind the closing quote");
                }
                value
            }
            _ => SecretString::new(plain(self.rest.lines().next().unwrap_or_default()).to_owned()),
        };
        self.skip_line();
        Ok(Some((bare.to_owned(), value)))
    }

    /// What stands to the closing quote, which is taken too.
    fn quoted(&mut self, quote: char) -> Result<SecretString, &'static str> {
        let mut escaped = false;
        let end = self.rest.char_indices().find(|(_, ch)| {
            let ends = *ch == quote && !escaped;
            escaped = quote == '"' && *ch == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or("a quote is not closed")?;
        let inside = self.rest.get(..end).unwrap_or_default();
        self.line += inside.matches('\n').count();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        if quote == '\'' {
            return Ok(SecretString::new(inside.to_owned()));
        }
        let mut value = String::with_capacity(inside.len());
        let mut chars = inside.chars();
        while let Some(ch) = chars.next() {
            match (ch, if ch == '\\' { chars.next() } else { None }) {
                (_, Some('n')) => value.push('\n'),
                (_, Some('r')) => value.push('\r'),
                (_, Some('t')) => value.push('\t'),
                (_, Some(escaped @ ('\\' | '"' | '$' | '`' | '\''))) => value.push(escaped),
                // Not an escape: both stay.
                (_, Some(other)) => value.extend(['\\', other]),
                (ch, None) => value.push(ch),
            }
        }
        Ok(SecretString::new(value))
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }
}

/// A value without quotes.
fn plain(line: &str) -> &str {
    let comment = [" #", "\t#"].iter().filter_map(|mark| line.find(mark)).min();
    line.get(..comment.unwrap_or(line.len())).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, usize, String)> {
        let read = read(text, "it").unwrap();
        read.into_iter().map(|v| (v.name, v.line, v.value.expose_secret().to_owned())).collect()
    }

    fn one(text: &str) -> String {
        pairs(text).pop().unwrap().2
    }

    #[test]
    fn lines_comments_and_quotes_are_read() {
        let text = "# first\n\nA=1\r\nexport B = two words # comment\nC='it''s\nD=\"x\ny\"  # c\nE=\nF=a#b\n";
        assert!(read(text, "it").is_err(), "two texts in quotes");
        let text = text.replace("'it''s", "'it\\n$x \"s\"'");
        let expected = [
            ("A", 3, "1"),
            ("B", 4, "two words"),
            ("C", 5, "it\\n$x \"s\""),
            ("D", 6, "x\ny"),
            ("E", 8, ""),
            ("F", 9, "a#b"),
        ];
        assert_eq!(
            pairs(&text),
            expected.map(|(name, line, value)| (name.to_owned(), line, value.to_owned()))
        );
    }

    #[test]
    fn escapes_are_those_of_double_quotes() {
        assert_eq!(one(r#"A="a\nb\t\\\"\$x\`\'\q""#), "a\nb\t\\\"$x`'\\q");
        assert_eq!(one(r"A='a\nb\'"), r"a\nb\");
        assert_eq!(one("A=pa$$w\\n0rd"), "pa$$w\\n0rd");
    }

    #[test]
    fn an_error_says_where_and_never_what() {
        for (text, line) in [
            ("A=1\nhunter2", 2),
            ("A=1\n\n=hunter2", 3),
            ("A B=hunter2", 1),
            ("A=\"hunter2", 1),
            ("A='x\ny'\nB='hunter2", 3),
            ("A='hunter2' hunter2", 1),
        ] {
            let error = read(text, "app.env").unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(matches!(error, ParamsError::Syntax { line: at, .. } if at == line), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let values = [
            "plain",
            "",
            "two words",
            "it's",
            "a\\b",
            "a\nb\r\n",
            "$x `y` \"z\" #",
            "'\"\\n\\",
            "ü😀",
            " x ",
            "{\"a\":1}",
        ];
        let mut text = Zeroizing::new(String::new());
        for (number, value) in values.iter().enumerate() {
            push_line(&mut text, &format!("V{number}"), value);
        }
        let read: Vec<_> = pairs(&text).into_iter().map(|(_, _, value)| value).collect();
        assert_eq!(read, values);
    }
}
