//! GetParameterHistory.

use keywright_aws_api::shape::{SecretTextOut, Timestamp};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_crypto::SecretString;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::inline_policy::InlinePolicy;
use super::readable::{self, PublicTarget, Readable};
use crate::domain::kind::{ParameterType, Tier};
use crate::domain::page_token::{self, List, PageTokenError, cut_page};
use crate::error::Error;
use crate::secure_string::reveal_all;
use crate::service::Params;
use crate::store::Scope;
use crate::store::lists::{self, Labelled};
use crate::store::policies::StoredPolicies;

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
    policies: Vec<InlinePolicy>,
    data_type: String,
}

impl Operation for GetParameterHistory {
    type Service = Params;
    type Input = GetParameterHistoryInput;
    type Output = GetParameterHistoryOutput;
    type Resource = Readable;
    type Error = Error;

    const NAME: &'static str = "GetParameterHistory";
    const ACTION: &'static str = "ssm:GetParameterHistory";
    const READ_ONLY: bool = true;

    async fn load(
        service: &Params,
        call: &Call,
        input: &GetParameterHistoryInput,
    ) -> Result<Readable, Error> {
        let mut targets = readable::load_all(service, call, std::slice::from_ref(&input.name)).await?;
        targets.pop().ok_or(Error::Corrupt("position"))
    }

    fn accesses(call: &Call, _input: &GetParameterHistoryInput, target: &Readable) -> Accesses {
        target.access(Self::ACTION, call).into()
    }

    fn accesses_unloaded(call: &Call, input: &GetParameterHistoryInput) -> Accesses {
        readable::unloaded(Self::ACTION, call, &input.name)
    }

    fn condition_key(
        _call: &Call,
        _input: &GetParameterHistoryInput,
        target: Option<&Readable>,
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
        let (call, input) = (request.call, request.input);
        let after = match &input.next_token {
            Some(token) => page_token::decode(List::History, token)?.parse().map_err(|_| PageTokenError)?,
            None => 0,
        };
        let size = input.max_results.unwrap_or(DEFAULT_PAGE);
        let target = match request.resource {
            Readable::Stored(target) => target,
            // References have no history.
            Readable::Secret { .. } => return Err(Error::NotFound(input.name.clone())),
            Readable::Public(target) => {
                return public_history(service, target, after, size.unsigned_abs() as usize);
            }
        };
        let id = target.parameter(&input.name)?.metadata.id;
        let scope = Scope::new(&call.region, target.reference.account);
        let connection = service.store.connection().await?;
        let mut versions = lists::history(&connection, &scope, id, after, i64::from(size) + 1).await?;
        let policies =
            StoredPolicies::of(&connection, versions.iter().map(|version| &version.parameter.metadata))
                .await?;
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
                .map(|(version, value)| shown(version, value, &policies))
                .collect(),
            next_token: last.map(|last| page_token::encode(List::History, &last)),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        call: &'a Call,
        input: &'a GetParameterHistoryInput,
        resource: Option<&'a Readable>,
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
            target.show(shown, call);
        }
    }
}

fn shown(version: Labelled, value: SecretString, policies: &StoredPolicies) -> ParameterHistory {
    let metadata = version.parameter.metadata;
    ParameterHistory {
        policies: InlinePolicy::of_version(policies, &metadata),
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
        data_type: metadata.data_type,
    }
}

/// The versions of what the operator publishes.
fn public_history(
    service: &Params,
    target: &PublicTarget,
    after: i64,
    size: usize,
) -> Result<GetParameterHistoryOutput, Error> {
    let tree = service.public.tree();
    target.find(&tree)?;
    let mut versions = tree.history(&target.path, after).take(size + 1).cloned().collect::<Vec<_>>();
    let last = cut_page(&mut versions, size, |version| version.metadata.version.to_string());
    let parameters = versions.into_iter().map(|version| {
        let value = version.value.text();
        let version = Labelled { parameter: version, labels: Vec::new() };
        shown(version, value, &StoredPolicies::default())
    });
    Ok(GetParameterHistoryOutput {
        parameters: parameters.collect(),
        next_token: last.map(|last| page_token::encode(List::History, &last)),
    })
}

const DEFAULT_PAGE: i32 = 50;
