//! CreateAccount: an account with the first access key of its root user, which is shown this once, and with a role for the
//! principals of the installation's first account, as AWS Organizations makes it.

use keywright_aws_api::shape::SecretTextOut;
use keywright_aws_api::{Access, Accesses, AccountId, Authorized, Call, Input, Operation, Shown, Target};
use keywright_crypto::RandomExt as _;
use keywright_service::PostgresWork;
use keywright_store::Transaction;
use serde::Serialize;

use super::{AccountOut, target};
use crate::directory::Directory;
use crate::domain::access_key::NewAccessKey;
use crate::domain::aws_policies::ADMINISTRATOR_ACCESS;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::domain::owner::Owner;
use crate::error::{Entity, IdentityError};
use crate::store::accounts::{self, Account, AccountStatus};
use crate::store::identities::{self, StoredIdentity, StoredRole};
use crate::store::policies;

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
        access_role(directory, transaction, id).await?;
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

/// Whom the first account lets in administers the new one by this role, until that takes it away.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html>
async fn access_role(
    directory: &Directory,
    transaction: &Transaction,
    account: AccountId,
) -> Result<(), IdentityError> {
    let (kind, name) = (IdentityKind::Role, IdentityName::parse(ACCESS_ROLE)?);
    let role = Identity::new(kind, account, name, Path::root(), directory.random.as_ref())?;
    let trust_policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": Owner::Root { account: directory.home }.arn() },
            "Action": "sts:AssumeRole",
        }],
    });
    let stored = StoredIdentity {
        role: Some(StoredRole {
            trust_policy: trust_policy.to_string(),
            description: None,
            max_session_seconds: 3_600,
            service_name: None,
            last_used: None,
        }),
        ..StoredIdentity::new(role, directory.clock.now())
    };
    identities::insert_stored(transaction, &stored).await?;
    policies::attach(transaction, &stored.identity, &ADMINISTRATOR_ACCESS.arn()).await
}

const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";

/// Twelve random digits, the first of which isn't zero.
fn random_id(directory: &Directory) -> Result<AccountId, IdentityError> {
    const SMALLEST: u64 = 100_000_000_000;
    const COUNT: u64 = 900_000_000_000;
    // The bias of the remainder is below 2^-24, and an id is no secret.
    let number = SMALLEST + u64::from_be_bytes(directory.random.bytes::<8>()?) % COUNT;
    AccountId::parse(&number.to_string()).map_err(|_| IdentityError::Row("account_id"))
}
