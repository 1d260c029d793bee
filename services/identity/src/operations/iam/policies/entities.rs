//! Who has a managed policy.

use keywright_aws_api::wire_enum;
use serde::Serialize;

use super::PolicyUsage;
use super::subjects::PolicyArn;
use crate::domain::identity::IdentityKind;
use crate::domain::managed_policy::ManagedPolicy;
use crate::operations::iam::define::{iam_operation, recorded_enum};
use crate::operations::iam::page::{Page, slice};
use crate::store::managed_policies::{self, Entities, PolicyEntity};

wire_enum! {
    /// [EntityType](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html).
    pub(crate) enum EntityType {
        /// Users.
        User = "User",
        /// Roles.
        Role = "Role",
        /// Groups.
        Group = "Group",
        /// Managed policies of the account.
        LocalManagedPolicy = "LocalManagedPolicy",
        /// Managed policies that every account finds.
        AwsManagedPolicy = "AWSManagedPolicy",
    }
}
recorded_enum!(EntityType);

/// Those who have a policy, by their kinds.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EntitiesOut {
    policy_groups: Vec<GroupOut>,
    policy_users: Vec<UserOut>,
    policy_roles: Vec<RoleOut>,
    is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupOut {
    group_name: String,
    group_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserOut {
    user_name: String,
    user_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RoleOut {
    role_name: String,
    role_id: String,
}

iam_operation! {
    /// Tells which identities of the account a policy is attached to, or bounds.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html>
    ListEntitiesForPolicy: reads ManagedPolicy => EntitiesOut {
        #[member(length = 20..=2048)]
        policy_arn: String as "policyArn",
        entity_filter: Option<EntityType> as "entityFilter",
        #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
        path_prefix: Option<String> as "pathPrefix",
        policy_usage_filter: Option<PolicyUsage> as "policyUsageFilter",
        #[member(length = 1..=320, pattern = "[\\u0020-\\u00FF]+")]
        marker: Option<String> as "marker",
        #[member(range = 1..=1000)]
        max_items: Option<i32> as "maxItems",
    }
    name(_, input) {
        PolicyArn::parse(&input.policy_arn)
    }
    run(directory, request, _) {
        let (input, account) = (request.input, request.call.account());
        let slice = slice(input.marker.as_deref(), input.max_items)?;
        let which = Entities {
            kinds: kinds(input.entity_filter),
            path_prefix: input.path_prefix.as_deref().unwrap_or("/"),
            bounded: input.policy_usage_filter != Some(PolicyUsage::PermissionsPolicy),
            attached: input.policy_usage_filter != Some(PolicyUsage::PermissionsBoundary),
        };
        let connection = directory.store.connection().await?;
        let found =
            managed_policies::entities(&connection, account, &request.subject.arn, which, &slice).await?;
        let key = |entity: &PolicyEntity| entity.id.clone();
        Ok(by_kind(Page::of("Entities", found, &slice, key, |entity| entity)))
    }
}

fn kinds(filter: Option<EntityType>) -> &'static [IdentityKind] {
    match filter {
        None => &[IdentityKind::User, IdentityKind::Group, IdentityKind::Role],
        Some(EntityType::User) => &[IdentityKind::User],
        Some(EntityType::Group) => &[IdentityKind::Group],
        Some(EntityType::Role) => &[IdentityKind::Role],
        // No policy has a policy.
        Some(EntityType::LocalManagedPolicy | EntityType::AwsManagedPolicy) => &[],
    }
}

fn by_kind(page: Page<PolicyEntity>) -> EntitiesOut {
    let (items, marker) = page.into_parts();
    let mut out = EntitiesOut {
        policy_groups: Vec::new(),
        policy_users: Vec::new(),
        policy_roles: Vec::new(),
        is_truncated: marker.is_some(),
        marker,
    };
    for PolicyEntity { kind, id, name } in items {
        let name = name.to_string();
        match kind {
            IdentityKind::Group => out.policy_groups.push(GroupOut { group_name: name, group_id: id }),
            IdentityKind::User => out.policy_users.push(UserOut { user_name: name, user_id: id }),
            IdentityKind::Role => out.policy_roles.push(RoleOut { role_name: name, role_id: id }),
        }
    }
    out
}
