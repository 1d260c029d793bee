//! Why parameters can't be imported, exported or given to a program. Nothing here has a value.

use std::ffi::OsString;
use std::path::PathBuf;

use thiserror::Error;

use crate::api_client::ApiError;

/// Why parameters can't be imported, exported or given to a program.
#[derive(Debug, Error)]
pub(crate) enum ParamsError {
    /// A file can't be read.
    #[error("cannot read {what}")]
    Read {
        what: String,
        #[source]
        cause: std::io::Error,
    },
    /// A file that nobody meant.
    #[error("{what} is larger than {limit} MB")]
    TooLarge { what: String, limit: usize },
    /// Bytes that are no text.
    #[error("{what} is not text: byte {at} is not of any in UTF-8, or is zero")]
    NotText { what: String, at: usize },
    /// Neither the name nor the content says what it is.
    #[error("{what} does not say what format it has: give --format")]
    UnknownFormat { what: String },
    /// Text that isn't of the format.
    #[error("{what} is not understood at line {line}: {reason}")]
    Syntax { what: String, line: usize, reason: &'static str },
    /// What the file says can't be parameters.
    #[error("{what} has what cannot be parameters below {below}:\n  {}", problems.join("\n  "))]
    Unfit { what: String, below: String, problems: Vec<String> },
    /// Nothing is there.
    #[error("there is no parameter below {path}")]
    Nothing { path: String },
    /// Values would be replaced.
    #[error(
        "{} there already with another value or setting, and nothing was written; to change them, give --overwrite:\n  {}",
        if names.len() == 1 { "1 parameter is".to_owned() } else { format!("{} parameters are", names.len()) },
        names.join("\n  ")
    )]
    WouldOverwrite { names: Vec<String> },
    /// Two parameters for one variable.
    #[error(
        "{first} and {second} would both be the variable {variable}: choose a narrower path, or rename one"
    )]
    Collision { variable: String, first: String, second: String },
    /// A name that isn't a variable's.
    #[error("{name} cannot be written as {variable} in a dotenv file: choose json or yaml")]
    NoVariable { name: String, variable: String },
    /// A value that no environment can hold.
    #[error("the value of {name} has a zero byte, which no environment can hold")]
    ZeroByte { name: String },
    /// The program isn't there.
    #[error("{} is not found", program.display())]
    NoProgram { program: OsString },
    /// The program can't be started.
    #[error("{} cannot be started", program.display())]
    NotStarted {
        program: OsString,
        #[source]
        cause: std::io::Error,
    },
    /// The file to write isn't one.
    #[error("{} is there and is not a regular file: leave --output out to write to standard output", path.display())]
    NotAFile { path: PathBuf },
    /// A format without room for it.
    #[error("--with-types needs the format json or yaml")]
    NoRoomForTypes,
    /// A call has no answer of use.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The writing ended before everything was written.
    #[error(
        "{} of {} were written{}{}",
        written, all,
        if failed.is_empty() { String::new() } else { format!("; failed:\n  {}", failed.join("\n  ")) },
        if left.is_empty() { String::new() } else { format!("\nleft as before:\n  {}", left.join("\n  ")) }
    )]
    Incomplete { written: usize, all: usize, failed: Vec<String>, left: Vec<String> },
}
