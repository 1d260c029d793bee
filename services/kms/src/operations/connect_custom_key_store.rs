//! ConnectCustomKeyStore and DisconnectCustomKeyStore.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html>

use std::marker::PhantomData;
use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;

use super::store_access::{change_store, store_name};
use super::wire::Nothing;
use crate::custom_stores::CustomStoreError;
use crate::domain::custom_store::ConnectionStateType as State;
use crate::error::Error;
use crate::service::Kms;
use crate::store;

pub(crate) type ConnectCustomKeyStore = ChangeConnection<Connect>;
pub(crate) type DisconnectCustomKeyStore = ChangeConnection<Disconnect>;

/// One of the two operations: they differ in their names and in what they make of a connection state.
pub(crate) struct ChangeConnection<C>(PhantomData<C>);

pub(crate) trait Change: Send + Sync + 'static {
    const NAME: &'static str;
    const ACTION: &'static str;

    /// The state behind `state`; the same where nothing is to be done, none where that can't be.
    fn next(state: State) -> Option<State>;
}

pub(crate) struct Connect;

impl Change for Connect {
    const NAME: &'static str = "ConnectCustomKeyStore";
    const ACTION: &'static str = "kms:ConnectCustomKeyStore";

    fn next(state: State) -> Option<State> {
        match state {
            State::Connected | State::Connecting => Some(state),
            State::Disconnected => Some(State::Connecting),
            State::Failed | State::Disconnecting => None,
        }
    }
}

pub(crate) struct Disconnect;

impl Change for Disconnect {
    const NAME: &'static str = "DisconnectCustomKeyStore";
    const ACTION: &'static str = "kms:DisconnectCustomKeyStore";

    fn next(state: State) -> Option<State> {
        match state {
            // Nothing has to be waited for.
            State::Connected | State::Connecting | State::Failed => Some(State::Disconnected),
            State::Disconnected | State::Disconnecting => None,
        }
    }
}

#[derive(Input)]
pub(crate) struct ChangeConnectionInput {
    #[member(length = 1..=64)]
    custom_key_store_id: String,
}

impl<C: Change> Operation for ChangeConnection<C> {
    type Service = Kms;
    type Input = ChangeConnectionInput;
    type Output = Nothing;
    type Resource = ();
    type Error = Error;
    const NAME: &'static str = C::NAME;
    const ACTION: &'static str = C::ACTION;
    const READ_ONLY: bool = false;

    async fn load(_kms: &Kms, _call: &Call, _input: &ChangeConnectionInput) -> Result<(), Error> {
        Ok(())
    }

    fn accesses(_call: &Call, _input: &ChangeConnectionInput, (): &()) -> Accesses {
        Access::any(Self::ACTION).into()
    }

    async fn run(
        kms: &Kms,
        request: Authorized<'_, Self>,
        work: &mut PostgresWork,
    ) -> Result<Nothing, Error> {
        let name = store_name(request.call, &request.input.custom_key_store_id);
        let state = change_store(kms, work, &name).await?.store.connection;
        let next = C::next(state).ok_or(CustomStoreError::InvalidState(state))?;
        if next != state {
            let transaction = work.transaction().await?;
            store::custom_stores::set_connection(transaction, &kms.region, &name, next).await?;
        }
        let to_connect = Arc::clone(&kms.to_connect);
        work.after_commit(move || to_connect.notify_one());
        Ok(Nothing {})
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a ChangeConnectionInput,
        _resource: Option<&'a ()>,
        _output: Option<&'a Nothing>,
    ) {
        shown.request.push_str("customKeyStoreId", input.custom_key_store_id.as_str());
    }
}
