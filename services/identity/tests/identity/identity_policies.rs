//! Policies of users, groups and roles: inline ones, and managed ones attached to them.

use crate::fixture::Fixture;
use crate::iam::ALLOW;
use crate::query::{done, element, pages, refused};
use crate::roles::{ACCOUNT, trust};

const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");
const LIMIT: (u16, &str) = (409, "LimitExceeded");
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A user, a group and a role called `x`: the kind, the member that names it, and how long its inline policies may be.
async fn three() -> (Fixture, keywright_identity::domain::access_key::NewAccessKey) {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    done(&f, &admin, "CreateUser", &[("UserName", "x")]).await;
    done(&f, &admin, "CreateGroup", &[("GroupName", "x")]).await;
    let trusted = trust(ACCOUNT);
    done(&f, &admin, "CreateRole", &[("RoleName", "x"), ("AssumeRolePolicyDocument", &trusted)]).await;
    (f, admin)
}

const KINDS: [(&str, &str, usize); 3] =
    [("User", "UserName", 2_048), ("Group", "GroupName", 5_120), ("Role", "RoleName", 10_240)];

/// An inline policy of this many characters that count.
fn of_size(size: usize) -> String {
    let frame = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::"}]}"#;
    frame.replace("s3:::", &format!("s3:::{}", "a".repeat(size - frame.len())))
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_policies_are_kept_as_they_are_put() {
    let (f, admin) = three().await;
    for (kind, member, _) in KINDS {
        let [put, get, delete] = ["Put", "Get", "Delete"].map(|verb| format!("{verb}{kind}Policy"));
        let list = format!("List{kind}Policies");
        let (x, absent) = ((member, "x"), (member, "absent"));
        for name in ["b", "a", "C"] {
            let policy = [x, ("PolicyName", name), ("PolicyDocument", ALLOW)];
            done(&f, &admin, &put, &policy).await;
        }
        let spaced = ALLOW.replace(',', " ,\n");
        done(&f, &admin, &put, &[x, ("PolicyName", "a"), ("PolicyDocument", &spaced)]).await;
        let told = done(&f, &admin, &get, &[x, ("PolicyName", "a")]).await;
        assert_eq!((element(&told, member), element(&told, "PolicyName")), ("x", "a"));
        assert!(element(&told, "PolicyDocument").contains("%20%2C%0A"), "{told}");
        for size in [1, 3] {
            assert_eq!(pages(&f, &admin, &list, &[x], "member", size).await, ["C", "a", "b"]);
        }
        done(&f, &admin, &delete, &[x, ("PolicyName", "a")]).await;
        for operation in [&get, &delete] {
            refused(&f, &admin, operation, &[x, ("PolicyName", "a")], NO_SUCH).await;
            refused(&f, &admin, operation, &[absent, ("PolicyName", "b")], NO_SUCH).await;
        }
        refused(&f, &admin, &list, &[absent], NO_SUCH).await;
        let policy = [absent, ("PolicyName", "p"), ("PolicyDocument", ALLOW)];
        refused(&f, &admin, &put, &policy, NO_SUCH).await;
        let malformed = [x, ("PolicyName", "p"), ("PolicyDocument", "{}")];
        refused(&f, &admin, &put, &malformed, (400, "MalformedPolicyDocument")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_policies_have_a_bound_together_in_which_white_space_does_not_count() {
    let (f, admin) = three().await;
    for (kind, member, most) in KINDS {
        let (put, x) = (format!("Put{kind}Policy"), (member, "x"));
        let all = of_size(most);
        let spaced = all.replace("\"Effect\"", " \n\t\"Effect\"");
        done(&f, &admin, &put, &[x, ("PolicyName", "a"), ("PolicyDocument", &spaced)]).await;
        refused(&f, &admin, &put, &[x, ("PolicyName", "b"), ("PolicyDocument", ALLOW)], LIMIT).await;
        let longer = of_size(most + 1);
        refused(&f, &admin, &put, &[x, ("PolicyName", "a"), ("PolicyDocument", &longer)], LIMIT).await;
        let shorter = of_size(most - ALLOW.len());
        done(&f, &admin, &put, &[x, ("PolicyName", "a"), ("PolicyDocument", &shorter)]).await;
        done(&f, &admin, &put, &[x, ("PolicyName", "b"), ("PolicyDocument", ALLOW)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn managed_policies_are_attached_and_detached() {
    let (f, admin) = three().await;
    let mut own = Vec::new();
    for number in 0..10 {
        own.push(f.managed_policy(&format!("p{number}"), ALLOW).await);
    }
    for (kind, member, _) in KINDS {
        let [attach, detach] = ["Attach", "Detach"].map(|verb| format!("{verb}{kind}Policy"));
        let (list, x) = (format!("ListAttached{kind}Policies"), (member, "x"));
        for arn in &own {
            done(&f, &admin, &attach, &[x, ("PolicyArn", arn)]).await;
        }
        done(&f, &admin, &attach, &[x, ("PolicyArn", &own[3])]).await;
        refused(&f, &admin, &attach, &[x, ("PolicyArn", ADMINISTRATOR)], LIMIT).await;
        for size in [1, 3, 10, 100] {
            assert_eq!(pages(&f, &admin, &list, &[x], "PolicyArn", size).await, own);
        }
        let names = pages(&f, &admin, &list, &[x, ("PathPrefix", "/")], "PolicyName", 100).await;
        assert_eq!(names[0], "p0");
        assert!(pages(&f, &admin, &list, &[x, ("PathPrefix", "/no/")], "PolicyName", 100).await.is_empty());
        done(&f, &admin, &detach, &[x, ("PolicyArn", &own[0])]).await;
        refused(&f, &admin, &detach, &[x, ("PolicyArn", &own[0])], NO_SUCH).await;
        let absent = ("PolicyArn", "arn:aws:iam::111122223333:policy/absent");
        refused(&f, &admin, &attach, &[x, absent], NO_SUCH).await;
        let wrong = ("PolicyArn", "arn:aws:kms:us-east-1:111122223333:key/1");
        refused(&f, &admin, &attach, &[x, wrong], (400, "InvalidInput")).await;
        for operation in [&attach, &detach, &list] {
            let members = [(member, "absent"), ("PolicyArn", own[1].as_str())];
            refused(&f, &admin, operation, &members, NO_SUCH).await;
        }
    }
}
