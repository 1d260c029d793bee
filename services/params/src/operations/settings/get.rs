//! GetServiceSetting.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::on_arn;
use super::{ServiceSettingOutput, known, show_setting};
use crate::domain::service_setting::SettingReference;
use crate::error::Error;
use crate::service::Params;
use crate::store::settings;

/// [GetServiceSetting](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html).
pub struct GetServiceSetting;

/// What GetServiceSetting takes.
#[derive(Input)]
pub struct GetServiceSettingInput {
    /// The setting's id or ARN.
    #[member(length = 1..=1000)]
    pub setting_id: String,
}

/// What GetServiceSetting answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetServiceSettingOutput {
    service_setting: ServiceSettingOutput,
}

impl Operation for GetServiceSetting {
    type Service = Params;
    type Input = GetServiceSettingInput;
    type Output = GetServiceSettingOutput;
    type Resource = SettingReference;
    type Error = Error;

    const NAME: &'static str = "GetServiceSetting";
    const ACTION: &'static str = "ssm:GetServiceSetting";
    const READ_ONLY: bool = true;

    async fn load(
        _service: &Params,
        call: &Call,
        input: &GetServiceSettingInput,
    ) -> Result<SettingReference, Error> {
        Ok(SettingReference::parse(&input.setting_id, &call.region, call.account()))
    }

    fn accesses(_call: &Call, _input: &GetServiceSettingInput, reference: &SettingReference) -> Accesses {
        on_arn(Self::ACTION, reference.account, &reference.arn).into()
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetServiceSettingOutput, Error> {
        let (setting, scope) = known(request.resource, request.call, &request.input.setting_id)?;
        let connection = service.store.connection().await?;
        let stored = settings::find(&connection, &scope, setting).await?;
        let service_setting = ServiceSettingOutput::new(request.resource, setting, stored);
        Ok(GetServiceSettingOutput { service_setting })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetServiceSettingInput,
        resource: Option<&'a SettingReference>,
        _output: Option<&'a GetServiceSettingOutput>,
    ) {
        shown.request.push_str("settingId", &input.setting_id);
        show_setting(shown, resource);
    }
}
