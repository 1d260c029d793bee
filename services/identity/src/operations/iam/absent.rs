//! What users of AWS have and nobody has here: passwords, second factors, SSH keys, certificates, credentials of single
//! services, instance profiles. Tools ask for them before they delete a user or a role, so the answers are empty.

use super::define::iam_operation;
use super::page::{Page, slice};
use super::roles::Nothing;
use super::subjects::OfIdentity;
use crate::domain::identity::IdentityKind;
use crate::error::{Entity, IdentityError};
use crate::store::identities::StoredIdentity;

macro_rules! empty_list {
    ($list:ident, $longest:tt, $member:literal { $( $also:ident: $type:ty as $shown:literal ),* }) => {
        iam_operation! {
            /// Tells that the user has none.
            $list: reads StoredIdentity => Page<Nothing> {
                #[member(length = 1..=$longest, pattern = "[\\w+=,.@-]+")]
                user_name: Option<String> as "userName",
                #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
                marker: Option<String> as "marker",
                #[member(range = 1..=1000)]
                max_items: Option<i32> as "maxItems",
                $( $also: $type as $shown, )*
            }
            name(call, input) {
                OfIdentity::user_or_caller(call, input.user_name.as_deref())
            }
            run(_, request, _) {
                slice(request.input.marker.as_deref(), request.input.max_items)?;
                Ok(Page::empty($member))
            }
        }
    };
}

empty_list!(ListMFADevices, 128, "MFADevices" {});
empty_list!(ListSSHPublicKeys, 64, "SSHPublicKeys" {});
empty_list!(ListSigningCertificates, 128, "Certificates" {});
empty_list!(ListServiceSpecificCredentials, 64, "ServiceSpecificCredentials" {
    service_name: Option<String> as "serviceName",
    all_users: Option<bool> as "allUsers"
});

iam_operation! {
    /// Tells that the role is in no instance profile.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html>
    ListInstanceProfilesForRole: reads StoredIdentity => Page<Nothing> {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(_, request, _) {
        slice(request.input.marker.as_deref(), request.input.max_items)?;
        Ok(Page::empty("InstanceProfiles"))
    }
}

iam_operation! {
    /// Tells that the user has no password.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html>
    GetLoginProfile: reads StoredIdentity => () {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        user_name: Option<String> as "userName",
    }
    name(call, input) {
        OfIdentity::user_or_caller(call, input.user_name.as_deref())
    }
    run(_, request, _) {
        let name = request.subject.identity.name.to_string();
        Err(IdentityError::NoSuchEntity(Entity::LoginProfile(name)))
    }
}
