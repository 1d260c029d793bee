//! Lists by pages. A marker is the key of the page's last element, in a form that callers needn't understand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::error::IdentityError;
use crate::store::lists::Slice;

/// One page of a list.
pub(crate) struct Page<T> {
    member: &'static str,
    pub(super) items: Vec<T>,
    pub(super) marker: Option<String>,
}

/// What of a list is to be read for a page.
///
/// # Errors
/// [`IdentityError::Marker`] for a marker that was not made here.
pub(super) fn slice(marker: Option<&str>, max_items: Option<i32>) -> Result<Slice, IdentityError> {
    let after = match marker {
        None => String::new(),
        Some(marker) => {
            let key = URL_SAFE_NO_PAD.decode(marker).map_err(|_| IdentityError::Marker)?;
            String::from_utf8(key).map_err(|_| IdentityError::Marker)?
        }
    };
    Ok(Slice { after, rows: i64::from(max_items.unwrap_or(DEFAULT_ITEMS)) + 1 })
}

/// The marker of the page behind this key.
pub(super) fn marker(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

impl<T> Page<T> {
    /// The page of a slice that was read, in which each element has a key.
    pub(super) fn of<R>(
        member: &'static str,
        mut rows: Vec<R>,
        slice: &Slice,
        key: impl Fn(&R) -> String,
        view: impl Fn(R) -> T,
    ) -> Self {
        let limit = usize::try_from(slice.rows - 1).unwrap_or(usize::MAX);
        let marker = if rows.len() > limit {
            rows.truncate(limit);
            rows.last().map(|last| URL_SAFE_NO_PAD.encode(key(last)))
        } else {
            None
        };
        Self { member, items: rows.into_iter().map(view).collect(), marker }
    }

    /// The page of a whole list in memory, in the order of its keys. It goes on beyond its limit where a marker would be
    /// longer than a request may send.
    pub(super) fn of_all(member: &'static str, all: Vec<T>, slice: &Slice, key: impl Fn(&T) -> &str) -> Self {
        let limit = usize::try_from(slice.rows - 1).unwrap_or(usize::MAX);
        let mut rest = all.into_iter().filter(|item| key(item) > slice.after.as_str()).peekable();
        let mut items = Vec::new();
        for item in rest.by_ref() {
            let full = items.len() + 1 >= limit && key(&item).len() <= LONGEST_KEY;
            items.push(item);
            if full {
                break;
            }
        }
        let more = rest.peek().is_some();
        let marker = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Self { member, items, marker }
    }

    /// The elements, and the marker of the next page.
    pub(super) fn into_parts(self) -> (Vec<T>, Option<String>) {
        (self.items, self.marker)
    }

    /// A list without elements.
    pub(super) fn empty(member: &'static str) -> Self {
        Self { member, items: Vec::new(), marker: None }
    }
}

impl<T: Serialize> Page<T> {
    /// Writes the members of a page among others.
    pub(super) fn write<S: SerializeStruct>(&self, out: &mut S) -> Result<(), S::Error> {
        out.serialize_field(self.member, &self.items)?;
        out.serialize_field("IsTruncated", &self.marker.is_some())?;
        match &self.marker {
            Some(marker) => out.serialize_field("Marker", marker),
            None => Ok(()),
        }
    }
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Page", 3)?;
        self.write(&mut out)?;
        out.end()
    }
}

/// The only member of an answer.
pub(crate) struct One<T> {
    member: &'static str,
    pub(super) value: T,
}

impl<T> One<T> {
    pub(super) fn of(member: &'static str, value: T) -> Self {
        Self { member, value }
    }
}

impl<T: Serialize> Serialize for One<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("One", 1)?;
        out.serialize_field(self.member, &self.value)?;
        out.end()
    }
}

const DEFAULT_ITEMS: i32 = 100;
/// In bytes: base64 makes 320 characters of it.
const LONGEST_KEY: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(all: &[String], max_items: i32) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut marker = None;
        loop {
            let slice = slice(marker.as_deref(), Some(max_items)).unwrap();
            let page = Page::of_all("Tags", all.to_vec(), &slice, |key: &String| key);
            pages.push(page.items);
            match page.marker {
                Some(next) => marker = Some(next),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let all: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(pages(&all, 2).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(pages(&all, 5).len(), 1);
        assert_eq!(pages(&all, 1).concat(), all);
        assert_eq!(pages(&[], 1), [Vec::<String>::new()]);
    }

    #[test]
    fn a_key_that_makes_too_long_a_marker_ends_no_page() {
        let all: Vec<String> = ["a".to_owned(), "b".repeat(300), "c".to_owned(), "d".to_owned()].to_vec();
        assert_eq!(pages(&all, 1).iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    }

    #[test]
    fn markers_that_were_not_made_here_are_refused() {
        for marker in ["!", "gA", "a"] {
            assert!(matches!(slice(Some(marker), None), Err(IdentityError::Marker)), "{marker}");
        }
        assert_eq!(slice(None, None).unwrap().rows, 101);
    }
}
