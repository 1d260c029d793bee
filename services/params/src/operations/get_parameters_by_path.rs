//! GetParametersByPath.

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Accesses, AccountId, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::access::{on_arn, show_parameter};
use super::describe_parameters::{ParameterStringFilter, as_filters, shown_filters};
use super::output::{ParameterOutput, outputs};
use super::visibility::Visibility;
use crate::domain::filter::{BY_PATH_KEYS, Conditions};
use crate::domain::page_token::{self, List, cut_page};
use crate::domain::parameter::Parameter;
use crate::domain::path::HierarchyPath;
use crate::error::Error;
use crate::pages::PageRequest;
use crate::public_parameters::{is_public, public_arn};
use crate::service::Params;

/// [GetParametersByPath](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html).
pub struct GetParametersByPath;

/// What GetParametersByPath takes.
#[derive(Input)]
pub struct GetParametersByPathInput {
    /// The hierarchy.
    #[member(length = 1..=2048)]
    pub path: String,
    /// Whether all levels below are meant.
    pub recursive: Option<bool>,
    /// What the parameters must satisfy.
    #[member(shape)]
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    /// Whether SecureStrings are decrypted.
    pub with_decryption: Option<bool>,
    /// The most parameters of a page.
    #[member(range = 1..=10)]
    pub max_results: Option<i32>,
    /// Where the list goes on.
    pub next_token: Option<String>,
}

/// What GetParametersByPath answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersByPathOutput {
    parameters: Vec<ParameterOutput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// What is asked for.
pub struct Page {
    path: HierarchyPath,
    account: AccountId,
    arn: String,
    is_public: bool,
}

impl Operation for GetParametersByPath {
    type Service = Params;
    type Input = GetParametersByPathInput;
    type Output = GetParametersByPathOutput;
    type Resource = Page;
    type Error = Error;

    const NAME: &'static str = "GetParametersByPath";
    const ACTION: &'static str = "ssm:GetParametersByPath";
    const READ_ONLY: bool = true;

    async fn load(service: &Params, call: &Call, input: &GetParametersByPathInput) -> Result<Page, Error> {
        service.throughput.learn(&service.store, call).await?;
        let path = HierarchyPath::parse(&input.path)?;
        let account = call.account();
        let given = input.path.trim_start_matches('/');
        let is_public = is_public(path.as_parent());
        let arn = if is_public { public_arn(given, &call.region) } else { path.arn(&call.region, account) };
        Ok(Page { arn, path, account, is_public })
    }

    fn accesses(_call: &Call, _input: &GetParametersByPathInput, page: &Page) -> Accesses {
        on_arn(Self::ACTION, page.account, &page.arn).into()
    }

    /// Loading fails only where the text is no path, which tells nothing.
    fn accesses_unloaded(_call: &Call, _input: &GetParametersByPathInput) -> Accesses {
        Accesses::new()
    }

    fn context_keys(_call: &Call, input: &GetParametersByPathInput, _page: &Page, keys: &mut ContextKeys) {
        keys.push("ssm:Recursive", (input.recursive == Some(true)).to_string());
    }

    async fn run(
        service: &Params,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<GetParametersByPathOutput, Error> {
        let (call, input, page) = (request.call, request.input, request.resource);
        let conditions = Conditions::read(as_filters(input.parameter_filters.as_deref()), BY_PATH_KEYS)?;
        let after = match &input.next_token {
            Some(token) => page_token::decode(List::ByPath, token)?,
            None => String::new(),
        };
        let size = input.max_results.unwrap_or(DEFAULT_PAGE).unsigned_abs() as usize;
        if page.is_public {
            return Ok(public_page(service, request, &conditions, &after, size));
        }
        let recursive = input.recursive == Some(true);
        let asked = PageRequest { account: page.account, path: page.path.clone(), recursive, after, size };
        let found = service.directory.page(asked, &conditions).await?;
        let metadata = found.parameters.iter().map(|parameter| &parameter.metadata).collect::<Vec<_>>();
        let visible = Visibility { action: Self::ACTION, recursive: Some(recursive) };
        let visible = visible.of_own(service, call, &metadata).await?;
        let shown = found.parameters.iter().zip(visible).filter(|(_, is_visible)| *is_visible);
        let shown =
            shown.map(|(parameter, _)| (parameter, parameter.metadata.arn(&call.region, page.account), None));
        let with_decryption = input.with_decryption == Some(true);
        let parameters = outputs(service, call, shown, with_decryption).await?;
        let next_token = found.last.as_ref().map(|last| page_token::encode(List::ByPath, last));
        Ok(GetParametersByPathOutput { parameters, next_token })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a GetParametersByPathInput,
        resource: Option<&'a Page>,
        output: Option<&'a GetParametersByPathOutput>,
    ) {
        let request = &mut shown.request;
        request.push_str("path", &input.path);
        if let Some(recursive) = input.recursive {
            request.push_bool("recursive", recursive);
        }
        if let Some(filters) = &input.parameter_filters {
            request.push_objects("parameterFilters", shown_filters(filters));
        }
        if let Some(with_decryption) = input.with_decryption {
            request.push_bool("withDecryption", with_decryption);
        }
        if let Some(max_results) = input.max_results {
            request.push_i64("maxResults", max_results.into());
        }
        request.push_opt_str("nextToken", input.next_token.as_deref());
        if let (Some(page), Some(output)) = (resource, output) {
            for parameter in &output.parameters {
                show_parameter(shown, &page.account, parameter.arn());
            }
        }
    }
}

/// A page of what the operator publishes.
fn public_page(
    service: &Params,
    request: Authorized<'_, GetParametersByPath>,
    conditions: &Conditions,
    after: &str,
    size: usize,
) -> GetParametersByPathOutput {
    let tree = service.public.tree();
    let recursive = request.input.recursive == Some(true);
    let found = tree.below(&request.resource.path, recursive, conditions, after);
    let mut found = found.take(size + 1).collect::<Vec<_>>();
    let last = cut_page(&mut found, size, |parameter| parameter.metadata.path().to_owned());
    let output = |parameter: &Parameter| {
        let arn = public_arn(parameter.metadata.path(), &request.call.region);
        ParameterOutput::of_public(parameter, arn, None)
    };
    GetParametersByPathOutput {
        parameters: found.into_iter().map(output).collect(),
        next_token: last.map(|last| page_token::encode(List::ByPath, &last)),
    }
}

const DEFAULT_PAGE: i32 = 10;
