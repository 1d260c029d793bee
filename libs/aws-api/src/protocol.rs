//! The two protocols of our services: JSON 1.1 and Query.

use bytes::Bytes;
use serde::Serialize;

use crate::error::{ApiError, Common, Fault};
use crate::http::{HttpRequest, HttpResponse};
use crate::ids::RequestId;
use crate::operation::Operation;
use crate::query::{self, Form};
use crate::shape::{self, DecodeError, Input};

/// How requests and answers are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.1: the operation in `x-amz-target`, JSON both ways.
    Json11 {
        /// What stands before the operation's name, such as `TrentService`.
        target_prefix: &'static str,
    },
    /// Query: a form with `Action`, answered in XML.
    Query {
        /// The API's version, such as `2011-06-15`.
        version: &'static str,
        /// The namespace of its answers.
        xmlns: &'static str,
    },
}

/// A request whose envelope was read: which operation it asks for, and its undecoded input.
pub(crate) enum Incoming<'a> {
    Json { operation: &'a str, body: Bytes },
    Query { form: Form },
}

impl Protocol {
    /// Whether an unsigned request with this `x-amz-target` is meant for an API of this protocol.
    #[must_use]
    pub fn claims_target(&self, target: Option<&str>) -> bool {
        match (self, target) {
            (Self::Json11 { target_prefix }, Some(target)) => {
                target.rsplit_once('.').is_some_and(|(prefix, _)| prefix == *target_prefix)
            }
            (Self::Query { .. }, None) => true,
            (Self::Json11 { .. }, None) | (Self::Query { .. }, Some(_)) => false,
        }
    }

    /// Finds the operation's name.
    pub(crate) fn read<'a>(&self, request: &HttpRequest<'a>) -> Result<Incoming<'a>, ApiError> {
        match self {
            Self::Json11 { target_prefix } => {
                if request.method != "POST" {
                    return Err(unknown_operation("the operation is asked for with POST"));
                }
                let target = request
                    .header("x-amz-target")
                    .ok_or_else(|| unknown_operation("the header X-Amz-Target is missing"))?;
                let operation = target
                    .rsplit_once('.')
                    .filter(|(prefix, _)| prefix == target_prefix)
                    .ok_or_else(|| unknown_operation("the header X-Amz-Target names another service"))?
                    .1;
                Ok(Incoming::Json { operation, body: request.body.clone() })
            }
            Self::Query { version, .. } => {
                let encoded = match request.method {
                    "POST" if !request.body.is_empty() => &request.body[..],
                    // A presigned request has it all in the query, whatever its method.
                    "POST" | "GET" => request.query.as_bytes(),
                    _ => return Err(unknown_operation("the operation is asked for with POST or GET")),
                };
                let form = Form::parse(encoded).map_err(decode_error)?;
                if form.action().is_none() {
                    return Err(unknown_operation("the parameter Action is missing"));
                }
                if form.version().is_some_and(|asked| asked != *version) {
                    return Err(unknown_operation("the parameter Version names no version of this API"));
                }
                Ok(Incoming::Query { form })
            }
        }
    }

    /// Encodes the output of an operation.
    pub(crate) fn encode<O: Operation>(
        &self,
        output: &O::Output,
        id: RequestId,
    ) -> Result<Vec<u8>, ApiError> {
        self.encode_output(O::NAME, output, id)
    }

    fn encode_output(&self, name: &str, output: &impl Serialize, id: RequestId) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Json11 { .. } => serde_json::to_vec(output).map_err(ApiError::internal),
            Self::Query { xmlns, .. } => {
                query::encode_response(name, xmlns, &id.to_string(), output).map_err(ApiError::internal)
            }
        }
    }

    /// The answer that carries an encoded output.
    pub(crate) fn answer(&self, request_id: RequestId, body: Vec<u8>) -> HttpResponse {
        HttpResponse {
            status: 200,
            content_type: self.content_type(),
            cache_control: None,
            request_id,
            error_type: None,
            body,
        }
    }

    /// The answer that carries an error: its code and public message, nothing else.
    pub(crate) fn encode_error(&self, error: &ApiError, request_id: RequestId) -> HttpResponse {
        let (code, status) = error.code(self);
        let body = match self {
            Self::Json11 { .. } => {
                let shown = JsonError { code, message: error.message() };
                serde_json::to_vec(&shown).unwrap_or_default()
            }
            Self::Query { xmlns, .. } => {
                let fault = if status < 500 { Fault::Sender } else { Fault::Receiver };
                query::encode_error(xmlns, fault, code, error.message(), &request_id.to_string())
            }
        };
        HttpResponse {
            status,
            content_type: self.content_type(),
            cache_control: None,
            request_id,
            error_type: Some(code),
            body,
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::Json11 { .. } => "application/x-amz-json-1.1",
            Self::Query { .. } => "text/xml",
        }
    }
}

impl Incoming<'_> {
    /// The operation's name, as asked for.
    pub(crate) fn operation(&self) -> &str {
        match self {
            Self::Json { operation, .. } => operation,
            Self::Query { form } => form.action().unwrap_or_default(),
        }
    }

    /// The typed, checked input.
    pub(crate) fn decode<I: Input>(&self) -> Result<I, ApiError> {
        match self {
            Self::Json { body, .. } => shape::decode_json(body),
            Self::Query { form } => query::decode_query(form),
        }
        .map_err(decode_error)
    }
}

#[derive(Serialize)]
struct JsonError<'a> {
    #[serde(rename = "__type")]
    code: &'a str,
    message: &'a str,
}

fn unknown_operation(message: &'static str) -> ApiError {
    ApiError::common(Common::UnknownOperation, message)
}

fn decode_error(error: DecodeError) -> ApiError {
    match error {
        DecodeError::Malformed(_) | DecodeError::WrongType(_) => {
            ApiError::common(Common::Serialization, error.to_string())
        }
        DecodeError::Violations(violations) => ApiError::validation(violations.to_string()),
    }
}
