//! ProveEvent: the proof that an event's record is in the log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use keywright_transparency_log::Plan;
use uuid::Uuid;

use super::{AdminResource, AuditAdmin};
use crate::error::AuditError;
use crate::log::store;
use crate::log::wire::EventProof;

pub(crate) struct ProveEvent;

#[derive(Input)]
pub(crate) struct ProveEventInput {
    #[member(length = 36..=36)]
    event_id: String,
}

impl Operation for ProveEvent {
    type Service = AuditAdmin;
    type Input = ProveEventInput;
    type Output = EventProof;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "ProveEvent";
    const ACTION: &'static str = "keywright:ProveEvent";
    const READ_ONLY: bool = true;

    async fn load(admin: &AuditAdmin, call: &Call, _: &ProveEventInput) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &ProveEventInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<EventProof, AuditError> {
        let event_id = Uuid::try_parse(&request.input.event_id).map_err(|_| AuditError::NoSuchEvent)?;
        let connection = admin.store.connection().await?;
        let place = store::place_of_event(&connection, event_id).await?;
        let (block, leaf) = place.ok_or(AuditError::NoSuchEvent)?;
        let newest = store::newest_checkpoint(&connection).await?;
        let newest = newest.filter(|newest| leaf < newest.checkpoint.size).ok_or(AuditError::NotSigned)?;
        let records = store::records(&connection, &block).await?.ok_or(AuditError::NoSuchEvent)?;
        let at = usize::try_from(leaf - block.first_leaf).ok();
        let record = at.and_then(|at| records.into_iter().nth(at)).flatten();
        let plan = Plan::inclusion(leaf, newest.checkpoint.size)?;
        let proof = store::hashes_of(&connection, &plan).await?;
        Ok(EventProof {
            leaf_index: leaf,
            record: STANDARD.encode(record.ok_or(AuditError::LogDamaged("a block lacks a record"))?),
            proof: proof.iter().map(ToString::to_string).collect(),
            checkpoint: newest.note.to_string(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ProveEventInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a EventProof>,
    ) {
        shown.request.push_str("eventId", input.event_id.as_str());
    }
}
