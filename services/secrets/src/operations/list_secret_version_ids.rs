//! ListSecretVersionIds.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::Timestamp;
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::datetime;

use super::secret_access::{add_context_keys, on_secret, show_secret, unfound};
use super::wire::day;
use crate::domain::next_token;
use crate::domain::secret::Secret;
use crate::domain::stage::Stage;
use crate::domain::storable::storable;
use crate::domain::version::ListedVersion;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;

/// Input of
/// [ListSecretVersionIds](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html).
#[derive(Input)]
pub struct ListSecretVersionIdsInput {
    /// The secret.
    #[member(length = 1..=2048)]
    pub secret_id: String,
    /// How many versions a page has at most.
    #[member(range = 1..=100)]
    pub max_results: Option<i32>,
    /// Where the page begins.
    #[member(length = 1..=4096)]
    pub next_token: Option<String>,
    /// Whether versions without labels are shown too.
    pub include_deprecated: Option<bool>,
}

/// Output of ListSecretVersionIds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListSecretVersionIdsOutput {
    versions: Vec<SecretVersionsListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SecretVersionsListEntry {
    version_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    version_stages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accessed_date: Option<Timestamp>,
    created_date: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kms_key_ids: Vec<String>,
}

/// The operation.
pub struct ListSecretVersionIds;

impl Operation for ListSecretVersionIds {
    type Service = Secrets;
    type Input = ListSecretVersionIdsInput;
    type Output = ListSecretVersionIdsOutput;
    type Resource = Secret;
    type Error = Error;

    const NAME: &'static str = "ListSecretVersionIds";
    const ACTION: &'static str = "secretsmanager:ListSecretVersionIds";
    const READ_ONLY: bool = true;

    async fn load(
        service: &Secrets,
        call: &Call,
        input: &ListSecretVersionIdsInput,
    ) -> Result<Secret, Error> {
        service.find(call, &input.secret_id).await
    }

    fn accesses(_call: &Call, _input: &ListSecretVersionIdsInput, secret: &Secret) -> Accesses {
        on_secret(Self::ACTION, secret).into()
    }

    fn accesses_unloaded(call: &Call, input: &ListSecretVersionIdsInput) -> Accesses {
        unfound(Self::ACTION, call, &input.secret_id)
    }

    fn context_keys(
        _call: &Call,
        _input: &ListSecretVersionIdsInput,
        secret: &Secret,
        keys: &mut ContextKeys,
    ) {
        add_context_keys(keys, secret);
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<ListSecretVersionIdsOutput, Error> {
        let (input, secret) = (request.input, request.resource);
        let limit = input.max_results.unwrap_or(MAX_RESULTS);
        let (before, id) = input.next_token.as_deref().map_or_else(|| Ok(beginning()), behind)?;
        let with_deprecated = input.include_deprecated.unwrap_or(false);
        let connection = service.store.connection().await?;
        // One more than the page has tells whether there is another page.
        let rows = i64::from(limit) + 1;
        let mut versions =
            store::versions::list(&connection, secret.id, (before, &id), with_deprecated, rows).await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let is_more = versions.len() > limit;
        versions.truncate(limit);
        Ok(ListSecretVersionIdsOutput {
            next_token: versions.last().filter(|_| is_more).map(token),
            versions: versions.into_iter().map(entry).collect(),
            arn: secret.arn.to_string(),
            name: secret.name.to_string(),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ListSecretVersionIdsInput,
        secret: Option<&'a Secret>,
        _output: Option<&'a ListSecretVersionIdsOutput>,
    ) {
        shown.request.push_str("secretId", &input.secret_id);
        if let Some(max_results) = input.max_results {
            shown.request.push_i64("maxResults", max_results.into());
        }
        if let Some(include) = input.include_deprecated {
            shown.request.push_bool("includeDeprecated", include);
        }
        shown.request.push_opt_str("nextToken", input.next_token.as_deref());
        show_secret(shown, secret);
    }
}

fn entry(version: ListedVersion) -> SecretVersionsListEntry {
    SecretVersionsListEntry {
        version_id: version.id.to_string(),
        version_stages: version.stages.iter().map(Stage::to_string).collect(),
        last_accessed_date: version.last_accessed_on.map(day),
        created_date: version.created_at.into(),
        kms_key_ids: version
            .kms_key_arn
            .map(|arn| if version.is_managed { MANAGED.to_owned() } else { arn })
            .into_iter()
            .collect(),
    }
}

/// The newest version comes first, behind this.
fn beginning() -> (OffsetDateTime, String) {
    (datetime!(9999-12-31 0:00 UTC), String::new())
}

fn token(last: &ListedVersion) -> String {
    let micros = last.created_at.unix_timestamp_nanos() / NANOS_PER_MICRO;
    next_token::encode(LIST, &micros.to_string(), last.id.as_str())
}

fn behind(token: &str) -> Result<(OffsetDateTime, String), Error> {
    let (micros, id) = next_token::decode(LIST, token)?;
    let micros: i64 = micros.parse().map_err(|_| Error::InvalidNextToken)?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * NANOS_PER_MICRO);
    let time = time.ok().filter(|time| time.year() > 0).ok_or(Error::InvalidNextToken)?;
    storable(&id).map_err(|_| Error::InvalidNextToken)?;
    Ok((time, id))
}

/// What AWS says instead of the AWS managed key's ARN.
const MANAGED: &str = "DefaultEncryptionKey";
const LIST: &str = "versions";
const MAX_RESULTS: i32 = 100;
const NANOS_PER_MICRO: i128 = 1_000;
