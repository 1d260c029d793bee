//! The account as a whole over the Query protocol.

use crate::fixture::Fixture;
use crate::iam::ALLOW;
use crate::query::{done, element, elements, pages, refused};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
    "Action":"sts:AssumeRole"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_one_alias_which_no_other_has() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let listed = done(&f, &admin, "ListAccountAliases", &[]).await;
    assert!(elements(&listed, "member").is_empty() && element(&listed, "IsTruncated") == "false");
    for alias in ["first", "second-1"] {
        done(&f, &admin, "CreateAccountAlias", &[("AccountAlias", alias)]).await;
        assert_eq!(pages(&f, &admin, "ListAccountAliases", &[], "member", 1).await, [alias]);
    }
    let database = f.database.connect().await;
    let other = "INSERT INTO accounts (account_id, account_name, status, created_at)
        VALUES ('444455556666', 'other', 'Active', now())";
    database.execute(other, &[]).await.unwrap();
    let taken = "INSERT INTO account_aliases (alias, account_id) VALUES ('taken', '444455556666')";
    database.execute(taken, &[]).await.unwrap();
    for alias in ["taken", "second-1"] {
        let members = [("AccountAlias", alias)];
        refused(&f, &admin, "CreateAccountAlias", &members, (409, "EntityAlreadyExists")).await;
    }
    for alias in ["ab", "a--b", "-ab", "ab-", "Abc", "a_b"] {
        let members = [("AccountAlias", alias)];
        refused(&f, &admin, "CreateAccountAlias", &members, (400, "ValidationError")).await;
    }
    for alias in ["first", "taken"] {
        let members = [("AccountAlias", alias)];
        refused(&f, &admin, "DeleteAccountAlias", &members, (404, "NoSuchEntity")).await;
    }
    done(&f, &admin, "DeleteAccountAlias", &[("AccountAlias", "second-1")]).await;
    assert!(pages(&f, &admin, "ListAccountAliases", &[], "member", 1).await.is_empty());
}

fn entry(xml: &str, key: &str) -> String {
    let entry = elements(xml, "entry").into_iter().find(|entry| element(entry, "key") == key).unwrap();
    element(&entry, "value").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_counts_what_there_is() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "g")]).await;
    let policy = [("PolicyName", "p"), ("PolicyDocument", ALLOW)];
    done(&f, &admin, "CreatePolicy", &policy).await;
    let version = [("PolicyArn", "arn:aws:iam::111122223333:policy/p"), ("PolicyDocument", ALLOW)];
    done(&f, &admin, "CreatePolicyVersion", &version).await;
    done(&f, &admin, "CreateOpenIDConnectProvider", &[("Url", "https://a.example.com")]).await;
    let before = done(&f, &admin, "GetAccountSummary", &[]).await;
    assert_eq!(entry(&before, "AccountAccessKeysPresent"), "0");
    f.directory().create_root_access_key(crate::fixture::home()).await.unwrap();
    let told = done(&f, &admin, "GetAccountSummary", &[]).await;
    for (key, value) in [
        ("Users", "2"),
        ("Groups", "1"),
        ("Roles", "0"),
        ("Policies", "1"),
        ("PolicyVersionsInUse", "2"),
        ("Providers", "1"),
        ("AccountAccessKeysPresent", "1"),
        ("UsersQuota", "5000"),
        ("PolicySizeQuota", "6144"),
        ("VersionsPerPolicyQuota", "5"),
        ("AccountMFAEnabled", "0"),
    ] {
        assert_eq!(entry(&told, key), value, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_here_is_told_to_be_empty() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    for (operation, list) in [
        ("ListVirtualMFADevices", "VirtualMFADevices"),
        ("ListServerCertificates", "ServerCertificateMetadataList"),
        ("ListSAMLProviders", "SAMLProviderList"),
        ("ListInstanceProfiles", "InstanceProfiles"),
    ] {
        let told = done(&f, &admin, operation, &[]).await;
        assert!(told.contains(&format!("<{list}/>")) || element(&told, list).is_empty(), "{told}");
    }
    refused(&f, &admin, "GetAccountPasswordPolicy", &[], (404, "NoSuchEntity")).await;
    let wrong = [("AssignmentStatus", "x")];
    refused(&f, &admin, "ListVirtualMFADevices", &wrong, (400, "ValidationError")).await;
    let bob = f.user("bob", None).await;
    for operation in ["GetAccountPasswordPolicy", "ListInstanceProfiles", "GetAccountSummary"] {
        refused(&f, &bob, operation, &[], (403, "AccessDenied")).await;
    }
}

async fn fill(f: &Fixture, admin: &keywright_identity::domain::access_key::NewAccessKey) {
    let (arn, alice) = ("arn:aws:iam::111122223333:policy/used", ("UserName", "alice"));
    for name in ["used", "unused"] {
        done(f, admin, "CreatePolicy", &[("PolicyName", name), ("PolicyDocument", ALLOW)]).await;
    }
    f.user("alice", Some(ALLOW)).await;
    done(f, admin, "CreateGroup", &[("GroupName", "devs")]).await;
    let inline = [("GroupName", "devs"), ("PolicyName", "of-group"), ("PolicyDocument", ALLOW)];
    done(f, admin, "PutGroupPolicy", &inline).await;
    done(f, admin, "AddUserToGroup", &[("GroupName", "devs"), alice]).await;
    let role = [
        ("RoleName", "app"),
        ("AssumeRolePolicyDocument", TRUST),
        ("PermissionsBoundary", arn),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ];
    done(f, admin, "CreateRole", &role).await;
    done(f, admin, "AttachRolePolicy", &[("RoleName", "app"), ("PolicyArn", arn)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorization_details_have_all_that_decides() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    fill(&f, &admin).await;
    let told = done(&f, &admin, "GetAccountAuthorizationDetails", &[]).await;
    assert_eq!(element(&told, "IsTruncated"), "false");
    let users = element(&told, "UserDetailList");
    assert_eq!(elements(users, "UserName").len(), 2);
    let of_alice = users.split("<UserName>alice</UserName>").nth(1).unwrap();
    let of_alice = of_alice.split("<UserName>").next().unwrap();
    assert_eq!(elements(element(of_alice, "GroupList"), "member"), ["devs"]);
    assert!(element(of_alice, "PolicyDocument").starts_with("%7B%22Version%22"));
    let groups = element(&told, "GroupDetailList");
    assert_eq!((element(groups, "GroupName"), element(groups, "PolicyName")), ("devs", "of-group"));
    let roles = element(&told, "RoleDetailList");
    assert_eq!(element(roles, "RoleName"), "app");
    assert_eq!(element(roles, "PolicyArn"), "arn:aws:iam::111122223333:policy/used");
    assert_eq!(element(roles, "PermissionsBoundaryArn"), "arn:aws:iam::111122223333:policy/used");
    assert_eq!(element(roles, "Value"), "blue");
    assert!(element(roles, "AssumeRolePolicyDocument").contains("sts%3AAssumeRole"));
    let policies = element(&told, "Policies");
    let mut names = elements(policies, "PolicyName");
    names.sort();
    assert_eq!(names, ["AdministratorAccess", "unused", "used"]);
    assert_eq!(elements(policies, "Document").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorization_details_come_by_pages_and_filters() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    fill(&f, &admin).await;
    for size in ["1", "2", "3", "7", "100"] {
        let mut found = Vec::new();
        let mut marker = None::<String>;
        loop {
            let mut members = vec![("MaxItems", size)];
            if let Some(marker) = &marker {
                members.push(("Marker", marker.as_str()));
            }
            let told = done(&f, &admin, "GetAccountAuthorizationDetails", &members).await;
            let mut page = elements(&told, "UserName");
            page.extend(elements(&told, "GroupName"));
            page.extend(elements(&told, "RoleName"));
            page.extend(elements(&told, "PolicyId"));
            assert!(page.len() <= size.parse::<usize>().unwrap(), "{told}");
            found.extend(page);
            if element(&told, "IsTruncated") == "false" {
                break;
            }
            marker = Some(element(&told, "Marker").to_owned());
        }
        let policies = found.split_off(4);
        found.sort();
        assert_eq!(
            (found, policies.len()),
            (["admin", "alice", "app", "devs"].map(String::from).to_vec(), 3)
        );
    }
    for (filter, expected) in [
        ("User", [2, 0, 0, 0]),
        ("Group", [0, 1, 0, 0]),
        ("Role", [0, 0, 1, 0]),
        ("LocalManagedPolicy", [0, 0, 0, 2]),
        ("AWSManagedPolicy", [0, 0, 0, 1]),
    ] {
        let told = done(&f, &admin, "GetAccountAuthorizationDetails", &[("Filter.member.1", filter)]).await;
        let counts =
            ["UserName", "GroupName", "RoleName", "PolicyId"].map(|name| elements(&told, name).len());
        assert_eq!(counts, expected, "{filter}");
    }
    let wrong = [("Filter.member.1", "x")];
    refused(&f, &admin, "GetAccountAuthorizationDetails", &wrong, (400, "ValidationError")).await;
}
