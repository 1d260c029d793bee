//! A table of each condition operator and modifier, from
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

#![cfg(test)]

use std::sync::Arc;

use keywright_policy::{ContextList, Policies, Policy, PolicyDocument, Principal, Request, decide};

type Context<'a> = &'a [(&'a str, &'a [&'a str])];

/// A key with one value `v`.
fn holds(condition: &str, value: &str) -> bool {
    allows(condition, &[("a:b", &[value])])
}

fn absent(condition: &str) -> bool {
    allows(condition, &[])
}

/// Whether an Allow with this condition matches.
fn allows(condition: &str, context: Context<'_>) -> bool {
    ask(&[&statement("Allow", condition)], context)
}

/// Whether a Deny with this condition matches.
fn denies(condition: &str, context: Context<'_>) -> bool {
    !ask(&[r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, &statement("Deny", condition)], context)
}

fn statement(effect: &str, condition: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{{{condition}}}}}"#)
}

fn ask(statements: &[&str], context: Context<'_>) -> bool {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let identity = [Arc::new(Policy::compile(&PolicyDocument::parse(&text).unwrap(), "policy"))];
    let policies = Policies { identity: &identity, ..Policies::default() };
    let principal = &Principal::user("arn:aws:iam::111122223333:user/alice", "111122223333");
    let context = &ContextList(context);
    let request = Request { principal, action: "kms:Decrypt", resource: "*", context };
    decide(&request, &policies, "111122223333").is_allowed()
}

fn check(operator: &str, written: &str, matching: &[&str], others: &[&str]) {
    let condition = format!(r#""{operator}":{{"a:b":{written}}}"#);
    for value in matching {
        assert!(holds(&condition, value), "{condition} with {value:?}");
    }
    for value in others {
        assert!(!holds(&condition, value), "{condition} with {value:?}");
    }
}

#[test]
fn strings() {
    check("StringEquals", r#"["x","Y"]"#, &["x", "Y"], &["X", "y", "xY", "", "*"]);
    check("StringEquals", r#""x*""#, &["x*"], &["xy", "x"]);
    check("StringNotEquals", r#"["x","Y"]"#, &["X", "y", ""], &["x", "Y"]);
    check("StringEqualsIgnoreCase", r#""Straße""#, &["straße", "STRAßE"], &["strasse", "stra"]);
    check("StringNotEqualsIgnoreCase", r#""x""#, &["y"], &["x", "X"]);
    check("StringLike", r#"["a*","?b"]"#, &["a", "abc", "xb", "éb"], &["ba", "xxb", "A"]);
    check("StringNotLike", r#"["a*","?b"]"#, &["ba", "xxb"], &["a", "xb"]);
}

#[test]
fn numbers() {
    check("NumericEquals", "5", &["5", "5.0", "+5"], &["6", "", "five", "5 "]);
    check("NumericNotEquals", r#""5""#, &["6", "-5"], &["5", "5.0"]);
    check("NumericLessThan", "10", &["9", "-1", "9.99"], &["10", "11", "x"]);
    check("NumericLessThanEquals", "10", &["9", "10"], &["10.1"]);
    check("NumericGreaterThan", "10", &["11", "1e2"], &["10", "9", "nan"]);
    check("NumericGreaterThanEquals", "10.5", &["10.5", "11"], &["10"]);
}

#[test]
fn dates() {
    let written = r#""2026-11-26T12:00:00Z""#;
    check("DateEquals", written, &["2026-11-26T12:00Z", "1795694400"], &["2026-11-26", "x"]);
    check("DateNotEquals", written, &["2026-11-26"], &["2026-11-26T12:00Z"]);
    check("DateLessThan", written, &["2026-11-26T11:59:59Z"], &["2026-11-26T12:00:00Z"]);
    check("DateLessThanEquals", written, &["2026-11-26T12:00:00Z"], &["2026-11-26T12:00:01Z"]);
    check("DateGreaterThan", written, &["2026-11-26T12:00:01Z"], &["2026-11-26T12:00:00Z", ""]);
    check("DateGreaterThanEquals", "1795694400", &["2026-11-26T12:00:00Z"], &["2026-11-26T11:00:00Z"]);
}

#[test]
fn booleans_bytes_and_addresses() {
    check("Bool", "true", &["true", "True"], &["false", "1", ""]);
    check("Bool", r#"["true","false"]"#, &["true", "false"], &["x"]);
    check("BinaryEquals", r#""QmluYXJ5""#, &["QmluYXJ5"], &["Binary", "QmluYXJ6", ""]);
    let written = r#"["203.0.113.0/24","2001:db8::/32"]"#;
    check("IpAddress", written, &["203.0.113.9", "2001:db8:1::1"], &["203.0.114.9", "2001:db9::1", "x", ""]);
    check("NotIpAddress", written, &["203.0.114.9"], &["203.0.113.9", "2001:db8:1::1"]);
}

#[test]
fn arns() {
    for operator in ["ArnEquals", "ArnLike"] {
        check(
            operator,
            r#""arn:aws:sns:*:111122223333:topic-?""#,
            &["arn:aws:sns:us-east-1:111122223333:topic-1"],
            &["arn:aws:sns:us-east-1:111122223333:topic-12", "arn:aws:sns:a:b:111122223333:topic-1", "x"],
        );
        check(operator, r#""*""#, &["arn:aws:iam::111122223333:user/a"], &["x"]);
    }
    for operator in ["ArnNotEquals", "ArnNotLike"] {
        let (other, same) = ("arn:aws:iam::1:user/a", "arn:aws:iam::1:role/a");
        check(operator, r#""arn:aws:iam::1:role/*""#, &[other], &[same]);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
#[test]
fn an_absent_key_fails_but_under_negated_operators_and_if_exists() {
    for (operator, written, negated) in [
        ("StringEquals", "x", false),
        ("StringNotEquals", "x", true),
        ("StringEqualsIgnoreCase", "x", false),
        ("StringNotEqualsIgnoreCase", "x", true),
        ("StringLike", "*", false),
        ("StringNotLike", "*", true),
        ("NumericEquals", "1", false),
        ("NumericNotEquals", "1", true),
        ("NumericLessThan", "1", false),
        ("NumericLessThanEquals", "1", false),
        ("NumericGreaterThan", "1", false),
        ("NumericGreaterThanEquals", "1", false),
        ("DateEquals", "2026", false),
        ("DateNotEquals", "2026", true),
        ("DateLessThan", "2026", false),
        ("DateLessThanEquals", "2026", false),
        ("DateGreaterThan", "2026", false),
        ("DateGreaterThanEquals", "2026", false),
        ("Bool", "false", false),
        ("BinaryEquals", "QQ==", false),
        ("IpAddress", "0.0.0.0/0", false),
        ("NotIpAddress", "0.0.0.0/0", true),
        ("ArnEquals", "*", false),
        ("ArnNotEquals", "*", true),
        ("ArnLike", "*", false),
        ("ArnNotLike", "*", true),
    ] {
        let with = |name: String| format!(r#""{name}":{{"a:b":"{written}"}}"#);
        assert_eq!(absent(&with(operator.to_owned())), negated, "{operator}");
        assert!(absent(&with(format!("{operator}IfExists"))), "{operator}");
        assert!(absent(&with(format!("ForAllValues:{operator}"))), "{operator}");
        assert!(!absent(&with(format!("ForAnyValue:{operator}"))), "{operator}");
        assert!(absent(&with(format!("ForAnyValue:{operator}IfExists"))), "{operator}");
        // A key that is there without a value is as absent.
        let condition = with(operator.to_owned());
        assert_eq!(allows(&condition, &[("a:b", &[])]), negated, "{operator}");
    }
}

#[test]
fn if_exists_compares_what_exists() {
    let condition = r#""StringEqualsIfExists":{"a:b":"x"}"#;
    assert!(holds(condition, "x") && !holds(condition, "y"));
    let condition = r#""StringNotEqualsIfExists":{"a:b":"x"}"#;
    assert!(!holds(condition, "x") && holds(condition, "y"));
}

#[test]
fn null_asks_whether_the_key_is_there() {
    let (missing, present) = (r#""Null":{"a:b":"true"}"#, r#""Null":{"a:b":false}"#);
    assert!(absent(missing) && !absent(present));
    assert!(!holds(missing, "x") && holds(present, "x"));
    assert!(!holds(missing, "") && holds(present, ""));
    assert!(allows(missing, &[("a:b", &[])]), "a key without a value is null");
    let either = r#""Null":{"a:b":["true","false"]}"#;
    assert!(absent(either) && holds(either, "x"));
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn several_values_count_as_the_set_operator_says() {
    for (operator, none, listed, mixed, others) in [
        ("ForAllValues:StringEquals", true, true, false, false),
        ("ForAnyValue:StringEquals", false, true, true, false),
        ("ForAllValues:StringNotEquals", true, false, false, true),
        ("ForAnyValue:StringNotEquals", false, false, true, true),
    ] {
        let condition = format!(r#""{operator}":{{"a:b":["x","y"]}}"#);
        let expected = [none, listed, mixed, others];
        let cases: [&[&str]; 4] = [&[], &["x", "y"], &["x", "z"], &["z", "w"]];
        for (values, expected) in cases.into_iter().zip(expected) {
            assert_eq!(allows(&condition, &[("a:b", values)]), expected, "{operator} {values:?}");
            assert_eq!(denies(&condition, &[("a:b", values)]), expected, "{operator} {values:?}");
        }
        // Nothing but empty texts is nothing.
        assert_eq!(allows(&condition, &[("a:b", &["", ""])]), none, "{operator}");
    }
}

#[test]
fn several_values_without_a_set_operator_never_widen() {
    let mixed: Context<'_> = &[("a:b", &["x", "z"])];
    for condition in [r#""StringEquals":{"a:b":"x"}"#, r#""StringNotEquals":{"a:b":"x"}"#] {
        assert!(!allows(condition, mixed), "{condition}");
        assert!(denies(condition, mixed), "{condition}");
    }
    let same: Context<'_> = &[("a:b", &["x", "x"])];
    assert!(allows(r#""StringEquals":{"a:b":"x"}"#, same));
    assert!(!denies(r#""StringNotEquals":{"a:b":"x"}"#, same));
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn variables_stand_in_strings_and_arns() {
    let blue = |condition: &str, value: &str| {
        allows(condition, &[("a:b", &[value]), ("aws:PrincipalTag/team", &["blue"])])
    };
    for (condition, same, other) in [
        (r#""StringEquals":{"a:b":"x-${aws:PrincipalTag/team}"}"#, "x-blue", "x-red"),
        (r#""StringEqualsIgnoreCase":{"a:b":"X-${aws:PrincipalTag/team}"}"#, "x-BLUE", "x-red"),
        (r#""StringLike":{"a:b":"${aws:PrincipalTag/team}-*"}"#, "blue-1", "red-1"),
        (
            r#""ArnLike":{"a:b":"arn:aws:sns:*:*:${aws:PrincipalTag/team}-*"}"#,
            "arn:aws:sns:x:1:blue-1",
            "arn:aws:sns:x:1:red-1",
        ),
    ] {
        assert!(blue(condition, same), "{condition}");
        assert!(!blue(condition, other), "{condition}");
        assert!(!holds(condition, same), "{condition}: the variable has no value");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
#[test]
fn a_variable_without_a_value_is_like_nothing() {
    let context: Context<'_> = &[("a:b", &["blue"]), ("a:arn", &["arn:aws:sns:x:1:blue"])];
    for negated in [
        r#""StringNotEquals":{"a:b":"${aws:PrincipalTag/team}"}"#,
        r#""StringNotLike":{"a:b":"${aws:PrincipalTag/team}*"}"#,
        r#""ArnNotEquals":{"a:arn":"arn:aws:sns:*:*:${aws:PrincipalTag/team}"}"#,
    ] {
        assert!(allows(negated, context), "{negated}");
        assert!(denies(negated, context), "{negated}");
    }
    // The other values count as ever.
    let condition = r#""StringNotEquals":{"a:b":["${aws:PrincipalTag/team}","blue"]}"#;
    assert!(!allows(condition, context) && !denies(condition, context));
}

#[test]
fn all_operators_and_all_keys_must_hold() {
    let condition = r#""StringEquals":{"a:b":"x","a:c":"y"},"Bool":{"a:d":"true"}"#;
    let all: Context<'_> = &[("A:B", &["x"]), ("a:C", &["y"]), ("a:d", &["true"])];
    assert!(allows(condition, all));
    for without in 0..all.len() {
        let rest: Vec<_> = all.iter().enumerate().filter(|(i, _)| *i != without).map(|(_, e)| *e).collect();
        assert!(!allows(condition, &rest), "without {without}");
    }
    assert!(absent(""), "no conditions");
}
