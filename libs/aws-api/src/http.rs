//! A request and an answer, free of any HTTP server's types.

use std::net::IpAddr;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::ids::RequestId;

/// The headers of a request: lower-case names and raw values, in the order of arrival.
pub type Headers<'a> = SmallVec<[(&'a str, &'a [u8]); 16]>;

/// A request as it arrived, with its whole body.
#[derive(Debug)]
pub struct HttpRequest<'a> {
    /// The method, such as `POST`.
    pub method: &'a str,
    /// The path as on the wire, still percent-encoded.
    pub path: &'a str,
    /// The query as on the wire, without `?`.
    pub query: &'a str,
    /// All headers.
    pub headers: Headers<'a>,
    /// The whole body.
    pub body: Bytes,
    /// The body was over the limit and isn't here.
    pub body_too_large: bool,
    /// Who sent it: the peer, or whom a trusted front names.
    pub source_ip: Option<IpAddr>,
    /// It came over TLS.
    pub secure: bool,
}

impl<'a> HttpRequest<'a> {
    /// The first header of this (lower-case) name, if its value is visible ASCII or UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(n, _)| *n == name).and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}

/// An answer, ready to be sent.
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// `Cache-Control`, for what may be fetched without a signature.
    pub cache_control: Option<&'static str>,
    /// The request's id.
    pub request_id: RequestId,
    /// The error's code, for `x-amzn-ErrorType`.
    pub error_type: Option<&'static str>,
    /// The encoded body.
    pub body: Vec<u8>,
}
