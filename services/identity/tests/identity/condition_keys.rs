//! The condition keys that IAM's operations add: who may do something only under a condition.

use keywright_identity::domain::access_key::NewAccessKey;

use crate::fixture::Fixture;
use crate::query::{done, refused};
use crate::roles::{ACCOUNT, trust};

const DENIED: (u16, &str) = (403, "AccessDenied");
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A user who may do everything of IAM under this condition.
async fn under(f: &Fixture, name: &str, condition: &str) -> NewAccessKey {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{condition}}}]}}"#
    );
    f.user(name, Some(&policy)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_is_allowed_by_the_arn_of_the_policy() {
    let f = Fixture::start().await;
    let own = f.managed_policy("own", crate::iam::ALLOW).await;
    let condition = format!(r#"{{"ArnEquals":{{"iam:PolicyARN":"{own}"}}}}"#);
    let some = under(&f, "some", &condition).await;
    let user = ("UserName", "some");
    for operation in ["AttachUserPolicy", "DetachUserPolicy"] {
        refused(&f, &some, operation, &[user, ("PolicyArn", ADMINISTRATOR)], DENIED).await;
        done(&f, &some, operation, &[user, ("PolicyArn", &own)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_is_the_one_of_the_request_where_it_is_set_and_else_the_one_there_is() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let own = f.managed_policy("own", crate::iam::ALLOW).await;
    let condition = format!(r#"{{"StringEquals":{{"iam:PermissionsBoundary":"{own}"}}}}"#);
    let some = under(&f, "some", &condition).await;
    let (bob, within) = (("UserName", "bob"), ("PermissionsBoundary", own.as_str()));
    let beyond = ("PermissionsBoundary", ADMINISTRATOR);
    refused(&f, &some, "CreateUser", &[bob], DENIED).await;
    refused(&f, &some, "CreateUser", &[bob, beyond], DENIED).await;
    done(&f, &some, "CreateUser", &[bob, within]).await;
    // On what has the boundary, everything; but not to replace it.
    let policy = [bob, ("PolicyName", "p"), ("PolicyDocument", crate::iam::ALLOW)];
    done(&f, &some, "PutUserPolicy", &policy).await;
    refused(&f, &some, "PutUserPermissionsBoundary", &[bob, beyond], DENIED).await;
    done(&f, &admin, "PutUserPermissionsBoundary", &[bob, beyond]).await;
    refused(&f, &some, "PutUserPolicy", &policy, DENIED).await;
    // What counts is the boundary that would be, not the one there is.
    done(&f, &some, "PutUserPermissionsBoundary", &[bob, within]).await;
    let trusted = trust(ACCOUNT);
    let role = [("RoleName", "app"), ("AssumeRolePolicyDocument", trusted.as_str())];
    refused(&f, &some, "CreateRole", &role, DENIED).await;
    done(&f, &some, "CreateRole", &[role[0], role[1], within]).await;
    refused(&f, &some, "PutRolePermissionsBoundary", &[("RoleName", "app"), beyond], DENIED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_the_request_and_of_the_resource_count() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let blue = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let red = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let by_request = under(&f, "request", r#"{"StringEquals":{"aws:RequestTag/team":"blue"}}"#).await;
    let keys = r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"Null":{"aws:TagKeys":"false"}}"#;
    let by_keys = under(&f, "keys", keys).await;
    let name = ("UserName", "one");
    refused(&f, &by_request, "CreateUser", &[name], DENIED).await;
    refused(&f, &by_request, "CreateUser", &[name, red[0], red[1]], DENIED).await;
    done(&f, &by_request, "CreateUser", &[name, blue[0], blue[1]]).await;
    done(&f, &admin, "CreateUser", &[("UserName", "two"), red[0], red[1]]).await;
    let other = [name, ("Tags.member.1.Key", "stage"), ("Tags.member.1.Value", "x")];
    refused(&f, &by_keys, "TagUser", &other, DENIED).await;
    refused(&f, &by_keys, "UntagUser", &[name, ("TagKeys.member.1", "stage")], DENIED).await;
    done(&f, &by_keys, "TagUser", &[name, blue[0], blue[1]]).await;
    for (number, key) in ["aws:ResourceTag/team", "iam:ResourceTag/team"].iter().enumerate() {
        let condition = format!(r#"{{"StringEquals":{{"{key}":"blue"}}}}"#);
        let by_resource = under(&f, &format!("resource-{number}"), &condition).await;
        done(&f, &by_resource, "GetUser", &[name]).await;
        done(&f, &by_resource, "ListAccessKeys", &[name]).await;
        refused(&f, &by_resource, "GetUser", &[("UserName", "two")], DENIED).await;
        refused(&f, &by_resource, "ListAccessKeys", &[("UserName", "two")], DENIED).await;
    }
    done(&f, &by_keys, "UntagUser", &[name, ("TagKeys.member.1", "team")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_linked_role_is_allowed_by_its_service() {
    let f = Fixture::start().await;
    let condition = r#"{"StringEquals":{"iam:AWSServiceName":"ssm.amazonaws.com"}}"#;
    let some = under(&f, "some", condition).await;
    let kms = [("AWSServiceName", "kms.amazonaws.com")];
    refused(&f, &some, "CreateServiceLinkedRole", &kms, DENIED).await;
    done(&f, &some, "CreateServiceLinkedRole", &[("AWSServiceName", "ssm.amazonaws.com")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_to_be_allowed_as_well() {
    let f = Fixture::start().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*",
        "Resource":["arn:aws:iam::111122223333:user/dev/*","arn:aws:iam::111122223333:group/dev/*"]}]}"#;
    let some = f.user("some", Some(policy)).await;
    for (create, update, member, new_name) in [
        ("CreateUser", "UpdateUser", "UserName", "NewUserName"),
        ("CreateGroup", "UpdateGroup", "GroupName", "NewGroupName"),
    ] {
        refused(&f, &some, create, &[(member, "one")], DENIED).await;
        done(&f, &some, create, &[(member, "one"), ("Path", "/dev/")]).await;
        // One is asked for by its name alone, whatever its path.
        refused(&f, &some, update, &[(member, "one"), ("NewPath", "/")], DENIED).await;
        done(&f, &some, update, &[(member, "one"), (new_name, "two")]).await;
    }
}
