//! `keywright params export`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::commands::admin::Target;
use crate::commands::audit::output::Output;
use crate::console::Console;
use crate::error::{AtPath as _, CliError};
use crate::params::{Export as Exporting, Format, ParameterStore, ParamsError, Progress, Root, export};
use crate::stack::private_file;

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    target: Target,
    /// Whose parameters, such as /prod/app
    #[arg(long, value_name = "PATH")]
    path: Root,
    /// Only the parameters on the level of the path itself; else all below it
    #[arg(long)]
    one_level: bool,
    /// The format
    #[arg(long, value_enum, default_value = "dotenv")]
    format: Format,
    /// The file, which only its owner may read; without it, or with -, standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also write types, tiers, keys, descriptions, patterns and tags, so that an import makes the same (json, yaml)
    #[arg(long)]
    with_types: bool,
}

impl Export {
    pub(super) async fn run(self, console: &Console) -> Result<ExitCode, CliError> {
        if self.with_types && !matches!(self.format, Format::Json | Format::Yaml) {
            return Err(ParamsError::NoRoomForTypes.into());
        }
        let file = self.output.as_deref().filter(|path| path.as_os_str() != "-").map(file).transpose()?;
        let store = ParameterStore::new(self.target.api_client()?);
        let progress = Progress::counting("reading");
        let found = store.below(&self.path, self.one_level, &progress).await?;
        drop(progress);
        if found.is_empty() {
            return Err(ParamsError::Nothing { path: self.path.to_string() }.into());
        }
        let exporting = Exporting {
            root: &self.path,
            one_level: self.one_level,
            format: self.format,
            with_types: self.with_types,
        };
        let text = export(&store, &exporting, &found).await?;
        match file {
            Some(file) => {
                private_file::write(&file, &text)?;
                console.say(&format!("{} has {} parameters of {}", file.display(), found.len(), self.path));
            }
            None => {
                Output::open().print(&text)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The file that is written, which takes the place of one that is there: of no link and no device.
fn file(path: &Path) -> Result<PathBuf, CliError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(ParamsError::NotAFile { path: path.to_owned() }.into()),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("look at", path),
        Ok(_) | Err(_) => Ok(path.to_owned()),
    }
}
