//! CloseAccount: none of an account's principals may do anything any more. What the account has stays as it is.

use keywright_aws_api::{Access, Accesses, AccountId, Authorized, Call, Input, Operation, Shown, Target};
use keywright_service::PostgresWork;

use super::target;
use crate::directory::Directory;
use crate::error::{Entity, IdentityError};
use crate::store::{accounts, changes};

pub(crate) struct CloseAccount;

#[derive(Input)]
pub(crate) struct CloseAccountInput {
    #[member(length = 12..=12, pattern = "[0-9]{12}")]
    account_id: String,
}

impl Operation for CloseAccount {
    type Service = Directory;
    type Input = CloseAccountInput;
    type Output = ();
    type Resource = (AccountId, Target);
    type Error = IdentityError;
    const NAME: &'static str = "CloseAccount";
    const ACTION: &'static str = "keywright:CloseAccount";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &CloseAccountInput,
    ) -> Result<(AccountId, Target), IdentityError> {
        let id = AccountId::parse(&input.account_id).map_err(|_| IdentityError::Row("account_id"))?;
        Ok((id, target(directory, call, id.as_str())))
    }

    fn accesses(_: &Call, _: &CloseAccountInput, (_, target): &(AccountId, Target)) -> Accesses {
        Access::new(Self::ACTION, target.clone()).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<(), IdentityError> {
        let id = request.resource.0;
        if id == directory.home {
            return Err(IdentityError::HomeAccount);
        }
        let transaction = work.transaction().await?;
        if !accounts::close(transaction, id).await? {
            return Err(IdentityError::NoSuchEntity(Entity::Account(id)));
        }
        changes::note_account(transaction, id).await?;
        Ok(())
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a CloseAccountInput,
        _: Option<&'a (AccountId, Target)>,
        _: Option<&'a ()>,
    ) {
        shown.request.push_str("accountId", &*input.account_id);
    }
}
