//! Signing, for our own clients.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use keywright_crypto::{SecretString, hex_lower, sha256};
use smallvec::SmallVec;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::canonical::Canonical;
use crate::encode::{self, Buffer};
use crate::presigned::{MAX_EXPIRES, SECURITY_TOKEN, SIGNATURE};
use crate::{
    ALGORITHM, CredentialScope, HttpRequest, Malformed, PathStyle, SigV4Error, SignedHeaders, SigningKey,
    timestamp,
};

/// Signs requests of one identity to one service in one region. Share it: the key of the day is derived once.
pub struct Signer {
    access_key_id: String,
    session_token: Option<SecretString>,
    region: String,
    service: String,
    source: Source,
    path_style: PathStyle,
    content_header: bool,
}

enum Source {
    Secret { secret: SecretString, today: ArcSwapOption<DayKey> },
    Derived(Arc<DayKey>),
}

struct DayKey {
    date: Date,
    key: SigningKey,
}

impl Signer {
    /// A signer with a secret access key.
    #[must_use]
    pub fn new(
        access_key_id: impl Into<String>,
        secret: SecretString,
        region: impl Into<String>,
        service: impl Into<String>,
    ) -> Self {
        let source = Source::Secret { secret, today: ArcSwapOption::empty() };
        Self::from_source(access_key_id.into(), source, region.into(), service.into())
    }

    /// A signer with a derived key, good on the day it was derived for only.
    #[must_use]
    pub fn with_signing_key(
        access_key_id: impl Into<String>,
        key: SigningKey,
        scope: CredentialScope,
    ) -> Self {
        let source = Source::Derived(Arc::new(DayKey { date: scope.date, key }));
        Self::from_source(access_key_id.into(), source, scope.region, scope.service)
    }

    /// Adds the session token of temporary credentials.
    #[must_use]
    pub fn session_token(mut self, token: SecretString) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Sets how the canonical path is made; needed for S3 only.
    #[must_use]
    pub fn path_style(mut self, style: PathStyle) -> Self {
        self.path_style = style;
        self
    }

    /// Sends the body's hash along in `x-amz-content-sha256`. The body is bound without it too.
    #[must_use]
    pub fn content_header(mut self, send: bool) -> Self {
        self.content_header = send;
        self
    }

    /// Signs a request: adds `x-amz-date`, `x-amz-security-token` and `authorization` to its headers, in place of any
    /// that are there. All headers are signed but those that are changed on the way (`user-agent`, `traceparent`, ...).
    /// Path and query are as on the wire.
    ///
    /// # Errors
    /// [`SigV4Error::HostNotSigned`] where there is no `host` header; [`SigV4Error::KeyForOtherDay`] for a derived key
    /// on another day.
    pub fn sign(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &mut Vec<(String, String)>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), SigV4Error> {
        let day_key = self.key_at(now)?;
        let content = sha256(body);
        headers.retain(|(name, _)| !ADDED.iter().any(|added| name.eq_ignore_ascii_case(added)));
        headers.push(("x-amz-date".to_owned(), timestamp::text(now)));
        if let Some(token) = &self.session_token {
            headers.push(("x-amz-security-token".to_owned(), token.expose_secret().to_owned()));
        }
        if self.content_header {
            headers.push(("x-amz-content-sha256".to_owned(), hex_lower(&content)));
        }
        let scope = self.scope(day_key.date);
        let signed_headers = signed_headers(headers)?;
        let unsigned = Unsigned { method, path, query, headers, content: &content };
        let signature = self.signature(&unsigned, &signed_headers, &day_key.key, now, &scope)?;
        let credential = &self.access_key_id;
        let authorization = format!(
            "{ALGORITHM} Credential={credential}/{scope}, SignedHeaders={signed_headers}, Signature={}",
            hex_lower(&signature)
        );
        headers.push(("authorization".to_owned(), authorization));
        Ok(())
    }

    /// Presigns a request: answers the whole query to send, the given one included. It is good from `now` for
    /// `expires`, from one second to seven days.
    ///
    /// # Errors
    /// As [`Signer::sign`], and [`Malformed::Expires`].
    #[expect(clippy::too_many_arguments, reason = "the parts of an HTTP request, as in sign")]
    pub fn presign(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(String, String)],
        body: &[u8],
        expires: Duration,
        now: OffsetDateTime,
    ) -> Result<String, SigV4Error> {
        if !(1..=MAX_EXPIRES).contains(&expires.whole_seconds()) {
            return Err(Malformed::Expires.into());
        }
        let day_key = self.key_at(now)?;
        let scope = self.scope(day_key.date);
        let signed_headers = signed_headers(headers)?;
        let separator = if query.is_empty() { "" } else { "&" };
        let mut query = format!(
            "{query}{separator}X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={}\
             &X-Amz-SignedHeaders={}&X-Amz-Expires={}",
            encoded(&format!("{}/{scope}", self.access_key_id)),
            timestamp::text(now),
            encoded(signed_headers.as_str()),
            expires.whole_seconds(),
        );
        if let Some(token) = &self.session_token {
            query.push_str(&format!("&{SECURITY_TOKEN}={}", encoded(token.expose_secret())));
        }
        let content = sha256(body);
        let unsigned = Unsigned { method, path, query: &query, headers, content: &content };
        let signature = self.signature(&unsigned, &signed_headers, &day_key.key, now, &scope)?;
        query.push_str(&format!("&{SIGNATURE}={}", hex_lower(&signature)));
        Ok(query)
    }

    fn from_source(access_key_id: String, source: Source, region: String, service: String) -> Self {
        let (session_token, path_style, content_header) = (None, PathStyle::default(), false);
        Self { access_key_id, session_token, region, service, source, path_style, content_header }
    }

    fn scope(&self, date: Date) -> CredentialScope {
        CredentialScope { date, region: self.region.clone(), service: self.service.clone() }
    }

    fn key_at(&self, now: OffsetDateTime) -> Result<Arc<DayKey>, SigV4Error> {
        let wanted = now.to_offset(UtcOffset::UTC).date();
        match &self.source {
            Source::Derived(key) if key.date == wanted => Ok(Arc::clone(key)),
            Source::Derived(key) => Err(SigV4Error::KeyForOtherDay { key: key.date, wanted }),
            Source::Secret { secret, today } => {
                if let Some(key) = today.load_full().filter(|key| key.date == wanted) {
                    return Ok(key);
                }
                let key = SigningKey::derive(secret, wanted, &self.region, &self.service);
                let key = Arc::new(DayKey { date: wanted, key });
                today.store(Some(Arc::clone(&key)));
                Ok(key)
            }
        }
    }

    fn signature(
        &self,
        unsigned: &Unsigned<'_>,
        signed_headers: &SignedHeaders,
        key: &SigningKey,
        now: OffsetDateTime,
        scope: &CredentialScope,
    ) -> Result<[u8; 32], SigV4Error> {
        let headers: SmallVec<[(&str, &[u8]); 16]> =
            unsigned.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = HttpRequest {
            method: unsigned.method,
            path: unsigned.path,
            query: unsigned.query,
            headers: &headers,
        };
        let canonical = Canonical {
            request: &request,
            signed_headers,
            path_style: self.path_style,
            excluded: &[SIGNATURE],
            content: unsigned.content,
        };
        canonical.signature(key, &timestamp::basic(now), scope)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

struct Unsigned<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a [(String, String)],
    content: &'a [u8; 32],
}

fn signed_headers(headers: &[(String, String)]) -> Result<SignedHeaders, SigV4Error> {
    let stable = |name: &&str| !CHANGED_ON_THE_WAY.iter().any(|changed| name.eq_ignore_ascii_case(changed));
    let signed = SignedHeaders::of(headers.iter().map(|(name, _)| name.as_str()).filter(stable));
    if signed.contains("host") { Ok(signed) } else { Err(SigV4Error::HostNotSigned) }
}

fn encoded(text: &str) -> String {
    let mut out = Buffer::new();
    encode::append(&mut out, text.bytes());
    out.into_iter().map(char::from).collect()
}

/// The headers that signing sets.
const ADDED: [&str; 4] = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

/// The headers that a proxy or the HTTP client may set or change after signing.
const CHANGED_ON_THE_WAY: [&str; 12] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];
