//! Parameters as answers show them.

use keywright_aws_api::Call;
use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_crypto::SecretString;
use serde::Serialize;

use crate::domain::kind::ParameterType;
use crate::domain::parameter::Parameter;
use crate::domain::secret_reference::SecretReference;
use crate::error::Error;
use crate::secrets_manager::FetchedSecret;
use crate::secure_string::reveal_all;
use crate::service::Params;

/// A [Parameter](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Parameter.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterOutput {
    name: String,
    r#type: ParameterType,
    value: SecretTextOut,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    selector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_result: Option<SecretTextOut>,
    last_modified_date: Timestamp,
    #[serde(rename = "ARN")]
    arn: String,
    data_type: String,
}

impl ParameterOutput {
    /// The parameter's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// A secret that was fetched for a reference, which has no versions of its own.
    #[must_use]
    pub fn of_secret(reference: &SecretReference, secret: FetchedSecret) -> Self {
        Self {
            name: reference.name(),
            r#type: ParameterType::SecureString,
            value: SecretTextOut(secret.value),
            version: 0,
            selector: reference.selector(),
            source_result: Some(SecretTextOut(secret.source_result)),
            last_modified_date: secret.created,
            arn: secret.arn,
            data_type: "text".to_owned(),
        }
    }

    /// A public parameter.
    #[must_use]
    pub fn of_public(parameter: &Parameter, arn: String, selector: Option<String>) -> Self {
        // Only Strings and StringLists are published.
        Self::new(parameter, arn, parameter.value.text(), selector)
    }

    fn new(parameter: &Parameter, arn: String, value: SecretString, selector: Option<String>) -> Self {
        let metadata = &parameter.metadata;
        Self {
            name: metadata.name.clone(),
            r#type: metadata.parameter_type,
            value: SecretTextOut(value),
            version: metadata.version,
            selector,
            source_result: None,
            last_modified_date: metadata.modified_at.into(),
            arn,
            data_type: metadata.data_type.clone(),
        }
    }
}

/// Parameters with their ARNs, and the selectors by which they were asked for, as an answer shows them.
///
/// # Errors
/// As [`reveal_all`].
pub async fn outputs<'a>(
    service: &Params,
    call: &Call,
    parameters: impl IntoIterator<Item = (&'a Parameter, String, Option<String>)>,
    with_decryption: bool,
) -> Result<Vec<ParameterOutput>, Error> {
    let (sealed, selectors): (Vec<_>, Vec<_>) =
        parameters.into_iter().map(|(parameter, arn, selector)| ((parameter, arn), selector)).unzip();
    let values = reveal_all(service, call, &sealed, with_decryption).await?;
    let shown = sealed.into_iter().zip(values).zip(selectors);
    Ok(shown
        .map(|(((parameter, arn), value), selector)| ParameterOutput::new(parameter, arn, value, selector))
        .collect())
}
