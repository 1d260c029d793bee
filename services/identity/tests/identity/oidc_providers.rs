//! OpenID Connect providers over the Query protocol.

use crate::fixture::Fixture;
use crate::query::{done, element, elements, pages, refused};

const ARN: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A";
const THUMBPRINT: &str = "0123456789abcdef0123456789ABCDEF01234567";
const NO_SUCH: (u16, &str) = (404, "NoSuchEntity");

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_told_as_it_was_registered_and_changed() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let members = [
        ("Url", "https://oidc.example.com/id/A"),
        ("ClientIDList.member.1", "sts.amazonaws.com"),
        ("ClientIDList.member.2", "sts.amazonaws.com"),
        ("ThumbprintList.member.1", THUMBPRINT),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ];
    let made = done(&f, &admin, "CreateOpenIDConnectProvider", &members).await;
    assert_eq!(element(&made, "OpenIDConnectProviderArn"), ARN);
    assert_eq!(element(&made, "Key"), "team");
    refused(&f, &admin, "CreateOpenIDConnectProvider", &members, (409, "EntityAlreadyExists")).await;
    let provider = ("OpenIDConnectProviderArn", ARN);
    let told = done(&f, &admin, "GetOpenIDConnectProvider", &[provider]).await;
    assert_eq!(element(&told, "Url"), "oidc.example.com/id/A");
    assert_eq!(elements(element(&told, "ClientIDList"), "member"), ["sts.amazonaws.com"]);
    assert_eq!(elements(element(&told, "ThumbprintList"), "member"), [THUMBPRINT]);
    assert_eq!((element(&told, "Key"), element(&told, "Value")), ("team", "blue"));

    // To add one that is there, and to take away one that isn't, is no fault.
    for client in ["a", "b", "a"] {
        let members = [provider, ("ClientID", client)];
        done(&f, &admin, "AddClientIDToOpenIDConnectProvider", &members).await;
    }
    for client in ["a", "c"] {
        let members = [provider, ("ClientID", client)];
        done(&f, &admin, "RemoveClientIDFromOpenIDConnectProvider", &members).await;
    }
    let other = "f".repeat(40);
    let members = [provider, ("ThumbprintList.member.1", other.as_str())];
    done(&f, &admin, "UpdateOpenIDConnectProviderThumbprint", &members).await;
    let told = done(&f, &admin, "GetOpenIDConnectProvider", &[provider]).await;
    assert_eq!(elements(element(&told, "ClientIDList"), "member"), ["sts.amazonaws.com", "b"]);
    assert_eq!(elements(element(&told, "ThumbprintList"), "member"), [other.as_str()]);

    let tags = [provider, ("Tags.member.1.Key", "TEAM"), ("Tags.member.1.Value", "red")];
    done(&f, &admin, "TagOpenIDConnectProvider", &tags).await;
    let stage = [provider, ("Tags.member.1.Key", "stage"), ("Tags.member.1.Value", "")];
    done(&f, &admin, "TagOpenIDConnectProvider", &stage).await;
    let keys = pages(&f, &admin, "ListOpenIDConnectProviderTags", &[provider], "Key", 1).await;
    assert_eq!(keys, ["TEAM", "stage"]);
    done(&f, &admin, "UntagOpenIDConnectProvider", &[provider, ("TagKeys.member.1", "team")]).await;
    let told = done(&f, &admin, "ListOpenIDConnectProviderTags", &[provider]).await;
    assert_eq!(elements(&told, "Key"), ["stage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_listed_and_taken_away_without_fault_when_they_are_gone() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    for url in ["https://b.example.com", "https://127.0.0.1:8443"] {
        done(&f, &admin, "CreateOpenIDConnectProvider", &[("Url", url)]).await;
    }
    let listed = done(&f, &admin, "ListOpenIDConnectProviders", &[]).await;
    let prefix = "arn:aws:iam::111122223333:oidc-provider/";
    let expected = [format!("{prefix}127.0.0.1:8443"), format!("{prefix}b.example.com")];
    assert_eq!(elements(&listed, "Arn"), expected);
    let provider = ("OpenIDConnectProviderArn", expected[1].as_str());
    for _ in 0..2 {
        done(&f, &admin, "DeleteOpenIDConnectProvider", &[provider]).await;
    }
    refused(&f, &admin, "GetOpenIDConnectProvider", &[provider], NO_SUCH).await;
    let listed = done(&f, &admin, "ListOpenIDConnectProviders", &[]).await;
    assert_eq!(elements(&listed, "Arn"), expected[..1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_no_provider_is_refused() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let invalid = (400, "InvalidInput");
    let good = ("Url", "https://a.example.com");
    let not_hexadecimal = "g".repeat(40);
    for (members, refusal) in [
        (vec![("Url", "http://a.example.com")], invalid),
        (vec![("Url", "https://a.example.com?b")], invalid),
        (vec![good, ("ThumbprintList.member.1", &not_hexadecimal)], invalid),
        (vec![good, ("ThumbprintList.member.1", "0")], (400, "ValidationError")),
        (vec![], (400, "ValidationError")),
    ] {
        refused(&f, &admin, "CreateOpenIDConnectProvider", &members, refusal).await;
    }
    let many: Vec<(String, String)> =
        (1..=101).map(|number| (format!("ClientIDList.member.{number}"), number.to_string())).collect();
    let mut members = vec![good];
    members.extend(many.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    refused(&f, &admin, "CreateOpenIDConnectProvider", &members, (409, "LimitExceeded")).await;
    for operation in ["GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"] {
        let user = [("OpenIDConnectProviderArn", "arn:aws:iam::111122223333:user/a")];
        refused(&f, &admin, operation, &user, invalid).await;
    }
    let foreign = ("OpenIDConnectProviderArn", "arn:aws:iam::444455556666:oidc-provider/a.example.com");
    refused(&f, &admin, "GetOpenIDConnectProvider", &[foreign], NO_SUCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_manage_providers_is_decided_by_their_tags_and_arns() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:GetOpenIDConnectProvider","Resource":"*",
         "Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
        {"Effect":"Allow","Action":["iam:CreateOpenIDConnectProvider","iam:TagOpenIDConnectProvider"],
         "Resource":"arn:aws:iam::*:oidc-provider/blue.example.com",
         "Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}"#;
    let alice = f.user("alice", Some(policy)).await;
    let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let denied = (403, "AccessDenied");
    let blue = ("Url", "https://blue.example.com");
    refused(&f, &alice, "CreateOpenIDConnectProvider", &[blue], denied).await;
    let red = ("Url", "https://red.example.com");
    refused(&f, &alice, "CreateOpenIDConnectProvider", &[red, tag[0], tag[1]], denied).await;
    done(&f, &alice, "CreateOpenIDConnectProvider", &[blue, tag[0], tag[1]]).await;
    done(&f, &admin, "CreateOpenIDConnectProvider", &[red]).await;
    let arn = |name: &str| format!("arn:aws:iam::111122223333:oidc-provider/{name}.example.com");
    let provider = arn("blue");
    done(&f, &alice, "GetOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &provider)]).await;
    for name in ["red", "nobody"] {
        let provider = arn(name);
        let members = [("OpenIDConnectProviderArn", provider.as_str())];
        refused(&f, &alice, "GetOpenIDConnectProvider", &members, denied).await;
    }
}
