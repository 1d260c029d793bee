//! Rewrites what `SHOW GRANTS` says of one account for another.

use super::sql::Account;

/// The same grant for another account, or `None` for a line that is about somebody else. Of what follows the account only
/// the right to pass the grant on is kept: passwords and TLS options are dealt with elsewhere.
pub(super) fn granted_to(line: &str, first: &Account, other: &Account) -> Option<String> {
    let parts = TopLevel::of(line);
    if line.starts_with("GRANT ") {
        let (head, tail) = parts.split_at_last(" TO ")?;
        let tail = after_account(tail, first)?;
        let rest = TopLevel::of(tail);
        let option = [" WITH GRANT OPTION", " WITH ADMIN OPTION"]
            .into_iter()
            .find(|option| rest.positions_of(option).next().is_some())
            .or_else(|| rest.positions_of(" GRANT OPTION").next().map(|_| " WITH GRANT OPTION"));
        return Some(format!("{head} TO {other}{}", option.unwrap_or_default()));
    }
    if line.starts_with("SET DEFAULT ROLE ") {
        let (head, tail) = parts.split_at_last(" FOR ")?;
        after_account(tail, first)?;
        return Some(format!("{head} FOR {other}"));
    }
    None
}

/// What follows the account, if the text begins with it.
fn after_account<'a>(text: &'a str, account: &Account) -> Option<&'a str> {
    let quoted = |name: &str, quote: char| {
        let doubled: String = [quote, quote].into_iter().collect();
        format!("{quote}{}{quote}", name.replace(quote, &doubled))
    };
    ['`', '\'', '"'].into_iter().find_map(|quote| {
        let named = format!("{}@{}", quoted(&account.user, quote), quoted(&account.host, quote));
        text.strip_prefix(&named)
    })
}

/// A statement with the places that are inside of quotes.
struct TopLevel<'a> {
    text: &'a str,
    quoted: Vec<bool>,
}

impl<'a> TopLevel<'a> {
    fn of(text: &'a str) -> Self {
        let mut inside: Option<u8> = None;
        let quoted = text.bytes().map(|byte| match inside {
            None => {
                inside = matches!(byte, b'`' | b'\'' | b'"').then_some(byte);
                false
            }
            Some(quote) => {
                // A doubled quote ends one text and begins the next: that comes to the same.
                if byte == quote {
                    inside = None;
                }
                true
            }
        });
        Self { text, quoted: quoted.collect() }
    }

    fn positions_of<'b>(&'b self, word: &'b str) -> impl Iterator<Item = usize> + 'b {
        let found = self.text.match_indices(word).map(|(position, _)| position);
        found.filter(|position| self.quoted.get(*position) == Some(&false))
    }

    fn split_at_last(&self, word: &str) -> Option<(&'a str, &'a str)> {
        let position = self.positions_of(word).last()?;
        Some((self.text.get(..position)?, self.text.get(position + word.len()..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(user: &str, host: &str) -> Account {
        Account { user: user.to_owned(), host: host.to_owned() }
    }

    fn rewritten(line: &str) -> Option<String> {
        granted_to(line, &account("app", "%"), &account("app_clone", "%"))
    }

    #[test]
    fn grants_of_either_server_are_given_to_the_other_account() {
        for (line, expected) in [
            (
                "GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*AB'",
                "GRANT USAGE ON *.* TO 'app_clone'@'%'",
            ),
            ("GRANT USAGE ON *.* TO 'app'@'%'", "GRANT USAGE ON *.* TO 'app_clone'@'%'"),
            (
                "GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED VIA a USING '*A' OR b USING ' WITH GRANT OPTION' REQUIRE SSL",
                "GRANT USAGE ON *.* TO 'app_clone'@'%'",
            ),
            (
                "GRANT SELECT (`a TO b`), INSERT ON `d`.`t` TO `app`@`%` WITH GRANT OPTION",
                "GRANT SELECT (`a TO b`), INSERT ON `d`.`t` TO 'app_clone'@'%' WITH GRANT OPTION",
            ),
            (
                "GRANT ALL PRIVILEGES ON *.* TO `app`@`%` WITH MAX_USER_CONNECTIONS 5 GRANT OPTION",
                "GRANT ALL PRIVILEGES ON *.* TO 'app_clone'@'%' WITH GRANT OPTION",
            ),
            ("GRANT `r` TO `app`@`%` WITH ADMIN OPTION", "GRANT `r` TO 'app_clone'@'%' WITH ADMIN OPTION"),
            ("SET DEFAULT ROLE `r` FOR `app`@`%`", "SET DEFAULT ROLE `r` FOR 'app_clone'@'%'"),
        ] {
            assert_eq!(rewritten(line).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_about_somebody_else_is_left_out() {
        for line in [
            "GRANT SELECT ON `d`.* TO `other`@`%`",
            "GRANT SELECT ON `d`.* TO `app`@`localhost`",
            "GRANT SELECT ON `d`.* TO `r`",
            "GRANT PROXY ON ''@'%' TO `root`@`localhost`",
            "SET DEFAULT ROLE `r` FOR `other`@`%`",
            "something else",
        ] {
            assert_eq!(rewritten(line), None, "{line}");
        }
    }

    #[test]
    fn names_with_quotes_are_found() {
        let first = account("a`p' TO x", "%");
        let line = "GRANT SELECT ON `d`.* TO `a``p' TO x`@`%`";
        let expected = "GRANT SELECT ON `d`.* TO 'b'@'%'";
        assert_eq!(granted_to(line, &first, &account("b", "%")).as_deref(), Some(expected));
    }
}
