//! Roles: `CreateRole`, `GetRole`, `UpdateRole`, `UpdateRoleDescription`, `UpdateAssumeRolePolicy` and `DeleteRole`.

use serde::Serialize;

use super::boundaries;
use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::page::One;
use super::service_linked_roles::{PATH as PATH_OF_SERVICES, modifiable};
use super::subjects::{NewIdentity, NewIdentityName, OfIdentity};
use super::tag::{self, Tag};
use super::trust::require_principals;
use crate::domain::identity::IdentityKind;
use crate::domain::trust_policy::TrustPolicyText;
use crate::error::IdentityError;
use crate::store::identities::{StoredIdentity, StoredRole};
use crate::store::identity_edits;

iam_operation! {
    /// Makes a role that those whom its trust policy names may assume.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
    CreateRole: changes NewIdentity => One<IdentityOut> {
        #[member(length = 1..=512, pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")]
        path: Option<String> as "path",
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        assume_role_policy_document: String as "assumeRolePolicyDocument",
        #[member(length = ..=1000, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")]
        description: Option<String> as "description",
        #[member(range = 3600..=43200)]
        max_session_duration: Option<i32> as "maxSessionDuration",
        #[member(length = 20..=2048)]
        permissions_boundary: Option<String> as "permissionsBoundary",
        #[member(length = ..=50)]
        tags: Option<Vec<Tag>> as "tags",
    }
    name(_, input) {
        NewIdentityName::named(IdentityKind::Role, &input.role_name, input.path.as_deref())
    }
    keys(input, keys) {
        tag::push_request_tags(keys, input.tags.as_deref().unwrap_or_default());
        boundaries::push_requested(keys, input.permissions_boundary.as_deref());
    }
    tags(input) "iam:TagRole"
    answer(response, made) {
        identities::show_made(response, &made.value);
    }
    run(directory, request, work) {
        let (input, transaction) = (request.input, work.transaction().await?);
        if input.path.as_deref().is_some_and(|path| path.starts_with(PATH_OF_SERVICES)) {
            let message = format!("The path {PATH_OF_SERVICES} is for roles that are linked to services.");
            return Err(IdentityError::InvalidInput(message));
        }
        let trust_policy = TrustPolicyText::parse(&input.assume_role_policy_document)?;
        require_principals(transaction, trust_policy.document()).await?;
        let role = StoredIdentity {
            tags: tag::put_over(Default::default(), input.tags.as_deref().unwrap_or_default())?,
            boundary_arn: input.permissions_boundary.clone(),
            role: Some(StoredRole {
                trust_policy: trust_policy.as_str().to_owned(),
                description: input.description.clone(),
                max_session_seconds: seconds(input.max_session_duration).unwrap_or(SHORTEST_MAXIMUM),
                service_name: None,
                last_used: None,
            }),
            ..StoredIdentity::new(request.subject.0.clone(), directory.clock.now())
        };
        identities::make(transaction, &role).await?;
        Ok(One::of("Role", IdentityOut::made(role)))
    }
}

iam_operation! {
    /// Tells of a role.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>
    GetRole: reads StoredIdentity => One<IdentityOut> {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(directory, request, _) {
        let mut stored = request.subject.clone();
        directory.last_use.add_to_role(&mut stored);
        Ok(One::of("Role", IdentityOut::whole(stored)))
    }
}

/// Nothing, in an element of its own.
#[derive(Serialize)]
pub(crate) struct Nothing {}

iam_operation! {
    /// Sets a role's description, and how long its sessions may be.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>
    UpdateRole: changes StoredIdentity => Nothing {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
        #[member(length = ..=1000, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")]
        description: Option<String> as "description",
        #[member(range = 3600..=43200)]
        max_session_duration: Option<i32> as "maxSessionDuration",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(_, request, work) {
        let (input, role, transaction) = (request.input, request.subject, work.transaction().await?);
        if input.max_session_duration.is_some() {
            modifiable(role)?;
        }
        identity_edits::lock(transaction, &role.identity).await?;
        let (description, seconds) = (input.description.as_deref(), seconds(input.max_session_duration));
        identity_edits::set_role_settings(transaction, &role.identity, description, seconds).await?;
        Ok(Nothing {})
    }
}

iam_operation! {
    /// Sets a role's description; also that of a role which is linked to a service.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html>
    UpdateRoleDescription: changes StoredIdentity => One<IdentityOut> {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
        #[member(length = ..=1000, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")]
        description: String as "description",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(_, request, work) {
        let (role, transaction) = (request.subject, work.transaction().await?);
        let description = &request.input.description;
        identity_edits::lock(transaction, &role.identity).await?;
        identity_edits::set_role_settings(transaction, &role.identity, Some(description), None).await?;
        let mut described = role.clone();
        if let Some(role) = &mut described.role {
            role.description = Some(description.clone());
        }
        Ok(One::of("Role", IdentityOut::made(described)))
    }
}

iam_operation! {
    /// Sets who may assume a role. Sessions that there are go on.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
    UpdateAssumeRolePolicy: changes StoredIdentity => () {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
        #[member(length = 1..=131_072, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")]
        policy_document: String as "policyDocument",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(_, request, work) {
        let (role, transaction) = (request.subject, work.transaction().await?);
        let policy = TrustPolicyText::parse(&request.input.policy_document)?;
        modifiable(role)?;
        require_principals(transaction, policy.document()).await?;
        identity_edits::lock(transaction, &role.identity).await?;
        Ok(identity_edits::set_trust_policy(transaction, &role.identity, &policy).await?)
    }
}

iam_operation! {
    /// Takes a role away that has no policies any more; its sessions end.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
    DeleteRole: changes StoredIdentity => () {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    run(_, request, work) {
        modifiable(request.subject)?;
        identities::delete(work.transaction().await?, request.subject).await
    }
}

fn seconds(given: Option<i32>) -> Option<u32> {
    given.and_then(|seconds| u32::try_from(seconds).ok())
}

/// How long sessions may be where nothing is said: an hour.
pub(super) const SHORTEST_MAXIMUM: u32 = 3_600;
