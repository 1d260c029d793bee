//! Entry bundles: the entries of a tile of level 0, each behind its length.

use crate::error::LogError;

/// The longest entry that has room in a bundle, in bytes.
pub const MAX_BUNDLED_BYTES: usize = 65_535;

/// The bundle of these entries. One that is longer than [`MAX_BUNDLED_BYTES`] is there as an empty one: it must be kept
/// elsewhere.
#[must_use]
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bundle = Vec::new();
    for entry in entries {
        let (length, entry) = u16::try_from(entry.len()).map_or((0, [].as_slice()), |length| (length, entry));
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    bundle
}

/// The entries of a bundle.
///
/// # Errors
/// [`LogError::Bundle`] when it ends within one.
pub fn decode_bundle(mut bundle: &[u8]) -> Result<Vec<&[u8]>, LogError> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>().ok_or(LogError::Bundle)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(LogError::Bundle)?;
        entries.push(entry);
        bundle = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_returns_its_entries() {
        let long = vec![7; MAX_BUNDLED_BYTES];
        let entries: [&[u8]; 3] = [b"a", b"", &long];
        let bundle = encode_bundle(entries);
        assert_eq!(&bundle[..5], b"\0\x01a\0\0");
        assert_eq!(decode_bundle(&bundle).unwrap(), entries);
        for cut in [1, 2, 4, bundle.len() - 1] {
            assert_eq!(decode_bundle(&bundle[..cut]), Err(LogError::Bundle), "{cut}");
        }
    }

    #[test]
    fn too_long_an_entry_leaves_its_place_empty() {
        let long = vec![7; MAX_BUNDLED_BYTES + 1];
        assert_eq!(decode_bundle(&encode_bundle([&long[..], b"b"])).unwrap(), [&b""[..], b"b"]);
    }
}
