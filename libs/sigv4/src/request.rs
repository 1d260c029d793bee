//! A request as the signature sees it, borrowed from whatever HTTP stack received it.

use std::fmt;

use crate::Malformed;

/// A view of an HTTP request. Nothing in it is decoded.
#[derive(Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as on the wire, still percent-encoded.
    pub path: &'a str,
    /// The query as on the wire, without the question mark.
    pub query: &'a str,
    /// Every header line in its order, names in any case. `host` must be there: of an HTTP/2 request the caller adds
    /// it from `:authority`.
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl<'a> HttpRequest<'a> {
    /// The values of a header in their order; the name is compared without regard to case.
    pub(crate) fn values(&self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The trimmed value of a header that may stand only once.
    pub(crate) fn single(&self, name: &'static str) -> Result<Option<&'a str>, Malformed> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Malformed::Duplicate(name));
        }
        let text = std::str::from_utf8(value).map_err(|_| Malformed::NotText(name))?;
        Ok(Some(text.trim_ascii()))
    }
}

impl fmt::Debug for HttpRequest<'_> {
    /// Without the query and the headers, which carry credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
