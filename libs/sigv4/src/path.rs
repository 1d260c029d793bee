//! The canonical path.

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

use crate::encode::{self, Buffer};

/// How a service makes the canonical path from the one on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathStyle {
    /// Every service but S3: empty and dot segments removed, and the path of the wire encoded once more.
    #[default]
    Normalized,
    /// S3: the path as it is, encoded once.
    Verbatim,
}

/// Appends the canonical form of a path as on the wire.
pub(crate) fn append_canonical(out: &mut Buffer, path: &str, style: PathStyle) {
    match style {
        _ if path.is_empty() || path == "/" => out.push(b'/'),
        PathStyle::Verbatim => encode::append_path(out, percent_decode_str(path)),
        PathStyle::Normalized => append_normalized(out, path),
    }
}

fn append_normalized(out: &mut Buffer, path: &str) {
    let mut segments: SmallVec<[&str; 16]> = SmallVec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        out.push(b'/');
        encode::append(out, segment.bytes());
    }
    if segments.is_empty() || path.ends_with('/') {
        out.push(b'/');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, style: PathStyle) -> String {
        let mut out = Buffer::new();
        append_canonical(&mut out, path, style);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_encoded_on_the_wire_is_encoded_twice_but_for_s3() {
        assert_eq!(canonical("/a%20b/%2e%2e/c", PathStyle::Normalized), "/a%2520b/%252e%252e/c");
        assert_eq!(canonical("/a%20b/%2f", PathStyle::Verbatim), "/a%20b//");
        assert_eq!(canonical("/a b/$", PathStyle::Normalized), "/a%20b/%24");
    }

    #[test]
    fn dots_never_climb_above_the_root() {
        assert_eq!(canonical("/../../a/./b/../", PathStyle::Normalized), "/a/");
        assert_eq!(canonical("/..", PathStyle::Normalized), "/");
        assert_eq!(canonical("", PathStyle::Normalized), "/");
        assert_eq!(canonical("/../a", PathStyle::Verbatim), "/../a");
    }
}
