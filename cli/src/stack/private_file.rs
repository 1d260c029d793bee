//! Files for this user alone, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::{AtPath as _, CliError};

/// The file's text, if it is there.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Writes the file, in place of one that is there: whoever reads, or a crash, finds the old text or the new.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    // One that a crash left behind may have any mode.
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).at("remove", unfinished),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(unfinished)
        .at("make", unfinished)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).at("write", unfinished)?;
    fs::rename(unfinished, path).at("rename", unfinished)?;
    match path.parent() {
        // A bare name is in the working directory.
        Some(dir) if dir.as_os_str().is_empty() => {
            File::open(".").and_then(|dir| dir.sync_all()).at("write", path)
        }
        Some(dir) => File::open(dir).and_then(|dir| dir.sync_all()).at("write", dir),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(dir.path().join("secret.unfinished"), "left by a crash").unwrap();
        for text in ["first", "second"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
