//! CreateAccount: an account with the first access key of its root user, which is shown this once.

use keywright_aws_api::shape::SecretTextOut;
use keywright_aws_api::{Access, Accesses, AccountId, Authorized, Call, Input, Operation, Shown, Target};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use serde::Serialize;

use super::{AccountOut, target};
use crate::directory::Directory;
use crate::domain::access_key::NewAccessKey;
use crate::domain::owner::Owner;
use crate::error::{Entity, IdentityError};
use crate::store::accounts::{self, Account, AccountStatus};

pub(crate) struct CreateAccount;

#[derive(Input)]
pub(crate) struct CreateAccountInput {
    #[member(length = 1..=50, pattern = "[\\u0020-\\u007E]+")]
    account_name: String,
    /// Without one it is a random one.
    #[member(length = 12..=12, pattern = "[0-9]{12}")]
    account_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAccountOutput {
    account: AccountOut,
    root_access_key_id: String,
    root_secret_access_key: SecretTextOut,
}

impl Operation for CreateAccount {
    type Service = Directory;
    type Input = CreateAccountInput;
    type Output = CreateAccountOutput;
    type Resource = (AccountId, Target);
    type Error = IdentityError;
    const NAME: &'static str = "CreateAccount";
    const ACTION: &'static str = "keywright:CreateAccount";
    const READ_ONLY: bool = false;

    async fn load(
        directory: &Directory,
        call: &Call,
        input: &CreateAccountInput,
    ) -> Result<(AccountId, Target), IdentityError> {
        let id = match &input.account_id {
            Some(id) => AccountId::parse(id).map_err(|_| IdentityError::Row("account_id"))?,
            None => random_id(directory)?,
        };
        Ok((id, target(directory, call, id.as_str())))
    }

    fn accesses(_: &Call, _: &CreateAccountInput, (_, target): &(AccountId, Target)) -> Accesses {
        Access::new(Self::ACTION, target.clone()).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<CreateAccountOutput, IdentityError> {
        let (id, now) = (request.resource.0, directory.clock.now());
        let name = &request.input.account_name;
        let transaction = work.transaction().await?;
        if !accounts::ensure(transaction, id, name, now).await? {
            return Err(IdentityError::EntityAlreadyExists(Entity::Account(id)));
        }
        let owner = Owner::Root { account: id };
        let NewAccessKey { access_key_id, secret_access_key } =
            directory.insert_access_key(transaction, &owner, now).await?;
        let account = Account { id, name: name.clone(), status: AccountStatus::Active, created_at: now };
        Ok(CreateAccountOutput {
            account: account.into(),
            root_access_key_id: access_key_id.to_string(),
            root_secret_access_key: SecretTextOut(secret_access_key),
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a CreateAccountInput,
        _: Option<&'a (AccountId, Target)>,
        output: Option<&'a CreateAccountOutput>,
    ) {
        shown
            .request
            .push_str("accountName", &*input.account_name)
            .push_opt_str("accountId", input.account_id.as_deref());
        if let Some(output) = output {
            shown
                .response
                .push_str("accountId", &*output.account.account_id)
                .push_str("rootAccessKeyId", &*output.root_access_key_id);
        }
    }
}

/// Twelve random digits, the first of which isn't zero.
fn random_id(directory: &Directory) -> Result<AccountId, IdentityError> {
    const SMALLEST: u64 = 100_000_000_000;
    const COUNT: u64 = 900_000_000_000;
    // The bias of the remainder is below 2^-24, and an id is no secret.
    let number = SMALLEST + u64::from_be_bytes(directory.random.bytes::<8>()?) % COUNT;
    AccountId::parse(&number.to_string()).map_err(|_| IdentityError::Row("account_id"))
}
