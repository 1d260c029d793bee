use tokio_postgres::error::SqlState;

use crate::RotationError;

/// A name of whatever characters. Names with a NUL don't get here.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text without backslashes, as verifiers are: so it reads the same whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The server's code; its words only where they can't quote the statement.
pub(super) fn database_error(action: &'static str) -> impl FnOnce(tokio_postgres::Error) -> RotationError {
    move |error| {
        let reason = match error.as_db_error() {
            Some(refusal) if SAYABLE.contains(refusal.code()) => {
                format!("{} ({})", refusal.message(), refusal.code().code())
            }
            Some(refusal) => format!("the server answered {}", refusal.code().code()),
            None => "the connection broke".to_owned(),
        };
        RotationError::Database { action, reason }
    }
}

const SAYABLE: [SqlState; 6] = [
    SqlState::INSUFFICIENT_PRIVILEGE,
    SqlState::UNDEFINED_OBJECT,
    SqlState::DUPLICATE_OBJECT,
    SqlState::INVALID_GRANT_OPERATION,
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::ADMIN_SHUTDOWN,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_can_not_end_their_quotes() {
        assert_eq!(identifier(r#"a"; DROP ROLE x; --"#), r#""a""; DROP ROLE x; --""#);
        assert_eq!(literal("a'; --"), "'a''; --'");
    }
}
