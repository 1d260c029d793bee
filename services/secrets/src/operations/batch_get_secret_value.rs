//! BatchGetSecretValue.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use keywright_audit_log::Fields;
use keywright_audit_log::record::Resource;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{
    Access, Accesses, AccountId, ApiError, Authorized, Call, Input, Operation, Part, Shown, check_access,
};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::list_secrets::shown_filter;
use super::search::Search;
use super::secret_access::{add_context_keys, on_secret, unfound};
use super::secret_value::{Asked, SecretValueEntry, add_version_keys, note_access, read};
use crate::app::PROTOCOL;
use crate::directory::FoundSecret;
use crate::domain::filter::{FilterInput, Filters};
use crate::domain::listing::{Listing, SortBy, SortOrder};
use crate::domain::secret::Secret;
use crate::domain::version::Version;
use crate::error::Error;
use crate::events::SECRET_RESOURCE;
use crate::service::Secrets;

/// Input of
/// [BatchGetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html).
#[derive(Input)]
pub struct BatchGetSecretValueInput {
    /// The secrets; or else filters.
    #[member(length = 1..=20, each(length = 1..=2048))]
    pub secret_id_list: Option<Vec<String>>,
    /// Which of the account's secrets.
    #[member(shape, length = ..=10)]
    pub filters: Option<Vec<FilterInput>>,
    /// How many secrets a page has at most; only with filters.
    #[member(range = 1..=20)]
    pub max_results: Option<i32>,
    /// Where the page begins; only with filters.
    #[member(length = 1..=4096)]
    pub next_token: Option<String>,
}

/// Output of BatchGetSecretValue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchGetSecretValueOutput {
    secret_values: Vec<SecretValueEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    errors: Vec<ErrorEntry>,
    /// What is recorded of each secret, in their order.
    #[serde(skip)]
    read: Vec<Read>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorEntry {
    secret_id: String,
    error_code: String,
    message: String,
}

/// How it went with one secret.
#[derive(Debug)]
struct Read {
    secret_id: String,
    /// Account and ARN, where there is such a secret.
    secret: Option<(AccountId, Arc<str>)>,
    is_authorized: bool,
    error: Option<(&'static str, String)>,
}

/// The operation.
pub struct BatchGetSecretValue;

impl Operation for BatchGetSecretValue {
    type Service = Secrets;
    type Input = BatchGetSecretValueInput;
    type Output = BatchGetSecretValueOutput;
    type Resource = ();
    type Error = Refusal;

    const NAME: &'static str = "BatchGetSecretValue";
    const ACTION: &'static str = "secretsmanager:BatchGetSecretValue";
    const READ_ONLY: bool = true;

    async fn load(
        _service: &Secrets,
        _call: &Call,
        _input: &BatchGetSecretValueInput,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    /// Beside these, each secret's own is decided when it is read.
    fn accesses(_call: &Call, input: &BatchGetSecretValueInput, (): &()) -> Accesses {
        let mut accesses: Accesses = Access::any(Self::ACTION).into();
        if input.filters.is_some() {
            accesses.push(Access::any("secretsmanager:ListSecrets"));
        }
        accesses
    }

    async fn run(
        service: &Secrets,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<BatchGetSecretValueOutput, Refusal> {
        let call = request.call;
        let (asked, next_token) = asked(service, call, request.input).await?;
        let attempts = asked.into_iter().map(|asked| attempt(service, call, asked)).collect::<Vec<_>>();
        let attempts: Vec<_> = stream::iter(attempts).buffered(READ_AT_ONCE).collect().await;
        let mut output = BatchGetSecretValueOutput {
            secret_values: Vec::new(),
            next_token,
            errors: Vec::new(),
            read: Vec::new(),
        };
        for (mut told, outcome) in attempts {
            match outcome {
                Ok((entry, found, version)) => {
                    note_access(service, work, &found.secret, &version, call.received_at.date()).await?;
                    output.secret_values.push(entry);
                }
                Err(error) => {
                    let (code, status) = error.code(&PROTOCOL);
                    if status >= 500 {
                        // Not about this secret: the whole call may be tried again.
                        return Err(Refusal(error));
                    }
                    let message = error.message().to_owned();
                    told.error = Some((code, message.clone()));
                    let secret_id = told.secret_id.clone();
                    output.errors.push(ErrorEntry { secret_id, error_code: code.to_owned(), message });
                }
            }
            output.read.push(told);
        }
        Ok(output)
    }

    /// Each secret has a record of its own beside, as if GetSecretValue had been called.
    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a BatchGetSecretValueInput,
        _resource: Option<&'a ()>,
        output: Option<&'a BatchGetSecretValueOutput>,
    ) {
        if let Some(ids) = &input.secret_id_list {
            shown.request.push_list("secretIdList", ids.iter().map(String::as_str));
        }
        if let Some(filters) = &input.filters {
            shown.request.push_objects("filters", filters.iter().map(shown_filter));
        }
        if let Some(max_results) = input.max_results {
            shown.request.push_i64("maxResults", max_results.into());
        }
        shown.request.push_opt_str("nextToken", input.next_token.as_deref());
        shown.parts = output.into_iter().flat_map(|output| &output.read).map(Read::part).collect();
    }
}

impl Read {
    fn part(&self) -> Part<'_> {
        let mut request = Fields::new();
        request.push_str("secretId", &self.secret_id);
        let resource = self.secret.as_ref().map(|(account, arn)| Resource {
            account_id: account.as_str(),
            resource_type: SECRET_RESOURCE,
            arn,
        });
        Part {
            event_name: "GetSecretValue",
            read_only: true,
            request,
            resource,
            error: self.error.as_ref().map(|(code, message)| (*code, message.as_str())),
            is_authorized: self.is_authorized,
        }
    }
}

/// Why the whole call is refused: an error of ours, or one that a single secret met.
pub struct Refusal(ApiError);

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into().into())
    }
}

impl From<Refusal> for ApiError {
    fn from(Refusal(error): Refusal) -> Self {
        error
    }
}

/// A secret that is to be read.
enum Wanted {
    /// As the request names it.
    Named(String),
    /// Found by filters.
    Listed(Box<Secret>),
}

async fn asked(
    service: &Secrets,
    call: &Call,
    input: &BatchGetSecretValueInput,
) -> Result<(Vec<Wanted>, Option<String>), Error> {
    match (&input.secret_id_list, &input.filters) {
        (Some(ids), None) => {
            if input.max_results.is_some() || input.next_token.is_some() {
                return Err(Error::InvalidParameter(
                    "MaxResults and NextToken can be used with Filters only.",
                ));
            }
            Ok((ids.iter().cloned().map(Wanted::Named).collect(), None))
        }
        (None, Some(filters)) => {
            let search = Search {
                filters: Filters::of_request(Some(filters))?,
                limit: input.max_results.unwrap_or(MAX_RESULTS),
                with_deleted: false,
                listing: Listing { by: SortBy::CreatedDate, order: SortOrder::Asc },
                next_token: input.next_token.as_deref(),
            };
            let (secrets, next_token) = search.page(service, call).await?;
            Ok((secrets.into_iter().map(|secret| Wanted::Listed(Box::new(secret))).collect(), next_token))
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Error::InvalidParameter("You must provide either SecretIdList or Filters, and not both."))
        }
    }
}

type Outcome = Result<(SecretValueEntry, Arc<FoundSecret>, Arc<Version>), ApiError>;

/// Reads one secret as GetSecretValue would.
async fn attempt(service: &Secrets, call: &Call, wanted: Wanted) -> (Read, Outcome) {
    let (secret_id, found) = match wanted {
        Wanted::Listed(secret) => (secret.arn.to_string(), Ok(Arc::new(FoundSecret::from(*secret)))),
        Wanted::Named(id) => {
            let found = service.find_current(call, &id).await;
            (id, found)
        }
    };
    let mut told = Read { secret_id, secret: None, is_authorized: false, error: None };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            // Who may not use a secret isn't told whether it exists.
            let accesses = unfound(GET, call, &told.secret_id);
            let refused =
                accesses.iter().find_map(|access| check_access(call, access, &ContextKeys::default()).err());
            return (told, Err(refused.unwrap_or_else(|| error.into())));
        }
    };
    let secret = &found.secret;
    told.secret = Some((secret.account, Arc::clone(&secret.arn)));
    let mut keys = ContextKeys::default();
    add_context_keys(&mut keys, secret);
    add_version_keys(&mut keys, None, None);
    if let Err(refused) = check_access(call, &on_secret(GET, secret), &keys) {
        return (told, Err(refused));
    }
    told.is_authorized = true;
    let read = read(service, call, &found, Asked::default()).await;
    (told, read.map(|(entry, version)| (entry, found, version)).map_err(Into::into))
}

const GET: &str = "secretsmanager:GetSecretValue";
const MAX_RESULTS: i32 = 20;
/// So many values are decrypted side by side.
const READ_AT_ONCE: usize = 10;
