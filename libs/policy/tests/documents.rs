//! Which texts are policies, and where the others are wrong.

#![cfg(test)]

use keywright_policy::{PolicyDocument, PolicyError, PolicyKind, PrincipalName, Problem};

const KMS_DEFAULT: &str = r#"{
  "Version": "2012-10-17", "Id": "key-default-1",
  "Statement": {
    "Sid": "Enable IAM User Permissions", "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*", "Resource": "*"
  }
}"#;

#[test]
fn the_default_key_policy_prints_in_canonical_form() {
    let document = PolicyDocument::parse(KMS_DEFAULT).unwrap();
    assert_eq!(
        document.to_string(),
        r#"{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Action":["kms:*"],"Resource":["*"]}]}"#
    );
    assert_eq!(document.check_kind(PolicyKind::Resource), Ok(()));
    let error = document.check_kind(PolicyKind::Identity).unwrap_err();
    assert_eq!(error.to_string(), "at Statement[0]: Principal is not allowed in an identity-based policy");
}

#[test]
fn an_identity_policy_names_resources_and_no_principal() {
    let parse =
        |body: &str| PolicyDocument::parse(&format!(r#"{{"Statement":{{"Effect":"Allow",{body}}}}}"#));
    let check = |body: &str, kind| match parse(body).unwrap().check_kind(kind) {
        Err(PolicyError::Invalid { problem, .. }) => Some(problem),
        other => other.map(|()| None).unwrap(),
    };
    let plain = r#""Action":"*","Resource":"*""#;
    assert_eq!(check(plain, PolicyKind::Identity), None);
    assert_eq!(check(plain, PolicyKind::Resource), Some(Problem::Missing("Principal")));
    assert_eq!(check(r#""Action":"*""#, PolicyKind::Boundary), Some(Problem::Missing("Resource")));
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    let incomplete = r#""Action":"*","NotResource":["*","arn:aws:sqs"]"#;
    assert_eq!(check(incomplete, PolicyKind::Identity), None);
    assert_eq!(check(incomplete, PolicyKind::Boundary), None);
    assert_eq!(check(incomplete, PolicyKind::Session), Some(Problem::IncompleteResource));
    assert_eq!(check(incomplete, PolicyKind::Resource), Some(Problem::IncompleteResource));
    let sid = r#""Sid":"a b","Action":"*","Resource":"*""#;
    assert_eq!(check(sid, PolicyKind::Session), Some(Problem::Sid));
}

#[test]
fn each_fault_is_named_with_its_place() {
    let statement = |body: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{body}}}]}}"#);
    let allow = |body: &str| statement(&format!(r#""Effect":"Allow",{body}"#));
    for (text, expected) in [
        ("[]".to_owned(), "at the document: must be an object"),
        ("{}".to_owned(), "at the document: missing element Statement"),
        (
            r#"{"Version":"2020-01-01","Statement":[]}"#.to_owned(),
            "at Version: version must be 2008-10-17 or 2012-10-17",
        ),
        (r#"{"Statement":[]}"#.to_owned(), "at Statement: must not be empty"),
        (r#"{"Statement":[1]}"#.to_owned(), "at Statement[0]: must be an object"),
        (r#"{"Statement":[],"Other":1}"#.to_owned(), "at Other: unknown element"),
        (statement(r#""Action":"*""#), "at Statement[0]: missing element Effect"),
        (
            statement(r#""Effect":"allow","Action":"*""#),
            "at Statement[0].Effect: effect must be Allow or Deny",
        ),
        (statement(r#""Effect":"Allow""#), "at Statement[0]: missing element Action"),
        (
            allow(r#""Action":"*","NotAction":"*""#),
            "at Statement[0].NotAction: Action and NotAction exclude each other",
        ),
        (allow(r#""Action":[]"#), "at Statement[0].Action: must not be empty"),
        (allow(r#""Action":["kms:*",7]"#), "at Statement[0].Action[1]: must be a string"),
        (
            allow(r#""Action":["kms:*","Decrypt"]"#),
            "at Statement[0].Action[1]: action must be * or a vendor and an action, such as kms:Decrypt",
        ),
        (
            allow(r#""Action":"*","Resource":"key/1""#),
            "at Statement[0].Resource[0]: resource must be * or in arn format",
        ),
        (allow(r#""Action":"*","Principal":{}"#), "at Statement[0].Principal: must not be empty"),
        (allow(r#""Action":"*","Principal":"bob""#), "at Statement[0].Principal: must be an object"),
        (
            allow(r#""Action":"*","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"}"#),
            "at Statement[0].Principal.AWS[0]: invalid principal",
        ),
        (
            allow(r#""Action":"*","Condition":{"StringEqual":{}}"#),
            "at Statement[0].Condition.StringEqual: unknown condition operator",
        ),
        (
            allow(r#""Action":"*","Condition":{"Bool":{"aws:SecureTransport":[]}}"#),
            "at Statement[0].Condition.Bool.aws:SecureTransport: must not be empty",
        ),
        (
            allow(r#""Action":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","10.0.0.0/64"]}}"#),
            "at Statement[0].Condition.IpAddress.aws:SourceIp[1]: value must be an ip address or a range of them",
        ),
        (
            allow(r#""Action":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}"#),
            "at Statement[0].Condition.DateLessThan.aws:CurrentTime[0]: value must be a date",
        ),
        (
            allow(r#""Action":"*","Condition":{"NumericEquals":{"kms:GrantIsForAWSResource":"one"}}"#),
            "at Statement[0].Condition.NumericEquals.kms:GrantIsForAWSResource[0]: value must be a number",
        ),
        (
            allow(r#""Action":"*","Condition":{"Null":{"aws:username":"yes"}}"#),
            "at Statement[0].Condition.Null.aws:username[0]: value must be true or false",
        ),
        (
            allow(r#""Action":"*","Condition":{"BinaryEquals":{"a:b":"*"}}"#),
            "at Statement[0].Condition.BinaryEquals.a:b[0]: value must be in base64",
        ),
        (
            allow(r#""Action":"*","Condition":{"Bool":{"a:b":"${aws:username}"}}"#),
            "at Statement[0].Condition.Bool.a:b[0]: only string and arn operators take variables",
        ),
        (
            allow(r#""Action":"*","Condition":{"StringEquals":{"a:b":"${aws:username"}}"#),
            "at Statement[0].Condition.StringEquals.a:b[0]: a variable must be ${key} or ${key, 'default'}",
        ),
        (
            allow(r#""Action":"*","Condition":{"StringEquals":{"a:b":"x","A:b":"y"}}"#),
            "at Statement[0].Condition.StringEquals.A:b: condition keys must be unique, whatever their case",
        ),
        (
            allow(r#""Action":"*","Condition":{"StringEquals":{"username":"x"}}"#),
            "at Statement[0].Condition.StringEquals.username: condition keys must be a vendor and a name, such as aws:SourceIp",
        ),
        (
            allow(r#""Action":"*","Condition":{"NullIfExists":{"a:b":"true"}}"#),
            "at Statement[0].Condition.NullIfExists: unknown condition operator",
        ),
        (
            allow(r#""Action":"*","Resource":"arn:aws:kms:*:${aws:PrincipalAccount}:key/*""#),
            "at Statement[0].Resource[0]: variables may stand only behind the fifth colon of an arn",
        ),
        (
            allow(r#""Action":"*","NotPrincipal":"*""#),
            "at Statement[0].NotPrincipal: NotPrincipal must be used with Deny",
        ),
        (allow(r#""Action":"*","action":"*""#), "at Statement[0].action: unknown element"),
    ] {
        assert_eq!(PolicyDocument::parse(&text).unwrap_err().to_string(), expected, "{text}");
    }
    let twice = r#"{"Statement":[{"Sid":"A","Effect":"Deny","Action":"*"},{"Sid":"A","Effect":"Deny","Action":"*"}]}"#;
    let error = PolicyDocument::parse(twice).unwrap_err();
    assert_eq!(error.to_string(), "at Statement[1].Sid: statement ids must be unique");
}

#[test]
fn broken_json_is_refused_with_line_and_column() {
    let error = PolicyDocument::parse("{\n  \"Version\": }").unwrap_err();
    assert!(matches!(error, PolicyError::Syntax { line: 2, column: 14, .. }), "{error:?}");
    let trailing = PolicyDocument::parse(&format!("{KMS_DEFAULT} x")).unwrap_err();
    assert!(matches!(trailing, PolicyError::Syntax { .. }), "{trailing:?}");
}

#[test]
fn conditions_are_kept_as_text() {
    let document = PolicyDocument::parse(
        r#"{"Statement":{"Effect":"Deny","Action":"*","Condition":{
            "Bool":{"aws:SecureTransport":false}, "ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*",5]}}}}"#,
    )
    .unwrap();
    let conditions = &document.statements()[0].conditions;
    assert_eq!(conditions["Bool"]["aws:SecureTransport"], ["false"]);
    assert_eq!(conditions["ForAllValues:StringLikeIfExists"]["aws:TagKeys"], ["a*", "5"]);
}

#[test]
fn a_document_tells_whom_it_names() {
    let document = PolicyDocument::parse(
        r#"{"Statement":[
            {"Effect":"Allow","Principal":"*","Action":"*"},
            {"Effect":"Deny","NotPrincipal":{"AWS":["111122223333","AIDAEXAMPLEEXAMPLE"]},"Action":"*"},
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/a","Service":"ssm.amazonaws.com"},"Action":"*"}
        ]}"#,
    )
    .unwrap();
    let account = "111122223333";
    let names: Vec<_> = document.principals().collect();
    assert_eq!(
        names,
        [
            PrincipalName::Everyone,
            PrincipalName::Account(account),
            PrincipalName::UniqueId("AIDAEXAMPLEEXAMPLE"),
            PrincipalName::User { account, arn: "arn:aws:iam::111122223333:user/a" },
            PrincipalName::Service("ssm.amazonaws.com"),
        ]
    );
}
