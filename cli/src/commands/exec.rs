//! `keywright exec`: a program with parameters as its environment.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::Args;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::commands::admin::Target;
use crate::commands::wait_for;
use crate::console::Console;
use crate::error::CliError;
use crate::params::{Naming, ParameterStore, ParamsError, Progress, Root, environment, find_program};

/// Start a program with the parameters below a path as its environment, and nothing on disk
///
/// A parameter becomes a variable by its name below the path: /prod/app/db/pass-word below /prod/app is DB_PASS_WORD.
/// The program takes this one's place, so signals and the exit code are its own. If anything is wrong, it isn't started.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Exec {
    #[command(flatten)]
    target: Target,
    /// Whose parameters; given more than once, the later path wins
    #[arg(long = "path", value_name = "PATH", required = true)]
    paths: Vec<Root>,
    /// Only the parameters on the level of the path itself
    #[arg(long)]
    one_level: bool,
    /// Make the names of variables upper case, which is the default
    #[arg(long, overrides_with = "keep_case")]
    upcase: bool,
    /// Leave the letters of names as they are
    #[arg(long, overrides_with = "upcase")]
    keep_case: bool,
    /// What stands before each name, such as APP_
    #[arg(long, default_value = "", value_name = "TEXT", value_parser = prefix)]
    prefix: String,
    /// Give the program no other variables, neither PATH nor ours
    #[arg(long)]
    pristine: bool,
    /// Start the program also when a path has no parameters
    #[arg(long)]
    allow_empty: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Exec {
    pub(crate) fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        let Err(error) = self.start(console);
        console.failed(&error);
        Ok(ExitCode::from(match error {
            CliError::Params(ParamsError::NoProgram { .. }) => NOT_FOUND,
            CliError::Params(ParamsError::NotStarted { .. }) => NOT_STARTED,
            _ => FAILED_BEFORE,
        }))
    }

    /// Comes back only when the program isn't started.
    fn start(self, console: &Console) -> Result<std::convert::Infallible, CliError> {
        // No debugger and no core dump of ours; the program has its own say again.
        _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(ParamsError::NoProgram { program: OsString::new() }.into());
        };
        let file = find_program(program, std::env::var_os("PATH").as_deref())
            .ok_or_else(|| ParamsError::NoProgram { program: program.clone() })?;
        let naming = Naming { keep_case: self.keep_case && !self.upcase, prefix: self.prefix.clone() };
        // The threads and sockets of this end before the program begins.
        let found = wait_for(self.parameters())?;
        let variables = environment(&found, &naming, |line| console.warn(line))?;
        let mut command = Command::new(&file);
        command.arg0(program).args(arguments);
        if self.pristine {
            command.env_clear();
        }
        for (name, parameter) in variables {
            command.env(name, parameter.value.expose_secret());
        }
        let cause = command.exec();
        let program = program.clone();
        Err(match cause.kind() {
            ErrorKind::NotFound => ParamsError::NoProgram { program },
            _ => ParamsError::NotStarted { program, cause },
        }
        .into())
    }

    async fn parameters(&self) -> Result<Vec<(Root, Vec<crate::params::Parameter>)>, CliError> {
        let store = ParameterStore::new(self.target.api_client()?);
        let mut found = Vec::new();
        for path in &self.paths {
            let parameters = store.below(path, self.one_level, &Progress::hidden()).await?;
            if parameters.is_empty() && !self.allow_empty {
                return Err(ParamsError::Nothing { path: path.to_string() }.into());
            }
            found.push((path.clone(), parameters));
        }
        Ok(found)
    }
}

fn prefix(text: &str) -> Result<String, &'static str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.bytes().all(is_part) && !text.starts_with(|ch: char| ch.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("a prefix has letters, digits and _, and begins with no digit")
    }
}

/// As `env` and `timeout` have them: the program can't be found, can't be started, or something of ours failed.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;
const FAILED_BEFORE: u8 = 125;

const AFTER_HELP: &str = "\
Environment:
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                  as the AWS CLI has them; the program gets them too, unless --pristine is given

Exit codes:
  125 if the parameters can't be had, 126 if the program can't be started, 127 if it isn't found; else the program's own

Examples:
  keywright exec --path /prod/app -- ./server --port 8080
  keywright exec --path /common --path /prod/app --prefix APP_ -- env";
