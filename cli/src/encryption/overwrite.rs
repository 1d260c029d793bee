//! Files that are there already.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::commands::audit::output::harmless;

/// What becomes of files that are there already.
#[derive(Debug)]
pub(crate) enum Overwrite {
    Always,
    Never,
    /// Somebody is asked for each.
    Ask(Mutex<Asked>),
}

/// Where answers come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    StandardInput,
    /// When standard input has the data.
    Terminal,
}

/// What is decided of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Replace,
    Keep,
}

impl Overwrite {
    pub(super) fn decide(&self, path: &Path) -> io::Result<Decision> {
        match self {
            Self::Always => Ok(Decision::Replace),
            Self::Never => Ok(Decision::Keep),
            Self::Ask(asked) => {
                let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                let mut terminal = io::stderr().lock();
                write!(terminal, "keywright: overwrite {}? [y/N] ", harmless(&path.to_string_lossy()))?;
                terminal.flush()?;
                let mut answer = String::new();
                match *asked {
                    Asked::StandardInput => io::stdin().read_line(&mut answer)?,
                    Asked::Terminal => BufReader::new(File::open("/dev/tty")?).read_line(&mut answer)?,
                };
                let yes = answer.trim_start().starts_with(['y', 'Y']);
                Ok(if yes { Decision::Replace } else { Decision::Keep })
            }
        }
    }
}
