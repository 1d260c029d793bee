//! The canonical query: every name and value decoded and encoded anew, ordered by name, then by value.
//!
//! A plus sign is a plus sign (RFC 3986), never a space: who decodes the query of a verified request must read it so.

use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

use crate::encode::{self, Buffer};

/// The parameters of a query as on the wire, still encoded. A parameter without `=` has an empty value.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let present = query.split('&').filter(|parameter| !parameter.is_empty());
    present.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// Appends the canonical form of a query, without the parameters of the excluded names.
pub(crate) fn append_canonical(out: &mut Buffer, query: &str, excluded: &[&str]) {
    if query.is_empty() {
        return;
    }
    let mut encoded = Buffer::new();
    let mut ends: SmallVec<[(usize, usize); 16]> = SmallVec::new();
    for (name, value) in parameters(query) {
        encode::append(&mut encoded, percent_decode_str(name));
        let name_end = encoded.len();
        encode::append(&mut encoded, percent_decode_str(value));
        ends.push((name_end, encoded.len()));
    }
    let mut ordered: SmallVec<[(&[u8], &[u8]); 16]> = SmallVec::new();
    let mut rest = encoded.as_slice();
    let mut start = 0;
    for (name_end, value_end) in ends {
        let (name, after) = rest.split_at(name_end - start);
        let (value, after) = after.split_at(value_end - name_end);
        (rest, start) = (after, value_end);
        if !excluded.iter().any(|excluded| excluded.as_bytes() == name) {
            ordered.push((name, value));
        }
    }
    ordered.sort_unstable();
    for (index, (name, value)) in ordered.into_iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(query: &str, excluded: &[&str]) -> String {
        let mut out = Buffer::new();
        append_canonical(&mut out, query, excluded);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn parameters_are_ordered_by_encoded_name_then_value() {
        assert_eq!(canonical("b=2&a=2&a=1&a-=0&A=x", &[]), "A=x&a=1&a=2&a-=0&b=2");
        assert_eq!(canonical("\u{1234}=bar&z", &[]), "%E1%88%B4=bar&z=");
    }

    #[test]
    fn empty_values_stay_and_empty_parameters_go() {
        assert_eq!(canonical("a&&b=&=c&", &[]), "=c&a=&b=");
        assert_eq!(canonical("", &[]), "");
    }

    #[test]
    fn one_text_has_one_encoding() {
        assert_eq!(
            canonical("a=%7e%2F%c3%a9&b=a+b&c=a%20b&d=x=y", &[]),
            "a=~%2F%C3%A9&b=a%2Bb&c=a%20b&d=x%3Dy"
        );
        assert_eq!(canonical("a=%zz%", &[]), "a=%25zz%25");
    }

    #[test]
    fn excluded_parameters_are_found_however_they_are_encoded() {
        assert_eq!(
            canonical("X%2DAmz-Signature=1&X-Amz-Signature=2&x-amz-signature=3", &["X-Amz-Signature"]),
            "x-amz-signature=3"
        );
    }
}
