//! GetConsistencyProof: the proof that the tree of a checkpoint begins with an older one.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use keywright_transparency_log::Plan;

use super::{AdminResource, AuditAdmin, number};
use crate::error::AuditError;
use crate::log::store;
use crate::log::wire::ConsistencyProof;

pub(crate) struct GetConsistencyProof;

#[derive(Input)]
pub(crate) struct GetConsistencyProofInput {
    #[member(range = 0..=9223372036854775807)]
    old_size: i64,
    /// The size of a checkpoint that is kept; else the newest.
    #[member(range = 0..=9223372036854775807)]
    new_size: Option<i64>,
}

impl Operation for GetConsistencyProof {
    type Service = AuditAdmin;
    type Input = GetConsistencyProofInput;
    type Output = ConsistencyProof;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "GetConsistencyProof";
    const ACTION: &'static str = "keywright:GetConsistencyProof";
    const READ_ONLY: bool = true;

    async fn load(
        admin: &AuditAdmin,
        call: &Call,
        _: &GetConsistencyProofInput,
    ) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &GetConsistencyProofInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<ConsistencyProof, AuditError> {
        let input = request.input;
        let connection = admin.store.connection().await?;
        let signed = match input.new_size {
            Some(size) => store::checkpoint_of(&connection, number(size)).await?,
            None => store::newest_checkpoint(&connection).await?,
        };
        let signed = signed.ok_or(AuditError::NotSigned)?;
        let plan = Plan::consistency(number(input.old_size), signed.checkpoint.size)?;
        let proof = store::hashes_of(&connection, &plan).await?;
        Ok(ConsistencyProof {
            proof: proof.iter().map(ToString::to_string).collect(),
            checkpoint: signed.note.to_string(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a GetConsistencyProofInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a ConsistencyProof>,
    ) {
        shown.request.push_i64("oldSize", input.old_size);
        if let Some(size) = input.new_size {
            shown.request.push_i64("newSize", size);
        }
    }
}
