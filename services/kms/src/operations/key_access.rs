//! What must be allowed for an operation on a key, and how its record names the key.

use std::sync::Arc;

use keywright_aws_api::{Access, Accesses, Arn, Authorized, Call, Operation, Shown, Target};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use keywright_store::Transaction;

use crate::custom_stores::Requester;
use crate::domain::alias::AliasName;
use crate::domain::entry::KeyEntry;
use crate::domain::identifier::KeyIdentifier;
use crate::domain::key::Key;
use crate::error::Error;
use crate::events::{ALIAS_RESOURCE, KEY_RESOURCE};
use crate::service::Kms;
use crate::store::KeyRow;

/// An action on a key.
pub(crate) fn on_key(action: &'static str, entry: &KeyEntry) -> Access {
    Access::new(action, entry.target())
}

/// An action on an alias of the caller's account.
pub(crate) fn on_alias(action: &'static str, call: &Call, alias: &AliasName) -> Access {
    let account = call.account();
    let arn = alias.arn(&call.region, account).into();
    Access::new(action, own(arn, account))
}

/// What must be allowed before a caller hears that no key could be found by an identifier. Of another account's keys
/// only those hear who may use them, so that nobody can find out which there are.
pub(crate) fn unresolved(action: &'static str, call: &Call, identifier: &str) -> Accesses {
    match KeyIdentifier::parse(identifier, &call.region, call.account()) {
        Ok(KeyIdentifier::Key(name)) => {
            let arn = name.id.arn(&call.region, name.account).into();
            Access::new(action, own(arn, name.account)).into()
        }
        Ok(KeyIdentifier::Alias { account, name }) if account != call.account() => {
            let arn = Arn::regional("kms", &call.region, account, name).into();
            Access::new(action, own(arn, account)).into()
        }
        Ok(KeyIdentifier::Alias { .. }) | Err(_) => Access::any(action).into(),
    }
}

/// Who asks for what, for the proxies of external key stores.
pub(crate) fn requester<'a, O: Operation>(request: &Authorized<'a, O>) -> Requester<'a> {
    Requester { call: request.call, operation: O::NAME }
}

/// A customer's key that is being changed: locked, and dropped from every cache once the change is committed.
pub(crate) struct KeyChange<'w> {
    /// The key as it is now.
    pub(crate) key: Key,
    /// Where it is stored.
    pub(crate) at: KeyRow,
    /// The unit of work's.
    pub(crate) transaction: &'w Transaction,
}

/// Begins to change the key that was authorized.
///
/// # Errors
/// As of [`Kms::change_customer_key`].
pub(crate) async fn change_key<'w, O>(
    kms: &Kms,
    request: &Authorized<'_, O>,
    work: &'w mut PostgresWork,
) -> Result<KeyChange<'w>, Error>
where
    O: Operation<Service = Kms, Resource: AsRef<KeyEntry>>,
{
    let name = request.resource.as_ref().name();
    let key = kms.change_customer_key(work, name, request.call, O::ACTION).await?;
    Ok(KeyChange { key, at: KeyRow::new(&kms.region, name), transaction: work.transaction().await? })
}

/// The same for what can't be done to a key that waits for its deletion.
///
/// # Errors
/// Also [`Error::KeyPendingDeletion`].
pub(crate) async fn change_manageable_key<'w, O>(
    kms: &Kms,
    request: &Authorized<'_, O>,
    work: &'w mut PostgresWork,
) -> Result<KeyChange<'w>, Error>
where
    O: Operation<Service = Kms, Resource: AsRef<KeyEntry>>,
{
    let change = change_key(kms, request, work).await?;
    change.key.check_manageable()?;
    Ok(change)
}

/// Names a key in the record.
pub(crate) fn show_key<'a>(shown: &mut Shown<'a>, entry: Option<&'a KeyEntry>) {
    if let Some(entry) = entry {
        shown.resource(entry.key.account.as_str(), KEY_RESOURCE, &entry.key.arn);
    }
}

/// Names an alias in the record.
pub(crate) fn show_alias<'a>(shown: &mut Shown<'a>, account: &'a str, arn: &'a str) {
    shown.resource(account, ALIAS_RESOURCE, arn);
}

fn own(arn: Arc<str>, account: keywright_aws_api::AccountId) -> Target {
    Target { arn, account: Some(account), policy: None, rule: ResourcePolicyRule::Additional }
}
