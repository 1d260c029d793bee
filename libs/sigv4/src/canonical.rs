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
        let mut out = Buffer::new();
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

    /// The signature: of the string to sign, which is not built but fed in parts.
    pub(crate) fn signature(
        &self,
        key: &SigningKey,
        at: &[u8; 16],
        scope: &CredentialScope,
    ) -> Result<[u8; 32], SigV4Error> {
        let hash = hex(&sha256(&self.text()?));
        Ok(key.hmac().sign_parts(&[
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
        ]))
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
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let words = value.split(is_space).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut out = [0; 64];
    // The lengths fit, so this can't fail.
    let encoded = hex::encode_to_slice(bytes, &mut out);
    debug_assert!(encoded.is_ok());
    out
}
