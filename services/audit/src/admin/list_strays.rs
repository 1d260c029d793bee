//! ListStrays: what of one day is in the tables and belongs to no leaf.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use time::Date;
use time::format_description::well_known::Iso8601;

use super::{AdminResource, AuditAdmin};
use crate::error::AuditError;
use crate::log::rows;
use crate::log::wire::Strays;

pub(crate) struct ListStrays;

#[derive(Input)]
pub(crate) struct ListStraysInput {
    #[member(length = 10..=10, pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    day: String,
    /// Where the answer before ended.
    from_block: Option<i64>,
}

impl Operation for ListStrays {
    type Service = AuditAdmin;
    type Input = ListStraysInput;
    type Output = Strays;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "ListStrays";
    const ACTION: &'static str = "keywright:ListStrays";
    const READ_ONLY: bool = true;

    async fn load(admin: &AuditAdmin, call: &Call, _: &ListStraysInput) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &ListStraysInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<Strays, AuditError> {
        let day = Date::parse(&request.input.day, &Iso8601::DATE).map_err(|_| AuditError::NoSuchDay)?;
        Ok(rows::strays(&admin.store.connection().await?, day, request.input.from_block).await?)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a ListStraysInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a Strays>,
    ) {
        shown.request.push_str("day", input.day.as_str());
    }
}
