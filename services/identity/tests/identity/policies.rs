//! Managed policies over the Query protocol.

use keywright_identity::domain::access_key::NewAccessKey;

use crate::fixture::Fixture;
use crate::iam::ALLOW;
use crate::query::{done, element, elements, pages, refused, soon};

const ARN: &str = "arn:aws:iam::111122223333:policy/team/read";
const LISTS: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#;
const NONE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetGroup","Resource":"*"}}"#;
const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

async fn make(f: &Fixture, key: &NewAccessKey, name: &str, path: &str, document: &str) -> String {
    let members = [("PolicyName", name), ("Path", path), ("PolicyDocument", document)];
    element(&done(f, key, "CreatePolicy", &members).await, "Arn").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_told_as_it_was_made() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let members = [
        ("PolicyName", "read"),
        ("Path", "/team/"),
        ("PolicyDocument", ALLOW),
        ("Description", "what it is for"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ];
    let made = done(&f, &admin, "CreatePolicy", &members).await;
    for text in [made, done(&f, &admin, "GetPolicy", &[("PolicyArn", ARN)]).await] {
        assert_eq!(element(&text, "PolicyName"), "read");
        assert_eq!((element(&text, "Arn"), element(&text, "Path")), (ARN, "/team/"));
        assert_eq!(element(&text, "DefaultVersionId"), "v1");
        assert_eq!(element(&text, "AttachmentCount"), "0");
        assert_eq!(element(&text, "PermissionsBoundaryUsageCount"), "0");
        assert_eq!(element(&text, "IsAttachable"), "true");
        assert_eq!(element(&text, "Description"), "what it is for");
        assert_eq!((element(&text, "Key"), element(&text, "Value")), ("team", "blue"));
        assert!(element(&text, "PolicyId").starts_with("ANPA"));
        assert!(element(&text, "CreateDate").ends_with('Z') && element(&text, "UpdateDate").ends_with('Z'));
    }
    let version = done(&f, &admin, "GetPolicyVersion", &[("PolicyArn", ARN), ("VersionId", "v1")]).await;
    assert_eq!(percent_decoded(element(&version, "Document")), ALLOW);
    assert_eq!(element(&version, "IsDefaultVersion"), "true");
    // The name is taken whatever its case and path.
    let taken = [("PolicyName", "READ"), ("PolicyDocument", ALLOW)];
    refused(&f, &admin, "CreatePolicy", &taken, (409, "EntityAlreadyExists")).await;
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_policy_is_refused() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let long = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{}","Resource":"*"}}}}"#,
        format_args!("iam:{}", "a".repeat(6_200))
    );
    let padded = ALLOW.replace("{\"", &format!("{{{}\"", " ".repeat(5_000)));
    let with_principal = ALLOW.replace("\"Effect\"", "\"Principal\":\"*\",\"Effect\"");
    for (document, refusal) in [
        ("{", (400, "MalformedPolicyDocument")),
        (with_principal.as_str(), (400, "MalformedPolicyDocument")),
        (long.as_str(), (409, "LimitExceeded")),
    ] {
        let members = [("PolicyName", "p"), ("PolicyDocument", document)];
        refused(&f, &admin, "CreatePolicy", &members, refusal).await;
    }
    // White space doesn't count.
    make(&f, &admin, "p", "/", &padded).await;
    for (name, value) in [("Path", "a/"), ("Path", "/a"), ("PolicyName", "a b")] {
        let mut members = vec![("PolicyDocument", ALLOW), (name, value)];
        if name != "PolicyName" {
            members.push(("PolicyName", "q"));
        }
        refused(&f, &admin, "CreatePolicy", &members, (400, "ValidationError")).await;
    }
    let no_policy = [("PolicyArn", "arn:aws:iam::111122223333:user/admin")];
    refused(&f, &admin, "GetPolicy", &no_policy, (400, "InvalidInput")).await;
    let other = [("PolicyArn", "arn:aws:iam::444455556666:policy/p")];
    refused(&f, &admin, "GetPolicy", &other, NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_version_counts_and_changes_are_felt_at_once() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let alice = f.user("alice", None).await;
    let arn = make(&f, &admin, "read", "/team/", NONE).await;
    let policy = ("PolicyArn", arn.as_str());
    done(&f, &admin, "AttachUserPolicy", &[("UserName", "alice"), policy]).await;
    soon(&f, &alice, "ListUsers", &[], 403).await;
    let added = done(&f, &admin, "CreatePolicyVersion", &[policy, ("PolicyDocument", LISTS)]).await;
    assert_eq!(element(&added, "VersionId"), "v2");
    assert_eq!(element(&added, "IsDefaultVersion"), "false");
    assert!(!added.contains("<Document>"), "{added}");
    soon(&f, &alice, "ListUsers", &[], 403).await;
    done(&f, &admin, "SetDefaultPolicyVersion", &[policy, ("VersionId", "v2")]).await;
    soon(&f, &alice, "ListUsers", &[], 200).await;
    let default = [policy, ("PolicyDocument", NONE), ("SetAsDefault", "true")];
    assert_eq!(element(&done(&f, &admin, "CreatePolicyVersion", &default).await, "VersionId"), "v3");
    soon(&f, &alice, "ListUsers", &[], 403).await;
    let told = done(&f, &admin, "GetPolicy", &[policy]).await;
    assert_eq!((element(&told, "DefaultVersionId"), element(&told, "AttachmentCount")), ("v3", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_has_five_versions_whose_numbers_are_never_used_again() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let arn = make(&f, &admin, "read", "/team/", ALLOW).await;
    let policy = ("PolicyArn", arn.as_str());
    let another = [policy, ("PolicyDocument", NONE)];
    for _ in 0..4 {
        done(&f, &admin, "CreatePolicyVersion", &another).await;
    }
    refused(&f, &admin, "CreatePolicyVersion", &another, (409, "LimitExceeded")).await;
    for size in [1, 2, 100] {
        let listed = pages(&f, &admin, "ListPolicyVersions", &[policy], "VersionId", size).await;
        assert_eq!(listed, ["v5", "v4", "v3", "v2", "v1"]);
    }
    done(&f, &admin, "DeletePolicyVersion", &[policy, ("VersionId", "v5")]).await;
    let again = done(&f, &admin, "CreatePolicyVersion", &another).await;
    assert_eq!(element(&again, "VersionId"), "v6");
    let default = [policy, ("VersionId", "v1")];
    refused(&f, &admin, "DeletePolicyVersion", &default, (409, "DeleteConflict")).await;
    for operation in ["DeletePolicyVersion", "GetPolicyVersion", "SetDefaultPolicyVersion"] {
        for version in ["v5", "v99", "v1.a"] {
            refused(&f, &admin, operation, &[policy, ("VersionId", version)], NO_SUCH).await;
        }
        let wrong = [policy, ("VersionId", "1")];
        refused(&f, &admin, operation, &wrong, (400, "ValidationError")).await;
    }
    refused(&f, &admin, "ListPolicyVersions", &[policy, ("Marker", "!")], (400, "ValidationError")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_goes_when_nobody_has_it_and_one_version_is_left() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    let arn = make(&f, &admin, "read", "/", ALLOW).await;
    let (policy, alice) = (("PolicyArn", arn.as_str()), ("UserName", "alice"));
    let conflict = (409, "DeleteConflict");
    done(&f, &admin, "AttachUserPolicy", &[alice, policy]).await;
    refused(&f, &admin, "DeletePolicy", &[policy], conflict).await;
    done(&f, &admin, "DetachUserPolicy", &[alice, policy]).await;
    let bounded = [alice, ("PermissionsBoundary", arn.as_str())];
    done(&f, &admin, "PutUserPermissionsBoundary", &bounded).await;
    refused(&f, &admin, "DeletePolicy", &[policy], conflict).await;
    done(&f, &admin, "DeleteUserPermissionsBoundary", &[alice]).await;
    done(&f, &admin, "CreatePolicyVersion", &[policy, ("PolicyDocument", NONE)]).await;
    refused(&f, &admin, "DeletePolicy", &[policy], conflict).await;
    done(&f, &admin, "DeletePolicyVersion", &[policy, ("VersionId", "v2")]).await;
    done(&f, &admin, "DeletePolicy", &[policy]).await;
    refused(&f, &admin, "DeletePolicy", &[policy], NO_SUCH).await;
    refused(&f, &admin, "GetPolicyVersion", &[policy, ("VersionId", "v1")], NO_SUCH).await;
    make(&f, &admin, "read", "/", ALLOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_of_aws_are_found_by_all_and_changed_by_nobody() {
    let f = Fixture::start().await;
    let root = f.directory().create_root_access_key(crate::fixture::home()).await.unwrap();
    let policy = ("PolicyArn", ADMINISTRATOR);
    for (operation, members) in [
        ("DeletePolicy", vec![policy]),
        ("CreatePolicyVersion", vec![policy, ("PolicyDocument", NONE), ("SetAsDefault", "true")]),
        ("DeletePolicyVersion", vec![policy, ("VersionId", "v1")]),
        ("SetDefaultPolicyVersion", vec![policy, ("VersionId", "v1")]),
        ("TagPolicy", vec![policy, ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]),
        ("UntagPolicy", vec![policy, ("TagKeys.member.1", "a")]),
    ] {
        refused(&f, &root, operation, &members, (403, "AccessDenied")).await;
    }
    let names = pages(&f, &root, "ListPolicies", &[("Scope", "AWS")], "PolicyName", 4).await;
    assert_eq!(names.len(), 12);
    for name in names {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let told = done(&f, &root, "GetPolicy", &[("PolicyArn", &arn)]).await;
        assert!(!element(&told, "Description").is_empty());
        // The administrator has the first of them.
        let attached = if arn == ADMINISTRATOR { "1" } else { "0" };
        assert_eq!(element(&told, "AttachmentCount"), attached, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_listed_by_scope_path_and_use() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    for (name, path) in [("a", "/x/"), ("b", "/x/y/"), ("c", "/"), ("d", "/")] {
        make(&f, &admin, name, path, ALLOW).await;
    }
    let alice = ("UserName", "alice");
    let (c, d) = ("arn:aws:iam::111122223333:policy/c", "arn:aws:iam::111122223333:policy/d");
    done(&f, &admin, "AttachUserPolicy", &[alice, ("PolicyArn", c)]).await;
    done(&f, &admin, "PutUserPermissionsBoundary", &[alice, ("PermissionsBoundary", d)]).await;
    let local = ("Scope", "Local");
    for (members, expected) in [
        (vec![local], vec!["a", "b", "c", "d"]),
        (vec![local, ("PathPrefix", "/x/")], vec!["a", "b"]),
        (vec![local, ("OnlyAttached", "true")], vec!["c", "d"]),
        (vec![("OnlyAttached", "true")], vec!["AdministratorAccess", "c", "d"]),
        (vec![("PolicyUsageFilter", "PermissionsPolicy")], vec!["AdministratorAccess", "c"]),
        (vec![("PolicyUsageFilter", "PermissionsBoundary")], vec!["d"]),
        (vec![("Scope", "AWS"), ("OnlyAttached", "true")], vec!["AdministratorAccess"]),
    ] {
        for size in [1, 100] {
            let mut names = pages(&f, &admin, "ListPolicies", &members, "PolicyName", size).await;
            names.sort();
            assert_eq!(names, expected, "{members:?}");
        }
    }
    assert_eq!(pages(&f, &admin, "ListPolicies", &[], "PolicyName", 7).await.len(), 16);
    let listed = done(&f, &admin, "ListPolicies", &[local]).await;
    assert!(!listed.contains("<Tags>") && !listed.contains("<Description>"), "{listed}");
    for wrong in [("Scope", "Mine"), ("PolicyUsageFilter", "x"), ("PathPrefix", "x")] {
        refused(&f, &admin, "ListPolicies", &[wrong], (400, "ValidationError")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_policy_is_for_is_told_by_kind_path_and_use() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let arn = make(&f, &admin, "read", "/", ALLOW).await;
    let policy = ("PolicyArn", arn.as_str());
    done(&f, &admin, "CreateUser", &[("UserName", "u1"), ("Path", "/x/")]).await;
    done(&f, &admin, "CreateUser", &[("UserName", "u2"), ("PermissionsBoundary", &arn)]).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "g")]).await;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
        "Action":"sts:AssumeRole"}}"#;
    done(&f, &admin, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", trust)]).await;
    done(&f, &admin, "AttachUserPolicy", &[("UserName", "u1"), policy]).await;
    done(&f, &admin, "AttachGroupPolicy", &[("GroupName", "g"), policy]).await;
    done(&f, &admin, "AttachRolePolicy", &[("RoleName", "r"), policy]).await;
    let names = ["UserName", "GroupName", "RoleName"];
    for (members, expected) in [
        (vec![], [vec!["u1", "u2"], vec!["g"], vec!["r"]]),
        (vec![("EntityFilter", "User")], [vec!["u1", "u2"], vec![], vec![]]),
        (vec![("EntityFilter", "Role")], [vec![], vec![], vec!["r"]]),
        (vec![("EntityFilter", "LocalManagedPolicy")], [vec![], vec![], vec![]]),
        (vec![("PathPrefix", "/x/")], [vec!["u1"], vec![], vec![]]),
        (vec![("PolicyUsageFilter", "PermissionsPolicy")], [vec!["u1"], vec!["g"], vec!["r"]]),
        (vec![("PolicyUsageFilter", "PermissionsBoundary")], [vec!["u2"], vec![], vec![]]),
    ] {
        let members: Vec<_> = members.into_iter().chain([policy]).collect();
        for (name, expected) in names.into_iter().zip(expected) {
            let mut found = pages(&f, &admin, "ListEntitiesForPolicy", &members, name, 2).await;
            found.sort();
            assert_eq!(found, expected, "{members:?} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_set_told_taken_away_and_decided_by() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let arn = make(&f, &admin, "read", "/", ALLOW).await;
    let policy = ("PolicyArn", arn.as_str());
    let both = [
        policy,
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
        ("Tags.member.2.Key", "stage"),
        ("Tags.member.2.Value", ""),
    ];
    done(&f, &admin, "TagPolicy", &both).await;
    assert_eq!(pages(&f, &admin, "ListPolicyTags", &[policy], "Key", 1).await, ["stage", "team"]);
    let by_tag = |key: &str, value: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:*","Resource":"*",
            "Condition":{{"StringEquals":{{"{key}":"{value}"}}}}}}}}"#
        )
    };
    let blue = f.user("blue", Some(&by_tag("aws:ResourceTag/team", "blue"))).await;
    let tags_red = f.user("red", Some(&by_tag("aws:RequestTag/team", "red"))).await;
    let tag_keys = f.user("keys", Some(&by_tag("aws:TagKeys", "stage"))).await;
    done(&f, &blue, "GetPolicy", &[policy]).await;
    let of_aws = [("PolicyArn", ADMINISTRATOR)];
    refused(&f, &blue, "GetPolicy", &of_aws, (403, "AccessDenied")).await;
    done(&f, &tag_keys, "UntagPolicy", &[policy, ("TagKeys.member.1", "stage")]).await;
    let other_key = [policy, ("TagKeys.member.1", "team")];
    refused(&f, &tag_keys, "UntagPolicy", &other_key, (403, "AccessDenied")).await;
    let red = [policy, ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "red")];
    done(&f, &tags_red, "TagPolicy", &red).await;
    let made = [("PolicyName", "new"), ("PolicyDocument", ALLOW), red[1], red[2]];
    done(&f, &tags_red, "CreatePolicy", &made).await;
    refused(&f, &tags_red, "CreatePolicy", &made[..2], (403, "AccessDenied")).await;
    let told = done(&f, &admin, "ListPolicyTags", &[policy]).await;
    assert_eq!((element(&told, "Key"), element(&told, "Value")), ("Team", "red"));
    assert_eq!(elements(&told, "Key").len(), 1);
    let reserved = [policy, ("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "")];
    refused(&f, &admin, "TagPolicy", &reserved, (400, "InvalidInput")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_aws_whose_text_was_another_becomes_a_new_version_at_the_start() {
    let f = Fixture::start().await;
    let database = f.database.connect().await;
    let sql = "UPDATE managed_policy_versions SET document = $2 WHERE policy_arn = $1";
    let arn = "arn:aws:iam::aws:policy/SecurityAudit";
    assert_eq!(database.execute(sql, &[&arn, &ALLOW]).await.unwrap(), 1);
    let config = f.config();
    f.app.running.stop().await;
    let f = Fixture { app: crate::fixture::start(config, &f.clock).await, ..f };
    let admin = f.admin().await;
    let told = done(&f, &admin, "GetPolicy", &[("PolicyArn", arn)]).await;
    assert_eq!(element(&told, "DefaultVersionId"), "v2");
    let text = done(&f, &admin, "GetPolicyVersion", &[("PolicyArn", arn), ("VersionId", "v2")]).await;
    assert!(percent_decoded(element(&text, "Document")).contains("kms:GetKeyPolicy"));
}
