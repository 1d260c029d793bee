//! UpdateServiceSetting.

use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::super::access::on_arn;
use super::{known, show_setting};
use crate::domain::service_setting::SettingReference;
use crate::error::Error;
use crate::service::Params;
use crate::store::settings::{self, StoredSetting};

/// [UpdateServiceSetting](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html).
pub struct UpdateServiceSetting;

/// What UpdateServiceSetting takes.
#[derive(Input)]
pub struct UpdateServiceSettingInput {
    /// The setting's id or ARN.
    #[member(length = 1..=1000)]
    pub setting_id: String,
    /// What it is to be set to.
    #[member(length = 1..=4096)]
    pub setting_value: String,
}

/// What UpdateServiceSetting answers.
#[derive(Debug, Serialize)]
pub struct UpdateServiceSettingOutput {}

impl Operation for UpdateServiceSetting {
    type Service = Params;
    type Input = UpdateServiceSettingInput;
    type Output = UpdateServiceSettingOutput;
    type Resource = SettingReference;
    type Error = Error;

    const NAME: &'static str = "UpdateServiceSetting";
    const ACTION: &'static str = "ssm:UpdateServiceSetting";
    const READ_ONLY: bool = false;

    async fn load(
        _service: &Params,
        call: &Call,
        input: &UpdateServiceSettingInput,
    ) -> Result<SettingReference, Error> {
        Ok(SettingReference::parse(&input.setting_id, &call.region, call.account()))
    }

    fn accesses(_call: &Call, _input: &UpdateServiceSettingInput, reference: &SettingReference) -> Accesses {
        on_arn(Self::ACTION, reference.account, &reference.arn).into()
    }

    async fn run(
        _service: &Params,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<UpdateServiceSettingOutput, Error> {
        let (call, input) = (request.call, request.input);
        let (setting, scope) = known(request.resource, call, &input.setting_id)?;
        if !setting.values().contains(&input.setting_value.as_str()) {
            return Err(Error::SettingValue { setting, value: input.setting_value.clone() });
        }
        let new = StoredSetting {
            value: input.setting_value.clone(),
            modified_at: call.received_at,
            modified_by: call.caller.principal.arn.clone(),
        };
        settings::put(work.transaction().await?, &scope, setting, &new).await?;
        Ok(UpdateServiceSettingOutput {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a UpdateServiceSettingInput,
        resource: Option<&'a SettingReference>,
        _output: Option<&'a UpdateServiceSettingOutput>,
    ) {
        shown.request.push_str("settingId", &input.setting_id);
        shown.request.push_str("settingValue", &input.setting_value);
        show_setting(shown, resource);
    }
}
