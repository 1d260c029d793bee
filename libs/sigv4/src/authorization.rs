//! The header form: `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.

use crate::presented::parse_signature;
use crate::{
    ALGORITHM, ContentHash, CredentialScope, Form, HttpRequest, Malformed, Presented, Requirement,
    SigV4Error, SignedHeaders, timestamp,
};

/// Reads a signature from the value of `Authorization` and the headers that go with it.
pub(crate) fn parse(request: &HttpRequest<'_>, authorization: &str) -> Result<Presented, SigV4Error> {
    let (algorithm, parameters) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if algorithm != ALGORITHM {
        return Err(SigV4Error::UnsupportedAlgorithm);
    }
    let parameters = Parameters::parse(parameters)?;
    let timestamp = match request.single("x-amz-date")? {
        Some(text) => Some(timestamp::parse_basic(text)?),
        None => request.single("date")?.map(timestamp::parse_date_header).transpose()?,
    };
    let (Some(credential), Some(signed_headers), Some(signature), Some(timestamp)) =
        (parameters.credential, parameters.signed_headers, parameters.signature, timestamp)
    else {
        return Err(SigV4Error::IncompleteHeader(parameters.lacking(timestamp.is_some())));
    };
    let (access_key_id, scope) = CredentialScope::parse_credential(credential)?;
    Ok(Presented {
        access_key_id,
        scope,
        signed_headers: SignedHeaders::parse(signed_headers)?,
        signature: parse_signature(signature)?,
        timestamp,
        session_token: request.single("x-amz-security-token")?.map(str::to_owned),
        form: Form::Header,
        content: ContentHash::parse(request.single("x-amz-content-sha256")?)?,
    })
}

#[derive(Default)]
struct Parameters<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut parameters = Self::default();
        for parameter in text.split(',').map(|part| part.trim_ascii()).filter(|p| !p.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(Malformed::Authorization)?;
            let (slot, name) = match name {
                "Credential" => (&mut parameters.credential, "Credential"),
                "SignedHeaders" => (&mut parameters.signed_headers, "SignedHeaders"),
                "Signature" => (&mut parameters.signature, "Signature"),
                _ => return Err(Malformed::Authorization),
            };
            if slot.replace(value).is_some() {
                return Err(Malformed::Duplicate(name));
            }
        }
        Ok(parameters)
    }

    fn lacking(&self, dated: bool) -> Vec<Requirement> {
        let parts = [
            (Requirement::Credential, self.credential.is_some()),
            (Requirement::Signature, self.signature.is_some()),
            (Requirement::SignedHeaders, self.signed_headers.is_some()),
            (Requirement::Date, dated),
        ];
        parts.into_iter().filter(|(_, present)| !present).map(|(part, _)| part).collect()
    }
}
