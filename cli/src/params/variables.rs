//! Names of environment variables, as chamber makes them.

/// How the name of a parameter becomes that of a variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming {
    /// Leaves letters as they are; else they are made upper case.
    pub(crate) keep_case: bool,
    /// Stands before each.
    pub(crate) prefix: String,
}

impl Naming {
    /// The variable of a parameter by its name below the path: `db/pass-word` is `DB_PASS_WORD`.
    pub(crate) fn variable(&self, relative: &str) -> String {
        let words = relative.replace(['-', '.', '/'], "_");
        let words = if self.keep_case { words } else { words.to_ascii_uppercase() };
        format!("{}{words}", self.prefix)
    }
}

/// Whether a shell takes it for a variable's name.
pub(super) fn is_variable(name: &str) -> bool {
    !name.starts_with(|ch: char| ch.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_the_names_words_in_upper_case() {
        let naming = Naming::default();
        for (name, variable) in [("url", "URL"), ("db/pass-word", "DB_PASS_WORD"), ("a.b", "A_B")] {
            assert_eq!(naming.variable(name), variable);
        }
        let naming = Naming { keep_case: true, prefix: "App_".to_owned() };
        assert_eq!(naming.variable("db/Url"), "App_db_Url");
    }

    #[test]
    fn a_shell_takes_letters_digits_and_underscores() {
        assert!(
            is_variable("A_1")
                && is_variable("_")
                && !is_variable("1A")
                && !is_variable("")
                && !is_variable("A-B")
        );
    }
}
