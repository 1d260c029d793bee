//! Statements and documents, most of them about what is asked.

use serde_json::{Value, json};

use super::asked::{HOME, OTHER, PROVIDERS, ROLE_ID, ResourcePolicy, USER_ID};
use super::conditions::conditions;
use crate::case::Asked;
use crate::random::Random;

/// How a document is to be.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// How many statements it has at most.
    pub(crate) statements: usize,
    /// How many statements of a hundred deny.
    pub(crate) denies: usize,
    /// How many elements of a hundred, in an Allow, fit what is asked.
    pub(crate) near: usize,
    /// How many statements of a hundred have conditions.
    pub(crate) conditions: usize,
    /// How many resources of a hundred lack segments, which only identity policies and boundaries may.
    pub(crate) incomplete: usize,
}

impl Style {
    /// Much of everything.
    pub(crate) const BROAD: Self = Self { statements: 3, denies: 8, near: 85, conditions: 35, incomplete: 5 };
    /// One statement, which mostly is about what is asked, so that its conditions count.
    const NARROW: Self = Self { statements: 1, denies: 35, near: 95, conditions: 85, incomplete: 5 };
}

/// A document on whose one statement all depends: a Deny stands beside an Allow of everything.
pub(crate) fn deciding(
    random: &mut Random,
    asked: &Asked,
    incomplete: bool,
    of_resource: Option<ResourcePolicy>,
) -> Value {
    let style = if incomplete { Style::NARROW } else { Style { incomplete: 0, ..Style::NARROW } };
    let mut document = document(random, asked, style, of_resource);
    let statements = document["Statement"].as_array_mut().unwrap();
    if statements.iter().all(|statement| statement["Effect"] == "Deny") {
        statements.push(if of_resource.is_some() { open_to(asked) } else { open_statement() });
    }
    document
}

/// A document that allows everything.
pub(crate) fn open() -> Value {
    json!({"Version": "2012-10-17", "Statement": [open_statement()]})
}

/// A resource's document that leaves all to the account of who asks, or allows who has none.
pub(crate) fn delegating(asked: &Asked) -> Value {
    json!({"Version": "2012-10-17", "Statement": [open_to(asked)]})
}

fn open_statement() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn open_to(asked: &Asked) -> Value {
    let who = &asked.principal;
    let principal = match who.r#type.as_str() {
        "service" => json!({"Service": who.arn}),
        "identityProvider" => json!({"Federated": who.arn}),
        _ => json!({"AWS": format!("arn:aws:iam::{}:root", who.account())}),
    };
    json!({"Effect": "Allow", "Principal": principal, "Action": "*"})
}

/// A document; with what its resource's policy is for, one of a resource.
pub(crate) fn document(
    random: &mut Random,
    asked: &Asked,
    style: Style,
    of_resource: Option<ResourcePolicy>,
) -> Value {
    let count = 1 + random.below(style.statements);
    let statements: Vec<Value> = (0..count).map(|_| statement(random, asked, style, of_resource)).collect();
    let version = if of_resource.is_none() && random.percent(8) { "2008-10-17" } else { "2012-10-17" };
    json!({"Version": version, "Statement": statements})
}

/// A session policy, which is always of the newer version.
pub(crate) fn session_policy(random: &mut Random, asked: &Asked) -> Value {
    let mut document = document(random, asked, Style { incomplete: 0, ..Style::BROAD }, None);
    document["Version"] = json!("2012-10-17");
    document
}

fn statement(random: &mut Random, asked: &Asked, style: Style, of_resource: Option<ResourcePolicy>) -> Value {
    let deny = random.percent(style.denies);
    // A Deny that meets all it could would leave little to see.
    let near = if deny { 45 } else { style.near };
    let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
    let (element, actions) = actions(random, &asked.action, near);
    statement[element] = actions;
    match of_resource {
        Some(ResourcePolicy::Trust) => {}
        Some(_) if random.percent(10) => {}
        _ => {
            let (element, resources) = resources(random, &asked.resource, near, style.incomplete);
            statement[element] = resources;
        }
    }
    if of_resource.is_some() {
        if deny && random.percent(35) {
            statement["NotPrincipal"] = not_principal(random, asked);
        } else {
            statement["Principal"] = principal(random, asked);
        }
    }
    if random.percent(if deny { 55 } else { style.conditions }) {
        statement["Condition"] = conditions(random, asked);
    }
    statement
}

fn actions(random: &mut Random, asked: &str, near: usize) -> (&'static str, Value) {
    let (service, name) = asked.split_once(':').unwrap();
    let half = &name[..name.len() / 2];
    let hits = [
        "*".to_owned(),
        asked.to_owned(),
        asked.to_uppercase(),
        format!("{service}:*"),
        format!("{service}:{half}*"),
        format!("{service}:?{}", &name[1..]),
        format!("{service}:*{}", &name[name.len() - 3..]),
    ];
    let misses =
        ["ec2:*", "kms:Describe*", "ssm:GetParameterHistory", "secretsmanager:List?", "s3:GetObject"]
            .map(str::to_owned);
    let negated = random.percent(15);
    let hit = random.percent(near) != negated;
    let mut patterns = vec![random.pick(if hit { &hits[..] } else { &misses }).clone()];
    if random.percent(30) {
        patterns.insert(0, random.pick(&misses).clone());
    }
    (if negated { "NotAction" } else { "Action" }, one_or_many(random, patterns))
}

fn resources(random: &mut Random, asked: &str, near: usize, incomplete: usize) -> (&'static str, Value) {
    let misses = [
        "arn:aws:kms:*:111122223333:key/0000*",
        "arn:aws:s3:::bucket/${aws:username}/*",
        "arn:aws:ssm:us-west-2:*:parameter/blue/*",
        "arn:aws:kms:*:444455556666:*",
        "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}-??????",
    ]
    .map(str::to_owned);
    let negated = random.percent(12);
    let hit = random.percent(near) != negated;
    let mut patterns =
        vec![if hit { fitting(random, asked, incomplete) } else { random.pick(&misses).clone() }];
    if random.percent(25) {
        patterns.insert(0, random.pick(&misses).clone());
    }
    (if negated { "NotResource" } else { "Resource" }, one_or_many(random, patterns))
}

/// A pattern for the resource; one with a variable may yet not fit.
fn fitting(random: &mut Random, asked: &str, incomplete: usize) -> String {
    if asked == "*" || random.percent(30) {
        return "*".to_owned();
    }
    if random.percent(incomplete) {
        let segments: Vec<&str> = asked.split(':').take(3 + random.below(3)).collect();
        return segments.join(":");
    }
    let mut segments: Vec<String> = asked.splitn(6, ':').map(str::to_owned).collect();
    let resource = segments[5].clone();
    let last = resource.rfind(['/', ':']).map_or(0, |at| at + 1);
    let (kind, name) = resource.split_at(last);
    match random.below(13) {
        0 => segments[3] = "*".to_owned(),
        1 => segments[4] = "*".to_owned(),
        2 => segments[1] = "aw?".to_owned(),
        3 => segments[5] = format!("{kind}*"),
        4 => segments[5] = format!("{kind}?{}", &name[1..]),
        5 => segments[5] = "*".to_owned(),
        6 if random.percent(30) => {
            segments[5] = format!("*{}{name}", kind.chars().next_back().map_or(String::new(), String::from))
        }
        7 => segments[5] = format!("{kind}${{aws:PrincipalTag/resource}}"),
        8 => segments[5] = format!("{kind}${{aws:PrincipalTag/resource, '{name}'}}"),
        9 => {
            segments[5] =
                resource.replace("blue", "${aws:PrincipalTag/team}").replace("alice", "${aws:username}")
        }
        10 => segments[5] = format!("{resource}${{*}}"),
        11 if random.percent(15) => segments[5] = format!("{resource}${{aws:PrincipalTag/suffix, ''}}"),
        _ => {}
    }
    segments.join(":")
}

fn principal(random: &mut Random, asked: &Asked) -> Value {
    if random.percent(10) {
        return json!("*");
    }
    let mut aws = Vec::new();
    let mut set = json!({});
    for _ in 0..=random.below(2) {
        match random.below(100) {
            0..4 => aws.push("*".to_owned()),
            4..11 => set["Service"] = json!([*random.pick(&["ssm.amazonaws.com", "sns.amazonaws.com"])]),
            11..16 => set["Federated"] = json!(*random.pick(&PROVIDERS)),
            _ => match (asked.principal.r#type.as_str(), random.percent(60)) {
                ("service", true) => set["Service"] = json!(asked.principal.arn),
                ("identityProvider", true) => set["Federated"] = json!(asked.principal.arn),
                _ => aws.push(aws_principal(random, asked)),
            },
        }
    }
    if !aws.is_empty() {
        set["AWS"] = one_or_many(random, aws);
    }
    set
}

fn not_principal(random: &mut Random, asked: &Asked) -> Value {
    if asked.principal.r#type == "service" && random.percent(50) {
        return json!({"Service": asked.principal.arn});
    }
    // As AWS asks for it: the account beside what is of it.
    let mut names = vec![format!("arn:aws:iam::{}:root", account(asked))];
    names.extend((0..random.below(3)).map(|_| aws_principal(random, asked)));
    if random.percent(10) {
        names.remove(0);
    }
    if names.is_empty() {
        names.push(OTHER.to_owned());
    }
    json!({"AWS": names})
}

fn account(asked: &Asked) -> &str {
    if asked.principal.account().is_empty() { HOME } else { asked.principal.account() }
}

fn aws_principal(random: &mut Random, asked: &Asked) -> String {
    let who = &asked.principal;
    let account = account(asked);
    let itself = if who.arn.starts_with("arn:") && who.r#type != "identityProvider" {
        who.arn.clone()
    } else {
        account.to_owned()
    };
    match random.below(20) {
        0..5 => format!("arn:aws:iam::{account}:root"),
        5 => account.to_owned(),
        6..11 => itself,
        11..16 => who.issuer.clone().unwrap_or(itself),
        16 => if random.percent(50) { USER_ID } else { ROLE_ID }.to_owned(),
        17 => format!("arn:aws:iam::{account}:role/{}", random.pick(&["app", "ci", "ci", "ops/ci"])),
        18 => format!("arn:aws:sts::{account}:assumed-role/app/other"),
        _ => OTHER.to_owned(),
    }
}

fn one_or_many(random: &mut Random, mut texts: Vec<String>) -> Value {
    match texts.len() {
        1 if random.percent(60) => Value::String(texts.remove(0)),
        _ => json!(texts),
    }
}
