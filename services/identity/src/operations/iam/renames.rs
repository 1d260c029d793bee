//! New names and paths: `UpdateUser` and `UpdateGroup`. A role keeps its name.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>

use super::define::iam_operation;
use super::identities;
use super::subjects::OfIdentity;
use crate::domain::identity::IdentityKind;
use crate::store::identities::StoredIdentity;

macro_rules! rename_operation {
    (
        $kind:ident: $update:ident, $member:ident as $shown:literal,
        $new_member:ident, $longest:tt as $new_shown:literal
    ) => {
        iam_operation! {
            /// Gives an identity another name or path.
            $update: changes StoredIdentity => () {
                #[member(length = 1..=128, pattern = "[\\w+=,.@-]+")]
                $member: String as $shown,
                #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
                new_path: Option<String> as "newPath",
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                $new_member: Option<String> as $new_shown,
            }
            name(_, input) {
                OfIdentity::named(IdentityKind::$kind, &input.$member)
            }
            also(input, identity) {
                identities::new_arn(identity, input.$new_member.as_deref(), input.new_path.as_deref())
            }
            run(_, request, work) {
                let input = request.input;
                let (name, path) = (input.$new_member.as_deref(), input.new_path.as_deref());
                identities::rename(work.transaction().await?, request.subject, name, path).await
            }
        }
    };
}

rename_operation!(User: UpdateUser, user_name as "userName", new_user_name, 64 as "newUserName");
rename_operation!(Group: UpdateGroup, group_name as "groupName", new_group_name, 128 as "newGroupName");
