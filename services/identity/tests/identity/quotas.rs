//! How much there may be.

use crate::fixture::{Fixture, home};
use crate::query::{done, refused};
use crate::roles::{ACCOUNT, trust};

const LIMIT: (u16, &str) = (409, "LimitExceeded");

/// Adds identities behind the API's back, until one more is allowed.
async fn fill(f: &Fixture, kind: &str, most: i64) {
    let database = f.database.connect().await;
    let sql = "INSERT INTO identities (identity_id, account_id, kind, name, path, created_at, trust_policy,
            max_session_seconds)
        SELECT $2 || '-' || number, $1, $2, 'filler-' || number, '/', now(),
            CASE WHEN $2 = 'role' THEN '{}' END, CASE WHEN $2 = 'role' THEN 3600 END
        FROM generate_series(1, $3::bigint - 1 - (SELECT count(*) FROM identities WHERE kind = $2)) AS number";
    database.execute(sql, &[&home().as_str(), &kind, &most]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_identities_of_each_kind() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let trusted = trust(ACCOUNT);
    for (kind, operation, member, most) in [
        ("user", "CreateUser", "UserName", 5_000),
        ("group", "CreateGroup", "GroupName", 300),
        ("role", "CreateRole", "RoleName", 1_000),
    ] {
        fill(&f, kind, most).await;
        let document = ("AssumeRolePolicyDocument", trusted.as_str());
        done(&f, &admin, operation, &[(member, "last"), document]).await;
        refused(&f, &admin, operation, &[(member, "more"), document], LIMIT).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_exceed_a_quota() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    fill(&f, "group", 300).await;
    let names = ["a", "b", "c", "d", "e", "f"];
    let made = names.map(|name| crate::query::form("CreateGroup", &[("GroupName", name)]));
    let made =
        futures::future::join_all(made.iter().map(|form| crate::query::ask(&f, "iam", Some(&admin), form)));
    let statuses: Vec<u16> = made.await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_in_ten_groups_and_has_fifty_tags() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", None).await;
    let alice = ("UserName", "alice");
    for number in 0..11 {
        let group = format!("g{number}");
        done(&f, &admin, "CreateGroup", &[("GroupName", &group)]).await;
        let member = [("GroupName", group.as_str()), alice];
        if number < 10 {
            done(&f, &admin, "AddUserToGroup", &member).await;
            done(&f, &admin, "AddUserToGroup", &member).await;
        } else {
            refused(&f, &admin, "AddUserToGroup", &member, LIMIT).await;
        }
    }
    let names: Vec<_> = (1..=50)
        .flat_map(|number| {
            [("Key", format!("k{number}")), ("Value", String::new())]
                .map(|(part, value)| (format!("Tags.member.{number}.{part}"), value))
        })
        .collect();
    let mut fifty: Vec<_> = names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fifty.push(alice);
    done(&f, &admin, "TagUser", &fifty).await;
    let another = [alice, ("Tags.member.1.Key", "more"), ("Tags.member.1.Value", "")];
    refused(&f, &admin, "TagUser", &another, LIMIT).await;
    let same = [alice, ("Tags.member.1.Key", "K1"), ("Tags.member.1.Value", "new")];
    done(&f, &admin, "TagUser", &same).await;
}
