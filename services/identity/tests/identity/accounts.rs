//! Several accounts in one installation, by the operator's operations.

use keywright_crypto::SecretString;
use keywright_identity::domain::access_key::{AccessKeyId, NewAccessKey};
use keywright_service::identity::{ADMIN_SIGNING_NAME, ADMIN_TARGET_PREFIX};
use keywright_service::testing::{TestClient, records};
use serde_json::{Value, json};

use crate::fixture::Fixture;

fn admin_client(f: &Fixture, key: &NewAccessKey) -> TestClient {
    let id = key.access_key_id.as_str();
    TestClient::new(f.app.running.address(), id, ADMIN_SIGNING_NAME, ADMIN_TARGET_PREFIX)
        .with_secret(key.secret_access_key.expose_secret())
}

fn root_key(created: &Value) -> NewAccessKey {
    NewAccessKey {
        access_key_id: AccessKeyId::parse(created["RootAccessKeyId"].as_str().unwrap()).unwrap(),
        secret_access_key: SecretString::new(created["RootSecretAccessKey"].as_str().unwrap().to_owned()),
    }
}

async fn who(f: &Fixture, key: &NewAccessKey) -> (u16, String) {
    let client = TestClient::new(f.app.running.address(), key.access_key_id.as_str(), "sts", "")
        .with_secret(key.secret_access_key.expose_secret());
    let answer = client.call_query("Action=GetCallerIdentity&Version=2011-06-15", true).await;
    (answer.status, answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_with_its_first_credentials_listed_and_closed() {
    let f = Fixture::start().await;
    let client = admin_client(&f, &f.admin().await);
    let input = json!({"AccountName": "payments", "AccountId": "444455556666"});
    let created = client.call("CreateAccount", input.clone()).await.ok();
    let root = root_key(&created);
    let (status, text) = who(&f, &root).await;
    assert!(status == 200 && text.contains("arn:aws:iam::444455556666:root"), "{text}");
    assert_eq!(client.call("CreateAccount", input).await.error(), "EntityAlreadyExists");

    let random = client.call("CreateAccount", json!({"AccountName": "other"})).await.ok();
    let random = random["Account"]["AccountId"].as_str().unwrap().to_owned();
    assert!(random.len() == 12 && !random.starts_with('0'));

    let mut listed = Vec::new();
    let mut input = json!({"MaxResults": 1});
    loop {
        let page = client.call("ListAccounts", input).await.ok();
        listed.push(page["Accounts"][0]["AccountId"].as_str().unwrap().to_owned());
        let Some(token) = page["NextToken"].as_str() else { break };
        input = json!({"MaxResults": 1, "NextToken": token});
    }
    let mut expected = vec!["111122223333".to_owned(), "444455556666".to_owned(), random];
    expected.sort_unstable();
    assert_eq!(listed, expected);

    client.call("CloseAccount", json!({"AccountId": "444455556666"})).await.ok();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    f.clock.advance(time::Duration::seconds(2));
    assert_eq!(who(&f, &root).await.0, 403);
    for (account, error) in [("444455556666", "NoSuchEntity"), ("111122223333", "ValidationException")] {
        let refused = client.call("CloseAccount", json!({"AccountId": account})).await;
        assert_eq!(refused.error(), error, "{}", refused.text);
    }

    let all = records(f.app.running.journal(), 1).await;
    let record = all.iter().find(|record| record["eventName"] == "CreateAccount").unwrap();
    assert_eq!(record["responseElements"]["accountId"], "444455556666");
    let secret = root.secret_access_key.expose_secret();
    assert!(all.iter().all(|record| !record.to_string().contains(secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_first_accounts_principals_may() {
    let f = Fixture::start().await;
    let client = admin_client(&f, &f.admin().await);
    let created = client.call("CreateAccount", json!({"AccountName": "payments"})).await.ok();
    let (stranger, nobody) = (admin_client(&f, &root_key(&created)), f.user("nobody", None).await);
    for client in [stranger, admin_client(&f, &nobody)] {
        for (operation, input) in [
            ("CreateAccount", json!({"AccountName": "x"})),
            ("ListAccounts", json!({})),
            ("CloseAccount", json!({"AccountId": created["Account"]["AccountId"]})),
        ] {
            assert_eq!(client.call(operation, input).await.error(), "AccessDeniedException", "{operation}");
        }
    }
}
