//! FindLogLeaves: where in the log the records of some days are.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use time::Date;
use time::format_description::well_known::Iso8601;

use super::{AdminResource, AuditAdmin, number};
use crate::error::AuditError;
use crate::log::store;
use crate::log::wire::LogLeaves;

pub(crate) struct FindLogLeaves;

#[derive(Input)]
pub(crate) struct FindLogLeavesInput {
    /// Both days are included.
    #[member(length = 10..=10, pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    from_day: String,
    #[member(length = 10..=10, pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    to_day: String,
    /// Only blocks within the tree of so many leaves.
    #[member(range = 0..=9223372036854775807)]
    tree_size: i64,
}

impl Operation for FindLogLeaves {
    type Service = AuditAdmin;
    type Input = FindLogLeavesInput;
    type Output = LogLeaves;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "FindLogLeaves";
    const ACTION: &'static str = "keywright:FindLogLeaves";
    const READ_ONLY: bool = true;

    async fn load(
        admin: &AuditAdmin,
        call: &Call,
        _: &FindLogLeavesInput,
    ) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &FindLogLeavesInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<LogLeaves, AuditError> {
        let day = |text: &str| Date::parse(text, &Iso8601::DATE).map_err(|_| AuditError::NoSuchDay);
        let (from, to) = (day(&request.input.from_day)?, day(&request.input.to_day)?);
        let connection = admin.store.connection().await?;
        let leaves = store::leaves_of(&connection, from, to, number(request.input.tree_size)).await?;
        Ok(LogLeaves { from: leaves.start, to: leaves.end })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a FindLogLeavesInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a LogLeaves>,
    ) {
        shown.request.push_str("fromDay", input.from_day.as_str()).push_str("toDay", input.to_day.as_str());
    }
}
