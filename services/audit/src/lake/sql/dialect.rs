//! The grammar: Presto's, as far as the parser has it, with ids of event data stores as names of tables.

use std::borrow::Cow;

use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::Dialect;
use sqlparser::parser::Parser;

use super::error::SqlError;

/// Parses what must be exactly one query.
pub(super) fn parse(statement: &str) -> Result<Query, SqlError> {
    if statement.contains('\0') {
        return Err(SqlError::Literal("it contains a NUL character"));
    }
    let quoted = quote_ids(statement);
    let mut parser = Parser::new(&Lake)
        .with_recursion_limit(MAX_RECURSION)
        .try_with_sql(&quoted)
        .map_err(|error| syntax(&error))?;
    let mut statements = parser.parse_statements().map_err(|error| syntax(&error))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(*query),
        _ => Err(SqlError::NotOneSelect),
    }
}

fn syntax(error: &sqlparser::parser::ParserError) -> SqlError {
    match error {
        sqlparser::parser::ParserError::RecursionLimitExceeded => SqlError::TooDeep,
        other => SqlError::Syntax(other.to_string()),
    }
}

/// The dialect of the statements.
#[derive(Debug)]
struct Lake;

impl Dialect for Lake {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_ascii_alphanumeric() || ch == '_'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_lambda_keyword_syntax(&self) -> bool {
        false
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }
}

/// Puts ids that stand for tables into quotes: the id of a store may begin with a digit, and has hyphens. What is in quotes
/// or comments stays as it is.
fn quote_ids(statement: &str) -> Cow<'_, str> {
    let mut quoted = String::new();
    let mut rest = statement;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\'' | '"' => end_of_quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ if first.is_ascii_hexdigit() && !is_part(before) && is_id(rest) => {
                let (id, behind) = rest.split_at(ID_LENGTH);
                quoted.push('"');
                quoted.push_str(id);
                quoted.push('"');
                rest = behind;
                before = '"';
                continue;
            }
            _ => first.len_utf8(),
        };
        let (piece, behind) = rest.split_at(taken);
        quoted.push_str(piece);
        before = piece.chars().next_back().unwrap_or(' ');
        rest = behind;
    }
    Cow::Owned(quoted)
}

/// Behind the closing quote; a doubled one begins another quoted text right away.
fn end_of_quoted(rest: &str, quote: char) -> usize {
    let inside = rest.get(1..).unwrap_or_default();
    inside.find(quote).map_or(rest.len(), |end| end + 2)
}

fn is_part(ch: char) -> bool {
    ch.is_alphanumeric() || matches!(ch, '_' | '-' | '.' | '/' | ':')
}

fn is_id(text: &str) -> bool {
    let is_end = text.get(ID_LENGTH..).and_then(|rest| rest.chars().next()).is_none_or(|ch| !is_part(ch));
    is_end && text.get(..ID_LENGTH).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

const ID_LENGTH: usize = 36;
const MAX_RECURSION: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b7e2a9c-1111-4222-8333-944455556666";

    #[test]
    fn ids_are_quoted_where_they_are_names() {
        let plain =
            format!("SELECT 1 FROM {ID} WHERE a='{ID}' -- {ID}\n AND /* {ID} */ b=\"{ID}\" AND c={ID}x");
        let expected =
            format!("SELECT 1 FROM \"{ID}\" WHERE a='{ID}' -- {ID}\n AND /* {ID} */ b=\"{ID}\" AND c={ID}x");
        assert_eq!(quote_ids(&plain), expected);
        assert_eq!(quote_ids("it''s 'open"), "it''s 'open");
    }

    #[test]
    fn exactly_one_query_is_taken() {
        assert!(parse("SELECT 1;").is_ok());
        for bad in ["", ";", "SELECT 1; SELECT 2", "DELETE FROM a", "SELECT 1\0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
