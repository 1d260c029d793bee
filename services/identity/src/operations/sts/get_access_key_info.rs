//! [GetAccessKeyInfo](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html).

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use crate::directory::Directory;
use crate::domain::access_key::AccessKeyId;
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;
use crate::store::access_keys;

/// Tells the account of an access key, whether or not it can be used now. That of temporary credentials tells its account
/// by itself.
pub struct GetAccessKeyInfo;

/// Of which.
#[derive(Input)]
pub struct GetAccessKeyInfoInput {
    #[member(length = 16..=128, pattern = "[0-9A-Za-z_]*")]
    access_key_id: String,
}

/// Whose it is.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAccessKeyInfoOutput {
    account: String,
}

impl Operation for GetAccessKeyInfo {
    type Service = Directory;
    type Input = GetAccessKeyInfoInput;
    type Output = GetAccessKeyInfoOutput;
    type Resource = ();
    type Error = IdentityError;

    const NAME: &'static str = "GetAccessKeyInfo";
    const ACTION: &'static str = "sts:GetAccessKeyInfo";
    const READ_ONLY: bool = true;

    async fn load(_: &Directory, _: &Call, _: &GetAccessKeyInfoInput) -> Result<(), IdentityError> {
        Ok(())
    }

    fn accesses(_: &Call, _: &GetAccessKeyInfoInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<GetAccessKeyInfoOutput, IdentityError> {
        let asked = &request.input.access_key_id;
        let unknown = || StsRefusal::NoSuchAccessKey(asked.clone());
        let id = AccessKeyId::parse(asked).map_err(|_| unknown())?;
        let account = if id.is_temporary() {
            id.temporary_account()
        } else {
            access_keys::account_of(&directory.store.connection().await?, &id).await?
        };
        Ok(GetAccessKeyInfoOutput { account: account.ok_or_else(unknown)?.to_string() })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a GetAccessKeyInfoInput,
        _: Option<&'a ()>,
        _: Option<&'a GetAccessKeyInfoOutput>,
    ) {
        shown.request.push_str("accessKeyId", &*input.access_key_id);
    }
}
