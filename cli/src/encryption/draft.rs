//! Files that are there whole or not at all.
//!
//! A draft has no name where the file system can do that, and so is gone with the process, however that ends. Elsewhere
//! it has a hidden one, which [`Drafts::discard`] removes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use keywright_crypto::{RandomExt as _, SystemRandom};
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, fchmod, fsync, linkat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::error::EncryptionError;
use super::folder::{Folder, failed};

/// All drafts of a process that have names.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Mutex<Named>);

#[derive(Debug, Default)]
struct Named {
    drafts: BTreeMap<OsString, Arc<Folder>>,
    is_closed: bool,
}

/// A file that isn't there yet.
pub(super) struct Draft<'a> {
    drafts: &'a Drafts,
    folder: Arc<Folder>,
    file: File,
    /// Its hidden name, if it has one.
    hidden: Option<OsString>,
}

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    /// It is replaced; the new one gets its permissions.
    Replaced(Mode),
    /// It stays, and the draft is given up.
    Stays,
}

impl Drafts {
    /// Begins a file in a directory.
    pub(super) fn begin(&self, folder: &Arc<Folder>, mode: u32) -> Result<Draft<'_>, EncryptionError> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let unnamed = openat(folder.as_fd(), ".", flags, Mode::from_raw_mode(mode));
        match unnamed {
            // Without /proc there is no way to name it later.
            Ok(descriptor) if Path::new("/proc/self/fd").exists() => Ok(Draft {
                drafts: self,
                folder: Arc::clone(folder),
                file: File::from(descriptor),
                hidden: None,
            }),
            Ok(_) | Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL | Errno::NOSYS) => {
                self.begin_named(folder, mode)
            }
            Err(errno) => Err(failed("write in", folder.path(), errno)),
        }
    }

    fn begin_named(&self, folder: &Arc<Folder>, mode: u32) -> Result<Draft<'_>, EncryptionError> {
        let name = hidden_name()?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if named.is_closed {
            return Err(failed("write in", folder.path(), Errno::CANCELED));
        }
        let descriptor = openat(folder.as_fd(), &name, flags, Mode::from_raw_mode(mode));
        let descriptor = descriptor.map_err(|errno| failed("write in", folder.path(), errno))?;
        named.drafts.insert(name.clone(), Arc::clone(folder));
        let (folder, file) = (Arc::clone(folder), File::from(descriptor));
        Ok(Draft { drafts: self, folder, file, hidden: Some(name) })
    }

    /// Removes all drafts, and lets none be begun: the process ends.
    pub(crate) fn discard(&self) {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        named.is_closed = true;
        for (name, folder) in std::mem::take(&mut named.drafts) {
            _ = unlinkat(folder.as_fd(), name, AtFlags::empty());
        }
    }

    fn forget(&self, name: &OsStr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drafts.remove(name);
    }
}

impl Draft<'_> {
    /// Puts the file in its place. After a crash it is there whole, or what was there before is. `false` if somebody else
    /// made one of the same name meanwhile, which stays.
    pub(super) fn finish(mut self, name: &OsStr, existing: Existing) -> Result<bool, EncryptionError> {
        let path = self.folder.path().join(name);
        let result = self.place(name, existing).and_then(|()| fsync(self.folder.as_fd()));
        match result {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) if existing == Existing::Stays => Ok(false),
            Err(errno) => Err(failed("write", &path, errno)),
        }
    }

    fn place(&mut self, name: &OsStr, existing: Existing) -> rustix::io::Result<()> {
        if let Existing::Replaced(mode) = existing {
            fchmod(&self.file, mode)?;
        }
        fsync(&self.file)?;
        let folder = self.folder.as_fd();
        match (&self.hidden, existing) {
            (None, Existing::Stays) => self.link(name),
            (None, Existing::Replaced(_)) => {
                let hidden = hidden_name().map_err(|_| Errno::IO)?;
                self.link(&hidden)?;
                let renamed = renameat(folder, &hidden, folder, name);
                if renamed.is_err() {
                    _ = unlinkat(folder, &hidden, AtFlags::empty());
                }
                renamed
            }
            (Some(hidden), Existing::Stays) => {
                renameat_with(folder, hidden, folder, name, RenameFlags::NOREPLACE)?;
                self.settle();
                Ok(())
            }
            (Some(hidden), Existing::Replaced(_)) => {
                renameat(folder, hidden, folder, name)?;
                self.settle();
                Ok(())
            }
        }
    }

    fn link(&self, name: &OsStr) -> rustix::io::Result<()> {
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, unnamed, self.folder.as_fd(), name, AtFlags::SYMLINK_FOLLOW)
    }

    fn settle(&mut self) {
        if let Some(hidden) = self.hidden.take() {
            self.drafts.forget(&hidden);
        }
    }
}

impl Write for Draft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Given up: what was written goes.
impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(hidden) = &self.hidden {
            _ = unlinkat(self.folder.as_fd(), hidden, AtFlags::empty());
        }
        self.settle();
    }
}

fn hidden_name() -> Result<OsString, EncryptionError> {
    let random: [u8; 12] = SystemRandom.bytes().map_err(|cause| EncryptionError::Setup(cause.into()))?;
    Ok(format!(".{}.unfinished", keywright_crypto::hex_lower(&random)).into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn begin<'a>(drafts: &'a Drafts, folder: &Arc<Folder>, is_named: bool) -> Draft<'a> {
        let draft = if is_named { drafts.begin_named(folder, 0o600) } else { drafts.begin(folder, 0o600) };
        draft.unwrap()
    }

    fn names(dir: &Path) -> Vec<String> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_when_it_is_finished_and_never_when_it_is_given_up() {
        for is_named in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let folder = Arc::new(Folder::open(dir.path()).unwrap());
            let drafts = Drafts::default();
            let mut draft = begin(&drafts, &folder, is_named);
            draft.write_all(b"given up").unwrap();
            drop(draft);
            assert!(names(dir.path()).is_empty(), "{is_named}");

            let mut draft = begin(&drafts, &folder, is_named);
            draft.write_all(b"one").unwrap();
            assert!(!dir.path().join("file").exists());
            assert!(draft.finish("file".as_ref(), Existing::Stays).unwrap());
            let mode = || fs::metadata(dir.path().join("file")).unwrap().permissions().mode() & 0o7777;
            assert_eq!((fs::read(dir.path().join("file")).unwrap(), mode()), (b"one".to_vec(), 0o600));

            let mut draft = begin(&drafts, &folder, is_named);
            draft.write_all(b"two").unwrap();
            assert!(!draft.finish("file".as_ref(), Existing::Stays).unwrap());
            assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"one");

            let mut draft = begin(&drafts, &folder, is_named);
            draft.write_all(b"three").unwrap();
            assert!(draft.finish("file".as_ref(), Existing::Replaced(Mode::from_raw_mode(0o640))).unwrap());
            assert_eq!((fs::read(dir.path().join("file")).unwrap(), mode()), (b"three".to_vec(), 0o640));
            assert_eq!(names(dir.path()), ["file"]);
            assert!(drafts.0.lock().unwrap().drafts.is_empty());
        }
    }

    #[test]
    fn what_has_a_name_goes_when_the_process_ends() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(dir.path()).unwrap());
        let drafts = Drafts::default();
        let _draft = begin(&drafts, &folder, true);
        assert_eq!(names(dir.path()).len(), 1);
        drafts.discard();
        assert!(names(dir.path()).is_empty());
        assert!(drafts.begin_named(&folder, 0o600).is_err());
    }
}
