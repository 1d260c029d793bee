//! A table of decisions: who asks, under which policies, and what is answered.

#![cfg(test)]

use std::sync::Arc;

use keywright_policy::{
    AllowedBy, Decision, Grant, NoContext, Policies, Policy, PolicyDocument, PolicyKind, Principal, Refusal,
    Request, ResourcePolicyAnswer, ResourcePolicyRule, StatementName, decide, explain,
    resource_policy_allows,
};

const HOME: &str = "111122223333";
const AWAY: &str = "444455556666";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/pod-1";

const ALLOW: &str = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
const DENY: &str = r#"{"Sid":"NoDecrypt","Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}"#;
const OTHER: &str = r#"{"Effect":"Allow","Action":"ssm:*","Resource":"*"}"#;

/// The policies of one question, by their statements; empty for none.
#[derive(Default)]
struct Setup<'a> {
    identity: &'a [&'a str],
    boundary: Option<&'a str>,
    session: Option<&'a str>,
    resource: Option<String>,
    required: bool,
}

impl Setup<'_> {
    fn ask(&self, principal: &Principal) -> Decision {
        self.ask_for(principal, "kms:Decrypt", KEY)
    }

    fn ask_for(&self, principal: &Principal, action: &str, resource: &str) -> Decision {
        let identity: Vec<_> = self.identity.iter().map(|statement| Arc::new(policy(statement))).collect();
        let boundary = self.boundary.map(policy);
        let session = self.session.map(|statement| vec![Arc::new(policy(statement))]);
        let of_resource = self.resource.as_deref().map(policy);
        let rule = if self.required { ResourcePolicyRule::Required } else { ResourcePolicyRule::Additional };
        let policies = Policies {
            identity: &identity,
            boundary: boundary.as_ref(),
            session: session.as_deref(),
            resource: of_resource.as_ref(),
            resource_rule: rule,
            grants: &[],
        };
        decide(&Request { principal, action, resource, context: &NoContext }, &policies, HOME)
    }
}

fn policy(statements: &str) -> Policy {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::compile(&PolicyDocument::parse(&document).unwrap(), "policy")
}

fn grant(effect: &str, principal: &str) -> Option<String> {
    Some(format!(r#"{{"Effect":"{effect}","Principal":{principal},"Action":"kms:*","Resource":"*"}}"#))
}

fn aws(name: &str) -> String {
    format!(r#"{{"AWS":"{name}"}}"#)
}

fn alice() -> Principal {
    Principal::user(ALICE, HOME)
}

fn session() -> Principal {
    Principal::role_session(SESSION, ROLE, HOME)
}

fn root(account: &str) -> Principal {
    Principal::root(format!("arn:aws:iam::{account}:root"), account)
}

fn lacking(kind: PolicyKind) -> Decision {
    Decision::Deny(Refusal::Implicit { lacking: kind })
}

fn denied_by(decision: &Decision) -> Option<PolicyKind> {
    match decision {
        Decision::Deny(Refusal::ExplicitDeny { kind, .. }) => Some(*kind),
        Decision::Deny(Refusal::Implicit { .. }) | Decision::Allow { .. } => None,
    }
}

#[test]
fn an_identity_policy_is_enough_within_the_account() {
    let by = AllowedBy::Statement { kind: PolicyKind::Identity, policy: 1, statement: 0 };
    let setup = Setup { identity: &[OTHER, ALLOW], ..Setup::default() };
    assert_eq!(setup.ask(&alice()), Decision::Allow { by });
    assert!(setup.ask(&session()).is_allowed());
    let setup = Setup { identity: &[OTHER], ..Setup::default() };
    assert_eq!(setup.ask(&alice()), lacking(PolicyKind::Identity));
    assert_eq!(Setup::default().ask(&alice()), lacking(PolicyKind::Identity));
}

#[test]
fn the_root_user_needs_no_policy_in_its_account_and_obeys_a_deny() {
    assert_eq!(Setup::default().ask(&root(HOME)), Decision::Allow { by: AllowedBy::AccountRoot });
    assert_eq!(Setup::default().ask(&root(AWAY)), lacking(PolicyKind::Resource));
    let setup = Setup { resource: grant("Deny", "\"*\""), ..Setup::default() };
    assert_eq!(denied_by(&setup.ask(&root(HOME))), Some(PolicyKind::Resource));
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let both = format!("{ALLOW},{DENY}");
    let all = || Setup {
        identity: &[ALLOW],
        boundary: Some(ALLOW),
        session: Some(ALLOW),
        resource: grant("Allow", &aws(ALICE)),
        required: false,
    };
    assert!(all().ask(&alice()).is_allowed());
    let cases = [
        (PolicyKind::Identity, Setup { identity: &[ALLOW, DENY], ..all() }),
        (PolicyKind::Boundary, Setup { boundary: Some(&both), ..all() }),
        (PolicyKind::Session, Setup { session: Some(&both), ..all() }),
        (PolicyKind::Resource, Setup { resource: grant("Deny", &aws(ALICE)), ..all() }),
    ];
    for (kind, setup) in cases {
        let decision = setup.ask(&alice());
        assert_eq!(denied_by(&decision), Some(kind));
        assert!(setup.ask_for(&alice(), "kms:Encrypt", KEY).is_allowed() || kind == PolicyKind::Resource);
    }
}

#[test]
fn a_boundary_and_a_session_narrow_what_identity_policies_give() {
    for setup in [
        Setup { identity: &[ALLOW], boundary: Some(ALLOW), session: Some(ALLOW), ..Setup::default() },
        Setup { identity: &[ALLOW], ..Setup::default() },
    ] {
        assert!(setup.ask(&session()).is_allowed());
    }
    let boundary = Setup { identity: &[ALLOW], boundary: Some(OTHER), ..Setup::default() };
    assert_eq!(boundary.ask(&session()), lacking(PolicyKind::Boundary));
    let within = Setup { identity: &[ALLOW], session: Some(OTHER), ..Setup::default() };
    assert_eq!(within.ask(&session()), lacking(PolicyKind::Session));
    let only = Setup { boundary: Some(ALLOW), session: Some(ALLOW), ..Setup::default() };
    assert_eq!(only.ask(&session()), lacking(PolicyKind::Identity), "narrowing gives nothing");
}

#[test]
fn a_resource_policy_is_enough_where_it_names_the_principal() {
    let granted = |principal: &str| Setup { resource: grant("Allow", principal), ..Setup::default() };
    assert!(granted(&aws(ALICE)).ask(&alice()).is_allowed());
    assert!(granted("\"*\"").ask(&alice()).is_allowed());
    assert!(granted(&aws("*")).ask(&alice()).is_allowed());
    assert!(granted(&aws(ROLE)).ask(&session()).is_allowed());
    assert!(granted(&aws(SESSION)).ask(&session()).is_allowed());
    // Naming the account only delegates.
    assert_eq!(granted(&aws(HOME)).ask(&alice()), lacking(PolicyKind::Identity));
    assert_eq!(granted(&aws(ROLE)).ask(&alice()), lacking(PolicyKind::Identity));
    assert_eq!(granted(&aws(AWAY)).ask(&alice()), lacking(PolicyKind::Identity));
}

#[test]
fn what_is_given_to_a_role_is_narrowed_and_what_is_given_to_its_session_is_not() {
    let narrowed = |principal: &str| Setup {
        boundary: Some(OTHER),
        session: Some(OTHER),
        resource: grant("Allow", principal),
        ..Setup::default()
    };
    assert_eq!(narrowed(&aws(ROLE)).ask(&session()), lacking(PolicyKind::Boundary));
    // What is given to everyone is narrowed by session policies alone.
    for everyone in ["\"*\"".to_owned(), format!(r#"{{"AWS":["{ROLE}","*"]}}"#)] {
        assert_eq!(narrowed(&everyone).ask(&session()), lacking(PolicyKind::Session));
        assert!(Setup { session: None, ..narrowed(&everyone) }.ask(&session()).is_allowed());
    }
    assert!(narrowed(&aws(SESSION)).ask(&session()).is_allowed());
    assert_eq!(narrowed(&aws(ALICE)).ask(&alice()), lacking(PolicyKind::Session));
    let boundary_only = Setup { session: None, ..narrowed(&aws(ALICE)) };
    assert!(boundary_only.ask(&alice()).is_allowed());
}

#[test]
fn a_required_key_policy_must_name_the_principal_or_its_account() {
    let key = |identity: &'static [&'static str], principal: &str| Setup {
        identity,
        resource: grant("Allow", principal),
        required: true,
        ..Setup::default()
    };
    assert!(key(&[ALLOW], &aws(HOME)).ask(&alice()).is_allowed());
    assert!(key(&[ALLOW], &aws("arn:aws:iam::111122223333:root")).ask(&alice()).is_allowed());
    assert_eq!(key(&[], &aws(HOME)).ask(&alice()), lacking(PolicyKind::Identity));
    assert_eq!(key(&[ALLOW], &aws(ROLE)).ask(&alice()), lacking(PolicyKind::Resource));
    assert!(key(&[], &aws(HOME)).ask(&root(HOME)).is_allowed());
    assert_eq!(key(&[], &aws(ROLE)).ask(&root(HOME)), lacking(PolicyKind::Resource));
    let without = Setup { identity: &[ALLOW], required: true, ..Setup::default() };
    assert_eq!(without.ask(&alice()), lacking(PolicyKind::Resource));
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let bob = Principal::user("arn:aws:iam::444455556666:user/bob", AWAY);
    let cross = |identity: &'static [&'static str], principal: &str| Setup {
        identity,
        resource: grant("Allow", principal),
        ..Setup::default()
    };
    for named in [aws(AWAY), aws("arn:aws:iam::444455556666:user/bob"), "\"*\"".to_owned()] {
        assert!(cross(&[ALLOW], &named).ask(&bob).is_allowed(), "{named}");
        assert_eq!(cross(&[], &named).ask(&bob), lacking(PolicyKind::Identity), "{named}");
    }
    assert_eq!(cross(&[ALLOW], &aws(HOME)).ask(&bob), lacking(PolicyKind::Resource));
    assert!(cross(&[], &aws(AWAY)).ask(&root(AWAY)).is_allowed());
}

#[test]
fn a_service_gets_only_what_a_resource_policy_gives_it_by_name() {
    let ssm = Principal::service("ssm.amazonaws.com");
    let granted = |principal: &str| Setup {
        identity: &[ALLOW],
        resource: grant("Allow", principal),
        ..Setup::default()
    };
    assert!(granted(r#"{"Service":"ssm.amazonaws.com"}"#).ask(&ssm).is_allowed());
    for named in [r#"{"Service":"sns.amazonaws.com"}"#, "\"*\"", r#"{"AWS":"111122223333"}"#] {
        assert_eq!(granted(named).ask(&ssm), lacking(PolicyKind::Resource), "{named}");
    }
    assert!(!granted(r#"{"Service":"ssm.amazonaws.com"}"#).ask(&Principal::service("x.y")).is_allowed());
    let denied = Setup { resource: grant("Deny", "\"*\""), ..Setup::default() };
    assert_eq!(denied_by(&denied.ask(&ssm)), Some(PolicyKind::Resource));
}

#[test]
fn not_action_and_not_resource_are_the_rest() {
    let ask = |statement: &str, action: &str, resource: &str| {
        let identity = [statement];
        Setup { identity: &identity, ..Setup::default() }.ask_for(&alice(), action, resource).is_allowed()
    };
    let rest = r#"{"Effect":"Allow","NotAction":["iam:*","kms:Schedule*"],"NotResource":"arn:aws:kms:*:*:key/1234"}"#;
    assert!(ask(rest, "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/5"));
    assert!(ask(rest, "kms:ListKeys", "*"));
    assert!(!ask(rest, "kms:Decrypt", KEY));
    assert!(!ask(rest, "IAM:getuser", "*"));
    assert!(!ask(rest, "kms:ScheduleKeyDeletion", "*"));
    let exact = r#"{"Effect":"Allow","Action":"KMS:decrypt","Resource":"arn:aws:kms:us-east-1:111122223333:key/1234"}"#;
    assert!(ask(exact, "kms:Decrypt", KEY));
    assert!(!ask(exact, "kms:DecryptX", KEY));
    assert!(!ask(exact, "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:KEY/1234"));
    assert!(!ask(exact, "kms:Decrypt", "*"));
}

#[test]
fn a_variable_is_plain_text_in_the_old_version() {
    let text = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"kms:*",
        "Resource":"arn:aws:kms:us-east-1:111122223333:alias/${x}"}}"#;
    let identity = [Arc::new(Policy::compile(&PolicyDocument::parse(text).unwrap(), "old"))];
    let policies = Policies { identity: &identity, ..Policies::default() };
    let ask = |resource| {
        let principal = &alice();
        decide(&Request { principal, action: "kms:Encrypt", resource, context: &NoContext }, &policies, HOME)
    };
    assert!(ask("arn:aws:kms:us-east-1:111122223333:alias/${x}").is_allowed());
    assert!(!ask("arn:aws:kms:us-east-1:111122223333:alias/x").is_allowed());
}

#[test]
fn a_statement_in_the_wrong_kind_of_policy_gives_nothing() {
    let principal_in_identity = grant("Allow", "\"*\"").unwrap();
    let identity = [principal_in_identity.as_str()];
    let setup = Setup { identity: &identity, ..Setup::default() };
    assert_eq!(setup.ask(&alice()), lacking(PolicyKind::Identity));
    let identity = [r#"{"Effect":"Allow","Action":"*"}"#];
    let setup = Setup { identity: &identity, ..Setup::default() };
    assert_eq!(setup.ask(&alice()), lacking(PolicyKind::Identity));
    let setup = Setup { resource: Some(ALLOW.to_owned()), required: true, ..Setup::default() };
    assert_eq!(setup.ask(&alice()), lacking(PolicyKind::Resource));
}

#[test]
fn refusals_are_worded_as_aws_words_them() {
    let message = |setup: Setup<'_>| setup.ask(&alice()).message(ALICE, "kms:Decrypt", KEY).unwrap();
    let start = format!("User: {ALICE} is not authorized to perform: kms:Decrypt on resource: {KEY}");
    assert_eq!(
        message(Setup::default()),
        format!("{start} because no identity-based policy allows the kms:Decrypt action")
    );
    assert_eq!(
        message(Setup { identity: &[ALLOW], required: true, ..Setup::default() }),
        format!("{start} because no resource-based policy allows the kms:Decrypt action")
    );
    assert_eq!(
        message(Setup { identity: &[ALLOW], boundary: Some(OTHER), ..Setup::default() }),
        format!("{start} because no permissions boundary allows the kms:Decrypt action")
    );
    assert_eq!(
        message(Setup { identity: &[ALLOW, DENY], ..Setup::default() }),
        format!("{start} with an explicit deny in an identity-based policy")
    );
    let denied = Setup { identity: &[ALLOW, DENY], ..Setup::default() }.ask(&alice());
    let Decision::Deny(Refusal::ExplicitDeny { statement, .. }) = denied else { panic!("{denied:?}") };
    assert_eq!(statement.to_string(), "policy#NoDecrypt");
}

#[test]
fn a_grant_is_narrowed_as_what_names_the_principal_in_a_policy() {
    let grants = |grantee: &str| [Grant { id: "g".into(), grantee: grantee.into() }];
    let ask = |grants: &[Grant], who: &Principal, session: Option<&str>| {
        let session = session.map(|statement| vec![Arc::new(policy(statement))]);
        let policies = Policies {
            session: session.as_deref(),
            resource_rule: ResourcePolicyRule::Required,
            grants,
            ..Policies::default()
        };
        let request = Request { principal: who, action: "kms:Decrypt", resource: KEY, context: &NoContext };
        decide(&request, &policies, HOME)
    };
    let by_grant = Decision::Allow { by: AllowedBy::Grant { grant: 0 } };
    assert_eq!(ask(&grants(ROLE), &session(), None), by_grant);
    assert_eq!(ask(&grants(ROLE), &session(), Some(OTHER)), lacking(PolicyKind::Session));
    assert_eq!(ask(&grants(SESSION), &session(), Some(OTHER)), by_grant);
    assert_eq!(ask(&grants(ALICE), &session(), None), lacking(PolicyKind::Resource));
    for no_grantee in ["*", "", "bob"] {
        assert_eq!(ask(&grants(no_grantee), &alice(), None), lacking(PolicyKind::Resource), "{no_grantee}");
    }
    let two = [grants(ROLE), grants(SESSION)].concat();
    assert_eq!(
        ask(&two, &session(), Some(OTHER)),
        Decision::Allow { by: AllowedBy::Grant { grant: 1 } },
        "the closest grant counts"
    );
}

#[test]
fn a_resource_policy_can_be_asked_alone() {
    let ask = |statements: String, who: &Principal| {
        let request =
            Request { principal: who, action: "kms:PutKeyPolicy", resource: KEY, context: &NoContext };
        resource_policy_allows(&request, &policy(&statements))
    };
    let name = |index| StatementName { policy: "policy".into(), sid: None, index };
    let allow = |principal: &str| grant("Allow", principal).unwrap();
    assert_eq!(ask(allow(&aws(ALICE)), &alice()), ResourcePolicyAnswer::Allows(name(0)));
    assert_eq!(ask(allow(&aws(HOME)), &alice()), ResourcePolicyAnswer::Delegates(name(0)));
    assert_eq!(ask(allow(&aws(HOME)), &root(HOME)), ResourcePolicyAnswer::Allows(name(0)));
    assert_eq!(ask(allow(&aws(ROLE)), &alice()), ResourcePolicyAnswer::Silent);
    let denied = format!("{},{}", allow(&aws(ALICE)), grant("Deny", "\"*\"").unwrap());
    assert_eq!(ask(denied.clone(), &alice()), ResourcePolicyAnswer::Denies(name(1)));
    assert!(ask(allow(&aws(HOME)), &alice()).admits() && !ask(denied, &alice()).admits());
}

#[test]
fn an_explanation_names_each_statement_and_rule() {
    let identity = [Arc::new(policy(
        r#"{"Sid":"Elsewhere","Effect":"Allow","Action":"ssm:*","Resource":"*"},
           {"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
    ))];
    let resource = policy(&grant("Allow", &aws(HOME)).unwrap());
    let grants = [Grant { id: "g-1".into(), grantee: ROLE.into() }];
    let policies = Policies {
        identity: &identity,
        resource: Some(&resource),
        resource_rule: ResourcePolicyRule::Required,
        grants: &grants,
        ..Policies::default()
    };
    let principal = &alice();
    let request = Request { principal, action: "kms:Decrypt", resource: KEY, context: &NoContext };
    let explanation = explain(&request, &policies, HOME);
    assert_eq!(explanation.decision, lacking(PolicyKind::Identity));
    let expected = "\
resource-based policy Allow policy#0: matches, by the principal's account
identity-based policy Allow policy#Elsewhere: is about other actions
identity-based policy Allow policy#1: Bool on aws:SecureTransport does not hold
grant g-1: is for another principal
no policy denies explicitly
the resource's policy allows the principal's account
principal and resource are of one account
no identity-based policy allows
refused";
    assert_eq!(explanation.to_string(), expected);
}
