//! Roles over the Query protocol.

use crate::fixture::Fixture;
use crate::query::{ask, done, element, elements, pages, refused};
use crate::temporary::{Temporary, ask_as, assume};

const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");
const MALFORMED: (u16, &str) = (400, "MalformedPolicyDocument");
const BOUNDARY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A trust policy for this principal.
pub(crate) fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
    )
}

pub(crate) const ACCOUNT: &str = r#"{"AWS":"111122223333"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_told_as_it_was_made() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let trusted = trust(ACCOUNT);
    let members = [
        ("RoleName", "app"),
        ("Path", "/svc/"),
        ("AssumeRolePolicyDocument", trusted.as_str()),
        ("Description", "for the app"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", BOUNDARY),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ];
    let made = done(&f, &admin, "CreateRole", &members).await;
    let told = done(&f, &admin, "GetRole", &[("RoleName", "APP")]).await;
    for text in [&made, &told] {
        assert_eq!(element(text, "Arn"), "arn:aws:iam::111122223333:role/svc/app");
        assert!(element(text, "RoleId").starts_with("AROA"));
        assert!(element(text, "AssumeRolePolicyDocument").starts_with("%7B%22Version%22%3A%222012-10-17%22"));
        assert_eq!(element(text, "Description"), "for the app");
        assert_eq!(element(text, "MaxSessionDuration"), "7200");
        assert_eq!(element(text, "PermissionsBoundaryArn"), BOUNDARY);
        assert_eq!(element(text, "Value"), "blue");
    }
    assert_eq!(element(&told, "RoleLastUsed"), "", "nobody has used it");
    refused(&f, &admin, "CreateRole", &members, (409, "EntityAlreadyExists")).await;
    let plain = [("RoleName", "plain"), ("AssumeRolePolicyDocument", trusted.as_str())];
    let plain = done(&f, &admin, "CreateRole", &plain).await;
    assert_eq!(element(&plain, "MaxSessionDuration"), "3600");
    for size in [1, 2] {
        assert_eq!(pages(&f, &admin, "ListRoles", &[], "RoleName", size).await, ["app", "plain"]);
    }
    let in_path = done(&f, &admin, "ListRoles", &[("PathPrefix", "/svc/")]).await;
    assert_eq!(elements(&in_path, "RoleName"), ["app"]);
    assert!(in_path.contains("<Description>for the app</Description>") && !in_path.contains("<Tags>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_policy_names_whom_there_is() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    done(&f, &admin, "CreateUser", &[("UserName", "alice"), ("Path", "/team/")]).await;
    let alice = done(&f, &admin, "GetUser", &[("UserName", "alice")]).await;
    let id = element(&alice, "UserId").to_owned();
    let good = [
        r#""*""#.to_owned(),
        ACCOUNT.to_owned(),
        r#"{"AWS":"arn:aws:iam::111122223333:root"}"#.to_owned(),
        r#"{"AWS":"arn:aws:iam::111122223333:user/team/alice"}"#.to_owned(),
        format!(r#"{{"AWS":["{id}","arn:aws:iam::111122223333:role/role-0"]}}"#),
        r#"{"Service":"ec2.amazonaws.com"}"#.to_owned(),
        r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.example"}"#.to_owned(),
        r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/role-0/x"}"#.to_owned(),
    ];
    for (number, principal) in good.iter().enumerate() {
        let (name, policy) = (format!("role-{number}"), trust(principal));
        let members = [("RoleName", name.as_str()), ("AssumeRolePolicyDocument", policy.as_str())];
        done(&f, &admin, "CreateRole", &members).await;
        let members = [("RoleName", name.as_str()), ("PolicyDocument", policy.as_str())];
        done(&f, &admin, "UpdateAssumeRolePolicy", &members).await;
    }
    for principal in [
        r#"{"AWS":"999999999999"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/nobody"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:user/alice"}"#,
        r#"{"AWS":"arn:aws:iam::111122223333:role/alice"}"#,
        r#"{"AWS":"arn:aws:iam::999999999999:user/alice"}"#,
        r#"{"AWS":["111122223333","AIDA234567ABCDEFGHIJK"]}"#,
        r#"{"AWS":"arn:aws:sts::999999999999:assumed-role/role-0/x"}"#,
        r#"{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
    ] {
        let policy = trust(principal);
        let members = [("RoleName", "new"), ("AssumeRolePolicyDocument", policy.as_str())];
        let text = refused(&f, &admin, "CreateRole", &members, MALFORMED).await;
        assert!(text.contains("Invalid principal in policy"), "{text}");
        let members = [("RoleName", "role-0"), ("PolicyDocument", policy.as_str())];
        refused(&f, &admin, "UpdateAssumeRolePolicy", &members, MALFORMED).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_trust_policy_is_refused() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let good = trust(ACCOUNT);
    done(&f, &admin, "CreateRole", &[("RoleName", "app"), ("AssumeRolePolicyDocument", &good)]).await;
    let long = good.replace("\"Effect\"", &format!("\"Sid\":\"{}\",\"Effect\"", "a".repeat(2_048)));
    for (document, error) in [
        ("{".to_owned(), MALFORMED),
        (crate::iam::ALLOW.to_owned(), MALFORMED),
        (good.replace("\"Action\"", "\"Resource\":\"*\",\"Action\""), MALFORMED),
        (good.replace("sts:AssumeRole", "kms:Decrypt"), MALFORMED),
        (long, (409, "LimitExceeded")),
    ] {
        let members = [("RoleName", "new"), ("AssumeRolePolicyDocument", document.as_str())];
        refused(&f, &admin, "CreateRole", &members, error).await;
        let members = [("RoleName", "app"), ("PolicyDocument", document.as_str())];
        refused(&f, &admin, "UpdateAssumeRolePolicy", &members, error).await;
    }
    refused(&f, &admin, "GetRole", &[("RoleName", "new")], NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_changed_and_deleted() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let (app, trusted) = (("RoleName", "app"), trust(ACCOUNT));
    done(&f, &admin, "CreateRole", &[app, ("AssumeRolePolicyDocument", &trusted)]).await;
    done(&f, &admin, "UpdateRole", &[app, ("Description", "one"), ("MaxSessionDuration", "43200")]).await;
    done(&f, &admin, "UpdateRole", &[app]).await;
    let told = done(&f, &admin, "GetRole", &[app]).await;
    assert_eq!((element(&told, "Description"), element(&told, "MaxSessionDuration")), ("one", "43200"));
    let described = done(&f, &admin, "UpdateRoleDescription", &[app, ("Description", "two")]).await;
    assert_eq!(element(&described, "Description"), "two");
    let everyone = trust(r#""*""#);
    done(&f, &admin, "UpdateAssumeRolePolicy", &[app, ("PolicyDocument", &everyone)]).await;
    let told = done(&f, &admin, "GetRole", &[app]).await;
    assert!(element(&told, "AssumeRolePolicyDocument").contains("%22Principal%22%3A%22%2A%22"), "{told}");

    for (operation, member) in [
        ("TagRole", ("Tags.member.1.Key", "a")),
        ("PutRolePermissionsBoundary", ("PermissionsBoundary", BOUNDARY)),
        ("AttachRolePolicy", ("PolicyArn", BOUNDARY)),
    ] {
        done(&f, &admin, operation, &[app, member, ("Tags.member.1.Value", "b")]).await;
    }
    assert_eq!(pages(&f, &admin, "ListRoleTags", &[app], "Key", 1).await, ["a"]);
    done(&f, &admin, "UntagRole", &[app, ("TagKeys.member.1", "a")]).await;
    done(&f, &admin, "DeleteRolePermissionsBoundary", &[app]).await;
    let profiles = done(&f, &admin, "ListInstanceProfilesForRole", &[app]).await;
    assert_eq!(element(&profiles, "InstanceProfiles"), "");
    refused(&f, &admin, "DeleteRole", &[app], (409, "DeleteConflict")).await;
    done(&f, &admin, "DetachRolePolicy", &[app, ("PolicyArn", BOUNDARY)]).await;
    done(&f, &admin, "DeleteRole", &[app]).await;
    for operation in [
        "DeleteRole",
        "GetRole",
        "UpdateRole",
        "ListRoleTags",
        "ListInstanceProfilesForRole",
        "ListRolePolicies",
    ] {
        refused(&f, &admin, operation, &[app], NO_SUCH).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bounds_of_a_role_are_kept() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let trusted = trust(ACCOUNT);
    let (app, document) = (("RoleName", "app"), ("AssumeRolePolicyDocument", trusted.as_str()));
    let (name, description) = ("r".repeat(65), "d".repeat(1_001));
    for members in [
        vec![app, document, ("MaxSessionDuration", "3599")],
        vec![app, document, ("MaxSessionDuration", "43201")],
        vec![app, document, ("Description", &description)],
        vec![app, document, ("Path", "svc")],
        vec![("RoleName", &name), document],
        vec![app],
    ] {
        refused(&f, &admin, "CreateRole", &members, (400, "ValidationError")).await;
    }
    let reserved = [app, document, ("Path", "/aws-service-role/kms.amazonaws.com/")];
    refused(&f, &admin, "CreateRole", &reserved, (400, "InvalidInput")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_a_role_is_told_and_survives_a_restart() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let trusted = trust(ACCOUNT);
    let (app, document) = (("RoleName", "app"), ("AssumeRolePolicyDocument", trusted.as_str()));
    let made = done(&f, &admin, "CreateRole", &[app, document]).await;
    let session = ask(&f, "sts", Some(&admin), &assume(element(&made, "Arn"), &[])).await;
    let session = Temporary::of(&session);
    let unused = done(&f, &admin, "GetRole", &[app]).await;
    assert_eq!(element(&unused, "RoleLastUsed"), "", "that it was assumed is no use of it");
    let who = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(ask_as(&f, "sts", &session, who).await.status, 200);
    let noted = done(&f, &admin, "GetRole", &[app]).await;
    assert!(element(&noted, "LastUsedDate").ends_with('Z'));
    assert_eq!(element(&noted, "Region"), "us-east-1");

    let f = f.restart().await;
    let stored = done(&f, &admin, "GetRole", &[app]).await;
    assert_eq!(element(&stored, "Region"), "us-east-1");
    assert!(!done(&f, &admin, "ListRoles", &[]).await.contains("RoleLastUsed"), "lists are without it");
}
