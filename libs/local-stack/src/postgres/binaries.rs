use std::path::{Path, PathBuf};
use std::process::Command;

use crate::LocalStackError;

/// The programs of one installed Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgBinaries {
    bin: PathBuf,
    major: u32,
}

impl PgBinaries {
    /// The programs in `bin`, which must be of a supported version.
    ///
    /// # Errors
    /// `postgres --version` cannot be run there, or tells of a version before [`OLDEST_MAJOR`].
    pub fn at(bin: &Path) -> Result<Self, LocalStackError> {
        let unusable = |reason: String| LocalStackError::UnusablePostgres { bin: bin.to_owned(), reason };
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| unusable(format!("postgres --version: {error}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let major = major_version(&text).ok_or_else(|| unusable(format!("its version reads {text:?}")))?;
        if major < OLDEST_MAJOR {
            return Err(unusable(format!("version {major} is older than {OLDEST_MAJOR}")));
        }
        Ok(Self { bin: bin.to_owned(), major })
    }

    /// The directory that holds them.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The major version, such as 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }
}

/// Finds the machine's Postgres: in the directory that the variable `PG_BIN` names, if it is set; or else on the
/// `PATH`; or else the newest of the places where Debian's and the project's own packages put it.
///
/// # Errors
/// There is none, or it is too old. The message names the package to install.
pub fn find_postgres() -> Result<PgBinaries, LocalStackError> {
    if let Some(bin) = std::env::var_os("PG_BIN") {
        return PgBinaries::at(Path::new(&bin));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path);
    let mut packaged: Vec<PathBuf> = PACKAGE_ROOTS.iter().flat_map(|root| versions_below(root)).collect();
    packaged.sort_by_key(|bin| std::cmp::Reverse(version_in_path(bin)));
    match on_path.chain(packaged).find(|bin| holds_a_server(bin)) {
        Some(bin) => PgBinaries::at(&bin),
        None => Err(LocalStackError::PostgresNotFound {
            looked_in: format!("the PATH, {}", PACKAGE_ROOTS.map(|root| format!("{root}*/bin")).join(", ")),
        }),
    }
}

fn holds_a_server(bin: &Path) -> bool {
    bin.join("postgres").is_file() && bin.join("initdb").is_file()
}

/// `/usr/lib/postgresql/` has a directory for each version, `/usr/pgsql-15` is one.
fn versions_below(root: &str) -> Vec<PathBuf> {
    let (parent, prefix) = root.rsplit_once('/').unwrap_or(("/", root));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join("bin"))
        .collect()
}

fn version_in_path(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let digits: String = version.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`: 15. A beta reads `18beta1`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split_whitespace().nth(2)?;
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The oldest major version that the project supports.
const OLDEST_MAJOR: u32 = 14;
const PACKAGE_ROOTS: [&str; 2] = ["/usr/lib/postgresql/", "/usr/pgsql-"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres: not found"), None);
    }

    #[test]
    fn newer_versions_sort_before_older_ones_by_number() {
        assert!(
            version_in_path(Path::new("/usr/lib/postgresql/15/bin"))
                > version_in_path(Path::new("/usr/lib/postgresql/9/bin"))
        );
        assert_eq!(version_in_path(Path::new("/usr/pgsql-17/bin")), 17);
    }

    #[test]
    fn a_directory_without_a_server_is_refused_by_name() {
        let error = PgBinaries::at(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("the Postgres in /nowhere cannot be used"), "{error}");
    }
}
