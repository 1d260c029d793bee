//! The front's own answers, in AWS's form.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use keywright_aws_api::query::encode_error;
use keywright_aws_api::{Common, Fault, Protocol, RequestId};
use serde::Serialize;

/// Why the front answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The service can't be reached, or broke off.
    Unavailable,
    /// The service didn't answer in time.
    TimedOut,
    /// The request can't be passed on as it is.
    Malformed,
}

impl Refusal {
    /// The answer, in the form that the client of a request with these headers understands.
    pub(crate) fn answer(self, request: &HeaderMap) -> HttpResponse {
        let id = RequestId::generate();
        if speaks_json(request) {
            let (code, status) = self.code(&JSON);
            let body = serde_json::to_vec(&JsonError { code, message: self.message() }).unwrap_or_default();
            return response(status, code, "application/x-amz-json-1.1", id, body);
        }
        let (code, status) = self.code(&QUERY);
        let fault = if status < 500 { Fault::Sender } else { Fault::Receiver };
        let body = encode_error(XMLNS, fault, code, self.message(), &id.to_string());
        response(status, code, "text/xml", id, body)
    }

    fn code(self, protocol: &Protocol) -> (&'static str, u16) {
        match self {
            Self::Unavailable => Common::ServiceUnavailable.code(protocol),
            Self::TimedOut => (Common::ServiceUnavailable.code(protocol).0, 504),
            Self::Malformed => Common::Serialization.code(protocol),
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Unavailable => "The service can't be reached at the moment.",
            Self::TimedOut => "The service didn't answer in time.",
            Self::Malformed => "The request can't be read.",
        }
    }
}

fn speaks_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    headers.contains_key("x-amz-target") || content_type.starts_with("application/x-amz-json")
}

fn response(status: u16, code: &str, content_type: &str, id: RequestId, body: Vec<u8>) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .content_type(content_type)
        .insert_header(("x-amzn-requestid", id.to_string()))
        .insert_header(("x-amzn-errortype", code))
        .body(body)
}

#[derive(Serialize)]
struct JsonError<'a> {
    #[serde(rename = "__type")]
    code: &'a str,
    message: &'a str,
}

const JSON: Protocol = Protocol::Json11 { target_prefix: "" };
const QUERY: Protocol = Protocol::Query { version: "", xmlns: XMLNS };
/// The namespace of STS, as the front doesn't know which service would have answered.
const XMLNS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
