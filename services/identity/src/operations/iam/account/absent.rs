//! What accounts of AWS have and none has here: rules for passwords, second factors, certificates, SAML providers, instance
//! profiles. Tools ask for them, so the answers are empty.

use keywright_aws_api::wire_enum;

use crate::error::{Entity, IdentityError};
use crate::operations::iam::define::{iam_operation, recorded_enum};
use crate::operations::iam::page::{One, Page, slice};
use crate::operations::iam::roles::Nothing;
use crate::operations::iam::subjects::WholeAccount;

iam_operation! {
    /// Tells that there are no rules for passwords, as there are no passwords.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html>
    GetAccountPasswordPolicy: reads WholeAccount => () {}
    name(_, _) {
        Ok(())
    }
    run(_, _, _) {
        Err(IdentityError::NoSuchEntity(Entity::PasswordPolicy))
    }
}

iam_operation! {
    /// Tells that there are no SAML providers.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSAMLProviders.html>
    ListSAMLProviders: reads WholeAccount => One<Vec<Nothing>> {}
    name(_, _) {
        Ok(())
    }
    run(_, _, _) {
        Ok(One::of("SAMLProviderList", Vec::new()))
    }
}

wire_enum! {
    /// Which second factors are listed.
    pub(crate) enum AssignmentStatus {
        /// Those that a user has.
        Assigned = "Assigned",
        /// Those that nobody has.
        Unassigned = "Unassigned",
        /// All.
        Any = "Any",
    }
}
recorded_enum!(AssignmentStatus);

macro_rules! empty_list {
    ($list:ident, $member:literal { $( $(#[$attribute:meta])* $also:ident: $type:ty as $shown:literal ),* }) => {
        iam_operation! {
            /// Tells that there are none.
            $list: reads WholeAccount => Page<Nothing> {
                $( $(#[$attribute])* $also: $type as $shown, )*
                #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
                marker: Option<String> as "marker",
                #[member(range = 1..=1000)]
                max_items: Option<i32> as "maxItems",
            }
            name(_, _) {
                Ok(())
            }
            run(_, request, _) {
                slice(request.input.marker.as_deref(), request.input.max_items)?;
                Ok(Page::empty($member))
            }
        }
    };
}

empty_list!(ListVirtualMFADevices, "VirtualMFADevices" {
    assignment_status: Option<AssignmentStatus> as "assignmentStatus"
});
empty_list!(ListServerCertificates, "ServerCertificateMetadataList" {
    #[member(length = 1..=512, pattern = "\\u002F[\\u0021-\\u007F]*")]
    path_prefix: Option<String> as "pathPrefix"
});
empty_list!(ListInstanceProfiles, "InstanceProfiles" {
    #[member(length = 1..=512, pattern = "\\u002F[\\u0021-\\u007F]*")]
    path_prefix: Option<String> as "pathPrefix"
});
