//! Why a signature is refused, and how AWS says so.

use thiserror::Error;
use time::{Date, Duration, OffsetDateTime};

use crate::timestamp;

/// Why a request can't be authenticated by its signature, or can't be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SigV4Error {
    /// The request carries no signature at all.
    #[error("no signature")]
    Missing,
    /// The `Authorization` header names another scheme.
    #[error("unsupported algorithm")]
    UnsupportedAlgorithm,
    /// The header form lacks parts.
    #[error("the authorization header lacks parts")]
    IncompleteHeader(Vec<Requirement>),
    /// The query form lacks parameters.
    #[error("the presigned query lacks parameters")]
    IncompleteQuery(Vec<Requirement>),
    /// A part is there but can't be read.
    #[error("malformed signature")]
    Malformed(#[from] Malformed),
    /// Both an `Authorization` header and query parameters of a signature.
    #[error("both header and query signature")]
    BothForms,
    /// `host` is not among the signed headers, or there is no such header.
    #[error("host is not signed")]
    HostNotSigned,
    /// An `x-amz-*` header that is not among the signed headers.
    #[error("an x-amz header is not signed")]
    HeaderNotSigned {
        /// The header, in lower case.
        name: String,
    },
    /// A signed header that is not in the request.
    #[error("a signed header is absent")]
    SignedHeaderAbsent {
        /// The header, in lower case.
        name: String,
    },
    /// The date of the credential scope is not the day of the timestamp.
    #[error("scope date differs from the request's date")]
    ScopeDate {
        /// The date of the scope.
        scope: Date,
        /// The day of the timestamp.
        request: Date,
    },
    /// The signature is older than it may be.
    #[error("signature expired")]
    Expired {
        /// When it was made.
        signed: OffsetDateTime,
        /// The time of verification.
        now: OffsetDateTime,
        /// How old it may be.
        validity: Duration,
    },
    /// The signature is from the future.
    #[error("signature not yet current")]
    NotYetCurrent {
        /// When it says it was made.
        signed: OffsetDateTime,
        /// The time of verification.
        now: OffsetDateTime,
    },
    /// `UNSIGNED-PAYLOAD`: the body would not be bound by the signature.
    #[error("unsigned payload refused")]
    UnsignedPayload,
    /// A `STREAMING-*` payload, which only S3 takes.
    #[error("streaming payload refused")]
    StreamingPayload,
    /// The body's hash is not the one that `x-amz-content-sha256` names.
    #[error("body differs from its declared hash")]
    PayloadMismatch,
    /// The signature is another than the one calculated.
    #[error("signature mismatch")]
    Mismatch,
    /// Signing with a derived key on another day than it was derived for.
    #[error("the signing key is for another day")]
    KeyForOtherDay {
        /// The day of the key.
        key: Date,
        /// The day of the request.
        wanted: Date,
    },
}

/// What a signature lacks, by the name of the missing part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// `X-Amz-Algorithm`.
    Algorithm,
    /// `Credential` or `X-Amz-Credential`.
    Credential,
    /// `SignedHeaders` or `X-Amz-SignedHeaders`.
    SignedHeaders,
    /// `Signature` or `X-Amz-Signature`.
    Signature,
    /// `X-Amz-Date`, or in the header form also `Date`.
    Date,
    /// `X-Amz-Expires`.
    Expires,
}

/// Which part can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// A header or parameter that may stand once stands more than once.
    #[error("{0} stands more than once")]
    Duplicate(&'static str),
    /// A header or parameter is not text.
    #[error("{0} is not text")]
    NotText(&'static str),
    /// The `Authorization` header is not a list of `name=value`.
    #[error("authorization is not a list of parameters")]
    Authorization,
    /// Not `keyid/date/region/service/aws4_request`.
    #[error("credential has not five elements")]
    Credential,
    /// The scope does not end in `aws4_request`.
    #[error("credential scope has another terminator")]
    Terminator,
    /// The date of the scope is not `YYYYMMDD`.
    #[error("credential scope has no valid date")]
    ScopeDate,
    /// Not lower-case header names in ascending order.
    #[error("signed headers are not an ordered list of names")]
    SignedHeaders,
    /// Not 64 lower-case hexadecimal digits.
    #[error("signature is not 64 lower-case hexadecimal digits")]
    Signature,
    /// The timestamp is in no known format.
    #[error("timestamp in unknown format")]
    Timestamp,
    /// `X-Amz-Expires` is not a number from 1 to 604800.
    #[error("expiry is not from 1 to 604800 seconds")]
    Expires,
    /// `x-amz-content-sha256` is neither a hash nor a known word.
    #[error("content hash is not a hash")]
    ContentHash,
}

/// The three errors that AWS has for these; the caller makes the wire error of its protocol from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `MissingAuthenticationTokenException`, `MissingAuthenticationToken`.
    MissingAuthenticationToken,
    /// `IncompleteSignatureException`, `IncompleteSignature`.
    IncompleteSignature,
    /// `InvalidSignatureException`; `SignatureDoesNotMatch` in the Query protocol.
    InvalidSignature,
}

impl SigV4Error {
    /// Which of AWS's errors this is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Missing => Fault::MissingAuthenticationToken,
            Self::UnsupportedAlgorithm
            | Self::IncompleteHeader(_)
            | Self::IncompleteQuery(_)
            | Self::Malformed(_)
            | Self::BothForms => Fault::IncompleteSignature,
            Self::HostNotSigned
            | Self::HeaderNotSigned { .. }
            | Self::SignedHeaderAbsent { .. }
            | Self::ScopeDate { .. }
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::UnsignedPayload
            | Self::StreamingPayload
            | Self::PayloadMismatch
            | Self::Mismatch
            | Self::KeyForOtherDay { .. } => Fault::InvalidSignature,
        }
    }

    /// The text for the caller, as AWS words it. It holds nothing secret and nothing that was calculated.
    #[must_use]
    pub fn public_message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".to_owned(),
            Self::UnsupportedAlgorithm => "Unsupported AWS 'algorithm': only AWS4-HMAC-SHA256 is supported.".to_owned(),
            Self::IncompleteHeader(lacking) => {
                lacking.iter().map(|part| part.header_message()).collect::<Vec<_>>().join(" ")
            }
            Self::IncompleteQuery(_) => "AWS query-string parameters must include 'X-Amz-Algorithm', \
                 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'. \
                 Re-examine the query-string parameters."
                .to_owned(),
            Self::Malformed(part) => part.public_message(),
            Self::BothForms => {
                "Only one auth mechanism allowed; use the Authorization header or the X-Amz-Signature query \
                 parameter."
                    .to_owned()
            }
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned()
            }
            Self::HeaderNotSigned { name } => format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."),
            Self::SignedHeaderAbsent { name } => {
                format!("The signed header '{name}' is not in the request as it was received.")
            }
            Self::ScopeDate { scope, request } => format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{}' != '{}'.",
                timestamp::day_text(*scope),
                timestamp::day_text(*request)
            ),
            Self::Expired { signed, now, validity } => format!(
                "Signature expired: {} is now earlier than {} ({} - {}.)",
                timestamp::text(*signed),
                timestamp::text(now.checked_sub(*validity).unwrap_or(*now)),
                timestamp::text(*now),
                spelled(*validity)
            ),
            Self::NotYetCurrent { signed, now } => format!(
                "Signature not yet current: {} is still later than {} ({} + {}.)",
                timestamp::text(*signed),
                timestamp::text(now.checked_add(crate::MAX_CLOCK_SKEW).unwrap_or(*now)),
                timestamp::text(*now),
                spelled(crate::MAX_CLOCK_SKEW)
            ),
            Self::UnsignedPayload => "UNSIGNED-PAYLOAD is not supported: the payload must be signed.".to_owned(),
            Self::StreamingPayload => "Streaming payloads are not supported.".to_owned(),
            Self::PayloadMismatch => {
                "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned()
            }
            Self::Mismatch | Self::KeyForOtherDay { .. } => {
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details."
                    .to_owned()
            }
        }
    }
}

impl Requirement {
    fn header_message(self) -> &'static str {
        match self {
            Self::Credential => "Authorization header requires 'Credential' parameter.",
            Self::SignedHeaders => "Authorization header requires 'SignedHeaders' parameter.",
            Self::Signature => "Authorization header requires 'Signature' parameter.",
            Self::Date => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            }
            Self::Algorithm | Self::Expires => "Authorization header is incomplete.",
        }
    }
}

impl Malformed {
    fn public_message(self) -> String {
        match self {
            Self::Duplicate(name) => format!("'{name}' must not be given more than once."),
            Self::NotText(name) => format!("'{name}' is not valid text."),
            Self::Authorization => "Authorization header is not a list of key=value pairs.".to_owned(),
            Self::Credential => "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term."
                .to_owned(),
            Self::Terminator => {
                "Credential should be scoped with a valid terminator: 'aws4_request'.".to_owned()
            }
            Self::ScopeDate => "Credential should be scoped with a date of the form YYYYMMDD.".to_owned(),
            Self::SignedHeaders => {
                "SignedHeaders must be a semicolon-delimited list of lower-case header names in order."
                    .to_owned()
            }
            Self::Signature => "Signature must be 64 lower-case hexadecimal digits.".to_owned(),
            Self::Timestamp => "Date must be in ISO-8601 'basic format', e.g. 20260101T000000Z.".to_owned(),
            Self::Expires => "X-Amz-Expires must be a number of seconds from 1 to 604800.".to_owned(),
            Self::ContentHash => {
                "x-amz-content-sha256 must be the hexadecimal SHA-256 digest of the payload.".to_owned()
            }
        }
    }
}

/// Whole minutes as `5 min`, else seconds as `90 sec`.
fn spelled(duration: Duration) -> String {
    let seconds = duration.whole_seconds();
    if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn expiry_is_worded_as_aws_words_it() {
        let expired = SigV4Error::Expired {
            signed: datetime!(2026-01-01 00:00:00 UTC),
            now: datetime!(2026-01-01 00:10:00 UTC),
            validity: Duration::minutes(5),
        };
        assert_eq!(
            expired.public_message(),
            "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z (20260101T001000Z - 5 min.)"
        );
        let early = SigV4Error::NotYetCurrent {
            signed: datetime!(2026-01-01 00:10:00 UTC),
            now: datetime!(2026-01-01 00:00:00 UTC),
        };
        assert_eq!(
            early.public_message(),
            "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z \
             (20260101T000000Z + 5 min.)"
        );
    }
}
