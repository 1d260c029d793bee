//! A disk that fails when it is told to, and counts what it does.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use keywright_audit_log::journal::storage::{DiskStorage, SegmentFile, SegmentStorage};

/// What is to fail, and what has happened.
#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) fail_create: AtomicBool,
    /// Writes put half of their data down, then fail.
    pub(crate) fail_write: AtomicBool,
    pub(crate) fail_sync: AtomicBool,
    pub(crate) fail_cut: AtomicBool,
    pub(crate) sync_micros: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) syncs: AtomicU64,
}

impl Disk {
    pub(crate) fn storage(self: &Arc<Self>) -> Arc<FaultyStorage> {
        Arc::new(FaultyStorage(Arc::clone(self)))
    }
}

pub(crate) struct FaultyStorage(Arc<Disk>);

impl FaultyStorage {
    fn wrap(&self, inner: Box<dyn SegmentFile>) -> Box<dyn SegmentFile> {
        Box::new(FaultyFile { inner, disk: Arc::clone(&self.0) })
    }
}

impl SegmentStorage for FaultyStorage {
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        refuse(&self.0.fail_create)?;
        Ok(self.wrap(DiskStorage.create(path, bytes)?))
    }

    fn reopen(&self, path: &Path, end: u64, bytes: u64) -> io::Result<Box<dyn SegmentFile>> {
        Ok(self.wrap(DiskStorage.reopen(path, end, bytes)?))
    }
}

struct FaultyFile {
    inner: Box<dyn SegmentFile>,
    disk: Arc<Disk>,
}

impl SegmentFile for FaultyFile {
    fn write_at(&mut self, data: &[u8], offset: u64) -> io::Result<()> {
        self.disk.writes.fetch_add(1, SeqCst);
        if self.disk.fail_write.load(SeqCst) {
            self.inner.write_at(&data[..data.len() / 2], offset)?;
        }
        refuse(&self.disk.fail_write)?;
        self.inner.write_at(data, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.syncs.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_micros(self.disk.sync_micros.load(SeqCst)));
        refuse(&self.disk.fail_sync)?;
        self.inner.sync()
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        refuse(&self.disk.fail_cut)?;
        self.inner.cut(end)
    }
}

fn refuse(flag: &AtomicBool) -> io::Result<()> {
    if flag.load(SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}
