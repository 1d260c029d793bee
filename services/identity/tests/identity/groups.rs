//! Groups over the Query protocol, and who is in them.

use crate::fixture::Fixture;
use crate::query::{done, element, elements, pages, refused};

const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_made_renamed_and_deleted() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let made = done(&f, &admin, "CreateGroup", &[("GroupName", "dev"), ("Path", "/x/")]).await;
    assert_eq!(element(&made, "Arn"), "arn:aws:iam::111122223333:group/x/dev");
    assert!(element(&made, "GroupId").starts_with("AGPA"));
    refused(&f, &admin, "CreateGroup", &[("GroupName", "Dev")], (409, "EntityAlreadyExists")).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "ops")]).await;
    assert_eq!(pages(&f, &admin, "ListGroups", &[], "GroupName", 1).await, ["dev", "ops"]);
    let in_path = [("PathPrefix", "/x")];
    assert_eq!(pages(&f, &admin, "ListGroups", &in_path, "GroupName", 9).await, ["dev"]);
    let new = [("GroupName", "dev"), ("NewGroupName", "builders"), ("NewPath", "/")];
    done(&f, &admin, "UpdateGroup", &new).await;
    let taken = [("GroupName", "ops"), ("NewGroupName", "Builders")];
    refused(&f, &admin, "UpdateGroup", &taken, (409, "EntityAlreadyExists")).await;
    let told = done(&f, &admin, "GetGroup", &[("GroupName", "builders")]).await;
    assert_eq!(element(&told, "Arn"), "arn:aws:iam::111122223333:group/builders");
    for group in ["builders", "ops"] {
        done(&f, &admin, "DeleteGroup", &[("GroupName", group)]).await;
        for operation in ["DeleteGroup", "GetGroup", "UpdateGroup"] {
            refused(&f, &admin, operation, &[("GroupName", group)], NO_SUCH).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_tells_its_users_and_a_user_its_groups() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    for user in ["alice", "Bob", "carol"] {
        done(&f, &admin, "CreateUser", &[("UserName", user)]).await;
    }
    for group in ["dev", "Ops"] {
        done(&f, &admin, "CreateGroup", &[("GroupName", group)]).await;
        for user in ["carol", "bob", "alice", "alice"] {
            done(&f, &admin, "AddUserToGroup", &[("GroupName", group), ("UserName", user)]).await;
        }
    }
    for size in [1, 2, 3] {
        let users = pages(&f, &admin, "GetGroup", &[("GroupName", "dev")], "UserName", size).await;
        assert_eq!(users, ["alice", "Bob", "carol"]);
        let groups = pages(&f, &admin, "ListGroupsForUser", &[("UserName", "BOB")], "GroupName", size).await;
        assert_eq!(groups, ["dev", "Ops"]);
    }
    let bob = [("GroupName", "dev"), ("UserName", "bob")];
    done(&f, &admin, "RemoveUserFromGroup", &bob).await;
    refused(&f, &admin, "RemoveUserFromGroup", &bob, NO_SUCH).await;
    let told = done(&f, &admin, "GetGroup", &[("GroupName", "dev")]).await;
    assert_eq!(elements(&told, "UserName"), ["alice", "carol"]);
    for operation in ["AddUserToGroup", "RemoveUserFromGroup"] {
        for (group, user) in [("dev", "nobody"), ("none", "bob")] {
            refused(&f, &admin, operation, &[("GroupName", group), ("UserName", user)], NO_SUCH).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_goes_when_nothing_is_left_of_it() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    let dev = ("GroupName", "dev");
    done(&f, &admin, "CreateGroup", &[dev]).await;
    done(&f, &admin, "AddUserToGroup", &[dev, ("UserName", "alice")]).await;
    done(&f, &admin, "AttachGroupPolicy", &[dev, ("PolicyArn", ADMINISTRATOR)]).await;
    let policy = [dev, ("PolicyName", "p"), ("PolicyDocument", crate::iam::ALLOW)];
    done(&f, &admin, "PutGroupPolicy", &policy).await;
    for (operation, member) in [
        ("DeleteGroupPolicy", ("PolicyName", "p")),
        ("DetachGroupPolicy", ("PolicyArn", ADMINISTRATOR)),
        ("RemoveUserFromGroup", ("UserName", "alice")),
    ] {
        refused(&f, &admin, "DeleteGroup", &[dev], (409, "DeleteConflict")).await;
        done(&f, &admin, operation, &[dev, member]).await;
    }
    done(&f, &admin, "DeleteGroup", &[dev]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_do_what_its_groups_may() {
    let f = Fixture::start().await;
    let (admin, alice) = (f.admin().await, f.user("alice", None).await);
    let denied = (403, "AccessDenied");
    refused(&f, &alice, "ListUsers", &[], denied).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "dev")]).await;
    let policy = [("GroupName", "dev"), ("PolicyName", "p"), ("PolicyDocument", crate::iam::ALLOW)];
    done(&f, &admin, "PutGroupPolicy", &policy).await;
    let member = [("GroupName", "dev"), ("UserName", "alice")];
    done(&f, &admin, "AddUserToGroup", &member).await;
    crate::query::soon(&f, &alice, "ListUsers", &[], 200).await;
    done(&f, &admin, "RemoveUserFromGroup", &member).await;
    crate::query::soon(&f, &alice, "ListUsers", &[], 403).await;
}
