//! Journals that are damaged while their service is down.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use keywright_audit_log::journal::inspect::{Segment, inspect};

/// A bit that was flipped.
pub(crate) struct FlippedBit {
    pub(crate) file: PathBuf,
    pub(crate) offset: u64,
}

/// Flips a bit of a record that was answered for, and behind which others lie.
pub(crate) fn flip_a_bit(journal: &Path) -> Result<FlippedBit> {
    let segment = newest(journal)?;
    let offset = segment.used_bytes / 2;
    let flipped = FlippedBit { file: segment.path, offset };
    flipped.flip()?;
    Ok(flipped)
}

impl FlippedBit {
    /// Flips it; a second time as it was.
    pub(crate) fn flip(&self) -> Result<()> {
        let file = File::options().read(true).write(true).open(&self.file)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, self.offset)?;
        let [value] = byte;
        Ok(file.write_all_at(&[value ^ 0x10], self.offset)?)
    }

    /// Sees that who refuses to start names the file and the offset of the frame that was hit.
    pub(crate) fn is_named_by(&self, said: &str) -> Result<()> {
        let file = self.file.display().to_string();
        ensure!(said.contains(&file), "the refusal does not name {file}: {said}");
        let named = said.split("offset=").nth(1).context("the refusal names no offset")?;
        let named: u64 = named.chars().take_while(char::is_ascii_digit).collect::<String>().parse()?;
        let near = named <= self.offset && self.offset - named < LARGEST_FRAME;
        ensure!(near, "the refusal names offset {named}, the flipped bit is at {}", self.offset);
        Ok(())
    }
}

/// Leaves the end as a crash may: the first bytes of a record, and then the end of the file.
pub(crate) fn tear_the_end(journal: &Path) -> Result<()> {
    let segment = newest(journal)?;
    let file = File::options().read(true).write(true).open(&segment.path)?;
    let mut beginning = [0; 40];
    file.read_exact_at(&mut beginning, HEADER_BYTES)?;
    file.set_len(segment.used_bytes)?;
    file.write_all_at(&beginning, segment.used_bytes)?;
    Ok(())
}

/// Whether there is enough to damage: not where the newest segment has just been begun.
pub(crate) fn has_entries(journal: &Path) -> Result<bool> {
    Ok(newest(journal)?.entries() > 4)
}

fn newest(journal: &Path) -> Result<Segment> {
    let seen = inspect(journal)?;
    ensure!(seen.damage.is_empty(), "damaged before anybody damaged it: {:?}", seen.damage);
    seen.segments.into_iter().next_back().context("a segment")
}

const HEADER_BYTES: u64 = 64;
const LARGEST_FRAME: u64 = 64 * 1_024;
