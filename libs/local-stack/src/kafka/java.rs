use std::path::{Path, PathBuf};
use std::process::Command;

use crate::LocalStackError;

/// The Java runtime: of `JAVA_HOME` where that is set, or else on the `PATH`. It must be of a version that the broker
/// runs on.
pub(crate) fn find_java() -> Result<PathBuf, LocalStackError> {
    let missing =
        LocalStackError::ProgramNotFound { program: "java (17 or later)", package: "default-jre-headless" };
    let in_home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join("java"));
    let Some(java) = in_home.into_iter().chain(on_path).find(|java| java.is_file()) else {
        return Err(missing);
    };
    let output = Command::new(&java).arg("-version").output();
    match output.ok().and_then(|output| major_version(&String::from_utf8_lossy(&output.stderr))) {
        Some(major) if major >= OLDEST_MAJOR => Ok(java),
        Some(_) | None => Err(missing),
    }
}

/// Of `openjdk version "17.0.15" 2025-04-15`: 17. Before Java 9 it read `"1.8.0_412"`.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split('"').nth(1)?;
    version.split(['.', '-', '_']).next()?.parse().ok()
}

const OLDEST_MAJOR: u32 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_java_says() {
        assert_eq!(major_version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(major_version("openjdk version \"25-ea\" 2025-09-16"), Some(25));
        assert_eq!(major_version("java version \"1.8.0_412\""), Some(1));
        assert_eq!(major_version("java: not found"), None);
    }
}
