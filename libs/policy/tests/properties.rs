//! What holds for every policy: a Deny never widens, order never matters, and printing loses nothing.

#![cfg(test)]

use std::sync::Arc;

use keywright_policy::{
    ContextKeys, ContextList, Policies, Policy, PolicyDocument, Principal, Request, decide, explain,
};
use proptest::collection::vec;
use proptest::prelude::*;

const ACCOUNT: &str = "111122223333";

/// The JSON of one statement, with a principal where it is for a resource policy.
fn statement(effect: &'static str, principal: bool) -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec![
        r#""Action":"*""#,
        r#""Action":["kms:Decrypt","ssm:*"]"#,
        r#""Action":"kms:?ncrypt""#,
        r#""NotAction":"kms:*""#,
        r#""NotAction":["ssm:Get*","iam:*"]"#,
    ]);
    let resource = prop::sample::select(vec![
        r#""Resource":"*""#,
        r#""Resource":"arn:aws:kms:*:111122223333:key/*""#,
        r#""Resource":["arn:aws:kms:us-east-1:111122223333:key/1","arn:aws:ssm:*:*:parameter/${aws:username}"]"#,
        r#""NotResource":"arn:aws:kms:*:*:key/1""#,
    ]);
    let named = prop::sample::select(vec![
        r#""Principal":"*","#,
        r#""Principal":{"AWS":["111122223333"]},"#,
        r#""Principal":{"AWS":["arn:aws:iam::111122223333:user/alice"],"Service":["ssm.amazonaws.com"]},"#,
        r#""Principal":{"Federated":["idp.example"]},"#,
        r#""Principal":{"AWS":["AIDAEXAMPLEEXAMPLE","arn:aws:iam::444455556666:root"]},"#,
        if effect == "Deny" {
            r#""NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/alice"]},"#
        } else {
            r#""Principal":{"AWS":["arn:aws:iam::111122223333:role/app"]},"#
        },
    ]);
    let condition = prop::sample::select(vec![
        "",
        "",
        r#","Condition":{"Bool":{"aws:SecureTransport":[true]}}"#,
        r#","Condition":{"StringNotEquals":{"aws:username":["${aws:PrincipalTag/owner}"]}}"#,
        r#","Condition":{"ForAllValues:StringLike":{"aws:TagKeys":["a*"]},"Null":{"aws:TagKeys":["false"]}}"#,
        r#","Condition":{"StringEqualsIfExists":{"aws:username":["alice","${aws:username}"]}}"#,
    ]);
    (action, resource, named, condition).prop_map(move |(action, resource, named, condition)| {
        let named = if principal { named } else { "" };
        format!(r#"{{"Effect":"{effect}",{named}{action},{resource}{condition}}}"#)
    })
}

fn statements(principal: bool) -> impl Strategy<Value = Vec<String>> {
    vec(prop_oneof![3 => statement("Allow", principal), 1 => statement("Deny", principal)], 1..6)
}

fn principal() -> impl Strategy<Value = Principal> {
    prop::sample::select(vec![
        Principal::root("arn:aws:iam::111122223333:root", ACCOUNT),
        Principal::user("arn:aws:iam::111122223333:user/alice", ACCOUNT),
        Principal::user("arn:aws:iam::444455556666:user/bob", "444455556666"),
        Principal::role_session(
            "arn:aws:sts::111122223333:assumed-role/app/s",
            "arn:aws:iam::111122223333:role/app",
            ACCOUNT,
        ),
        Principal::service("ssm.amazonaws.com"),
        Principal::identity_provider("idp.example"),
    ])
}

fn asked() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/1"),
        ("kms:Encrypt", "arn:aws:kms:us-east-1:111122223333:key/2"),
        ("kms:ListKeys", "*"),
        ("ssm:GetParameter", "arn:aws:ssm:us-east-1:111122223333:parameter/a/b"),
        ("iam:GetUser", "arn:aws:iam::111122223333:user/alice"),
    ])
}

fn document(statements: &[String]) -> PolicyDocument {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    PolicyDocument::parse(&text).unwrap()
}

/// The statements that apply, by the kind of policy they stand in.
#[derive(Debug, Clone)]
struct Statements {
    identity: Vec<String>,
    resource: Vec<String>,
    boundary: Option<Vec<String>>,
    session: Option<Vec<String>>,
}

fn all_statements() -> impl Strategy<Value = Statements> {
    let narrowing = || prop::option::weighted(0.3, statements(false));
    let all = (statements(false), statements(true), narrowing(), narrowing());
    all.prop_map(|(identity, resource, boundary, session)| Statements {
        identity,
        resource,
        boundary,
        session,
    })
}

fn allowed(statements: &Statements, who: &Principal, what: (&str, &str)) -> bool {
    let policy = |statements: &Vec<String>, name: &str| Policy::compile(&document(statements), name);
    let identity = [Arc::new(policy(&statements.identity, "identity"))];
    let session = statements.session.as_ref().map(|session| [Arc::new(policy(session, "session"))]);
    let boundary = statements.boundary.as_ref().map(|boundary| policy(boundary, "boundary"));
    let policies = Policies {
        identity: &identity,
        resource: Some(&policy(&statements.resource, "resource")),
        boundary: boundary.as_ref(),
        session: session.as_ref().map(<[_; 1]>::as_slice),
        ..Policies::default()
    };
    let context = ContextList(&[
        ("aws:SecureTransport", &["true"]),
        ("aws:username", &["alice"]),
        ("aws:userid", &["AIDAEXAMPLEEXAMPLE"]),
        ("aws:TagKeys", &["a", "ab"]),
    ]);
    let request = Request { principal: who, action: what.0, resource: what.1, context: &context };
    let decision = decide(&request, &policies, ACCOUNT);
    assert_eq!(explain(&request, &policies, ACCOUNT).decision, decision);
    decision.is_allowed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn adding_a_deny_never_widens(
        statements in all_statements(),
        deny in statement("Deny", false),
        to_resource in statement("Deny", true),
        who in principal(),
        what in asked(),
    ) {
        let before = allowed(&statements, &who, what);
        for kind in 0..4 {
            let mut more = statements.clone();
            match kind {
                0 => more.identity.push(deny.clone()),
                1 => more.resource.push(to_resource.clone()),
                2 => more.boundary.iter_mut().for_each(|boundary| boundary.push(deny.clone())),
                _ => more.session.iter_mut().for_each(|session| session.push(deny.clone())),
            }
            prop_assert!(before || !allowed(&more, &who, what));
        }
    }

    #[test]
    fn adding_an_allow_never_narrows(
        statements in all_statements(),
        allow in statement("Allow", false),
        to_resource in statement("Allow", true),
        who in principal(),
        what in asked(),
    ) {
        let before = allowed(&statements, &who, what);
        for kind in 0..4 {
            let mut more = statements.clone();
            match kind {
                0 => more.identity.push(allow.clone()),
                1 => more.resource.push(to_resource.clone()),
                2 => more.boundary.iter_mut().for_each(|boundary| boundary.push(allow.clone())),
                _ => more.session.iter_mut().for_each(|session| session.push(allow.clone())),
            }
            prop_assert!(!before || allowed(&more, &who, what));
        }
    }

    #[test]
    fn boundaries_and_session_policies_never_widen(
        narrowed in all_statements(),
        who in principal(),
        what in asked(),
    ) {
        let within = allowed(&narrowed, &who, what);
        let wide = Statements { boundary: None, session: None, ..narrowed };
        prop_assert!(!within || allowed(&wide, &who, what));
    }

    #[test]
    fn the_order_of_statements_never_matters(
        (statements, identity, resource, boundary) in all_statements().prop_flat_map(|all| {
            let boundary = all.boundary.clone().unwrap_or_default();
            let shuffled = (Just(all.identity.clone()).prop_shuffle(), Just(all.resource.clone()).prop_shuffle());
            (Just(all), shuffled.0, shuffled.1, Just(boundary).prop_shuffle())
        }),
        who in principal(),
        what in asked(),
    ) {
        let boundary = statements.boundary.as_ref().map(|_| boundary);
        let shuffled = Statements { identity, resource, boundary, session: statements.session.clone() };
        prop_assert_eq!(allowed(&statements, &who, what), allowed(&shuffled, &who, what));
    }

    #[test]
    fn what_is_printed_parses_to_the_same(statements in statements(true)) {
        let parsed = document(&statements);
        let printed = parsed.to_string();
        let again = PolicyDocument::parse(&printed).unwrap();
        prop_assert_eq!(again.to_string(), printed);
        prop_assert_eq!(again, parsed);
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        text in r#"(\{|\}|\[|\]|:|,|"(Version|Statement|Effect|Allow|Action|Principal|AWS|Condition|\*)"|1|null){0,30}"#,
    ) {
        drop(PolicyDocument::parse(&text));
    }
}

#[test]
fn context_keys_are_found_without_regard_to_case() {
    let values = ["a", "b"];
    let entries = [("aws:TagKeys", values.as_slice())];
    let context = ContextList(&entries);
    let mut found = Vec::new();
    assert!(context.get("AWS:tagkeys", &mut |value| found.push(value.to_owned())));
    assert_eq!(found, values);
    assert!(!context.get("aws:other", &mut |_| panic!("no such key")));
}
