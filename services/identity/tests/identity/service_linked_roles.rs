//! Roles that are linked to our services.

use keywright_service::testing::records;

use crate::fixture::Fixture;
use crate::query::{ask, done, element, refused};
use crate::roles::{ACCOUNT, trust};
use crate::temporary::{Temporary, ask_as, assume};

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

#[tokio::test(flavor = "multi_thread")]
async fn secrets_managers_may_rotate_and_only_that_service_becomes_it() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let service = ("AWSServiceName", "secretsmanager.amazonaws.com");
    let made = done(&f, &admin, "CreateServiceLinkedRole", &[service]).await;
    let (arn, role) = (element(&made, "Arn").to_owned(), ("RoleName", "AWSServiceRoleForSecretsManager"));
    let attached = done(&f, &admin, "ListAttachedRolePolicies", &[role]).await;
    assert_eq!(element(&attached, "PolicyName"), "SecretsManagerRotationServiceRolePolicy");

    let assume = assume(&arn, &[]);
    for other in [&f.kms, &f.ssm, &admin] {
        assert_eq!(ask(&f, "sts", Some(other), &assume).await.status, 403);
    }
    let answer = ask(&f, "sts", Some(&f.secrets), &assume).await;
    let session = Temporary::of(&answer);
    let who = ask_as(&f, "sts", &session, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert!(
        element(&who.text, "Arn").contains(":assumed-role/AWSServiceRoleForSecretsManager/"),
        "{}",
        who.text
    );
    let all = records(f.app.running.journal(), 7).await;
    let of = |error: bool| {
        let is = |record: &&serde_json::Value| {
            record["eventName"] == "AssumeRole" && record["errorCode"].is_string() == error
        };
        all.iter().filter(is).collect::<Vec<_>>()
    };
    let [assumed] = of(false)[..] else { panic!("{all:#?}") };
    assert_eq!(
        assumed["userIdentity"],
        serde_json::json!({ "type": "AWSService", "invokedBy": "secretsmanager.amazonaws.com" })
    );
    assert_eq!(assumed["recipientAccountId"], "111122223333");
    assert_eq!(of(true).len(), 3);

    done(&f, &admin, "DeleteServiceLinkedRole", &[role]).await;
    assert_eq!(ask(&f, "sts", Some(&f.secrets), &assume).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_becomes_the_roles_of_any_account_that_name_it_and_no_others() {
    let f = Fixture::start().await;
    let other = f.account("444455556666").await;
    let named = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":
        {"Service":"secretsmanager.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let there = f.role_of(other, "rotator", named, None).await;
    Temporary::of(&ask(&f, "sts", Some(&f.secrets), &assume(&there.arn(), &[])).await);
    for trusted in [trust("\"*\""), trust(ACCOUNT), named.replace("secretsmanager", "lambda")] {
        let name = format!("role-{}", trusted.len());
        let role = f.role(&name, &trusted, None).await;
        let answer = ask(&f, "sts", Some(&f.secrets), &assume(&role.arn(), &[])).await;
        assert_eq!(answer.status, 403, "{trusted}: {}", answer.text);
    }
    let all = records(f.app.running.journal(), 4).await;
    let of_role: Vec<_> =
        all.iter().filter(|record| record["recipientAccountId"] == "444455556666").collect();
    assert_eq!(of_role.len(), 1, "{all:#?}");
}
