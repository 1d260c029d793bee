//! Who isn't known, or may not, is refused by every operation of IAM, and the refusal is recorded.

use std::collections::BTreeSet;

use keywright_identity::domain::access_key::NewAccessKey;
use keywright_service::testing::records;

use crate::fixture::{Fixture, with_secret};
use crate::query::{Answer, ask, done, element, form};
use crate::roles::{ACCOUNT, trust};

const KINDS: [(&str, &str); 3] = [("User", "UserName"), ("Group", "GroupName"), ("Role", "RoleName")];

/// The same for operations on policies, providers and the whole account, if it is one.
fn members_of_policies(operation: &str) -> Option<Vec<(&'static str, &'static str)>> {
    let policy = ("PolicyArn", "arn:aws:iam::111122223333:policy/x");
    let provider = ("OpenIDConnectProviderArn", "arn:aws:iam::111122223333:oidc-provider/x.example.com");
    let tag = [("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    let document = ("PolicyDocument", crate::iam::ALLOW);
    let given = ("PolicyInputList.member.1", crate::iam::ALLOW);
    let (action, client) = (("ActionNames.member.1", "kms:Decrypt"), ("ClientID", "c"));
    let source = ("PolicySourceArn", "arn:aws:iam::111122223333:user/x");
    Some(match operation {
        "CreatePolicy" => vec![("PolicyName", "x"), document],
        "GetPolicy" | "DeletePolicy" | "ListEntitiesForPolicy" | "ListPolicyVersions" | "ListPolicyTags" => {
            vec![policy]
        }
        "CreatePolicyVersion" => vec![policy, document],
        "GetPolicyVersion" | "DeletePolicyVersion" | "SetDefaultPolicyVersion" => {
            vec![policy, ("VersionId", "v1")]
        }
        "TagPolicy" => vec![policy, tag[0], tag[1]],
        "UntagPolicy" => vec![policy, ("TagKeys.member.1", "a")],
        "CreateOpenIDConnectProvider" => vec![("Url", "https://x.example.com")],
        "GetOpenIDConnectProvider" | "DeleteOpenIDConnectProvider" | "ListOpenIDConnectProviderTags" => {
            vec![provider]
        }
        "AddClientIDToOpenIDConnectProvider" | "RemoveClientIDFromOpenIDConnectProvider" => {
            vec![provider, client]
        }
        "UpdateOpenIDConnectProviderThumbprint" => {
            vec![provider, ("ThumbprintList.member.1", "0123456789012345678901234567890123456789")]
        }
        "TagOpenIDConnectProvider" => vec![provider, tag[0], tag[1]],
        "UntagOpenIDConnectProvider" => vec![provider, ("TagKeys.member.1", "a")],
        "CreateAccountAlias" | "DeleteAccountAlias" => vec![("AccountAlias", "alias")],
        "SimulateCustomPolicy" => vec![given, action],
        "GetContextKeysForCustomPolicy" => vec![given],
        "SimulatePrincipalPolicy" => vec![source, action],
        "GetContextKeysForPrincipalPolicy" => vec![source],
        "ListPolicies"
        | "ListOpenIDConnectProviders"
        | "ListAccountAliases"
        | "GetAccountSummary"
        | "GetAccountAuthorizationDetails"
        | "GetAccountPasswordPolicy"
        | "ListVirtualMFADevices"
        | "ListServerCertificates"
        | "ListSAMLProviders"
        | "ListInstanceProfiles" => vec![],
        _ => return None,
    })
}

/// Members with which the operation would do something for the administrator.
fn members<'a>(
    operation: &str,
    trusted: &'a str,
    key: &'a str,
    task: &'a str,
) -> Vec<(&'static str, &'a str)> {
    if let Some(members) = members_of_policies(operation) {
        return members;
    }
    let named = KINDS.iter().find(|(kind, _)| operation.contains(kind)).map(|(_, member)| (*member, "x"));
    let tag = [("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")];
    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess");
    let policy = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    let more = match operation {
        "CreateUser" => return vec![("UserName", "new")],
        "CreateGroup" => return vec![("GroupName", "new")],
        "CreateRole" => return vec![("RoleName", "new"), ("AssumeRolePolicyDocument", trusted)],
        "ListUsers" | "ListGroups" | "ListRoles" => return vec![],
        "CreateServiceLinkedRole" => return vec![("AWSServiceName", "kms.amazonaws.com")],
        "DeleteServiceLinkedRole" => return vec![("RoleName", "AWSServiceRoleForAmazonSSM")],
        "GetServiceLinkedRoleDeletionStatus" => return vec![("DeletionTaskId", task)],
        "AddUserToGroup" | "RemoveUserFromGroup" => return vec![("GroupName", "x"), ("UserName", "x")],
        "ListGroupsForUser"
        | "CreateAccessKey"
        | "ListAccessKeys"
        | "ListMFADevices"
        | "ListSSHPublicKeys"
        | "ListSigningCertificates"
        | "ListServiceSpecificCredentials"
        | "GetLoginProfile" => {
            return vec![("UserName", "x")];
        }
        "GetAccessKeyLastUsed" => return vec![("AccessKeyId", key)],
        "UpdateAccessKey" => return vec![("UserName", "x"), ("AccessKeyId", key), ("Status", "Inactive")],
        "DeleteAccessKey" => return vec![("UserName", "x"), ("AccessKeyId", key)],
        "UpdateAssumeRolePolicy" => vec![("PolicyDocument", trusted)],
        "UpdateRoleDescription" => vec![("Description", "d")],
        "TagUser" | "TagRole" => tag.to_vec(),
        "UntagUser" | "UntagRole" => vec![("TagKeys.member.1", "a")],
        "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => vec![boundary],
        "PutUserPolicy" | "PutGroupPolicy" | "PutRolePolicy" => {
            vec![("PolicyName", "p"), ("PolicyDocument", crate::iam::ALLOW)]
        }
        "GetUserPolicy" | "GetGroupPolicy" | "GetRolePolicy" | "DeleteUserPolicy" | "DeleteGroupPolicy"
        | "DeleteRolePolicy" => vec![("PolicyName", "p")],
        "AttachUserPolicy" | "AttachGroupPolicy" | "AttachRolePolicy" | "DetachUserPolicy"
        | "DetachGroupPolicy" | "DetachRolePolicy" => vec![policy],
        _ => vec![],
    };
    assert!(named.is_some(), "{operation} has no sample input: add one");
    more.into_iter().chain(named).collect()
}

/// The code of a refusal, and the whole answer.
async fn code(f: &Fixture, key: Option<&NewAccessKey>, form: &str) -> (String, Answer) {
    let answer = ask(f, "iam", key, form).await;
    (element(&answer.text, "Code").to_owned(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_wrongly_signed_and_unprivileged_calls_are_refused_and_recorded() {
    let f = Fixture::start().await;
    let (admin, nobody) = (f.admin().await, f.user("nobody", None).await);
    let trusted = trust(ACCOUNT);
    done(&f, &admin, "CreateUser", &[("UserName", "x")]).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "x")]).await;
    done(&f, &admin, "CreateRole", &[("RoleName", "x"), ("AssumeRolePolicyDocument", &trusted)]).await;
    done(&f, &admin, "CreateServiceLinkedRole", &[("AWSServiceName", "ssm.amazonaws.com")]).await;
    let wrong = with_secret(&admin, "not the secret");
    let iam = f.app.running.apis().iter().find(|api| api.settings().signing_name == "iam").unwrap();
    let operations: BTreeSet<&str> = iam.operations().iter().map(|operation| operation.name).collect();
    assert!(operations.len() >= 100, "{operations:?}");
    for operation in &operations {
        let key = nobody.access_key_id.as_str();
        let form = form(operation, &members(operation, &trusted, key, "task/aws-service-role/a/b/c"));
        assert_eq!(code(&f, None, &form).await.0, "MissingAuthenticationToken", "{operation}");
        assert_eq!(code(&f, Some(&wrong), &form).await.0, "SignatureDoesNotMatch", "{operation}");
        let (code, answer) = code(&f, Some(&nobody), &form).await;
        assert_eq!((answer.status, code.as_str()), (403, "AccessDenied"), "{operation}: {}", answer.text);
        assert!(answer.text.contains("user/nobody"), "{operation}: {}", answer.text);
    }
    let all = records(f.app.running.journal(), 3 * operations.len() + 8).await;
    let refused = |code: &'static str| all.iter().filter(move |record| record["errorCode"] == code);
    // Without a signature it isn't known for which API they were meant.
    assert_eq!(refused("MissingAuthenticationToken").count(), operations.len());
    for code in ["SignatureDoesNotMatch", "AccessDenied"] {
        let names: BTreeSet<&str> = refused(code).filter_map(|record| record["eventName"].as_str()).collect();
        assert_eq!(names, operations, "{code}");
    }
    // None of them did anything.
    let users = done(&f, &admin, "ListUsers", &[]).await;
    assert_eq!(crate::query::elements(&users, "UserName"), ["admin", "nobody", "x"]);
    let roles = done(&f, &admin, "ListRoles", &[]).await;
    assert_eq!(crate::query::elements(&roles, "RoleName"), ["AWSServiceRoleForAmazonSSM", "x"]);
    // And all that were asked for are well asked: for the administrator none is about a malformed request.
    for operation in &operations {
        let key = nobody.access_key_id.as_str();
        let form = form(operation, &members(operation, &trusted, key, "task/aws-service-role/a/b/c"));
        let answer = ask(&f, "iam", Some(&admin), &form).await;
        let fine = answer.status == 200
            || ["NoSuchEntity", "DeleteConflict"].contains(&element(&answer.text, "Code"));
        assert!(fine, "{operation}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_do_nothing_does_not_learn_what_there_is() {
    let f = Fixture::start().await;
    let nobody = f.user("nobody", None).await;
    for name in ["admin", "absent", "a b"] {
        let answer = ask(&f, "iam", Some(&nobody), &form("GetUser", &[("UserName", name)])).await;
        let code = element(&answer.text, "Code");
        let expected = if name.contains(' ') { "ValidationError" } else { "AccessDenied" };
        assert_eq!(code, expected, "{name}: {}", answer.text);
    }
}
