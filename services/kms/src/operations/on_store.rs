//! What is done to a custom key store as a whole: ConnectCustomKeyStore, DisconnectCustomKeyStore and
//! DeleteCustomKeyStore.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html>

use std::marker::PhantomData;
use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_policy::ContextKeys as _;
use keywright_service::PostgresWork;

use super::condition_keys::ConditionKeys;
use super::store_access::{change_store, store_name};
use super::wire::Nothing;
use crate::custom_stores::CustomStoreError;
use crate::domain::custom_store::{ConnectionStateType as State, CustomKeyStore};
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) type ConnectCustomKeyStore = OnStore<Connect>;
pub(crate) type DisconnectCustomKeyStore = OnStore<Disconnect>;
pub(crate) type DeleteCustomKeyStore = OnStore<Delete>;

/// One of the operations: they differ in their names and in what they do to the store.
pub(crate) struct OnStore<D>(PhantomData<D>);

pub(crate) trait Deed: Send + Sync + 'static {
    const NAME: &'static str;
    const ACTION: &'static str;

    /// Does it to a store that is locked.
    fn apply(
        kms: &Kms,
        work: &mut PostgresWork,
        store: CustomKeyStore,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

pub(crate) struct Connect;

impl Deed for Connect {
    const NAME: &'static str = "ConnectCustomKeyStore";
    const ACTION: &'static str = "kms:ConnectCustomKeyStore";

    async fn apply(kms: &Kms, work: &mut PostgresWork, store: CustomKeyStore) -> Result<(), Error> {
        match store.connection {
            State::Connected | State::Connecting => {}
            State::Disconnected => set_connection(kms, work, &store, State::Connecting).await?,
            State::Failed | State::Disconnecting => return Err(wrong_state(&store)),
        }
        let to_connect = Arc::clone(&kms.to_connect);
        work.after_commit(move || to_connect.notify_one());
        Ok(())
    }
}

pub(crate) struct Disconnect;

impl Deed for Disconnect {
    const NAME: &'static str = "DisconnectCustomKeyStore";
    const ACTION: &'static str = "kms:DisconnectCustomKeyStore";

    async fn apply(kms: &Kms, work: &mut PostgresWork, store: CustomKeyStore) -> Result<(), Error> {
        match store.connection {
            // Nothing has to be waited for.
            State::Connected | State::Connecting | State::Failed => {
                set_connection(kms, work, &store, State::Disconnected).await
            }
            State::Disconnected | State::Disconnecting => Err(wrong_state(&store)),
        }
    }
}

pub(crate) struct Delete;

impl Deed for Delete {
    const NAME: &'static str = "DeleteCustomKeyStore";
    const ACTION: &'static str = "kms:DeleteCustomKeyStore";

    async fn apply(kms: &Kms, work: &mut PostgresWork, store: CustomKeyStore) -> Result<(), Error> {
        let transaction = work.transaction().await?;
        if store::custom_stores::has_keys(transaction, &kms.region, &store.name).await? {
            return Err(CustomStoreError::HasKeys.into());
        }
        if store.connection != State::Disconnected {
            return Err(wrong_state(&store));
        }
        Ok(store::custom_stores::delete(transaction, &kms.region, &store.name).await?)
    }
}

#[derive(Input)]
pub(crate) struct OnStoreInput {
    #[member(length = 1..=64)]
    custom_key_store_id: String,
}

impl<D: Deed> Operation for OnStore<D> {
    type Service = Kms;
    type Input = OnStoreInput;
    type Output = Nothing;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = D::NAME;
    const ACTION: &'static str = D::ACTION;
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, _input: &OnStoreInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &OnStoreInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    fn condition_key(
        call: &Call,
        _input: &OnStoreInput,
        _loaded: Option<&()>,
        _access: usize,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        ConditionKeys::new(call, None).get(key, each)
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let name = store_name(request.call, &request.input.custom_key_store_id);
        let store = change_store(kms, work, &name).await?.store;
        D::apply(kms, work, store).await?;
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a OnStoreInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("customKeyStoreId", input.custom_key_store_id.as_str());
    }
}

async fn set_connection(
    kms: &Kms,
    work: &mut PostgresWork,
    store: &CustomKeyStore,
    state: State,
) -> Result<(), Error> {
    let transaction = work.transaction().await?;
    Ok(store::custom_stores::set_connection(transaction, &kms.region, &store.name, state).await?)
}

fn wrong_state(store: &CustomKeyStore) -> Error {
    CustomStoreError::InvalidState(store.connection).into()
}
