//! Directories by their descriptors, so that what is below one stays below it: no link is followed on the way down.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, statat};
use rustix::io::Errno;

use super::error::EncryptionError;

/// An open directory.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// What a file is told from others by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

/// What is in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File(OsString),
    Folder(OsString),
    /// A link, a device, a pipe.
    Special(OsString),
}

impl Folder {
    /// Opens a directory that the user has named, wherever links lead.
    pub(super) fn open(path: &Path) -> Result<Self, EncryptionError> {
        // The parent of a bare name is the working directory.
        let place = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor =
            openat(CWD, place, flags, Mode::empty()).map_err(|errno| failed("open", place, errno))?;
        Ok(Self { descriptor, path: path.to_owned() })
    }

    /// Opens a directory in this one.
    pub(super) fn descend(&self, name: &OsStr) -> Result<Self, EncryptionError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => Ok(Self { descriptor, path }),
            Err(Errno::LOOP | Errno::NOTDIR) => Err(EncryptionError::Special { path }),
            Err(errno) => Err(failed("open", &path, errno)),
        }
    }

    /// Makes a directory in this one, or opens the one that is there.
    pub(super) fn make(&self, name: &OsStr, mode: u32) -> Result<Self, EncryptionError> {
        match mkdirat(&self.descriptor, name, Mode::from_raw_mode(mode)) {
            Ok(()) | Err(Errno::EXIST) => self.descend(name),
            Err(errno) => Err(failed("make", &self.path.join(name), errno)),
        }
    }

    /// What is here, by name.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, EncryptionError> {
        let unreadable = |errno| failed("read", &self.path, errno);
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.descriptor).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(&self.descriptor, &name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(Errno::NOENT) => continue,
                    Err(errno) => return Err(failed("look at", &self.path.join(name), errno)),
                },
                kind => kind,
            };
            found.push(match kind {
                FileType::RegularFile => Entry::File(name),
                FileType::Directory => Entry::Folder(name),
                _ => Entry::Special(name),
            });
        }
        found.sort_by(|one, other| one.name().cmp(other.name()));
        Ok(found)
    }

    /// Opens a file in this directory to read. A pipe isn't waited for.
    pub(super) fn file(&self, name: &OsStr) -> Result<File, EncryptionError> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => regular(File::from(descriptor), path),
            Err(Errno::LOOP) => Err(EncryptionError::Special { path }),
            Err(errno) => Err(failed("open", &path, errno)),
        }
    }

    /// The permissions and the identity of a file that is here. A link or a device is refused.
    pub(super) fn existing(&self, name: &OsStr) -> Result<Option<(Mode, Identity)>, EncryptionError> {
        let path = self.path.join(name);
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                Ok(Some((Mode::from_raw_mode(stat.st_mode) & ALL, Identity::of(&stat))))
            }
            Ok(_) => Err(EncryptionError::Special { path }),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(failed("look at", &path, errno)),
        }
    }

    pub(super) fn identity(&self) -> Result<Identity, EncryptionError> {
        let stat = fstat(&self.descriptor).map_err(|errno| failed("look at", &self.path, errno))?;
        Ok(Identity::of(&stat))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Entry {
    fn name(&self) -> &OsStr {
        match self {
            Self::File(name) | Self::Folder(name) | Self::Special(name) => name,
        }
    }
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        Self(stat.st_dev, stat.st_ino)
    }

    /// An open file's.
    pub(super) fn of_file(file: &File, path: &Path) -> Result<Self, EncryptionError> {
        fstat(file).map(|stat| Self::of(&stat)).map_err(|errno| failed("look at", path, errno))
    }
}

/// Opens a file that the user has named, wherever links lead.
pub(super) fn open_file(path: &Path) -> Result<File, EncryptionError> {
    let descriptor = openat(CWD, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
    regular(File::from(descriptor.map_err(|errno| failed("open", path, errno))?), path.to_owned())
}

fn regular(file: File, path: PathBuf) -> Result<File, EncryptionError> {
    match fstat(&file) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => Ok(file),
        Ok(_) => Err(EncryptionError::Special { path }),
        Err(errno) => Err(failed("look at", &path, errno)),
    }
}

pub(super) fn failed(action: &'static str, path: &Path, errno: Errno) -> EncryptionError {
    EncryptionError::File { action, path: path.to_owned(), cause: errno.into() }
}

/// Permissions without the bits that make others run as somebody else.
const ALL: Mode = Mode::from_raw_mode(0o777);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_devices_are_seen_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("file"), "x").unwrap();
        symlink("file", dir.path().join("link")).unwrap();
        symlink("sub", dir.path().join("way")).unwrap();
        rustix::fs::mknodat(CWD, dir.path().join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let names = |names: &[&str]| names.iter().map(OsString::from).collect::<Vec<_>>();
        let [file, link, pipe, sub, way] = &names(&["file", "link", "pipe", "sub", "way"])[..] else {
            panic!()
        };
        let expected = [
            Entry::File(file.clone()),
            Entry::Special(link.clone()),
            Entry::Special(pipe.clone()),
            Entry::Folder(sub.clone()),
            Entry::Special(way.clone()),
        ];
        assert_eq!(folder.entries().unwrap(), expected);
        for special in [link, pipe] {
            assert!(matches!(folder.file(special), Err(EncryptionError::Special { .. })));
            assert!(matches!(folder.existing(special), Err(EncryptionError::Special { .. })));
        }
        assert!(matches!(folder.descend(way), Err(EncryptionError::Special { .. })));
        assert!(matches!(folder.make(way, 0o700), Err(EncryptionError::Special { .. })));
        let (_, identity) = folder.existing(file).unwrap().unwrap();
        assert_eq!(identity, Identity::of_file(&folder.file(file).unwrap(), dir.path()).unwrap());
        // What the user names may be a link.
        assert!(open_file(&dir.path().join("link")).is_ok());
    }
}
