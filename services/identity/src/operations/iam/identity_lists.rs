//! Which users, groups and roles there are: `ListUsers`, `ListGroups` and `ListRoles`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>

use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::Page;
use super::subjects::WholeAccount;
use crate::domain::identity::IdentityKind;

macro_rules! list_operation {
    ($kind:ident: $list:ident) => {
        iam_operation! {
            /// Tells which identities of this kind there are.
            $list: reads WholeAccount => Page<IdentityOut> {
                #[member(length = 1..=512, pattern = "\\u002F[\\u0021-\\u007F]*")]
                path_prefix: Option<String> as "pathPrefix",
                #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
                marker: Option<String> as "marker",
                #[member(range = 1..=1000)]
                max_items: Option<i32> as "maxItems",
            }
            name(_, _) {
                Ok(())
            }
            run(directory, request, _) {
                let input = request.input;
                let (kind, prefix) = (IdentityKind::$kind, input.path_prefix.as_deref());
                identities::list(directory, request.call, kind, prefix, input.marker.as_deref(), input.max_items)
                    .await
            }
        }
    };
}

list_operation!(User: ListUsers);
list_operation!(Group: ListGroups);
list_operation!(Role: ListRoles);
