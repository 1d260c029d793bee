//! AWS Signature Version 4: canonical form, signing, verification. Pure: no I/O, no clock, no HTTP framework.
//!
//! A server calls [`parse`] on what came in, looks up the [`SigningKey`] for the access key and scope that the
//! [`Presented`] signature names, and calls [`Presented::verify`]. A client makes a [`Signer`].
//!
//! Both the header form (`Authorization`) and the query form (`X-Amz-Signature`, presigned) are understood; a request
//! with both is refused. The body is always bound by its hash: `UNSIGNED-PAYLOAD` and streaming payloads are refused.
//!
//! Source: [Create a signed AWS API request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

mod authorization;
mod canonical;
mod content;
mod encode;
mod error;
mod key;
mod path;
mod presented;
mod presigned;
mod query;
mod request;
mod scope;
mod signed_headers;
mod signer;
mod timestamp;
mod verify;

pub use content::ContentHash;
pub use error::{Fault, Malformed, Requirement, SigV4Error};
pub use key::SigningKey;
pub use path::PathStyle;
pub use presented::{Form, Presented, parse};
pub use request::HttpRequest;
pub use scope::CredentialScope;
pub use signed_headers::SignedHeaders;
pub use signer::Signer;
pub use verify::{MAX_CLOCK_SKEW, VerifyOptions};

/// The name of the one algorithm: HMAC-SHA-256 with a secret that both sides know.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
