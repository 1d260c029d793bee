//! A buffer that plaintext lies in.

use std::ops::Range;

use zeroize::Zeroize as _;

/// Bytes that are erased when they are given up, by growing too.
pub(super) struct Buffer(Vec<u8>);

impl Buffer {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes it at least `len` bytes long; of what is in it, `keep` stays.
    pub(super) fn grow(&mut self, len: usize, keep: Range<usize>) {
        if len <= self.0.len() {
            return;
        }
        let mut grown = vec![0; len];
        if let (Some(to), Some(from)) = (grown.get_mut(keep.clone()), self.0.get(keep)) {
            to.copy_from_slice(from);
        }
        self.0.zeroize();
        self.0 = grown;
    }

    /// Moves `range` to `to`.
    pub(super) fn shift(&mut self, range: Range<usize>, to: usize) {
        if range.end <= self.0.len() && to.saturating_add(range.len()) <= self.0.len() && range.start != to {
            self.0.copy_within(range, to);
        }
    }

    /// What is in `range`; nothing if that isn't within the buffer.
    pub(super) fn get(&self, range: Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    /// What is in `range`; nothing if that isn't within the buffer.
    pub(super) fn get_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.0.get_mut(range).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
