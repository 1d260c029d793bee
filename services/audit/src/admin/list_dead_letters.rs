//! ListDeadLetters: what came to be stored and is no event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{AdminResource, AuditAdmin};
use crate::error::AuditError;
use crate::store::dead_letters::{self, StoredDeadLetter};

pub(crate) struct ListDeadLetters;

#[derive(Input)]
pub(crate) struct ListDeadLettersInput {
    /// Behind which place the page begins: its source,
    #[member(length = 1..=512)]
    after_source: Option<String>,
    /// and its position there.
    after_position: Option<i64>,
    /// Also those that were replayed.
    all: Option<bool>,
    /// With what they hold, which may be anything.
    payloads: Option<bool>,
    #[member(range = 1..=100)]
    max_results: Option<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDeadLettersOutput {
    dead_letters: Vec<DeadLetter>,
    /// Whether there are more behind the last one.
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetter {
    source: String,
    position: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    reason: String,
    bytes: usize,
    stored_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed_at: Option<Timestamp>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

impl Operation for ListDeadLetters {
    type Service = AuditAdmin;
    type Input = ListDeadLettersInput;
    type Output = ListDeadLettersOutput;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "ListDeadLetters";
    const ACTION: &'static str = "keywright:ListDeadLetters";
    const READ_ONLY: bool = true;

    async fn load(
        admin: &AuditAdmin,
        call: &Call,
        _: &ListDeadLettersInput,
    ) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::dead_letters(admin, call))
    }

    fn accesses(_: &Call, _: &ListDeadLettersInput, letters: &AdminResource) -> Accesses {
        letters.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<ListDeadLettersOutput, AuditError> {
        let input = request.input;
        let limit = usize::try_from(input.max_results.unwrap_or(PAGE)).unwrap_or_default();
        let after =
            (input.after_source.as_deref().unwrap_or_default(), input.after_position.unwrap_or(i64::MIN));
        let more = i64::try_from(limit).unwrap_or_default() + 1;
        let connection = admin.store.connection().await?;
        let mut found = dead_letters::list(&connection, after, input.all.unwrap_or_default(), more).await?;
        let truncated = found.len() > limit;
        found.truncate(limit);
        let payloads = input.payloads.unwrap_or_default();
        let dead_letters = found.into_iter().map(|letter| DeadLetter::of(letter, payloads)).collect();
        Ok(ListDeadLettersOutput { dead_letters, truncated })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ListDeadLettersInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a ListDeadLettersOutput>,
    ) {
        shown.request.push_opt_str("afterSource", input.after_source.as_deref());
        if let Some(position) = input.after_position {
            shown.request.push_i64("afterPosition", position);
        }
        shown.request.push_bool("payloads", input.payloads.unwrap_or_default());
    }
}

impl DeadLetter {
    fn of(letter: StoredDeadLetter, payloads: bool) -> Self {
        Self {
            event_id: letter.event_id.map(|id| id.to_string()),
            bytes: letter.payload.len(),
            payload: payloads.then(|| STANDARD.encode(&letter.payload)),
            source: letter.source,
            position: letter.position,
            reason: letter.reason,
            stored_at: letter.stored_at.into(),
            replayed_at: letter.replayed_at.map(Into::into),
        }
    }
}

const PAGE: i32 = 50;
