//! GetLogEntries: blocks of the log, with their records and what the database says of these.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::{AdminResource, AuditAdmin, number};
use crate::error::AuditError;
use crate::log::wire::LogEntries;
use crate::log::{rows, store};

pub(crate) struct GetLogEntries;

#[derive(Input)]
pub(crate) struct GetLogEntriesInput {
    /// The leaf whose block is the first.
    #[member(range = 0..=9223372036854775807)]
    first_leaf: i64,
    /// Only blocks within the tree of so many leaves.
    #[member(range = 0..=9223372036854775807)]
    tree_size: i64,
    #[member(range = 1..=256)]
    max_blocks: Option<i32>,
}

impl Operation for GetLogEntries {
    type Service = AuditAdmin;
    type Input = GetLogEntriesInput;
    type Output = LogEntries;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "GetLogEntries";
    const ACTION: &'static str = "keywright:GetLogEntries";
    const READ_ONLY: bool = true;

    async fn load(
        admin: &AuditAdmin,
        call: &Call,
        _: &GetLogEntriesInput,
    ) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &GetLogEntriesInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<LogEntries, AuditError> {
        let input = request.input;
        let (leaf, size) = (number(input.first_leaf), number(input.tree_size));
        let limit = i64::from(input.max_blocks.unwrap_or(DEFAULT_BLOCKS));
        let connection = admin.store.connection().await?;
        let blocks = store::blocks_from(&connection, leaf, size, limit).await?;
        Ok(LogEntries { blocks: rows::of_blocks(&connection, &blocks).await? })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a GetLogEntriesInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a LogEntries>,
    ) {
        shown.request.push_i64("firstLeaf", input.first_leaf).push_i64("treeSize", input.tree_size);
    }
}

const DEFAULT_BLOCKS: i32 = 64;
