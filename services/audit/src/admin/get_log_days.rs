//! GetLogDays: which days there are records of, and which retention has dropped.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::{AdminResource, AuditAdmin};
use crate::error::AuditError;
use crate::log::rows;
use crate::log::wire::LogDays;

pub(crate) struct GetLogDays;

#[derive(Input)]
pub(crate) struct GetLogDaysInput {}

impl Operation for GetLogDays {
    type Service = AuditAdmin;
    type Input = GetLogDaysInput;
    type Output = LogDays;
    type Resource = AdminResource;
    type Error = AuditError;
    const NAME: &'static str = "GetLogDays";
    const ACTION: &'static str = "keywright:GetLogDays";
    const READ_ONLY: bool = true;

    async fn load(admin: &AuditAdmin, call: &Call, _: &GetLogDaysInput) -> Result<AdminResource, AuditError> {
        Ok(AdminResource::log(admin, call))
    }

    fn accesses(_: &Call, _: &GetLogDaysInput, log: &AdminResource) -> Accesses {
        log.access(Self::ACTION)
    }

    async fn run(
        admin: &AuditAdmin,
        _: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<LogDays, AuditError> {
        Ok(rows::days(&admin.store.connection().await?).await?)
    }

    fn show<'a>(
        _: &mut Shown<'a>,
        _: &'a Call,
        _: &'a GetLogDaysInput,
        _: Option<&'a AdminResource>,
        _: Option<&'a LogDays>,
    ) {
    }
}
