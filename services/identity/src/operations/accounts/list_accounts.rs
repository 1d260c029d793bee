//! ListAccounts: all accounts of the installation, by id.

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown, Target};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{AccountOut, target};
use crate::directory::Directory;
use crate::error::IdentityError;
use crate::store::accounts;

pub(crate) struct ListAccounts;

#[derive(Input)]
pub(crate) struct ListAccountsInput {
    #[member(range = 1..=1000)]
    max_results: Option<i32>,
    /// The last id of the page before.
    #[member(length = 12..=12, pattern = "[0-9]{12}")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAccountsOutput {
    accounts: Vec<AccountOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListAccounts {
    type Service = Directory;
    type Input = ListAccountsInput;
    type Output = ListAccountsOutput;
    type Resource = Target;
    type Error = IdentityError;
    const NAME: &'static str = "ListAccounts";
    const ACTION: &'static str = "keywright:ListAccounts";
    const READ_ONLY: bool = true;

    async fn load(
        directory: &Directory,
        call: &Call,
        _: &ListAccountsInput,
    ) -> Result<Target, IdentityError> {
        Ok(target(directory, call, "*"))
    }

    fn accesses(_: &Call, _: &ListAccountsInput, target: &Target) -> Accesses {
        Access::new(Self::ACTION, target.clone()).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<ListAccountsOutput, IdentityError> {
        let limit = request.input.max_results.unwrap_or(DEFAULT_LIMIT);
        let connection = directory.store.connection().await?;
        let after = request.input.next_token.as_deref().unwrap_or_default();
        // One more than asked for tells whether there are more.
        let mut found = accounts::list(&connection, after, i64::from(limit) + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = found.len() > limit;
        found.truncate(limit);
        let next_token = found.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(ListAccountsOutput { accounts: found.into_iter().map(Into::into).collect(), next_token })
    }

    fn show<'a>(
        _: &mut Shown<'a>,
        _: &'a Call,
        _: &'a ListAccountsInput,
        _: Option<&'a Target>,
        _: Option<&'a ListAccountsOutput>,
    ) {
    }
}

const DEFAULT_LIMIT: i32 = 100;
