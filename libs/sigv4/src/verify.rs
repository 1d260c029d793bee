//! Verification of a presented signature.

use keywright_crypto::{constant_time_eq, sha256};
use time::{Duration, OffsetDateTime};

use crate::canonical::Canonical;
use crate::presigned::{SECURITY_TOKEN, SIGNATURE};
use crate::{Form, HttpRequest, PathStyle, Presented, SigV4Error, SigningKey, timestamp};

/// How far the clocks of a client and a server may differ.
pub const MAX_CLOCK_SKEW: Duration = Duration::minutes(5);

/// What differs between services. The default is right for every service but S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyOptions {
    /// How the canonical path is made.
    pub path_style: PathStyle,
    /// The session token is added after signing, as a few services (IoT) have it.
    pub session_token_unsigned: bool,
}

impl Presented {
    /// Verifies the signature of the request it was read from.
    ///
    /// # Errors
    /// [`SigV4Error`]: a header that must be signed is not, the time is not right, the body is not the declared one or
    /// not bound, or the signature is not the one that the key makes.
    pub fn verify(
        &self,
        request: &HttpRequest<'_>,
        key: &SigningKey,
        body: &[u8],
        now: OffsetDateTime,
        options: VerifyOptions,
    ) -> Result<(), SigV4Error> {
        self.check_signed_headers(request, options)?;
        self.check_time(now)?;
        let content = sha256(body);
        self.content.check(&content)?;
        let canonical = self.canonical(request, &content, options);
        let expected = canonical.signature(key, &timestamp::basic(self.timestamp), &self.scope)?;
        if constant_time_eq(&expected, &self.signature) { Ok(()) } else { Err(SigV4Error::Mismatch) }
    }

    /// Checks only that the signature is current, so that a caller may refuse an old one before it looks up a key.
    ///
    /// # Errors
    /// [`SigV4Error::Expired`] or [`SigV4Error::NotYetCurrent`].
    pub fn check_time(&self, now: OffsetDateTime) -> Result<(), SigV4Error> {
        let age = now - self.timestamp;
        let validity = match self.form {
            Form::Header => MAX_CLOCK_SKEW,
            Form::Query { expires } => expires,
        };
        if age > validity {
            return Err(SigV4Error::Expired { signed: self.timestamp, now, validity });
        }
        if age < -MAX_CLOCK_SKEW {
            return Err(SigV4Error::NotYetCurrent { signed: self.timestamp, now });
        }
        Ok(())
    }

    /// The canonical request as this side sees it, to be compared with the client's where signatures differ. It shows
    /// the signed headers, a session token included: not for logs.
    ///
    /// # Errors
    /// [`SigV4Error::SignedHeaderAbsent`].
    pub fn canonical_request(
        &self,
        request: &HttpRequest<'_>,
        body: &[u8],
        options: VerifyOptions,
    ) -> Result<Vec<u8>, SigV4Error> {
        self.canonical(request, &sha256(body), options).text()
    }

    fn canonical<'a>(
        &'a self,
        request: &'a HttpRequest<'a>,
        content: &'a [u8; 32],
        options: VerifyOptions,
    ) -> Canonical<'a> {
        let excluded: &[&str] = match self.form {
            Form::Header => &[],
            Form::Query { .. } if options.session_token_unsigned => &[SIGNATURE, SECURITY_TOKEN],
            Form::Query { .. } => &[SIGNATURE],
        };
        let path_style = options.path_style;
        Canonical { request, signed_headers: &self.signed_headers, path_style, excluded, content }
    }

    /// `host` and every `x-amz-*` header must be signed, or a third party could change what the request means.
    fn check_signed_headers(
        &self,
        request: &HttpRequest<'_>,
        options: VerifyOptions,
    ) -> Result<(), SigV4Error> {
        if !self.signed_headers.contains("host") {
            return Err(SigV4Error::HostNotSigned);
        }
        for (name, _) in request.headers {
            let must = name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"));
            let exempt = options.session_token_unsigned && name.eq_ignore_ascii_case(SECURITY_TOKEN);
            if must && !exempt && !self.signed_headers.contains(name) {
                return Err(SigV4Error::HeaderNotSigned { name: name.to_ascii_lowercase() });
            }
        }
        Ok(())
    }
}
