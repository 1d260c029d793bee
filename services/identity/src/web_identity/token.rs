//! The compact form of a signed token (RFC 7515, RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::WebIdentityError;
use super::key::Algorithm;

/// A token, taken apart.
pub(super) struct Token<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    signed: &'a str,
    claims: Map<String, Value>,
    signature: Vec<u8>,
}

/// What of the header counts. A name that is there twice makes it malformed.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that must be understood: none is.
    #[serde(default)]
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, WebIdentityError> {
        let malformed = WebIdentityError::Malformed;
        let (signed, signature) = text.rsplit_once('.').ok_or(malformed("it has not three parts"))?;
        let (header, claims) = signed.split_once('.').ok_or(malformed("it has not three parts"))?;
        if claims.contains('.') {
            return Err(malformed("it has not three parts"));
        }
        let decode =
            |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("a part is not base64url"));
        let header: Header = serde_json::from_slice(&decode(header)?)
            .map_err(|_| malformed("its header is not understood"))?;
        if header.crit.is_some() {
            return Err(malformed("its header has an extension that is not understood"));
        }
        let algorithm = Algorithm::parse(&header.alg).ok_or(WebIdentityError::Algorithm)?;
        let claims = serde_json::from_slice(&decode(claims)?)
            .map_err(|_| malformed("its claims are not an object"))?;
        Ok(Self { algorithm, key_id: header.kid, signed, claims, signature: decode(signature)? })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// By which key it says it is signed.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What is signed.
    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims), "c2ln")
    }

    #[test]
    fn a_token_has_three_parts_of_base64url() {
        let text = token(r#"{"alg":"RS256","kid":"a","typ":"JWT"}"#, r#"{"sub":"s"}"#);
        let read = Token::parse(&text).unwrap();
        assert_eq!((read.key_id(), read.signature()), (Some("a"), b"sig".as_slice()));
        assert_eq!(read.claims()["sub"], "s");
        assert!(text.as_bytes().starts_with(read.signed()));
        for bad in [
            "",
            "a",
            "a.b",
            "a.b.c.d.e",
            &format!("{text}=="),
            &format!("{text}.x"),
            &text.replace('.', ".."),
        ] {
            assert!(matches!(Token::parse(bad), Err(WebIdentityError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn unsigned_and_symmetric_tokens_are_refused_before_any_key_is_looked_for() {
        for alg in
            ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256", "RSA-OAEP", "ES256K", "dir"]
        {
            let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}");
            assert!(matches!(Token::parse(&text), Err(WebIdentityError::Algorithm)), "{alg}");
        }
        let twice = token(r#"{"alg":"RS256","alg":"none"}"#, "{}");
        assert!(matches!(Token::parse(&twice), Err(WebIdentityError::Malformed(_))));
        let critical = token(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}");
        assert!(matches!(Token::parse(&critical), Err(WebIdentityError::Malformed(_))));
        let list = token(r#"{"alg":"RS256"}"#, "[]");
        assert!(matches!(Token::parse(&list), Err(WebIdentityError::Malformed(_))));
    }
}
