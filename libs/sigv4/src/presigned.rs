//! The query form: a presigned request.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use time::Duration;

use crate::presented::parse_signature;
use crate::{
    ALGORITHM, ContentHash, CredentialScope, Form, HttpRequest, Malformed, Presented, Requirement,
    SigV4Error, SignedHeaders, query, timestamp,
};

/// Whether a query has any of the parameters that only a signature has.
pub(crate) fn is_present(query: &str) -> bool {
    query::parameters(query).any(|(name, _)| {
        let name: Cow<'_, [u8]> = percent_decode_str(name).into();
        [ALGORITHM_NAME, CREDENTIAL, SIGNATURE].iter().any(|known| known.as_bytes() == &*name)
    })
}

/// Reads a signature from the query.
pub(crate) fn parse(request: &HttpRequest<'_>) -> Result<Presented, SigV4Error> {
    let parameters = Parameters::parse(request.query)?;
    if parameters.algorithm.as_deref().is_some_and(|algorithm| algorithm != ALGORITHM) {
        return Err(SigV4Error::UnsupportedAlgorithm);
    }
    let lacking = parameters.lacking();
    let Parameters {
        algorithm: Some(_),
        credential: Some(credential),
        date: Some(date),
        expires: Some(expires),
        signed_headers: Some(signed_headers),
        signature: Some(signature),
        security_token,
        content,
    } = parameters
    else {
        return Err(SigV4Error::IncompleteQuery(lacking));
    };
    let session_token = match (security_token, request.single("x-amz-security-token")?) {
        (Some(_), Some(_)) => return Err(Malformed::Duplicate(SECURITY_TOKEN).into()),
        (Some(token), None) => Some(token.into_owned()),
        (None, header) => header.map(str::to_owned),
    };
    let content = match (content, request.single("x-amz-content-sha256")?) {
        (Some(_), Some(_)) => return Err(Malformed::Duplicate(CONTENT).into()),
        (parameter, header) => ContentHash::parse(parameter.as_deref().or(header))?,
    };
    let (access_key_id, scope) = CredentialScope::parse_credential(&credential)?;
    Ok(Presented {
        access_key_id,
        scope,
        signed_headers: SignedHeaders::parse(&signed_headers)?,
        signature: parse_signature(&signature)?,
        timestamp: timestamp::parse_basic(&date)?,
        session_token,
        form: Form::Query { expires: parse_expires(&expires)? },
        content,
    })
}

fn parse_expires(text: &str) -> Result<Duration, Malformed> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| digits && (1..=MAX_EXPIRES).contains(seconds));
    seconds.map(Duration::seconds).ok_or(Malformed::Expires)
}

#[derive(Default)]
struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    security_token: Option<Cow<'a, str>>,
    content: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    fn parse(query: &'a str) -> Result<Self, Malformed> {
        let mut parameters = Self::default();
        for (name, value) in query::parameters(query) {
            let name: Cow<'_, [u8]> = percent_decode_str(name).into();
            let known = [
                (ALGORITHM_NAME, &mut parameters.algorithm),
                (CREDENTIAL, &mut parameters.credential),
                (DATE, &mut parameters.date),
                (EXPIRES, &mut parameters.expires),
                (SIGNED_HEADERS, &mut parameters.signed_headers),
                (SIGNATURE, &mut parameters.signature),
                (SECURITY_TOKEN, &mut parameters.security_token),
                (CONTENT, &mut parameters.content),
            ];
            let Some((name, slot)) = known.into_iter().find(|(known, _)| known.as_bytes() == &*name) else {
                continue;
            };
            let value = percent_decode_str(value).decode_utf8().map_err(|_| Malformed::NotText(name))?;
            if slot.replace(value).is_some() {
                return Err(Malformed::Duplicate(name));
            }
        }
        Ok(parameters)
    }

    fn lacking(&self) -> Vec<Requirement> {
        let parts = [
            (Requirement::Algorithm, self.algorithm.is_some()),
            (Requirement::Credential, self.credential.is_some()),
            (Requirement::Signature, self.signature.is_some()),
            (Requirement::SignedHeaders, self.signed_headers.is_some()),
            (Requirement::Date, self.date.is_some()),
            (Requirement::Expires, self.expires.is_some()),
        ];
        parts.into_iter().filter(|(_, present)| !present).map(|(part, _)| part).collect()
    }
}

/// Seven days.
pub(crate) const MAX_EXPIRES: i64 = 604_800;

const ALGORITHM_NAME: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const CONTENT: &str = "X-Amz-Content-Sha256";
pub(crate) const SIGNATURE: &str = "X-Amz-Signature";
pub(crate) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
