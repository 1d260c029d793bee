//! What the writer needs of a file system, so that its failures can be tried out.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
};

/// Opens segment files for writing.
pub trait SegmentStorage: Send + Sync + 'static {
    /// Makes a new segment file of `bytes` zeros, replacing one of that name.
    ///
    /// # Errors
    /// When the file system refuses, for example for want of space.
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Box<dyn SegmentFile>>;

    /// Opens a segment file to go on at `end`: what lies beyond becomes zeros, up to `bytes`.
    ///
    /// # Errors
    /// When the file system refuses.
    fn reopen(&self, path: &Path, end: u64, bytes: u64) -> io::Result<Box<dyn SegmentFile>>;
}

/// One segment file, open for writing.
pub trait SegmentFile: Send {
    /// Writes all of `data` at `offset`.
    ///
    /// # Errors
    /// When not all could be written; how much was is unknown then.
    fn write_at(&mut self, data: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written durable.
    ///
    /// # Errors
    /// When that is not certain; what was written since the last success is unknown then.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file off at `end`, for good.
    ///
    /// # Errors
    /// When the file system refuses.
    fn cut(&mut self, end: u64) -> io::Result<()>;
}

/// The machine's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskStorage;

impl SegmentStorage for DiskStorage {
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let made = allocate(&file, bytes).and_then(|()| file.sync_all()).and_then(|()| sync_parent(path));
        if let Err(error) = made {
            // Space that could not be had in full must not be held in part.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        Ok(Box::new(DiskFile(file)))
    }

    fn reopen(&self, path: &Path, end: u64, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(end)?;
        let allocated = allocate(&file, bytes);
        file.sync_all()?;
        allocated?;
        Ok(Box::new(DiskFile(file)))
    }
}

struct DiskFile(File);

impl SegmentFile for DiskFile {
    fn write_at(&mut self, data: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        self.0.set_len(end)?;
        self.0.sync_all()
    }
}

/// Reserves the space and sets the size, so that neither a write nor a sync has to change them.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(bytes),
        Err(error) => Err(error.into()),
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
