//! Conditions, about as often met as not.

use serde_json::{Map, Value, json};

use super::keys::{Key, Kind, keys_of};
use crate::case::Asked;
use crate::random::Random;

/// The `Condition` of a statement, of one or two operators.
pub(crate) fn conditions(random: &mut Random, asked: &Asked) -> Value {
    let keys = keys_of(&asked.action);
    let mut all = Map::new();
    for _ in 0..=random.below(2) {
        let key = key(random, &keys);
        let (operator, written) = condition(random, asked, key);
        let keys = all.entry(operator).or_insert_with(|| json!({})).as_object_mut().unwrap();
        keys.retain(|name, _| !name.eq_ignore_ascii_case(key.name));
        keys.insert(key_as_written(random, key.name), written);
    }
    Value::Object(all)
}

/// Most keys are single texts: the others shall have their share.
fn key<'k>(random: &mut Random, keys: &[&'k Key]) -> &'k Key {
    let of_one_sort: Vec<_> = match random.below(10) {
        0..4 => {
            let kind =
                *random.pick(&[Kind::Arn, Kind::Bool, Kind::Number, Kind::Date, Kind::Ip, Kind::Bytes]);
            keys.iter().copied().filter(|key| key.kind == kind).collect()
        }
        4..7 => keys.iter().copied().filter(|key| key.multivalued).collect(),
        _ => keys.to_vec(),
    };
    random.pick::<&Key>(&of_one_sort)
}

/// Names of keys are the same in whatever case.
fn key_as_written(random: &mut Random, name: &str) -> String {
    match name.split_once('/') {
        None if random.percent(8) => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

fn condition(random: &mut Random, asked: &Asked, key: &Key) -> (String, Value) {
    if random.percent(8) {
        return ("Null".to_owned(), json!(*random.pick(&["true", "false"])));
    }
    let base = *random.pick(match key.kind {
        Kind::Text => TEXT_OPERATORS,
        Kind::Arn => ARN_OPERATORS,
        Kind::Bool => &["Bool", "Bool", "StringEquals"],
        Kind::Number => NUMBER_OPERATORS,
        Kind::Date => DATE_OPERATORS,
        Kind::Ip => &["IpAddress", "NotIpAddress"],
        Kind::Bytes => &["BinaryEquals"],
    });
    let set = match key.multivalued {
        true => *random.weighted(&[(40, "ForAllValues:"), (40, "ForAnyValue:"), (20, "")]),
        false => *random.weighted(&[(4, "ForAllValues:"), (4, "ForAnyValue:"), (92, "")]),
    };
    let if_exists = if random.percent(20) { "IfExists" } else { "" };
    let actual = asked.context.get(key.name).map_or(&[][..], |value| value.values());
    let written: Vec<String> = (0..=random.below(3)).map(|_| written(random, base, key, actual)).collect();
    let written = if written.len() == 1 && random.percent(50) { json!(written[0]) } else { json!(written) };
    (format!("{set}{base}{if_exists}"), written)
}

/// A value for the policy: in more than half of the cases one that meets a value of the request.
fn written(random: &mut Random, base: &str, key: &Key, actual: &[String]) -> String {
    let value = match actual {
        [] => (*random.pick(key.values)).to_owned(),
        _ if random.percent(60) => random.pick(actual).clone(),
        _ => (*random.pick(key.values)).to_owned(),
    };
    match base {
        "StringLike" | "StringNotLike" => {
            if random.percent(20) {
                variable(random, &value)
            } else {
                with_wildcards(random, &value)
            }
        }
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
            if random.percent(50) {
                value.to_uppercase()
            } else {
                value
            }
        }
        "StringEquals" | "StringNotEquals" if key.kind == Kind::Text && random.percent(20) => {
            variable(random, &value)
        }
        "IpAddress" | "NotIpAddress" => (*random.pick(&[
            value.as_str(),
            "203.0.113.0/24",
            "10.0.0.0/8",
            "2001:db8::/48",
            "2001:DB8:0:0::1",
            "0.0.0.0/0",
        ]))
        .to_owned(),
        _ if base.starts_with("Arn") => arn(random, &value),
        _ => value,
    }
}

/// A text with a variable in it, that may stand for the value.
fn variable(random: &mut Random, value: &str) -> String {
    let name = *random.pick(&[
        "aws:PrincipalTag/team",
        "aws:username",
        "aws:RequestTag/team",
        "aws:PrincipalAccount",
        "aws:TagKeys",
    ]);
    if value.contains('*') && random.percent(60) {
        return value.replace('*', "${*}");
    }
    match random.below(9) {
        0..5 => format!("${{{name}}}"),
        5..8 => format!("${{{name}, '{value}'}}"),
        _ => format!("{value}${{?}}"),
    }
}

/// With one or two parts replaced by wildcards.
fn with_wildcards(random: &mut Random, value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    if letters.is_empty() {
        return "*".to_owned();
    }
    let at = random.below(letters.len());
    let text = |letters: &[char]| letters.iter().collect::<String>();
    match random.below(4) {
        0 => format!("{}*", text(&letters[..at])),
        1 => format!("*{}", text(&letters[at..])),
        2 => format!("{}?{}", text(&letters[..at]), text(&letters[at + 1..])),
        _ => value.to_owned(),
    }
}

/// An ARN with a wildcard, or a variable, in one of its segments.
fn arn(random: &mut Random, value: &str) -> String {
    let mut segments: Vec<String> = value.splitn(6, ':').map(str::to_owned).collect();
    let at = 1 + random.below(segments.len() - 1);
    match random.below(6) {
        0 => segments[at] = "*".to_owned(),
        1 => segments[at] = with_wildcards(random, &segments[at]),
        2 => segments[4] = "${aws:PrincipalAccount}".to_owned(),
        3 => segments[5] = "user/${aws:username}".to_owned(),
        _ => {}
    }
    segments.join(":")
}

const TEXT_OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];
const ARN_OPERATORS: &[&str] = &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike"];
const NUMBER_OPERATORS: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATE_OPERATORS: &[&str] = &[
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];
