//! Roles that are linked to our services.

use crate::fixture::Fixture;
use crate::query::{done, element, refused};
use crate::roles::{ACCOUNT, trust};

const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operations_for_it_change_it() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let service = ("AWSServiceName", "ssm.amazonaws.com");
    let made = done(&f, &admin, "CreateServiceLinkedRole", &[service, ("Description", "d")]).await;
    let name = "AWSServiceRoleForAmazonSSM";
    let path = "arn:aws:iam::111122223333:role/aws-service-role/ssm.amazonaws.com";
    assert_eq!(element(&made, "Arn"), format!("{path}/{name}"));
    assert!(element(&made, "AssumeRolePolicyDocument").contains("ssm.amazonaws.com"));
    refused(&f, &admin, "CreateServiceLinkedRole", &[service], (400, "InvalidInput")).await;
    let other = done(&f, &admin, "CreateServiceLinkedRole", &[service, ("CustomSuffix", "two")]).await;
    assert_eq!(element(&other, "RoleName"), format!("{name}_two"));
    let unknown = [("AWSServiceName", "ec2.amazonaws.com")];
    refused(&f, &admin, "CreateServiceLinkedRole", &unknown, (400, "InvalidInput")).await;

    let (role, arn) = (("RoleName", name), "arn:aws:iam::aws:policy/AdministratorAccess");
    let trusted = trust(ACCOUNT);
    for (operation, members) in [
        ("DeleteRole", vec![]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", trusted.as_str())]),
        ("UpdateRole", vec![("MaxSessionDuration", "7200")]),
        ("PutRolePolicy", vec![("PolicyName", "p"), ("PolicyDocument", crate::iam::ALLOW)]),
        ("DeleteRolePolicy", vec![("PolicyName", "p")]),
        ("AttachRolePolicy", vec![("PolicyArn", arn)]),
        ("DetachRolePolicy", vec![("PolicyArn", arn)]),
        ("PutRolePermissionsBoundary", vec![("PermissionsBoundary", arn)]),
        ("DeleteRolePermissionsBoundary", vec![]),
    ] {
        let members: Vec<_> = members.into_iter().chain([role]).collect();
        refused(&f, &admin, operation, &members, (400, "UnmodifiableEntity")).await;
    }
    done(&f, &admin, "UpdateRoleDescription", &[role, ("Description", "other")]).await;
    done(&f, &admin, "UpdateRole", &[role, ("Description", "another")]).await;

    let deleted = done(&f, &admin, "DeleteServiceLinkedRole", &[role]).await;
    let task = element(&deleted, "DeletionTaskId").to_owned();
    assert!(task.starts_with(&format!("task/aws-service-role/ssm.amazonaws.com/{name}/")), "{task}");
    let status = [("DeletionTaskId", task.as_str())];
    let told = done(&f, &admin, "GetServiceLinkedRoleDeletionStatus", &status).await;
    assert_eq!(element(&told, "Status"), "SUCCEEDED");
    refused(&f, &admin, "GetRole", &[role], NO_SUCH).await;
    let forged = [("DeletionTaskId", "task/aws-service-role/ssm.amazonaws.com/x/1")];
    refused(&f, &admin, "GetServiceLinkedRoleDeletionStatus", &forged, NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_ones_own_is_not_deleted_as_one() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let trusted = trust(ACCOUNT);
    done(&f, &admin, "CreateRole", &[("RoleName", "app"), ("AssumeRolePolicyDocument", &trusted)]).await;
    refused(&f, &admin, "DeleteServiceLinkedRole", &[("RoleName", "app")], NO_SUCH).await;
    done(&f, &admin, "GetRole", &[("RoleName", "app")]).await;
    let long = [("AWSServiceName", "kms.amazonaws.com"), ("CustomSuffix", &"s".repeat(60))];
    refused(&f, &admin, "CreateServiceLinkedRole", &long, (400, "InvalidInput")).await;
}
