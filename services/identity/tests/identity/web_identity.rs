//! AssumeRoleWithWebIdentity: whom an OpenID Connect provider vouches for.

use std::collections::BTreeMap;

use keywright_aws_api::Clock as _;
use keywright_identity::domain::identity::Identity;
use keywright_service::testing::records;
use serde_json::{Value, json};
use time::Duration;

use crate::fixture::Fixture;
use crate::oidc_issuer::{HOST, Issuer, IssuerKey, URL};
use crate::query::{Answer, ask, element};
use crate::temporary::{Temporary, ask_as, form, policy, refusal, trust};

const SUBJECT: &str = "system:serviceaccount:shop:web";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/cluster";

struct Rig {
    f: Fixture,
    issuer: Issuer,
    key: IssuerKey,
    role: Identity,
}

/// A cluster's issuer, and a role for one of its service accounts, as IRSA's users write them.
async fn rig() -> Rig {
    let mut issuer = None;
    let f = Fixture::start_with(|config, dir| {
        let started = issuer.insert(Issuer::start(dir));
        config.web_identity.ca_file = Some(started.ca_file.clone());
        config.web_identity.resolve = BTreeMap::from([(HOST.to_owned(), started.address)]);
    })
    .await;
    let issuer = issuer.unwrap();
    let key = IssuerKey::new("key-1", "ES256");
    issuer.publish(&[&key]);
    let database = f.database.connect().await;
    let sql = "INSERT INTO oidc_providers (account_id, url, client_ids, thumbprints, created_at) \
               VALUES ('111122223333', $1, '{sts.amazonaws.com,web}', '{}', now())";
    database.execute(sql, &[&URL]).await.unwrap();
    let condition =
        format!(r#"{{"StringEquals":{{"{URL}:sub":"{SUBJECT}","{URL}:aud":"sts.amazonaws.com"}}}}"#);
    let role = f.role("web", &trust_provider(&condition), Some(&policy("Allow", "*", "*"))).await;
    Rig { f, issuer, key, role }
}

fn trust_provider(condition: &str) -> String {
    let actions = r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]"#;
    trust(&format!(r#"{{"Federated":"{PROVIDER}"}}"#), actions, condition)
}

impl Rig {
    /// A service account's claims, with some changed; a null takes one away.
    fn claims(&self, changes: &Value) -> Value {
        let now = self.f.clock.now().unix_timestamp();
        let mut claims = json!({
            "iss": format!("https://{URL}"),
            "sub": SUBJECT,
            "aud": ["sts.amazonaws.com"],
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "kubernetes.io": { "namespace": "shop" },
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    async fn ask(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        self.ask_for(&self.role.arn(), token, more).await
    }

    async fn ask_for(&self, role: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let own = [("RoleArn", role), ("RoleSessionName", "pod-1"), ("WebIdentityToken", token)];
        let pairs: Vec<_> = own.iter().chain(more).copied().collect();
        ask(&self.f, "sts", None, &form("AssumeRoleWithWebIdentity", &pairs)).await
    }

    async fn ask_with(&self, changes: &Value) -> Answer {
        self.ask(&self.key.sign(&self.claims(changes)), &[]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_becomes_a_role_and_is_recorded_without_its_token() {
    let r = rig().await;
    let token = r.key.sign(&r.claims(&json!({})));
    let answer = r.ask(&token, &[]).await;
    let session = Temporary::of(&answer);
    let arn = "arn:aws:sts::111122223333:assumed-role/web/pod-1";
    assert_eq!(element(element(&answer.text, "AssumedRoleUser"), "Arn"), arn);
    assert_eq!(element(&answer.text, "SubjectFromWebIdentityToken"), SUBJECT);
    assert_eq!(element(&answer.text, "Audience"), "sts.amazonaws.com");
    assert_eq!(element(&answer.text, "Provider"), PROVIDER);
    let who = ask_as(&r.f, "sts", &session, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!(element(&who.text, "Arn"), arn);
    let kms = r.f.credentials("kms", &r.f.kms);
    let caller = r.f.caller_of(&kms, &session, "kms").await.unwrap();
    assert_eq!(caller.session.as_ref().unwrap().federated_provider.as_deref(), Some(PROVIDER));

    let all = records(r.f.app.running.journal(), 2).await;
    let record = all.iter().find(|record| record["eventName"] == "AssumeRoleWithWebIdentity").unwrap();
    let user = &record["userIdentity"];
    assert_eq!(user["type"], "WebIdentityUser");
    assert_eq!(user["principalId"], format!("{PROVIDER}:sts.amazonaws.com:{SUBJECT}"));
    assert_eq!((&user["userName"], &user["identityProvider"]), (&json!(SUBJECT), &json!(PROVIDER)));
    assert_eq!(record["responseElements"]["credentials"]["accessKeyId"], session.access_key_id);
    assert_eq!(record["responseElements"]["subjectFromWebIdentityToken"], SUBJECT);
    let text = serde_json::to_string(&all).unwrap();
    for secret in [&token, token.rsplit('.').next().unwrap(), &session.secret, &session.token] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_recorded_in_the_trail_of_the_roles_account() {
    let r = rig().await;
    let other = r.f.account("444455556666").await;
    let database = r.f.database.connect().await;
    let sql = "INSERT INTO oidc_providers (account_id, url, client_ids, thumbprints, created_at) \
               VALUES ('444455556666', $1, '{sts.amazonaws.com}', '{}', now())";
    database.execute(sql, &[&URL]).await.unwrap();
    let trusting = trust_provider("{}").replace("111122223333", "444455556666");
    let role = r.f.role_of(other, "web", &trusting, None).await;
    let token = r.key.sign(&r.claims(&json!({})));
    assert_eq!(r.ask_for(&role.arn(), &token, &[]).await.status, 200);
    let all = records(r.f.app.running.journal(), 1).await;
    let record = all.iter().find(|record| record["eventName"] == "AssumeRoleWithWebIdentity").unwrap();
    assert_eq!(record["recipientAccountId"], "444455556666");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_key_verifies_what_it_signed_and_nothing_else() {
    let r = rig().await;
    let algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
    let keys: Vec<_> = algorithms.iter().map(|algorithm| IssuerKey::new(algorithm, algorithm)).collect();
    r.issuer.publish(&keys.iter().collect::<Vec<_>>());
    for key in &keys {
        let token = key.sign(&r.claims(&json!({})));
        let answer = r.ask(&token, &[]).await;
        assert_eq!(answer.status, 200, "{}: {}", key.algorithm, answer.text);
        for other in keys.iter().filter(|other| other.algorithm != key.algorithm) {
            // It says it is signed in another way, or by another key.
            for header in [
                json!({ "alg": other.algorithm, "kid": key.id }),
                json!({ "alg": other.algorithm, "kid": other.id }),
                json!({ "alg": key.algorithm, "kid": other.id }),
            ] {
                let answer = r.ask(&key.sign_with(&header, &r.claims(&json!({}))), &[]).await;
                assert_eq!(refusal(&answer).1, "InvalidIdentityToken", "{}: {header}", key.algorithm);
            }
        }
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let flipped =
            format!("{rest}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
        for bad in [flipped, format!("{rest}."), format!("{rest}.AAAA"), format!("{rest}.{signature}AAAA")] {
            assert_eq!(refusal(&r.ask(&bad, &[]).await).1, "InvalidIdentityToken", "{}", key.algorithm);
        }
    }
    // The public key as the secret of an HMAC is the classic: no token is taken that says so, whatever its signature.
    for alg in ["none", "HS256", "HS384", "HS512"] {
        let token = keys[0].sign_with(&json!({ "alg": alg, "kid": "RS256" }), &r.claims(&json!({})));
        assert_eq!(refusal(&r.ask(&token, &[]).await).1, "InvalidIdentityToken", "{alg}");
    }
    // Without a key's id, the keys that fit are tried.
    let without = keys[2].sign_with(&json!({ "alg": "RS512" }), &r.claims(&json!({})));
    assert_eq!(r.ask(&without, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_for_signatures_are_passed_over() {
    let r = rig().await;
    let key = IssuerKey::new("k", "RS256");
    for change in [
        json!({ "use": "enc" }),
        json!({ "key_ops": ["sign"] }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "alg": "PS256" }),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
        json!({ "e": "Aw" }),
        json!({ "n": "AQAB" }),
        json!({ "n": null }),
    ] {
        let mut jwk = key.jwk();
        for (name, value) in change.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        r.issuer.publish_raw(vec![json!("no key"), jwk]);
        r.f.clock.advance(Duration::seconds(601));
        let answer = r.ask(&key.sign(&r.claims(&json!({}))), &[]).await;
        assert_eq!(refusal(&answer).1, "InvalidIdentityToken", "{change}");
    }
    r.issuer.publish(&[&key]);
    r.f.clock.advance(Duration::seconds(601));
    assert_eq!(r.ask(&key.sign(&r.claims(&json!({}))), &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_are_wrong_or_missing_are_refused_by_awss_names() {
    let r = rig().await;
    let now = r.f.clock.now().unix_timestamp();
    let long = "x".repeat(256);
    let cases = [
        (json!({ "exp": now - 1 }), "ExpiredTokenException"),
        (json!({ "exp": null }), "InvalidIdentityToken"),
        (json!({ "exp": "soon" }), "InvalidIdentityToken"),
        (json!({ "iat": null }), "InvalidIdentityToken"),
        (json!({ "iat": now + 400 }), "IDPRejectedClaim"),
        (json!({ "nbf": now + 400 }), "IDPRejectedClaim"),
        (json!({ "sub": null }), "InvalidIdentityToken"),
        (json!({ "sub": "" }), "InvalidIdentityToken"),
        (json!({ "sub": long }), "InvalidIdentityToken"),
        (json!({ "sub": 1 }), "InvalidIdentityToken"),
        (json!({ "aud": null }), "InvalidIdentityToken"),
        (json!({ "aud": "another" }), "InvalidIdentityToken"),
        (json!({ "aud": [] }), "InvalidIdentityToken"),
        (json!({ "aud": ["sts.amazonaws.com", 1] }), "InvalidIdentityToken"),
        (json!({ "azp": "another" }), "InvalidIdentityToken"),
        (json!({ "iss": null }), "InvalidIdentityToken"),
        (json!({ "iss": URL }), "InvalidIdentityToken"),
        (json!({ "iss": format!("http://{URL}") }), "InvalidIdentityToken"),
        (json!({ "iss": format!("https://{URL}/") }), "InvalidIdentityToken"),
        (json!({ "iss": "https://evil.example.com" }), "InvalidIdentityToken"),
        (json!({ "https://aws.amazon.com/tags": { "principal_tags": "x" } }), "IDPRejectedClaim"),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["1", "2"] } } }),
            "IDPRejectedClaim",
        ),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["1"], "A": ["2"] } } }),
            "IDPRejectedClaim",
        ),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "aws:a": ["1"] } } }),
            "IDPRejectedClaim",
        ),
        (
            json!({ "https://aws.amazon.com/tags": { "principal_tags": { "a": ["1"] }, "transitive_tag_keys": ["b"] } }),
            "IDPRejectedClaim",
        ),
        (json!({ "https://aws.amazon.com/source_identity": "a b" }), "IDPRejectedClaim"),
    ];
    for (changes, code) in cases {
        let answer = r.ask_with(&changes).await;
        assert_eq!(refusal(&answer).1, code, "{changes}: {}", answer.text);
    }
    // A clock that is a little ahead does no harm; one second before its end a token is good.
    assert_eq!(
        r.ask_with(&json!({ "iat": now + 200, "nbf": now + 200, "exp": now + 100 })).await.status,
        200
    );
    for bad in ["abcd", "a.b.c", "....", "e30.e30.e30"] {
        assert_eq!(refusal(&r.ask(bad, &[]).await).1, "InvalidIdentityToken", "{bad}");
    }
    let token = r.key.sign(&r.claims(&json!({})));
    assert_eq!(refusal(&r.ask(&token, &[("ProviderId", "www.amazon.com")]).await).1, "ValidationError");
    assert_eq!(refusal(&r.ask(&token, &[("DurationSeconds", "7201")]).await).1, "ValidationError");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trust_policy_decides_on_the_claims_and_tells_no_one_which_roles_there_are() {
    let r = rig().await;
    let refused = (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    for changes in [json!({ "sub": "system:serviceaccount:shop:db" }), json!({ "aud": "web" })] {
        assert_eq!(refusal(&r.ask_with(&changes).await), refused, "{changes}");
    }
    let token = r.key.sign(&r.claims(&json!({})));
    let absent = r.ask_for("arn:aws:iam::111122223333:role/absent", &token, &[]).await;
    assert_eq!(refusal(&absent), refused);
    let of_users = trust(r#"{"AWS":"*"}"#, r#""sts:AssumeRoleWithWebIdentity""#, "{}");
    let role = r.f.role("users", &of_users, None).await;
    assert_eq!(refusal(&r.ask_for(&role.arn(), &token, &[]).await), refused);
    // Another account has not registered the issuer.
    let elsewhere = r.ask_for("arn:aws:iam::444455556666:role/web", &token, &[]).await;
    assert_eq!(refusal(&elsewhere).1, "InvalidIdentityToken");

    let like = format!(
        r#"{{"StringLike":{{"{URL}:sub":"system:serviceaccount:shop:*"}},"StringEquals":{{"{URL}:aud":"web","{URL}:oaud":"other","{URL}:repository":"a/b"}},"ForAnyValue:StringEquals":{{"{URL}:amr":"mfa"}}}}"#
    );
    let role = r.f.role("like", &trust_provider(&like), None).await.arn();
    let good = json!({ "aud": "other", "azp": "web", "repository": "a/b", "amr": ["pwd", "mfa"] });
    let token = r.key.sign(&r.claims(&good));
    assert_eq!(r.ask_for(&role, &token, &[]).await.status, 200);
    for bad in [
        json!({ "repository": "a/c" }),
        json!({ "amr": ["pwd"] }),
        json!({ "Repository": "a/b", "repository": null }),
    ] {
        let mut claims = good.clone();
        bad.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
        let token = r.key.sign(&r.claims(&claims));
        assert_eq!(r.ask_for(&role, &token, &[]).await.status, 403, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_source_identity_come_from_the_token() {
    let r = rig().await;
    let tags = json!({
        "https://aws.amazon.com/tags": {
            "principal_tags": { "team": ["blue"], "stage": "prod" },
            "transitive_tag_keys": ["team"],
        },
        "https://aws.amazon.com/source_identity": "bob@example.com",
    });
    let answer = r.ask_with(&tags).await;
    assert_eq!(element(&answer.text, "SourceIdentity"), "bob@example.com");
    let kms = r.f.credentials("kms", &r.f.kms);
    let caller = r.f.caller_of(&kms, &Temporary::of(&answer), "kms").await.unwrap();
    let mut found = caller.tags.clone();
    found.sort();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(found, [pair("stage", "prod"), pair("team", "blue")]);
    assert_eq!(caller.session.as_ref().unwrap().transitive_tag_keys, ["team"]);
    // Who may assume it, may not by that name it as he likes.
    let plain =
        trust(&format!(r#"{{"Federated":"{PROVIDER}"}}"#), r#""sts:AssumeRoleWithWebIdentity""#, "{}");
    let role = r.f.role("plain", &plain, None).await;
    let refused = r.ask_for(&role.arn(), &r.key.sign(&r.claims(&tags)), &[]).await;
    assert_eq!(refusal(&refused), (403, "AccessDenied", "Not authorized to perform sts:TagSession"));
    let all = records(r.f.app.running.journal(), 2).await;
    let record = all.iter().find(|record| record["eventName"] == "AssumeRoleWithWebIdentity").unwrap();
    assert_eq!(record["requestParameters"]["principalTags"]["team"], "blue");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_for_each_made_up_one() {
    let r = rig().await;
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
    assert_eq!(r.issuer.asked(), 1);
    let next = IssuerKey::new("key-2", "RS256");
    r.issuer.publish(&[&r.key, &next]);
    let token = |r: &Rig| next.sign(&r.claims(&json!({})));
    // Within the floor nobody is asked again.
    for _ in 0..5 {
        assert_eq!(refusal(&r.ask(&token(&r), &[]).await).1, "InvalidIdentityToken");
    }
    assert_eq!(r.issuer.asked(), 1);
    r.f.clock.advance(Duration::seconds(10));
    let asked: Vec<_> = (0..8).map(|_| token(&r)).collect();
    let answers = futures_of(&r, &asked).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert_eq!(r.issuer.asked(), 2, "one question for all who wait");
    // A key that was withdrawn is good for as long as the keys are fresh.
    r.issuer.publish(&[&next]);
    r.f.clock.advance(Duration::seconds(601));
    assert_eq!(r.ask(&token(&r), &[]).await.status, 200);
    assert_eq!(refusal(&r.ask_with(&json!({})).await).1, "InvalidIdentityToken");
    assert_eq!(r.issuer.asked(), 3);
}

async fn futures_of(r: &Rig, tokens: &[String]) -> Vec<u16> {
    let asking = tokens.iter().map(|token| async { r.ask(token, &[]).await.status });
    futures::future::join_all(asking).await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_used_while_the_issuer_is_away_up_to_a_bound() {
    let r = rig().await;
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
    r.issuer.answer(Some((503, String::new(), "")));
    r.f.clock.advance(Duration::hours(23));
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
    r.f.clock.advance(Duration::hours(2));
    let gone = r.ask_with(&json!({})).await;
    assert_eq!(refusal(&gone).1, "IDPCommunicationError");
    r.issuer.answer(None);
    r.f.clock.advance(Duration::seconds(11));
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_does_not_answer_as_it_should_is_not_believed() {
    let r = rig().await;
    let too_long = format!("{{\"issuer\":\"{}\"}}", "x".repeat(300_000));
    let elsewhere = json!({ "issuer": format!("https://{URL}"), "jwks_uri": "http://oidc.example.com/keys" });
    for fault in [
        (302, String::new(), "https://oidc.example.com/id/cluster/keys"),
        (301, String::new(), "http://127.0.0.1/"),
        (404, String::new(), ""),
        (200, "<html>".to_owned(), ""),
        (200, "{}".to_owned(), ""),
        (200, too_long, ""),
        (200, elsewhere.to_string(), ""),
    ] {
        r.issuer.answer(Some(fault.clone()));
        r.f.clock.advance(Duration::seconds(11));
        let answer = r.ask_with(&json!({})).await;
        assert_eq!(refusal(&answer), (400, "IDPCommunicationError", refusal(&answer).2), "{}", fault.0);
    }
    r.issuer.answer(None);
    r.issuer.claim_to_be("https://oidc.example.com/id/other");
    r.f.clock.advance(Duration::seconds(11));
    assert_eq!(refusal(&r.ask_with(&json!({})).await).1, "IDPCommunicationError");
    r.issuer.claim_to_be(&format!("https://{URL}"));
    r.f.clock.advance(Duration::seconds(11));
    assert_eq!(r.ask_with(&json!({})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_known_by_its_certificate() {
    let r = rig().await;
    // The same issuer, but the authority of its certificate is not ours.
    let token = r.key.sign(&r.claims(&json!({})));
    let Rig { f, issuer, .. } = r;
    let mut config = f.config();
    config.web_identity.resolve = BTreeMap::from([(HOST.to_owned(), issuer.address)]);
    config.base.journal.dir = f.dir.path().join("second-journal");
    let second = crate::fixture::start(config, &f.clock).await;
    let f = Fixture { app: second, ..f };
    let own = [
        ("RoleArn", "arn:aws:iam::111122223333:role/web"),
        ("RoleSessionName", "pod-1"),
        ("WebIdentityToken", token.as_str()),
    ];
    let answer = ask(&f, "sts", None, &form("AssumeRoleWithWebIdentity", &own)).await;
    assert_eq!(refusal(&answer).1, "IDPCommunicationError");
    assert_eq!(issuer.asked(), 0);
}
