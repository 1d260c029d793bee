//! GetServiceSetting, UpdateServiceSetting, ResetServiceSetting.

mod get;
mod reset;
mod update;

pub use get::{GetServiceSetting, GetServiceSettingInput};
pub use reset::{ResetServiceSetting, ResetServiceSettingInput};
pub use update::{UpdateServiceSetting, UpdateServiceSettingInput};

use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Call, Shown};
use serde::Serialize;

use crate::domain::service_setting::{ServiceSetting, SettingReference};
use crate::error::Error;
use crate::store::Scope;
use crate::store::settings::StoredSetting;

/// A [ServiceSetting](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ServiceSetting.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceSettingOutput {
    setting_id: &'static str,
    setting_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_date: Option<Timestamp>,
    last_modified_user: String,
    #[serde(rename = "ARN")]
    arn: String,
    status: &'static str,
}

impl ServiceSettingOutput {
    fn new(reference: &SettingReference, setting: ServiceSetting, stored: Option<StoredSetting>) -> Self {
        let (setting_id, arn) = (setting.id(), reference.arn.clone());
        match stored {
            Some(StoredSetting { value, modified_at, modified_by }) => Self {
                setting_id,
                setting_value: value,
                last_modified_date: Some(modified_at.into()),
                last_modified_user: modified_by,
                arn,
                status: "Customized",
            },
            None => Self {
                setting_id,
                setting_value: setting.default_value().to_owned(),
                last_modified_date: None,
                last_modified_user: "System".to_owned(),
                arn,
                status: "Default",
            },
        }
    }
}

/// The setting that is meant, and whose it is.
fn known(reference: &SettingReference, call: &Call, id: &str) -> Result<(ServiceSetting, Scope), Error> {
    let setting = reference.setting.ok_or_else(|| Error::SettingNotFound(id.to_owned()))?;
    Ok((setting, Scope::new(&call.region, reference.account)))
}

fn show_setting<'a>(shown: &mut Shown<'a>, reference: Option<&'a SettingReference>) {
    if let Some(reference) = reference {
        shown.resource(reference.account.as_str(), "AWS::SSM::ServiceSetting", &reference.arn);
    }
}
