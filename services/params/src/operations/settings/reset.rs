//! ResetServiceSetting.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::on_arn;
use super::{ServiceSettingOutput, known, show_setting};
use crate::domain::service_setting::SettingReference;
use crate::error::Error;
use crate::service::Params;
use crate::store::settings;

/// [ResetServiceSetting](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ResetServiceSetting.html).
pub struct ResetServiceSetting;

/// What ResetServiceSetting takes.
#[derive(Input)]
pub struct ResetServiceSettingInput {
    /// The setting's id or ARN.
    #[member(length = 1..=1000)]
    pub setting_id: String,
}

/// What ResetServiceSetting answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResetServiceSettingOutput {
    service_setting: ServiceSettingOutput,
}

impl Operation for ResetServiceSetting {
    type Service = Params;
    type Input = ResetServiceSettingInput;
    type Output = ResetServiceSettingOutput;
    type Resource = SettingReference;
    type Error = Error;

    const NAME: &'static str = "ResetServiceSetting";
    const ACTION: &'static str = "ssm:ResetServiceSetting";
    const READ_ONLY: bool = false;

    async fn load(
        _service: &Params,
        call: &Call,
        input: &ResetServiceSettingInput,
    ) -> Result<SettingReference, Error> {
        Ok(SettingReference::parse(&input.setting_id, &call.region, call.account()))
    }

    fn accesses(_call: &Call, _input: &ResetServiceSettingInput, reference: &SettingReference) -> Accesses {
        on_arn(Self::ACTION, reference.account, &reference.arn).into()
    }

    async fn run(
        _service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<ResetServiceSettingOutput, Error> {
        let (setting, scope) = known(request.resource, request.call, &request.input.setting_id)?;
        settings::reset(work.transaction().await?, &scope, setting).await?;
        let service_setting = ServiceSettingOutput::new(request.resource, setting, None);
        Ok(ResetServiceSettingOutput { service_setting })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ResetServiceSettingInput,
        resource: Option<&'a SettingReference>,
        _output: Option<&'a ResetServiceSettingOutput>,
    ) {
        shown.request.push_str("settingId", &input.setting_id);
        show_setting(shown, resource);
    }
}
