//! What is done alike with users, groups and roles.

use keywright_audit_log::Fields;
use keywright_aws_api::Call;
use keywright_aws_api::shown::shown_time;
use keywright_store::Transaction;

use super::boundaries;
use super::identity_out::IdentityOut;
use super::page::{Page, slice};
use crate::directory::Directory;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::{IdentityName, Path};
use crate::error::IdentityError;
use crate::store::identities::{self, StoredIdentity};
use crate::store::{changes, identity_edits, lists};

/// Stores a new identity, if the account may have another one.
///
/// # Errors
/// [`IdentityError`] with AWS's code.
pub(super) async fn make(transaction: &Transaction, new: &StoredIdentity) -> Result<(), IdentityError> {
    identity_edits::admit_another(transaction, new.identity.account, new.identity.kind).await?;
    if let Some(boundary) = &new.boundary_arn {
        boundaries::require(transaction, new.identity.account, boundary).await?;
    }
    identities::insert_stored(transaction, new).await
}

/// What the record shows of an identity that was made.
pub(super) fn show_made<'a>(response: &mut Fields<'a>, made: &'a IdentityOut) {
    let StoredIdentity { identity, created_at, .. } = &made.stored;
    let (member, name, id) = match identity.kind {
        IdentityKind::User => ("user", "userName", "userId"),
        IdentityKind::Group => ("group", "groupName", "groupId"),
        IdentityKind::Role => ("role", "roleName", "roleId"),
    };
    let mut shown = Fields::new();
    shown
        .push_str("path", identity.path.as_str())
        .push_str(name, identity.name.as_str())
        .push_str(id, identity.id.as_str())
        .push_str("arn", identity.arn())
        .push_str("createDate", shown_time(*created_at));
    response.push_object(member, shown);
}

/// The ARN that an identity would have under a new name or path, if that is another one.
pub(super) fn new_arn(stored: &StoredIdentity, name: Option<&str>, path: Option<&str>) -> Option<String> {
    let Identity { kind, account, name: old_name, path: old_path, .. } = &stored.identity;
    let (name, path) = (name.unwrap_or(old_name.as_str()), path.unwrap_or(old_path.as_str()));
    let arn = kind.arn(*account, &format!("{path}{name}"));
    (arn != stored.identity.arn()).then_some(arn)
}

/// Gives an identity a new name or path.
///
/// # Errors
/// [`IdentityError`] with AWS's code.
pub(super) async fn rename(
    transaction: &Transaction,
    stored: &StoredIdentity,
    name: Option<&str>,
    path: Option<&str>,
) -> Result<(), IdentityError> {
    let identity = &stored.identity;
    let name = name.map_or_else(|| Ok(identity.name.clone()), IdentityName::parse)?;
    let path = path.map_or_else(|| Ok(identity.path.clone()), Path::parse)?;
    identity_edits::lock(transaction, identity).await?;
    identity_edits::rename(transaction, identity, &name, &path).await?;
    changes::note_identity(transaction, identity).await
}

/// Takes an identity away.
///
/// # Errors
/// [`IdentityError`] with AWS's code.
pub(super) async fn delete(transaction: &Transaction, stored: &StoredIdentity) -> Result<(), IdentityError> {
    identity_edits::lock(transaction, &stored.identity).await?;
    // While it is there to be found.
    changes::note_identity(transaction, &stored.identity).await?;
    identity_edits::delete(transaction, &stored.identity).await
}

/// A page of the identities of one kind.
///
/// # Errors
/// [`IdentityError`] with AWS's code.
pub(super) async fn list(
    directory: &Directory,
    call: &Call,
    kind: IdentityKind,
    path_prefix: Option<&str>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<IdentityOut>, IdentityError> {
    let slice = slice(marker, max_items)?;
    let connection = directory.store.connection().await?;
    let prefix = path_prefix.unwrap_or("/");
    let found = lists::of_account(&connection, call.account(), kind, prefix, &slice).await?;
    let member = match kind {
        IdentityKind::User => "Users",
        IdentityKind::Group => "Groups",
        IdentityKind::Role => "Roles",
    };
    Ok(page(member, found, &slice))
}

/// A page of identities that were read in the order of their names.
pub(super) fn page(
    member: &'static str,
    found: Vec<StoredIdentity>,
    slice: &lists::Slice,
) -> Page<IdentityOut> {
    let key = |stored: &StoredIdentity| stored.identity.name.as_str().to_ascii_lowercase();
    Page::of(member, found, slice, key, IdentityOut::listed)
}
