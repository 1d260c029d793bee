//! The canonical request, and the hash of it that is signed.

use keywright_crypto::sha256;

use crate::encode::Buffer;
use crate::{ALGORITHM, path, query, scope, timestamp};
use crate::{CredentialScope, HttpRequest, PathStyle, SigV4Error, SignedHeaders, SigningKey};

/// What of a request is signed, and how it is brought into its canonical form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Canonical<'a> {
    pub(crate) request: &'a HttpRequest<'a>,
    pub(crate) signed_headers: &'a SignedHeaders,
    pub(crate) path_style: PathStyle,
    /// Query parameters that are left out.
    pub(crate) excluded: &'a [&'a str],
    /// The hash of the body.
    pub(crate) content: &'a [u8; 32],
}

impl Canonical<'_> {
    /// The canonical request.
    pub(crate) fn text(&self) -> Result<Buffer, SigV4Error> {
        let mut out = Buffer::with_capacity(USUAL_SIZE);
        out.extend_from_slice(self.request.method.as_bytes());
        out.push(b'\n');
        path::append_canonical(&mut out, self.request.path, self.path_style);
        out.push(b'\n');
        query::append_canonical(&mut out, self.request.query, self.excluded);
        out.push(b'\n');
        for name in self.signed_headers.iter() {
            append_header(&mut out, self.request, name)?;
        }
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_str().as_bytes());
        out.push(b'\n');
        out.extend_from_slice(&hex(self.content));
        Ok(out)
    }

    /// The signature: of the string to sign, which is built where the canonical request was.
    pub(crate) fn signature(
        &self,
        key: &SigningKey,
        at: &[u8; 16],
        scope: &CredentialScope,
    ) -> Result<[u8; 32], SigV4Error> {
        let mut text = self.text()?;
        let hash = hex(&sha256(&text));
        text.clear();
        for part in [
            ALGORITHM.as_bytes(),
            b"\n",
            at,
            b"\n",
            &timestamp::day(scope.date),
            b"/",
            scope.region.as_bytes(),
            b"/",
            scope.service.as_bytes(),
            b"/",
            scope::TERMINATOR.as_bytes(),
            b"\n",
            &hash,
        ] {
            text.extend_from_slice(part);
        }
        Ok(key.hmac().sign(&text))
    }
}

/// Appends `name:value,value`, each value trimmed and its runs of white space (a folded line's too) made one space.
fn append_header(out: &mut Buffer, request: &HttpRequest<'_>, name: &str) -> Result<(), SigV4Error> {
    out.extend_from_slice(name.as_bytes());
    let mut separator = b':';
    for (key, value) in request.headers {
        if key.eq_ignore_ascii_case(name) {
            out.push(separator);
            append_value(out, value);
            separator = b',';
        }
    }
    if separator == b':' {
        return Err(SigV4Error::SignedHeaderAbsent { name: name.to_owned() });
    }
    out.push(b'\n');
    Ok(())
}

fn append_value(out: &mut Buffer, value: &[u8]) {
    let mut after_space = true;
    let start = out.len();
    for &byte in value {
        let space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        if !space {
            out.push(byte);
        } else if !after_space {
            out.push(b' ');
        }
        after_space = space;
    }
    if after_space && out.len() > start {
        out.pop();
    }
}

fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    let mut out = [0; 64];
    for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 0x0F)];
    }
    out
}

/// Bytes that a usual request's canonical form fits in.
const USUAL_SIZE: usize = 640;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_trimmed_and_its_runs_made_one_space() {
        for (value, expected) in [
            ("", ""),
            (" \t ", ""),
            ("a", "a"),
            ("  a  b\t\tc ", "a b c"),
            ("a\r\n  b", "a b"),
            ("\"a   b\"", "\"a b\""),
        ] {
            let mut out = b"x:".to_vec();
            append_value(&mut out, value.as_bytes());
            assert_eq!(out, format!("x:{expected}").as_bytes(), "{value:?}");
        }
    }
}
