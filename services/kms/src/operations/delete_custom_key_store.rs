//! DeleteCustomKeyStore.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html>

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::store_access::{change_store, store_name};
use super::wire::Nothing;
use crate::custom_stores::CustomStoreError;
use crate::domain::custom_store::ConnectionStateType;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) struct DeleteCustomKeyStore;

#[derive(Input)]
pub(crate) struct DeleteCustomKeyStoreInput {
    #[member(length = 1..=64)]
    custom_key_store_id: String,
}

impl Operation for DeleteCustomKeyStore {
    type Service = Kms;
    type Input = DeleteCustomKeyStoreInput;
    type Output = Nothing;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = "DeleteCustomKeyStore";
    const ACTION: &'static str = "kms:DeleteCustomKeyStore";
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, _input: &DeleteCustomKeyStoreInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &DeleteCustomKeyStoreInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let name = store_name(request.call, &request.input.custom_key_store_id);
        let store = change_store(kms, work, &name).await?.store;
        let transaction = work.transaction().await?;
        if store::custom_stores::has_keys(transaction, &kms.region, &name).await? {
            return Err(CustomStoreError::HasKeys.into());
        }
        if store.connection != ConnectionStateType::Disconnected {
            return Err(CustomStoreError::InvalidState(store.connection).into());
        }
        store::custom_stores::delete(transaction, &kms.region, &name).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a DeleteCustomKeyStoreInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("customKeyStoreId", input.custom_key_store_id.as_str());
    }
}
