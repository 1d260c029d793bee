//! ListPublicKeys.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::shown::shown_time;
use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::OffsetDateTime;

use crate::error::AuditError;
use crate::service::AuditTrail;
use crate::store;

/// Lists the keys by which digest files of a time are verified.
pub struct ListPublicKeys;

/// Of which time.
#[derive(Input)]
pub struct ListPublicKeysInput {
    /// Not before this; without it, now.
    pub start_time: Option<Timestamp>,
    /// Not after this; without it, now.
    pub end_time: Option<Timestamp>,
    /// None is ever given out: all keys fit one page.
    pub next_token: Option<String>,
}

/// The keys.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListPublicKeysOutput {
    public_key_list: Vec<PublicKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PublicKey {
    /// PKCS#1, DER, in base64.
    value: String,
    validity_start_time: Timestamp,
    validity_end_time: Timestamp,
    fingerprint: String,
}

/// A range of time, checked.
pub struct Range {
    start: OffsetDateTime,
    end: OffsetDateTime,
}

impl Operation for ListPublicKeys {
    type Service = AuditTrail;
    type Input = ListPublicKeysInput;
    type Output = ListPublicKeysOutput;
    type Resource = Range;
    type Error = AuditError;

    const NAME: &'static str = "ListPublicKeys";
    const ACTION: &'static str = "cloudtrail:ListPublicKeys";
    const READ_ONLY: bool = true;

    async fn load(
        _trail: &AuditTrail,
        call: &Call,
        input: &ListPublicKeysInput,
    ) -> Result<Range, AuditError> {
        if input.next_token.is_some() {
            return Err(AuditError::InvalidToken);
        }
        let at = |time: Option<Timestamp>| time.map_or(call.received_at, |time| time.to_offset_date_time());
        let range = Range { start: at(input.start_time), end: at(input.end_time) };
        if range.start > range.end { Err(AuditError::InvalidTimeRange) } else { Ok(range) }
    }

    fn accesses(_call: &Call, _input: &ListPublicKeysInput, _range: &Range) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        trail: &AuditTrail,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListPublicKeysOutput, AuditError> {
        let Range { start, end } = *request.resource;
        let connection = trail.store.connection().await?;
        let keys = store::trail_files::keys_between(&connection, start, end).await?;
        let shown = keys.into_iter().map(|key| PublicKey {
            value: STANDARD.encode(key.public_key),
            validity_start_time: key.first_used.into(),
            validity_end_time: key.last_used.into(),
            fingerprint: key.fingerprint,
        });
        Ok(ListPublicKeysOutput { public_key_list: shown.collect() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListPublicKeysInput,
        _range: Option<&'a Range>,
        _output: Option<&'a ListPublicKeysOutput>,
    ) {
        let text = |time: Option<Timestamp>| time.map(|time| shown_time(time.to_offset_date_time()));
        shown.request.push_opt_str("startTime", text(input.start_time));
        shown.request.push_opt_str("endTime", text(input.end_time));
        shown.request.push_opt_str("nextToken", input.next_token.as_deref());
    }
}
