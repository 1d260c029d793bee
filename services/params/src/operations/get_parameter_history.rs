//! GetParameterHistory.

use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_reference, show_parameter};
use super::get_parameter::{Target, load_all};
use super::output::cut_page;
use crate::domain::kind::{ParameterType, Tier};
use crate::domain::page_token::{self, List, PageTokenError};
use crate::error::Error;
use crate::secure_string::reveal_all;
use crate::service::Params;
use crate::store::Scope;
use crate::store::lists::{self, Labelled};

/// [GetParameterHistory](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameterHistory.html).
pub struct GetParameterHistory;

/// What GetParameterHistory takes.
#[derive(Input)]
pub struct GetParameterHistoryInput {
    /// The name or ARN.
    #[member(length = 1..=2048)]
    pub name: String,
    /// Whether SecureStrings are decrypted.
    pub with_decryption: Option<bool>,
    /// The most versions of a page.
    #[member(range = 1..=50)]
    pub max_results: Option<i32>,
    /// Where the list goes on.
    pub next_token: Option<String>,
}

/// What GetParameterHistory answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterHistoryOutput {
    parameters: Vec<ParameterHistory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A [ParameterHistory](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterHistory.html).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterHistory {
    name: String,
    r#type: ParameterType,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    last_modified_date: Timestamp,
    last_modified_user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    value: SecretTextOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_pattern: Option<String>,
    version: i64,
    labels: Vec<String>,
    tier: Tier,
    policies: [(); 0],
    data_type: String,
}

impl Operation for GetParameterHistory {
    type Service = Params;
    type Input = GetParameterHistoryInput;
    type Output = GetParameterHistoryOutput;
    type Resource = Target;
    type Error = Error;

    const NAME: &'static str = "GetParameterHistory";
    const ACTION: &'static str = "ssm:GetParameterHistory";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetParameterHistoryInput) -> Result<Target, Error> {
        let mut targets = load_all(service, call, std::slice::from_ref(&input.name)).await?;
        targets.pop().ok_or(Error::Corrupt("position"))
    }

    fn accesses(_call: &Call, _input: &GetParameterHistoryInput, target: &Target) -> Accesses {
        target.access(Self::ACTION).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetParameterHistoryInput) -> Accesses {
        on_reference(Self::ACTION, call, &input.name)
    }

    fn condition_key(
        _call: &Call,
        _input: &GetParameterHistoryInput,
        target: Option<&Target>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        target.is_some_and(|target| target.condition_key(key, each))
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetParameterHistoryOutput, Error> {
        let (call, input, target) = (request.call, request.input, request.resource);
        let id = target.parameter(&input.name)?.metadata.id;
        let after = match &input.next_token {
            Some(token) => page_token::decode(List::History, token)?.parse().map_err(|_| PageTokenError)?,
            None => 0,
        };
        let size = input.max_results.unwrap_or(DEFAULT_PAGE);
        let scope = Scope::new(&call.region, target.reference.account);
        let connection = service.store.connection().await?;
        let mut versions = lists::history(&connection, &scope, id, after, i64::from(size) + 1).await?;
        drop(connection);
        let last = cut_page(&mut versions, size.unsigned_abs() as usize, |version| {
            version.parameter.metadata.version.to_string()
        });
        let sealed =
            versions.iter().map(|version| (&version.parameter, target.arn.clone())).collect::<Vec<_>>();
        let values = reveal_all(service, call, &sealed, input.with_decryption == Some(true)).await?;
        drop(sealed);
        Ok(GetParameterHistoryOutput {
            parameters: versions
                .into_iter()
                .zip(values)
                .map(|(version, value)| shown(version, value))
                .collect(),
            next_token: last.map(|last| page_token::encode(List::History, &last)),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetParameterHistoryInput,
        resource: Option<&'a Target>,
        _output: Option<&'a GetParameterHistoryOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("name", &input.name);
        if let Some(with_decryption) = input.with_decryption {
            request.push_bool("withDecryption", with_decryption);
        }
        if let Some(max_results) = input.max_results {
            request.push_i64("maxResults", max_results.into());
        }
        request.push_opt_str("nextToken", input.next_token.as_deref());
        if let Some(target) = resource {
            show_parameter(shown, &target.reference.account, &target.arn);
        }
    }
}

fn shown(version: Labelled, value: SecretString) -> ParameterHistory {
    let metadata = version.parameter.metadata;
    ParameterHistory {
        name: metadata.name,
        r#type: metadata.parameter_type,
        key_id: metadata.key_id,
        last_modified_date: metadata.modified_at.into(),
        last_modified_user: metadata.modified_by,
        description: metadata.description,
        value: SecretTextOut(value),
        allowed_pattern: metadata.allowed_pattern,
        version: metadata.version,
        labels: version.labels,
        tier: metadata.tier,
        policies: [],
        data_type: metadata.data_type,
    }
}

const DEFAULT_PAGE: i32 = 50;
