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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use keywright_crypto::SystemRandom;
    use rustix::fs::{CWD, FileType, Mode};

    use super::*;

    fn read_all(path: &Path) -> Result<SecretBytes, RootKeyError> {
        read(path, |_| Ok(()))
    }

    #[test]
    fn a_created_file_is_whole_private_and_alone_in_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert!(create_once(&path, b"contents", &SystemRandom).unwrap());
        assert_eq!(read_all(&path).unwrap().expose_secret(), b"contents");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn an_existing_file_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert!(create_once(&path, b"first", &SystemRandom).unwrap());
        assert!(!create_once(&path, b"second", &SystemRandom).unwrap());
        assert_eq!(read_all(&path).unwrap().expose_secret(), b"first");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn of_many_that_create_at_once_one_wins_and_all_read_its_contents() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let contest = |contents: [u8; 1]| (create_once(&path, &contents, &SystemRandom).unwrap(), contents);
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || contest([n]))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> = results.iter().filter(|(won, _)| *won).collect();
        assert_eq!(winners.len(), 1, "{results:?}");
        assert_eq!(read_all(&path).unwrap().expose_secret(), winners[0].1);
    }

    #[test]
    fn a_missing_directory_is_named_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing/file");
        let refusal = create_once(&path, b"contents", &SystemRandom).unwrap_err();
        assert!(matches!(refusal, RootKeyError::Io { action: "create", .. }), "{refusal:?}");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_small_regular_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refusal = read_all(directory.path()).unwrap_err();
        assert!(matches!(refusal, RootKeyError::NotAFile { .. }), "{refusal:?}");

        let refusal = read_all(Path::new("/dev/zero")).unwrap_err();
        assert!(matches!(refusal, RootKeyError::NotAFile { .. }), "{refusal:?}");

        let path = directory.path().join("pipe");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let refusal = read_all(&path).unwrap_err();
        assert!(matches!(refusal, RootKeyError::NotAFile { .. }), "{refusal:?}");

        let path = directory.path().join("long");
        fs::write(&path, vec![b'x'; MAX_LEN]).unwrap();
        assert_eq!(read_all(&path).unwrap().len(), MAX_LEN);
        fs::write(&path, vec![b'x'; MAX_LEN + 1]).unwrap();
        let refusal = read_all(&path).unwrap_err();
        assert!(matches!(refusal, RootKeyError::Damaged { .. }), "{refusal:?}");
    }

    #[test]
    fn the_check_refuses_before_anything_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, b"contents").unwrap();
        let refusal = read(&path, |_| Err(RootKeyError::MalformedId)).unwrap_err();
        assert!(matches!(refusal, RootKeyError::MalformedId), "{refusal:?}");
    }
}
