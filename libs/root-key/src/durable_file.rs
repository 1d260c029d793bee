//! Small files that must never be half there: read whole, and created at once, durably and only once.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use keywright_crypto::{Random, RandomExt as _, SecretBytes};
use rustix::fs::OFlags;

use crate::RootKeyError;

/// Reads a regular file, with the metadata of exactly what was opened. `check` may refuse it before it is read.
pub(crate) fn read(
    path: &Path,
    check: impl FnOnce(&Metadata) -> Result<(), RootKeyError>,
) -> Result<SecretBytes, RootKeyError> {
    // Without NONBLOCK, opening a pipe would hang.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            RootKeyError::Absent { path: path.to_owned() }
        } else {
            io_error("open", path)(error)
        }
    })?;
    let metadata = file.metadata().map_err(io_error("examine", path))?;
    if !metadata.is_file() {
        return Err(RootKeyError::NotAFile { path: path.to_owned() });
    }
    check(&metadata)?;
    read_small(&mut file)
        .map_err(io_error("read", path))?
        .ok_or_else(|| RootKeyError::Damaged { path: path.to_owned(), reason: "it is too long" })
}

/// Creates `path` (mode 0600) with all of `contents` on the disk, or not at all. `false` if there is one already.
///
/// The name appears by a hard link to a finished file: a crash leaves no half-written key, and of two processes
/// that start at once only one creates.
pub(crate) fn create_once(path: &Path, contents: &[u8], random: &dyn Random) -> Result<bool, RootKeyError> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(RootKeyError::NotAFile { path: path.to_owned() });
    };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let suffix = u64::from_be_bytes(random.bytes()?);
    let unfinished = Unfinished(directory.join(format!(".{}.{suffix:016x}", name.to_string_lossy())));

    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished.0)
        .map_err(io_error("create", &unfinished.0))?;
    file.write_all(contents).and_then(|()| file.sync_all()).map_err(io_error("write", &unfinished.0))?;

    let created = match fs::hard_link(&unfinished.0, path) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(io_error("create", path)(error)),
    };
    drop(unfinished);
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(io_error("sync", directory))?;
    Ok(created)
}

/// The file under its temporary name, which goes away whatever happens.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It may not have been created; and nothing depends on its being gone.
        let _ = fs::remove_file(&self.0);
    }
}

/// All of the file, or nothing if it is longer than any of ours.
fn read_small(file: &mut File) -> io::Result<Option<SecretBytes>> {
    // Of full size from the start: a growing buffer would leave copies of the key behind.
    let mut buffer = vec![0; MAX_LEN + 1];
    let mut len = 0;
    while let Some(free) = buffer.get_mut(len..).filter(|free| !free.is_empty()) {
        match file.read(free) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(len);
    let contents = SecretBytes::new(buffer);
    Ok((len <= MAX_LEN).then_some(contents))
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RootKeyError {
    move |source| RootKeyError::Io { action, path: path.to_owned(), source }
}

const MAX_LEN: usize = 4096;
