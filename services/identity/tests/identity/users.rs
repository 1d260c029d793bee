//! Users over the Query protocol.

use crate::fixture::Fixture;
use crate::query::{done, element, elements, pages, refused};

const BOUNDARY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_told_as_it_was_made() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let made = done(
        &f,
        &admin,
        "CreateUser",
        &[
            ("UserName", "Bob"),
            ("Path", "/team/"),
            ("PermissionsBoundary", BOUNDARY),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "blue"),
        ],
    )
    .await;
    for text in [made, done(&f, &admin, "GetUser", &[("UserName", "bob")]).await] {
        assert_eq!(element(&text, "UserName"), "Bob");
        assert_eq!(element(&text, "Path"), "/team/");
        assert_eq!(element(&text, "Arn"), "arn:aws:iam::111122223333:user/team/Bob");
        assert!(element(&text, "UserId").starts_with("AIDA"));
        assert_eq!(element(&text, "PermissionsBoundaryType"), "PermissionsBoundaryPolicy");
        assert_eq!(element(&text, "PermissionsBoundaryArn"), BOUNDARY);
        assert_eq!((element(&text, "Key"), element(&text, "Value")), ("team", "blue"));
        assert!(element(&text, "CreateDate").ends_with('Z'));
    }
    let listed = done(&f, &admin, "ListUsers", &[("PathPrefix", "/team/")]).await;
    assert_eq!(elements(&listed, "UserName"), ["Bob"]);
    assert!(!listed.contains("<Tags>"), "lists are without tags");
    let taken = [("UserName", "BOB")];
    refused(&f, &admin, "CreateUser", &taken, (409, "EntityAlreadyExists")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_nobody_asks_about_itself() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    assert_eq!(element(&done(&f, &admin, "GetUser", &[]).await, "UserName"), "admin");
    let root = f.directory().create_root_access_key(crate::fixture::home()).await.unwrap();
    let told = done(&f, &root, "GetUser", &[]).await;
    assert_eq!(element(&told, "UserId"), "111122223333");
    assert_eq!(element(&told, "Arn"), "arn:aws:iam::111122223333:root");
    assert!(!told.contains("<UserName>"), "{told}");
    refused(&f, &root, "ListMFADevices", &[], (400, "ValidationError")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_user_keeps_its_id_and_what_it_has() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let key = f.user("alice", None).await;
    f.user("carol", None).await;
    let id = element(&done(&f, &admin, "GetUser", &[("UserName", "alice")]).await, "UserId").to_owned();
    let new = [("UserName", "alice"), ("NewUserName", "Alice2"), ("NewPath", "/x/")];
    done(&f, &admin, "UpdateUser", &new).await;
    let told = done(&f, &admin, "GetUser", &[("UserName", "alice2")]).await;
    assert_eq!(element(&told, "UserId"), id);
    assert_eq!(element(&told, "Arn"), "arn:aws:iam::111122223333:user/x/Alice2");
    refused(&f, &admin, "GetUser", &[("UserName", "alice")], NO_SUCH).await;
    let keys = done(&f, &admin, "ListAccessKeys", &[("UserName", "alice2")]).await;
    assert_eq!(element(&keys, "AccessKeyId"), key.access_key_id.as_str());
    // Another case of the same name is no other user.
    done(&f, &admin, "UpdateUser", &[("UserName", "alice2"), ("NewUserName", "ALICE2")]).await;
    let taken = [("UserName", "alice2"), ("NewUserName", "Carol")];
    refused(&f, &admin, "UpdateUser", &taken, (409, "EntityAlreadyExists")).await;
    refused(&f, &admin, "UpdateUser", &[("UserName", "nobody")], NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_goes_when_nothing_is_left_of_it() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let key = f.user("alice", Some(crate::iam::ALLOW)).await;
    let alice = ("UserName", "alice");
    done(&f, &admin, "CreateGroup", &[("GroupName", "dev")]).await;
    done(&f, &admin, "AddUserToGroup", &[("GroupName", "dev"), alice]).await;
    done(&f, &admin, "AttachUserPolicy", &[alice, ("PolicyArn", BOUNDARY)]).await;
    for (left, operation, members) in [
        ("access keys", "DeleteAccessKey", vec![alice, ("AccessKeyId", key.access_key_id.as_str())]),
        ("delete policies", "DeleteUserPolicy", vec![alice, ("PolicyName", "inline")]),
        ("detach all policies", "DetachUserPolicy", vec![alice, ("PolicyArn", BOUNDARY)]),
        ("from group", "RemoveUserFromGroup", vec![alice, ("GroupName", "dev")]),
    ] {
        let conflict = refused(&f, &admin, "DeleteUser", &[alice], (409, "DeleteConflict")).await;
        assert!(conflict.contains(left), "{conflict}");
        done(&f, &admin, operation, &members).await;
    }
    done(&f, &admin, "DeleteUser", &[alice]).await;
    refused(&f, &admin, "DeleteUser", &[alice], NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_by_pages_and_paths() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    for (name, path) in [("Zoe", "/a/"), ("bob", "/a/b/"), ("Carl", "/ab/"), ("dora", "/")] {
        done(&f, &admin, "CreateUser", &[("UserName", name), ("Path", path)]).await;
    }
    let all = ["admin", "bob", "Carl", "dora", "Zoe"];
    for size in [1, 2, 5, 100] {
        assert_eq!(pages(&f, &admin, "ListUsers", &[], "UserName", size).await, all);
    }
    for (prefix, found) in [("/a/", vec!["bob", "Zoe"]), ("/a", vec!["bob", "Carl", "Zoe"]), ("/no", vec![])]
    {
        let members = [("PathPrefix", prefix)];
        assert_eq!(pages(&f, &admin, "ListUsers", &members, "UserName", 1).await, found, "{prefix}");
    }
    for (name, value) in [("Marker", "!"), ("MaxItems", "0"), ("MaxItems", "1001"), ("PathPrefix", "a")] {
        refused(&f, &admin, "ListUsers", &[(name, value)], (400, "ValidationError")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_told_apart_without_regard_to_case() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    let alice = ("UserName", "alice");
    let two = [
        alice,
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "red"),
        ("Tags.member.2.Key", "stage"),
        ("Tags.member.2.Value", ""),
    ];
    done(&f, &admin, "TagUser", &two).await;
    done(&f, &admin, "TagUser", &[alice, ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "blue")])
        .await;
    for size in [1, 2] {
        assert_eq!(pages(&f, &admin, "ListUserTags", &[alice], "Key", size).await, ["Team", "stage"]);
    }
    assert!(done(&f, &admin, "ListUserTags", &[alice]).await.contains("<Value>blue</Value>"));
    let twice = [
        alice,
        ("Tags.member.1.Key", "x"),
        ("Tags.member.1.Value", ""),
        ("Tags.member.2.Key", "X"),
        ("Tags.member.2.Value", ""),
    ];
    refused(&f, &admin, "TagUser", &twice, (400, "InvalidInput")).await;
    let reserved = [alice, ("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "")];
    refused(&f, &admin, "TagUser", &reserved, (400, "InvalidInput")).await;
    let keys = [alice, ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "absent")];
    done(&f, &admin, "UntagUser", &keys).await;
    assert_eq!(pages(&f, &admin, "ListUserTags", &[alice], "Key", 9).await, ["stage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_is_set_and_taken_away() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    let (alice, boundary) = (("UserName", "alice"), ("PermissionsBoundary", BOUNDARY));
    let (put, delete) = ("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary");
    refused(&f, &admin, delete, &[alice], NO_SUCH).await;
    done(&f, &admin, put, &[alice, boundary]).await;
    let told = done(&f, &admin, "GetUser", &[alice]).await;
    assert_eq!(element(&told, "PermissionsBoundaryArn"), BOUNDARY);
    done(&f, &admin, delete, &[alice]).await;
    assert!(!done(&f, &admin, "GetUser", &[alice]).await.contains("Boundary"));
    let absent = ("PermissionsBoundary", "arn:aws:iam::111122223333:policy/absent");
    refused(&f, &admin, put, &[alice, absent], NO_SUCH).await;
    let no_policy = ("PermissionsBoundary", "arn:aws:iam::111122223333:user/alice");
    refused(&f, &admin, put, &[alice, no_policy], (400, "InvalidInput")).await;
    refused(&f, &admin, "CreateUser", &[("UserName", "bob"), absent], NO_SUCH).await;
    refused(&f, &admin, put, &[("UserName", "nobody"), boundary], NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_here_is_told_as_absent() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    for (operation, list) in [
        ("ListMFADevices", "MFADevices"),
        ("ListSSHPublicKeys", "SSHPublicKeys"),
        ("ListSigningCertificates", "Certificates"),
        ("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
    ] {
        let told = done(&f, &admin, operation, &[("UserName", "alice")]).await;
        assert_eq!((element(&told, list), element(&told, "IsTruncated")), ("", "false"));
        done(&f, &admin, operation, &[]).await;
        refused(&f, &admin, operation, &[("UserName", "nobody")], NO_SUCH).await;
    }
    refused(&f, &admin, "GetLoginProfile", &[("UserName", "alice")], NO_SUCH).await;
}
