use std::fmt;

use keywright_crypto::{hex_lower, sha1_for_legacy_use_only};

/// A user at the hosts that it may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) host: String,
}

/// As statements name it.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", text(&self.user), text(&self.host))
    }
}

/// A text of whatever characters, for sessions whose `sql_mode` has NO_BACKSLASH_ESCAPES, as ours do.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name of whatever characters.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A database's name where GRANT wants a pattern of names: as it is, and no other's.
pub(super) fn pattern(database: &str) -> String {
    let literal = |char| match char {
        '\\' | '_' | '%' => format!("\\{char}"),
        other => other.to_string(),
    };
    identifier(&database.chars().map(literal).collect::<String>())
}

/// What `mysql_native_password` stores of a password.
pub(super) fn native_hash(password: &str) -> String {
    let twice = sha1_for_legacy_use_only(&sha1_for_legacy_use_only(password.as_bytes()));
    format!("'*{}'", hex_lower(&twice).to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_servers() {
        // SELECT PASSWORD('p4')
        assert_eq!(native_hash("p4"), "'*9A6091F31A878A194D2A2AAAEBBBBE896A36CA70'");
    }

    #[test]
    fn a_database_is_named_as_it_is_where_patterns_are() {
        assert_eq!(pattern("my_shop"), r"`my\_shop`");
        assert_eq!(pattern(r"a`%\"), r"`a``\%\\`");
    }

    #[test]
    fn texts_and_accounts_can_not_end_their_quotes() {
        assert_eq!(text(r"a'\"), r"'a''\'");
        let account = Account { user: "o'x".to_owned(), host: "%".to_owned() };
        assert_eq!(account.to_string(), "'o''x'@'%'");
    }
}
