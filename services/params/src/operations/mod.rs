//! The operations, one file for each or for a small family.

pub mod access;
pub mod delete_parameter;
pub mod delete_parameters;
pub mod describe_parameters;
pub mod get_parameter;
pub mod get_parameter_history;
pub mod get_parameters;
pub mod get_parameters_by_path;
pub mod inline_policy;
pub mod label_parameter_version;
pub mod named_parameter;
pub mod output;
pub mod put_parameter;
pub mod readable;
pub mod settings;
pub mod sharing;
pub mod tagging;
pub mod unlabel_parameter_version;
pub mod visibility;

use keywright_aws_api::ApiBuilder;

use crate::service::Params;

/// Registers all operations.
#[must_use]
pub fn register(api: ApiBuilder<Params>) -> ApiBuilder<Params> {
    api.operation::<put_parameter::PutParameter>()
        .operation::<get_parameter::GetParameter>()
        .operation::<get_parameters::GetParameters>()
        .operation::<get_parameters_by_path::GetParametersByPath>()
        .operation::<get_parameter_history::GetParameterHistory>()
        .operation::<describe_parameters::DescribeParameters>()
        .operation::<delete_parameter::DeleteParameter>()
        .operation::<delete_parameters::DeleteParameters>()
        .operation::<label_parameter_version::LabelParameterVersion>()
        .operation::<unlabel_parameter_version::UnlabelParameterVersion>()
        .operation::<tagging::AddTagsToResource>()
        .operation::<tagging::RemoveTagsFromResource>()
        .operation::<tagging::ListTagsForResource>()
        .operation::<sharing::GetResourcePolicies>()
        .operation::<sharing::PutResourcePolicy>()
        .operation::<sharing::DeleteResourcePolicy>()
        .operation::<settings::GetServiceSetting>()
        .operation::<settings::UpdateServiceSetting>()
        .operation::<settings::ResetServiceSetting>()
}
