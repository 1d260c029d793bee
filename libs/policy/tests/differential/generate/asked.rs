//! Who asks for what, in which context.

use std::collections::BTreeMap;

use super::keys::keys_of;
use crate::case::{Asked, OneOrMany, Who};
use crate::random::Random;

/// The account of the resources.
pub(crate) const HOME: &str = "111122223333";
/// Another.
pub(crate) const OTHER: &str = "444455556666";

/// An action with a resource of it.
pub(crate) struct Target {
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) policy: ResourcePolicy,
}

/// What a resource's policy is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourcePolicy {
    /// Resources of this kind have none.
    None,
    /// It may add to what identity policies allow.
    Additional,
    /// Nothing goes without it: keys.
    Required,
    /// The same, and it has no `Resource`: roles.
    Trust,
}

pub(crate) fn target(random: &mut Random) -> &'static Target {
    random.weighted(TARGETS)
}

pub(crate) fn asked(random: &mut Random, target: &Target) -> Asked {
    let principal = who(random, target);
    let resource_account = match target.resource {
        "*" if !principal.account().is_empty() => principal.account().to_owned(),
        _ => HOME.to_owned(),
    };
    let mut asked = Asked {
        principal,
        action: target.action.to_owned(),
        resource: target.resource.to_owned(),
        resource_account,
        context: BTreeMap::new(),
    };
    asked.context = context(random, &asked);
    asked
}

fn who(random: &mut Random, target: &Target) -> Who {
    if target.action == "sts:AssumeRoleWithWebIdentity" {
        let arn = (*random.pick(&PROVIDERS)).to_owned();
        return Who { r#type: "identityProvider".to_owned(), arn, issuer: None };
    }
    let account = if random.percent(65) { HOME } else { OTHER };
    let (kind, arn, issuer) = *random.weighted(&[
        (6, ("root", "arn:aws:iam::ACCOUNT:root", "")),
        (20, ("user", "arn:aws:iam::ACCOUNT:user/alice", "")),
        (10, ("user", "arn:aws:iam::ACCOUNT:user/dev/bob", "")),
        (30, ("role", "arn:aws:sts::ACCOUNT:assumed-role/app/s", "arn:aws:iam::ACCOUNT:role/app")),
        (12, ("role", "arn:aws:sts::ACCOUNT:assumed-role/ci/run-7", "arn:aws:iam::ACCOUNT:role/ops/ci")),
        (
            8,
            ("federatedUser", "arn:aws:sts::ACCOUNT:federated-user/alice", "arn:aws:iam::ACCOUNT:user/alice"),
        ),
        (
            2,
            ("federatedUser", "arn:aws:sts::ACCOUNT:federated-user/carol", "arn:aws:iam::ACCOUNT:user/alice"),
        ),
        (10, ("service", "ssm.amazonaws.com", "")),
    ]);
    let of_account = |arn: &str| arn.replace("ACCOUNT", account);
    Who {
        r#type: kind.to_owned(),
        arn: of_account(arn),
        issuer: (!issuer.is_empty()).then(|| of_account(issuer)),
    }
}

fn context(random: &mut Random, asked: &Asked) -> BTreeMap<String, OneOrMany> {
    let mut context = BTreeMap::new();
    for key in keys_of(&asked.action) {
        if !random.percent(key.present) {
            continue;
        }
        let value = if key.multivalued {
            let count = if random.percent(15) { 0 } else { 1 + random.below(key.values.len()) };
            OneOrMany::Many((0..count).map(|_| (*random.pick(key.values)).to_owned()).collect())
        } else {
            OneOrMany::One((*random.pick(key.values)).to_owned())
        };
        context.insert(key.name.to_owned(), value);
    }
    for (key, value) in of_principal(&asked.principal) {
        match value {
            Some(value) => drop(context.insert(key.to_owned(), OneOrMany::One(value))),
            None => drop(context.remove(key)),
        }
    }
    if random.percent(40) {
        let name = asked.resource.rsplit(['/', ':']).next().unwrap_or_default();
        context.insert("aws:PrincipalTag/resource".to_owned(), OneOrMany::One(name.to_owned()));
    }
    context
}

/// The keys that follow from who asks.
fn of_principal(who: &Who) -> [(&'static str, Option<String>); 5] {
    let account = Some(who.account().to_owned()).filter(|account| !account.is_empty());
    let some = |text: &str| Some(text.to_owned());
    let name = who.arn.rsplit('/').next().unwrap_or_default();
    let (kind, id, username) = match who.r#type.as_str() {
        "root" => (some("Account"), account.clone(), None),
        "user" => (some("User"), some(USER_ID), some(name)),
        "role" => (some("AssumedRole"), Some(format!("{ROLE_ID}:{name}")), None),
        "federatedUser" => {
            (some("FederatedUser"), account.as_ref().map(|account| format!("{account}:{name}")), None)
        }
        _ => (None, None, None),
    };
    let arn = who.issuer.as_ref().filter(|_| who.r#type == "role").unwrap_or(&who.arn).clone();
    [
        ("aws:PrincipalArn", account.is_some().then_some(arn)),
        ("aws:PrincipalAccount", account),
        ("aws:PrincipalType", kind),
        ("aws:userid", id),
        ("aws:username", username),
    ]
}

pub(crate) const USER_ID: &str = "AIDAEXAMPLEEXAMPLE01";
pub(crate) const ROLE_ID: &str = "AROAEXAMPLEEXAMPLE01";
pub(crate) const PROVIDERS: [&str; 2] =
    ["accounts.google.com", "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/1"];

const fn on(action: &'static str, resource: &'static str, policy: ResourcePolicy) -> Target {
    Target { action, resource, policy }
}

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const TARGETS: &[(usize, Target)] = &[
    (14, on("kms:Decrypt", KEY, ResourcePolicy::Required)),
    (6, on("kms:Encrypt", KEY, ResourcePolicy::Required)),
    (6, on("kms:CreateGrant", KEY, ResourcePolicy::Required)),
    (3, on("kms:ScheduleKeyDeletion", KEY, ResourcePolicy::Required)),
    (2, on("kms:UpdateAlias", "arn:aws:kms:us-east-1:111122223333:alias/blue", ResourcePolicy::None)),
    (3, on("kms:CreateKey", "*", ResourcePolicy::None)),
    (
        6,
        on(
            "ssm:GetParameter",
            "arn:aws:ssm:us-east-1:111122223333:parameter/blue/db",
            ResourcePolicy::Additional,
        ),
    ),
    (
        4,
        on(
            "ssm:PutParameter",
            "arn:aws:ssm:eu-central-1:111122223333:parameter/red",
            ResourcePolicy::Additional,
        ),
    ),
    (
        3,
        on(
            "ssm:GetParametersByPath",
            "arn:aws:ssm:us-east-1:111122223333:parameter/blue",
            ResourcePolicy::None,
        ),
    ),
    (2, on("ssm:DescribeParameters", "*", ResourcePolicy::None)),
    (
        10,
        on(
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:blue/db-AbCdEf",
            ResourcePolicy::Additional,
        ),
    ),
    (
        4,
        on(
            "secretsmanager:PutSecretValue",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:red-AbCdEf",
            ResourcePolicy::Additional,
        ),
    ),
    (6, on("sts:AssumeRole", "arn:aws:iam::111122223333:role/blue", ResourcePolicy::Trust)),
    (4, on("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111122223333:role/blue", ResourcePolicy::Trust)),
    (4, on("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:blue", ResourcePolicy::Additional)),
    (3, on("sns:Publish", "arn:aws:sns:us-east-1:111122223333:topic-blue", ResourcePolicy::Additional)),
    (
        3,
        on(
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:111122223333:function:blue",
            ResourcePolicy::Additional,
        ),
    ),
    (
        2,
        on(
            "dynamodb:GetItem",
            "arn:aws:dynamodb:us-east-1:111122223333:table/alice",
            ResourcePolicy::Additional,
        ),
    ),
    (2, on("iam:PassRole", "arn:aws:iam::111122223333:role/blue", ResourcePolicy::None)),
    (2, on("iam:GetUser", "arn:aws:iam::111122223333:user/alice", ResourcePolicy::None)),
];
