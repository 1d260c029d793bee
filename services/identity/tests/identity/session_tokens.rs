//! GetSessionToken, GetFederationToken, and messages about refusals.

use keywright_service::testing::records;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fixture::{Fixture, home};
use crate::query::{Answer, ask, element};
use crate::temporary::{Temporary, ask_as, assume, form, policy, refusal, trust_account};

const ACCOUNT: &str = "111122223333";
const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// How long the credentials are good, in seconds.
fn lasts(answer: &Answer, now: OffsetDateTime) -> i64 {
    let end = OffsetDateTime::parse(element(&answer.text, "Expiration"), &Rfc3339).unwrap();
    (end - now).whole_seconds()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_session_is_the_user_and_a_root_users_is_short() {
    let f = Fixture::start().await;
    let deny = policy("Deny", "*", "*");
    let alice = f.user("alice", Some(&deny)).await;
    let root = f.directory().create_root_access_key(home()).await.unwrap();
    for (key, arn, whole) in [
        (&alice, "arn:aws:iam::111122223333:user/alice", 129_600),
        (&root, "arn:aws:iam::111122223333:root", 3_600),
    ] {
        let now = OffsetDateTime::now_utc();
        let answer =
            ask(&f, "sts", Some(key), &form("GetSessionToken", &[("DurationSeconds", "129600")])).await;
        let session = Temporary::of(&answer);
        assert!((whole - 2..=whole + 20).contains(&lasts(&answer, now)), "{}", answer.text);
        let who = ask_as(&f, "sts", &session, WHO).await;
        assert_eq!(element(&who.text, "Arn"), arn);
    }
    let default = ask(&f, "sts", Some(&alice), &form("GetSessionToken", &[])).await;
    assert!((43_190..=43_220).contains(&lasts(&default, OffsetDateTime::now_utc())));
    for seconds in ["899", "129601"] {
        let answer =
            ask(&f, "sts", Some(&alice), &form("GetSessionToken", &[("DurationSeconds", seconds)])).await;
        assert_eq!(refusal(&answer).1, "ValidationError");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_and_another_keys_token_is_refused() {
    let f = Fixture::start().await;
    let alice = f.user("alice", None).await;
    let get = form("GetSessionToken", &[("DurationSeconds", "900")]);
    let [one, two] = [&alice, &alice].map(|key| ask(&f, "sts", Some(key), &get));
    let (one, two) = (Temporary::of(&one.await), Temporary::of(&two.await));
    let kms = f.credentials("kms", &f.kms);
    let mixed = Temporary { token: two.token.clone(), ..one.clone() };
    let mut forged = one.clone();
    let other = if one.token[20..].starts_with('A') { 'B' } else { 'A' };
    forged.token = format!("{}{other}{}", &one.token[..20], &one.token[21..]);
    for bad in [&mixed, &forged] {
        let answer = ask_as(&f, "sts", bad, WHO).await;
        assert_eq!(refusal(&answer).1, "InvalidClientTokenId", "{}", answer.text);
        assert!(f.caller_of(&kms, bad, "kms").await.is_err());
    }
    assert!(f.caller_of(&kms, &one, "kms").await.is_ok());
    f.clock.advance(time::Duration::seconds(901));
    assert!(matches!(f.caller_of(&kms, &one, "kms").await, Err(keywright_aws_api::CredentialError::Expired)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_get_no_further_ones_and_may_not_use_iam() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "*", "*"))).await;
    let role = f.role("app", &trust_account(ACCOUNT), Some(&policy("Allow", "*", "*"))).await;
    let own = Temporary::of(&ask(&f, "sts", Some(&alice), &form("GetSessionToken", &[])).await);
    let everything = policy("Allow", "*", "*");
    let federate = form("GetFederationToken", &[("Name", "carol"), ("Policy", &everything)]);
    let federated = Temporary::of(&ask(&f, "sts", Some(&alice), &federate).await);
    let of_role = f.session(&alice, &role, &[]).await;
    for session in [&own, &federated, &of_role] {
        for operation in ["GetSessionToken", "GetFederationToken"] {
            let answer = ask_as(&f, "sts", session, &form(operation, &[("Name", "carol")])).await;
            let message = format!("Cannot call {operation} with session credentials");
            assert_eq!(refusal(&answer), (403, "AccessDenied", message.as_str()));
        }
        assert_eq!(ask_as(&f, "sts", session, WHO).await.status, 200);
    }
    let assuming = assume(&role.arn(), &[]);
    assert_eq!(ask_as(&f, "sts", &own, &assuming).await.status, 200);
    assert_eq!(refusal(&ask_as(&f, "sts", &federated, &assuming).await).1, "AccessDenied");
    let create = "Action=CreateUser&Version=2010-05-08&UserName=";
    for (session, name, expected) in [(&own, "a", 403), (&federated, "b", 403), (&of_role, "c", 200)] {
        let answer = ask_as(&f, "iam", session, &format!("{create}{name}")).await;
        assert_eq!(answer.status, expected, "{}", answer.text);
        if expected == 403 {
            assert_eq!(refusal(&answer).1, "InvalidClientTokenId");
        }
    }
    // Services have no sessions to give.
    let of_service = ask(&f, "sts", Some(&f.kms), &form("GetSessionToken", &[])).await;
    assert_eq!(refusal(&of_service).1, "AccessDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_federated_user_has_session_policies_always() {
    let f = Fixture::start().await;
    let all = policy("Allow", "*", "*");
    let alice = f.user("alice", Some(&all)).await;
    let nobody = f.user("nobody", None).await;
    let kms = f.credentials("kms", &f.kms);
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    for (more, policies) in [(vec![], 0), (vec![("Policy", all.as_str()), tags[0], tags[1]], 1)] {
        let pairs = [vec![("Name", "carol")], more].concat();
        let answer = ask(&f, "sts", Some(&alice), &form("GetFederationToken", &pairs)).await;
        let user = element(&answer.text, "FederatedUser");
        assert_eq!(element(user, "Arn"), "arn:aws:sts::111122223333:federated-user/carol");
        assert_eq!(element(user, "FederatedUserId"), "111122223333:carol");
        let caller = f.caller_of(&kms, &Temporary::of(&answer), "kms").await.unwrap();
        assert_eq!(caller.session.as_ref().unwrap().policies.as_ref().unwrap().len(), policies);
        assert_eq!(caller.tags.len(), policies);
        assert_eq!(caller.principal.arn, "arn:aws:sts::111122223333:federated-user/carol");
    }
    let refused = ask(&f, "sts", Some(&nobody), &form("GetFederationToken", &[("Name", "carol")])).await;
    assert_eq!(refusal(&refused).1, "AccessDenied");
    assert!(refusal(&refused).2.contains("federated-user/carol"), "{}", refused.text);
    let all = records(f.app.running.journal(), 3).await;
    let record = all.iter().find(|record| record["eventName"] == "GetFederationToken").unwrap();
    assert_eq!(record["responseElements"]["federatedUser"]["federatedUserId"], "111122223333:carol");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_messages_sealed_for_the_account_are_decoded() {
    let f = Fixture::start().await;
    let other = f.account("444455556666").await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:DecodeAuthorizationMessage", "*"))).await;
    let now = OffsetDateTime::now_utc();
    let mine = f.directory().encode_authorization_message(home(), "{\"allowed\":false}", now).await.unwrap();
    let theirs = f.directory().encode_authorization_message(other, "{}", now).await.unwrap();
    let decode = async |message: &str| {
        ask(&f, "sts", Some(&alice), &form("DecodeAuthorizationMessage", &[("EncodedMessage", message)]))
            .await
    };
    let decoded = decode(&mine).await;
    assert_eq!(element(&decoded.text, "DecodedMessage").replace("&quot;", "\""), "{\"allowed\":false}");
    let session = Temporary::of(&ask(&f, "sts", Some(&alice), &form("GetSessionToken", &[])).await);
    for bad in [theirs.as_str(), "x", &session.token] {
        let answer = decode(bad).await;
        assert_eq!(
            refusal(&answer),
            (400, "InvalidAuthorizationMessageException", "The encoded authorization message is not valid")
        );
    }
}
