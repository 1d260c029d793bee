//! Tags of users and roles.

use keywright_store::Transaction;

use super::define::iam_operation;
use super::page::{Page, slice};
use super::subjects::OfIdentity;
use super::tag::{self, Tag};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::tags::{Tags, without_tags};
use crate::error::IdentityError;
use crate::store::identities::StoredIdentity;
use crate::store::{changes, identity_edits};

macro_rules! tag_operations {
    ($kind:ident, $member:ident, $longest:tt as $shown:literal: $tag:ident, $untag:ident, $list:ident) => {
        iam_operation! {
            /// Sets tags; one replaces the tag of its key.
            $tag: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = ..=50)]
                tags: Vec<Tag> as "tags",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            keys(input, keys) {
                tag::push_request_tags(keys, &input.tags);
            }
            run(_, request, work) {
                let (transaction, identity) = (work.transaction().await?, &request.subject.identity);
                let tags = locked_tags(transaction, identity).await?;
                set(transaction, identity, tag::put_over(tags, &request.input.tags)?).await
            }
        }

        iam_operation! {
            /// Takes tags away.
            $untag: changes StoredIdentity => () {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = ..=50, each(length = 1..=128, pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"))]
                tag_keys: Vec<String> as "tagKeys",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            keys(input, keys) {
                tag::push_tag_keys(keys, &input.tag_keys);
            }
            run(_, request, work) {
                let (transaction, identity) = (work.transaction().await?, &request.subject.identity);
                let tags = locked_tags(transaction, identity).await?;
                set(transaction, identity, without_tags(tags, &request.input.tag_keys)).await
            }
        }

        iam_operation! {
            /// Tells the tags, in the order of their keys.
            $list: reads StoredIdentity => Page<Tag> {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
                marker: Option<String> as "marker",
                #[member(range = 1..=1000)]
                max_items: Option<i32> as "maxItems",
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            run(_, request, _) {
                let slice = slice(request.input.marker.as_deref(), request.input.max_items)?;
                Ok(Page::of_all("Tags", tag::listed(&request.subject.tags), &slice, |tag: &Tag| tag.key.as_str()))
            }
        }
    };
}

tag_operations!(User, user_name, 128 as "userName": TagUser, UntagUser, ListUserTags);
tag_operations!(Role, role_name, 64 as "roleName": TagRole, UntagRole, ListRoleTags);

/// As they are now, not as they were when the request was loaded.
async fn locked_tags(transaction: &Transaction, identity: &Identity) -> Result<Tags, IdentityError> {
    identity_edits::lock(transaction, identity).await?;
    identity_edits::current_tags(transaction, identity).await
}

async fn set(transaction: &Transaction, identity: &Identity, tags: Tags) -> Result<(), IdentityError> {
    identity_edits::set_tags(transaction, identity, &tags).await?;
    changes::note_identity(transaction, identity).await
}
