//! AssumeRole: whom a trust policy lets in, and what the session then is.

use keywright_service::testing::records;

use crate::fixture::Fixture;
use crate::query::{ask, element};
use crate::temporary::{Temporary, ask_as, assume, form, policy, refusal, trust, trust_account};

const ACCOUNT: &str = "111122223333";
const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// What a request has besides the role and a name.
type More<'a> = &'a [(&'a str, &'a str)];

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_role_is_who_it_says_and_is_recorded_without_its_secrets() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let role = f.role("app", &trust_account(ACCOUNT), None).await;
    let answer = ask(&f, "sts", Some(&alice), &assume(&role.arn(), &[])).await;
    let session = Temporary::of(&answer);
    assert!(session.access_key_id.starts_with("ASIA") && session.secret.len() == 40);
    let arn = "arn:aws:sts::111122223333:assumed-role/app/session";
    let user = element(&answer.text, "AssumedRoleUser");
    assert_eq!(element(user, "Arn"), arn);
    assert_eq!(element(user, "AssumedRoleId"), format!("{}:session", role.id));
    assert!(!answer.text.contains("PackedPolicySize"));

    let who = ask_as(&f, "sts", &session, WHO).await;
    assert_eq!(element(&who.text, "Arn"), arn);
    assert_eq!(element(&who.text, "UserId"), format!("{}:session", role.id));
    assert_eq!(element(&who.text, "Account"), ACCOUNT);

    let all = records(f.app.running.journal(), 2).await;
    let record = all.iter().find(|record| record["eventName"] == "AssumeRole").unwrap();
    assert_eq!(record["requestParameters"]["roleArn"], role.arn());
    assert_eq!(record["responseElements"]["credentials"]["accessKeyId"], session.access_key_id);
    assert_eq!(record["responseElements"]["assumedRoleUser"]["arn"], arn);
    assert_eq!(record["resources"][0]["ARN"], role.arn());
    let all = serde_json::to_string(&all).unwrap();
    assert!(!all.contains(&session.secret) && !all.contains(&session.token));
    let record = records(f.app.running.journal(), 2).await;
    let who = record.iter().find(|record| record["eventName"] == "GetCallerIdentity").unwrap();
    assert_eq!(who["userIdentity"]["type"], "AssumedRole");
    assert_eq!(who["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"], role.arn());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trust_policy_decides_and_a_role_that_is_not_there_is_refused_alike() {
    let f = Fixture::start().await;
    let other = f.account("444455556666").await;
    let may = f.user("may", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let may_not = f.user("maynot", None).await;
    let named = trust(r#"{"AWS":"arn:aws:iam::111122223333:user/maynot"}"#, r#""sts:AssumeRole""#, "{}");
    let trusting = f.role("trusting", &trust_account(ACCOUNT), None).await;
    let naming = f.role("naming", &named, None).await;
    let deaf = f.role("deaf", &trust_account("999999999999"), None).await;
    let there = f.role_of(other, "there", &trust_account(ACCOUNT), None).await;
    let named_there = f.role_of(other, "named", &named, None).await;

    for (role, key) in [(&trusting, &may), (&naming, &may_not), (&there, &may)] {
        let answer = ask(&f, "sts", Some(key), &assume(&role.arn(), &[])).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let absent = "arn:aws:iam::111122223333:role/absent".to_owned();
    let elsewhere = "arn:aws:iam::777788889999:role/absent".to_owned();
    let with_other_path = "arn:aws:iam::111122223333:role/path/trusting".to_owned();
    for (name, key, arn) in [
        ("maynot", &may_not, trusting.arn()),
        ("may", &may, naming.arn()),
        ("may", &may, deaf.arn()),
        ("may", &may, absent),
        ("may", &may, elsewhere),
        ("may", &may, with_other_path),
        // Across accounts both sides have to allow.
        ("maynot", &may_not, there.arn()),
        ("maynot", &may_not, named_there.arn()),
    ] {
        let answer = ask(&f, "sts", Some(key), &assume(&arn, &[])).await;
        let message = format!(
            "User: arn:aws:iam::111122223333:user/{name} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        );
        assert_eq!(refusal(&answer), (403, "AccessDenied", message.as_str()));
    }
    let wrong = ask(&f, "sts", Some(&may), &assume("arn:aws:iam::111122223333:user/may", &[])).await;
    assert_eq!(refusal(&wrong).1, "ValidationError");
    let root = f.directory().create_root_access_key(crate::fixture::home()).await.unwrap();
    let refused = ask(&f, "sts", Some(&root), &assume(&trusting.arn(), &[])).await;
    assert_eq!(refusal(&refused), (403, "AccessDenied", "Roles may not be assumed by root accounts."));
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_of_a_trust_policy_see_what_the_request_names() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:*", "*"))).await;
    let principal = r#"{"AWS":"arn:aws:iam::111122223333:root"}"#;
    let actions = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let red = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let handed = [tags.as_slice(), &[("TransitiveTagKeys.member.1", "team")]].concat();
    let cases: [(&str, More<'_>, More<'_>); 6] = [
        (r#"{"StringEquals":{"sts:ExternalId":"x-1"}}"#, &[("ExternalId", "x-1")], &[("ExternalId", "x-2")]),
        (r#"{"StringEquals":{"sts:RoleSessionName":"session"}}"#, &[], &[("RoleSessionName", "other")]),
        (
            r#"{"StringEquals":{"sts:SourceIdentity":"bob"}}"#,
            &[("SourceIdentity", "bob")],
            &[("SourceIdentity", "eve")],
        ),
        (r#"{"StringEquals":{"aws:RequestTag/team":"blue"}}"#, &tags, &red),
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#,
            &tags,
            &[("Tags.member.1.Key", "x"), ("Tags.member.1.Value", "y")],
        ),
        (r#"{"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["none"]}}"#, &tags, &handed),
    ];
    for (index, (condition, good, bad)) in cases.into_iter().enumerate() {
        let role = f.role(&format!("r{index}"), &trust(principal, actions, condition), None).await;
        let ask_with = async |more: &[(&str, &str)]| {
            let answer = ask(&f, "sts", Some(&alice), &assume(&role.arn(), more)).await;
            answer.status
        };
        assert_eq!(ask_with(good).await, 200, "{condition}");
        assert_eq!(ask_with(bad).await, 403, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_source_identities_have_permissions_of_their_own() {
    let f = Fixture::start().await;
    let principal = r#"{"AWS":"arn:aws:iam::111122223333:root"}"#;
    let alice = f.user("alice", Some(&policy("Allow", "sts:*", "*"))).await;
    let role = f.role("plain", &trust(principal, r#""sts:AssumeRole""#, "{}"), None).await;
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    for (more, action) in
        [(tag.as_slice(), "sts:TagSession"), (&[("SourceIdentity", "bob")], "sts:SetSourceIdentity")]
    {
        let answer = ask(&f, "sts", Some(&alice), &assume(&role.arn(), more)).await;
        let (status, code, message) = refusal(&answer);
        assert_eq!((status, code), (403, "AccessDenied"));
        assert!(message.contains(action), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_asked_for_is_told_by_name() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:*", "*"))).await;
    let role = f.role("app", &trust_account(ACCOUNT), None).await.arn();
    let long = policy("Allow", "kms:*", &"x".repeat(2_048));
    let many: Vec<(String, String)> = (1..=50)
        .flat_map(|n| {
            [
                (format!("Tags.member.{n}.Key"), format!("{n:0>128}")),
                (format!("Tags.member.{n}.Value"), "v".repeat(256)),
            ]
        })
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let missing = "arn:aws:iam::111122223333:policy/missing";
    let key = ("Tags.member.1.Key", "team");
    let value = ("Tags.member.1.Value", "a");
    let cases: [(&[(&str, &str)], &str); 16] = [
        (&[("DurationSeconds", "7201")], "ValidationError"),
        (&[("DurationSeconds", "899")], "ValidationError"),
        (&[("DurationSeconds", "43201")], "ValidationError"),
        (&[("RoleSessionName", "a b")], "ValidationError"),
        (&[("Policy", "{}")], "MalformedPolicyDocument"),
        (&[("Policy", &long)], "ValidationError"),
        (&[("PolicyArns.member.1.arn", missing)], "ValidationError"),
        (&[("PolicyArns.member.1.arn", "not-an-arn-of-a-policy")], "ValidationError"),
        (&many, "PackedPolicyTooLarge"),
        (&[key, value, ("Tags.member.2.Key", "TEAM"), ("Tags.member.2.Value", "b")], "InvalidParameterValue"),
        (&[("Tags.member.1.Key", "aws:team"), value], "InvalidParameterValue"),
        (&[("Tags.member.1.Key", "team")], "ValidationError"),
        (&[("TransitiveTagKeys.member.1", "team")], "InvalidParameterValue"),
        (&[("SerialNumber", "arn:aws:iam::111122223333:mfa/a"), ("TokenCode", "123456")], "AccessDenied"),
        (&[("ProvidedContexts.member.1.ContextAssertion", "abcd")], "ValidationError"),
        (&[("SourceIdentity", "a b")], "ValidationError"),
    ];
    for (more, code) in cases {
        let answer = ask(&f, "sts", Some(&alice), &assume(&role, more)).await;
        assert_eq!(refusal(&answer).1, code, "{more:?}: {}", answer.text);
    }
    let none = ask(&f, "sts", Some(&alice), &form("AssumeRole", &[])).await;
    assert!(refusal(&none).2.starts_with("2 validation errors"), "{}", none.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chained_session_is_short_and_inherits_what_is_to_go_on() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:*", "*"))).await;
    let all = policy("Allow", "sts:*", "*");
    let first = f.role("first", &trust_account(ACCOUNT), Some(&all)).await;
    let second = f.role("second", &trust_account(ACCOUNT), Some(&all)).await;
    let tagged = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
        ("Tags.member.2.Key", "stage"),
        ("Tags.member.2.Value", "prod"),
        ("TransitiveTagKeys.member.1", "team"),
        ("SourceIdentity", "bob"),
        ("DurationSeconds", "7200"),
    ];
    let answer = ask(&f, "sts", Some(&alice), &assume(&first.arn(), &tagged)).await;
    assert_eq!(element(&answer.text, "SourceIdentity"), "bob");
    assert_eq!(element(&answer.text, "PackedPolicySize"), "1");
    let session = Temporary::of(&answer);

    let chain = async |more: &[(&str, &str)]| ask_as(&f, "sts", &session, &assume(&second.arn(), more)).await;
    let too_long = chain(&[("DurationSeconds", "3601")]).await;
    assert_eq!(refusal(&too_long).1, "ValidationError");
    assert!(refusal(&too_long).2.contains("role chaining"));
    let other = chain(&[("SourceIdentity", "eve")]).await;
    assert_eq!(refusal(&other).1, "AccessDenied");
    let again = chain(&[("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "red")]).await;
    assert_eq!(refusal(&again).1, "InvalidParameterValue");

    let chained = chain(&[("DurationSeconds", "3600"), ("SourceIdentity", "bob")]).await;
    assert_eq!(element(&chained.text, "SourceIdentity"), "bob");
    let kms = f.credentials("kms", &f.kms);
    let caller = f.caller_of(&kms, &Temporary::of(&chained), "kms").await.unwrap();
    assert_eq!(caller.tags, [("team".to_owned(), "blue".to_owned())], "the stage was not transitive");
    let session = caller.session.as_ref().unwrap();
    assert_eq!(session.source_identity.as_deref(), Some("bob"));
    assert_eq!(session.transitive_tag_keys, ["team"]);

    let all = records(f.app.running.journal(), 5).await;
    let inherited =
        |record: &&serde_json::Value| record["requestParameters"]["incomingTransitiveTags"]["team"] == "blue";
    assert!(all.iter().any(|record| inherited(&record)), "{all:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn session_policies_narrow_here_and_in_other_services_also_through_forward_tokens() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let role = f.role("app", &trust_account(ACCOUNT), Some(&policy("Allow", "*", "*"))).await;
    let spaced = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"kms:Decrypt\", \"Resource\": \"*\"}]\n}";
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    let more = [("Policy", spaced), ("PolicyArns.member.1.arn", administrator)];
    let narrowed = f.session(&alice, &role, &more[..1]).await;
    let both = f.session(&alice, &role, &more).await;
    let (ssm, kms) = (f.credentials("ssm", &f.ssm), f.credentials("kms", &f.kms));
    for (temporary, count) in [(&narrowed, 1), (&both, 2)] {
        let at_ssm = f.caller_of(&ssm, temporary, "ssm").await.unwrap();
        assert_eq!(at_ssm.session.as_ref().unwrap().policies.as_ref().unwrap().len(), count);
        // ssm calls kms for the session: kms sees it with its policies, and so decides alike.
        let token = at_ssm.forward_token.as_ref().unwrap().expose_secret();
        let scope = f.scope("kms");
        let request = keywright_aws_api::CredentialRequest {
            access_key_id: f.ssm.access_key_id.as_str(),
            scope: &scope,
            session_token: None,
        };
        use keywright_aws_api::CredentialSource as _;
        let sender = std::sync::Arc::clone(&kms.resolve(request).await.unwrap().caller);
        let forwarded = kms.forwarded(token, &sender).await.unwrap();
        assert_eq!(forwarded.principal, at_ssm.principal);
        assert_eq!(forwarded.principal_id, format!("{}:session", role.id));
        assert_eq!(forwarded.session.as_ref().unwrap().policies.as_ref().unwrap().len(), count);
    }
    let info = form("GetAccessKeyInfo", &[("AccessKeyId", alice.access_key_id.as_str())]);
    assert_eq!(refusal(&ask_as(&f, "sts", &narrowed, &info).await).1, "AccessDenied");
    let answer = ask_as(&f, "sts", &both, &info).await;
    assert_eq!(element(&answer.text, "Account"), ACCOUNT);
    // What temporary credentials are, their own id tells; of others the table does.
    for (id, expected) in [(both.access_key_id.as_str(), 200), ("AKIAAAAAAAAAAAAAAAAA", 400)] {
        let answer = ask_as(&f, "sts", &both, &form("GetAccessKeyInfo", &[("AccessKeyId", id)])).await;
        assert_eq!(answer.status, expected, "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_acts_for_a_caller_does_not_get_its_credentials() {
    let f = Fixture::start().await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:*", "*"))).await;
    let role = f.role("app", &trust_account(ACCOUNT), None).await;
    let session = f.session(&alice, &role, &[]).await;
    // It may act for her elsewhere, but what the token is for is none of this.
    let ssm = f.credentials("ssm", &f.ssm);
    let token = f.caller_of(&ssm, &session, "ssm").await.unwrap();
    let token = token.forward_token.as_ref().unwrap().expose_secret().to_owned();
    let body = assume(&role.arn(), &[]);
    let mut headers = vec![
        ("host".to_owned(), f.app.running.address().to_string()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        (keywright_aws_api::FORWARD_TOKEN_HEADER.to_owned(), token),
    ];
    let signer = keywright_sigv4::Signer::new(
        f.ssm.access_key_id.as_str(),
        f.ssm.secret_access_key.clone(),
        keywright_service::testing::REGION,
        "sts",
    );
    let now = time::OffsetDateTime::now_utc();
    signer.sign("POST", "/", "", &mut headers, body.as_bytes(), now).unwrap();
    let client = keywright_service::client::http_client(std::time::Duration::from_secs(10)).unwrap();
    let mut request = client.post(format!("http://{}/", f.app.running.address())).body(body);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(element(&answer, "Code"), "AccessDenied");
    assert!(element(&answer, "Message").contains("on behalf of"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn becoming_a_role_of_another_account_is_an_event_of_both() {
    let f = Fixture::start().await;
    let other = f.account("444455556666").await;
    let alice = f.user("alice", Some(&policy("Allow", "sts:AssumeRole", "*"))).await;
    let there = f.role_of(other, "there", &trust_account(ACCOUNT), None).await;
    let deaf = f.role_of(other, "deaf", &trust_account("999999999999"), None).await;
    let session = Temporary::of(&ask(&f, "sts", Some(&alice), &assume(&there.arn(), &[])).await);
    assert_eq!(ask(&f, "sts", Some(&alice), &assume(&deaf.arn(), &[])).await.status, 403);

    let all = records(f.app.running.journal(), 3).await;
    let assumed: Vec<_> = all.iter().filter(|record| record["eventName"] == "AssumeRole").collect();
    let [callers, owners, refused] = assumed.as_slice() else { panic!("{assumed:#?}") };
    assert_eq!(callers["recipientAccountId"], ACCOUNT);
    assert_eq!(callers["userIdentity"]["type"], "IAMUser");
    assert_eq!(owners["recipientAccountId"], "444455556666");
    let principal = &callers["userIdentity"]["principalId"];
    let account = serde_json::json!({ "type": "AWSAccount", "principalId": principal, "accountId": ACCOUNT });
    assert_eq!(owners["userIdentity"], account);
    assert!(callers["sharedEventID"].is_string());
    assert_eq!(callers["sharedEventID"], owners["sharedEventID"]);
    assert_eq!(owners["responseElements"]["credentials"]["accessKeyId"], session.access_key_id);
    assert_eq!(
        (&refused["errorCode"], &refused["recipientAccountId"]),
        (&"AccessDenied".into(), &ACCOUNT.into())
    );
    assert_eq!(refused.get("sharedEventID"), None);
}
