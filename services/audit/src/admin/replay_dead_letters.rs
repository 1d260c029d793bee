//! ReplayDeadLetters: dead letters go their way once more, through the journal.
//!
//! For those that an earlier version could not read, or a database refused that has been mended. What is still no event becomes
//! a dead letter again, of another place.

use keywright_audit_log::Entry;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use uuid::Uuid;

use super::{AdminResource, AuditAdmin};
use crate::error::AuditError;
use crate::store::dead_letters;

pub(crate) struct ReplayDeadLetters;

#[derive(Input)]
pub(crate) struct ReplayDeadLettersInput {
    #[member(shape, length = 1..=100)]
    dead_letters: Vec<Place>,
}

/// Which dead letter.
#[derive(Clone, Debug, Input)]
pub(crate) struct Place {
    #[member(length = 1..=512)]
    source: String,
    position: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplayDeadLettersOutput {
    replayed: usize,
    /// There were no dead letters of so many places.
    missing: usize,
}

impl Operation for ReplayDeadLetters {
    type Service = AuditAdmin;
    type Input = ReplayDeadLettersInput;
    type Output = ReplayDeadLettersOutput;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "ReplayDeadLetters";
    const ACTION: &'static str = "keywright:ReplayDeadLetters";
    const READ_ONLY: bool = false;

    async fn load(
        admin: &AuditAdmin,
        call: &Call,
        _: &ReplayDeadLettersInput,
    ) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::dead_letters(admin, call))
    }

    fn accesses(_: &Call, _: &ReplayDeadLettersInput, letters: &AdminResource) -> Accesses {
        letters.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ReplayDeadLettersOutput, AuditError> {
        let mut output = ReplayDeadLettersOutput { replayed: 0, missing: 0 };
        for Place { source, position } in &request.input.dead_letters {
            let transaction = work.transaction().await?;
            let Some(letter) = dead_letters::lock(transaction, source, *position).await? else {
                output.missing += 1;
                continue;
            };
            // Journaled before it is noted: an event that goes twice is stored once.
            let event_id = letter.event_id.unwrap_or_else(Uuid::now_v7);
            let entry = Entry::new(event_id, letter.partition_key.clone(), letter.payload.clone());
            let entry = entry.with_trace_parent(letter.trace_parent.as_deref());
            admin.journal.append(entry).await.map_err(AuditError::Journal)?;
            dead_letters::mark_replayed(transaction, &letter, request.call.received_at).await?;
            output.replayed += 1;
        }
        Ok(output)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ReplayDeadLettersInput,
        _: Option<&'a AdminResource>,
        output: Option<&'a ReplayDeadLettersOutput>,
    ) {
        let places = input.dead_letters.iter().map(|place| {
            let mut fields = keywright_audit_log::Fields::new();
            fields.push_str("source", place.source.as_str()).push_i64("position", place.position);
            fields
        });
        shown.request.push_objects("deadLetters", places);
        if let Some(output) = output {
            shown.response.push_i64("replayed", i64::try_from(output.replayed).unwrap_or(i64::MAX));
        }
    }
}
