//! The signature that a request presents, read but not yet believed.

use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::{
    ContentHash, CredentialScope, HttpRequest, Malformed, SigV4Error, SignedHeaders, authorization, presigned,
};

/// A signature as presented. Nothing in it is to be believed before [`Presented::verify`] has answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The access key id, by which the key is looked up.
    pub access_key_id: String,
    /// The day, region and service it was made for.
    pub scope: CredentialScope,
    /// The headers it covers.
    pub signed_headers: SignedHeaders,
    /// The signature.
    pub signature: [u8; 32],
    /// When it was made, to the second.
    pub timestamp: OffsetDateTime,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// Where in the request it stood.
    pub form: Form,
    /// What the request says of its body.
    pub content: ContentHash,
}

/// Where in a request the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned request.
    Query {
        /// For how long after its timestamp it is good: 1 second to 7 days.
        expires: Duration,
    },
}

/// Reads the signature of a request.
///
/// # Errors
/// [`SigV4Error::Missing`] where there is none; other variants where it is incomplete, malformed, in both forms, or its
/// scope is of another day than its timestamp.
pub fn parse(request: &HttpRequest<'_>) -> Result<Presented, SigV4Error> {
    let authorization = request.single("authorization")?;
    let in_query = presigned::is_present(request.query);
    let presented = match (authorization, in_query) {
        (Some(_), true) => return Err(SigV4Error::BothForms),
        (Some(text), false) => authorization::parse(request, text)?,
        (None, true) => presigned::parse(request)?,
        (None, false) => return Err(SigV4Error::Missing),
    };
    let (scope, request) = (presented.scope.date, presented.timestamp.date());
    if scope != request {
        return Err(SigV4Error::ScopeDate { scope, request });
    }
    Ok(presented)
}

/// Reads the 64 digits of a signature.
pub(crate) fn parse_signature(text: &str) -> Result<[u8; 32], Malformed> {
    crate::content::lower_hex(text).ok_or(Malformed::Signature)
}

impl fmt::Debug for Presented {
    /// Without the signature and the session token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("signed_headers", &self.signed_headers)
            .field("timestamp", &self.timestamp)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}
