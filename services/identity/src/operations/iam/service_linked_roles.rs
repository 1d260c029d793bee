//! Roles that are linked to our services: made and deleted by operations of their own, and not changed by others.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use keywright_aws_api::AccountId;
use keywright_store::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::define::iam_operation;
use super::identities;
use super::identity_out::IdentityOut;
use super::operation::Subject;
use super::page::One;
use super::roles::SHORTEST_MAXIMUM;
use super::subjects::{NewIdentity, NewIdentityName, OfIdentity};
use crate::directory::Directory;
use crate::domain::aws_policies::{BuiltInPolicy, SECRETS_MANAGER_ROTATION};
use crate::domain::identity::IdentityKind;
use crate::error::{Entity, IdentityError};
use crate::store::identities::{StoredIdentity, StoredRole};
use crate::store::{deletion_tasks, identity_policies, policies, service_principals};

iam_operation! {
    /// Makes the role of one of our services.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html>
    CreateServiceLinkedRole: changes NewIdentity => One<IdentityOut> {
        #[member(name = "AWSServiceName", length = 1..=128, pattern = "[\\w+=,.@-]+")]
        service_name: String as "aWSServiceName",
        #[member(length = ..=1000, pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")]
        description: Option<String> as "description",
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        custom_suffix: Option<String> as "customSuffix",
    }
    name(_, input) {
        let name = role_name(&input.service_name, input.custom_suffix.as_deref());
        let path = format!("{PATH}{}/", input.service_name);
        NewIdentityName::named(IdentityKind::Role, &name, Some(&path))
    }
    keys(input, keys) {
        keys.push("iam:AWSServiceName", input.service_name.clone());
    }
    answer(response, made) {
        identities::show_made(response, &made.value);
    }
    run(directory, request, work) {
        let (input, transaction) = (request.input, work.transaction().await?);
        let service = &input.service_name;
        let services = service_principals::all(transaction).await?;
        if !services.iter().any(|(name, _)| name.as_str() == service) {
            let message = format!("{service} is none of this installation's services.");
            return Err(IdentityError::InvalidInput(message));
        }
        let role = &request.subject.0;
        if role.name.as_str().len() > LONGEST_ROLE_NAME {
            return Err(IdentityError::InvalidInput("The role's name would be too long.".to_owned()));
        }
        let role = StoredIdentity {
            role: Some(StoredRole {
                trust_policy: trust_policy(service),
                description: input.description.clone(),
                max_session_seconds: SHORTEST_MAXIMUM,
                service_name: Some(service.clone()),
                last_used: None,
            }),
            ..StoredIdentity::new(role.clone(), directory.clock.now())
        };
        identities::make(transaction, &role).await.map_err(|error| match error {
            IdentityError::EntityAlreadyExists(_) => {
                let name = &role.identity.name;
                IdentityError::InvalidInput(format!("The role {name} is there; try another suffix."))
            }
            error => error,
        })?;
        if let Some(policy) = own_policy(service) {
            policies::attach(transaction, &role.identity, &policy.arn()).await?;
        }
        Ok(One::of("Role", IdentityOut::made(role)))
    }
}

iam_operation! {
    /// Takes the role of a service away. Our services hold on to none, so that it is done at once.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html>
    DeleteServiceLinkedRole: changes StoredIdentity => One<String> {
        #[member(length = 1..=64, pattern = "[\\w+=,.@-]+")]
        role_name: String as "roleName",
    }
    name(_, input) {
        OfIdentity::named(IdentityKind::Role, &input.role_name)
    }
    answer(response, answer) {
        response.push_str("deletionTaskId", answer.value.as_str());
    }
    run(directory, request, work) {
        let (role, transaction) = (request.subject, work.transaction().await?);
        let identity = &role.identity;
        if modifiable(role).is_ok() {
            let entity = Entity::Identity(IdentityKind::Role, identity.name.to_string());
            return Err(IdentityError::NoSuchEntity(entity));
        }
        if let Some(policy) = role.role.as_ref().and_then(|role| own_policy(role.service_name.as_deref()?)) {
            // A role that was made by an earlier version hasn't got it.
            match identity_policies::detach(transaction, identity, &policy.arn()).await {
                Ok(()) | Err(IdentityError::NoSuchEntity(_)) => {}
                Err(error) => return Err(error),
            }
        }
        identities::delete(transaction, role).await?;
        let task = format!("{TASK}{}{}/{}", identity.path, identity.name, Uuid::now_v7());
        deletion_tasks::insert(transaction, identity.account, &task, directory.clock.now()).await?;
        Ok(One::of("DeletionTaskId", task))
    }
}

/// How a deletion went.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeletionStatus {
    status: &'static str,
}

iam_operation! {
    /// Tells how the deletion of a service's role went.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html>
    GetServiceLinkedRoleDeletionStatus: reads DeletionTask => DeletionStatus {
        #[member(length = 1..=1000)]
        deletion_task_id: String as "deletionTaskId",
    }
    name(_, input) {
        Ok(input.deletion_task_id.clone())
    }
    run(_, _, _) {
        // Those that are found are done.
        Ok(DeletionStatus { status: "SUCCEEDED" })
    }
}

/// A deletion, by its id.
pub(crate) struct DeletionTask(String);

impl Subject for DeletionTask {
    type Name = String;

    async fn find(
        _: &Directory,
        connection: &Connection,
        account: AccountId,
        id: String,
    ) -> Result<Self, IdentityError> {
        if deletion_tasks::exists(connection, account, &id).await? {
            Ok(Self(IdentityKind::Role.arn(account, role_of(&id))))
        } else {
            Err(IdentityError::NoSuchEntity(Entity::DeletionTask(id)))
        }
    }

    fn arn(&self) -> String {
        self.0.clone()
    }

    fn arn_of(account: AccountId, id: &String) -> String {
        IdentityKind::Role.arn(account, role_of(id))
    }

    fn resource_type(&self) -> Option<&'static str> {
        Some(IdentityKind::Role.resource_type())
    }
}

/// Sees that an identity is no role of a service.
///
/// # Errors
/// [`IdentityError::UnmodifiableEntity`].
pub(super) fn modifiable(stored: &StoredIdentity) -> Result<(), IdentityError> {
    match &stored.role {
        Some(StoredRole { service_name: Some(_), .. }) => {
            Err(IdentityError::UnmodifiableEntity(stored.identity.name.to_string()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Path and name of the role whose deletion has this id.
fn role_of(task_id: &str) -> &str {
    let behind = task_id.strip_prefix(TASK).filter(|rest| rest.starts_with(PATH));
    behind.and_then(|rest| rest.rsplit_once('/')).map_or("/*", |(role, _)| role)
}

/// The names that AWS gives; that of another service is made of its own.
fn role_name(service: &str, suffix: Option<&str>) -> String {
    let name = match service {
        "kms.amazonaws.com" => "KeyManagementService",
        "ssm.amazonaws.com" => "AmazonSSM",
        "secretsmanager.amazonaws.com" => "SecretsManager",
        "cloudtrail.amazonaws.com" => "CloudTrail",
        other => other.split('.').next().unwrap_or(other),
    };
    match suffix {
        Some(suffix) => format!("AWSServiceRoleFor{name}_{suffix}"),
        None => format!("AWSServiceRoleFor{name}"),
    }
}

/// What the role of a service may do; of most services nothing.
fn own_policy(service: &str) -> Option<&'static BuiltInPolicy> {
    match service {
        "secretsmanager.amazonaws.com" => Some(&SECRETS_MANAGER_ROTATION),
        _ => None,
    }
}

fn trust_policy(service: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" },
        ],
    })
    .to_string()
}

/// Where these roles are.
pub(super) const PATH: &str = "/aws-service-role/";
const TASK: &str = "task";
const LONGEST_ROLE_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_tells_its_role() {
        let id = "task/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM/0193";
        assert_eq!(role_of(id), "/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM");
        for other in ["", "task", "task/x/y", "/aws-service-role/x"] {
            assert_eq!(role_of(other), "/*", "{other}");
        }
    }
}
