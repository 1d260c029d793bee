//! Why a statement is refused.

/// Why a statement is refused; the texts are for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The parser doesn't understand it.
    #[error("the statement cannot be parsed: {0}")]
    Syntax(String),
    /// It is no SELECT, or more than one statement.
    #[error("only a single SELECT statement is allowed")]
    NotOneSelect,
    /// A part of SQL that isn't served.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A function that isn't known.
    #[error("function '{0}' is not supported")]
    Function(String),
    /// A function with other arguments than it has.
    #[error("unexpected arguments of function '{0}'")]
    Arguments(&'static str),
    /// A name that is no column.
    #[error("column '{0}' cannot be resolved")]
    Column(String),
    /// A name that several sources have.
    #[error("column '{0}' is ambiguous")]
    Ambiguous(String),
    /// A name that is no event data store of the caller's account.
    #[error("event data store '{0}' does not exist")]
    Store(String),
    /// A source without a store.
    #[error("the statement names no event data store")]
    NoStore,
    /// More than there may be.
    #[error("the statement has too many {0}")]
    TooMany(&'static str),
    /// Nested too deeply.
    #[error("the statement is nested too deeply")]
    TooDeep,
    /// A literal with a character that no text can have, or that is too long where it stands.
    #[error("a literal cannot be used here: {0}")]
    Literal(&'static str),
    /// It made the parser fail.
    #[error("the statement cannot be parsed")]
    Malformed,
    /// No thread to translate it on.
    #[error("the statement cannot be parsed now")]
    NoThread,
}
