//! What a decision costs: `cargo bench -p keywright-policy`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use keywright_policy::{
    ContextList, Policies, Policy, PolicyDocument, Principal, Request, ResourcePolicyRule, decide,
};

const HOME: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A key policy as the console writes it: the account, administrators, users, and grants for services.
const KEY_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
 {"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
 {"Sid":"Admins","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/KeyAdmin","arn:aws:iam::111122223333:user/carol"]},
  "Action":["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Update*","kms:Revoke*","kms:Disable*","kms:Get*","kms:Delete*","kms:TagResource","kms:UntagResource","kms:ScheduleKeyDeletion","kms:CancelKeyDeletion"],"Resource":"*"},
 {"Sid":"Users","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/Other","arn:aws:iam::444455556666:root"]},
  "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"},
 {"Sid":"Grants","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Other"},"Action":["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"],"Resource":"*",
  "Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}},
 {"Sid":"OnlyOverTls","Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

/// The last of them allows, so that all are read.
const IAM_POLICIES: [&str; 5] = [
    r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Allow","Action":["ssm:GetParameter*","ssm:DescribeParameters"],"Resource":"arn:aws:ssm:*:111122223333:parameter/${aws:username}/*"},
     {"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/${aws:username}"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Deny","NotAction":["iam:*","sts:*","kms:*","ssm:*"],"Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:db8::/32"]}}}]}"#,
    r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Allow","Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}]}"#,
    r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]}}},
     {"Effect":"Deny","Action":["kms:ScheduleKeyDeletion","kms:DisableKey"],"Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[
     {"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey*"],"Resource":"arn:aws:kms:*:111122223333:key/*",
      "Condition":{"StringEquals":{"kms:EncryptionContext:app":"payroll"},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}"#,
];

fn compiled(text: &str) -> Policy {
    Policy::compile(&PolicyDocument::parse(text).unwrap(), "policy")
}

fn benchmark(criterion: &mut Criterion) {
    let resource = compiled(KEY_POLICY);
    let identity: Vec<_> = IAM_POLICIES.iter().map(|text| Arc::new(compiled(text))).collect();
    let policies = Policies {
        identity: &identity,
        resource: Some(&resource),
        resource_rule: ResourcePolicyRule::Required,
        ..Policies::default()
    };
    let principal = Principal::user("arn:aws:iam::111122223333:user/alice", HOME);
    let context = ContextList(&[
        ("aws:username", &["alice"]),
        ("aws:PrincipalTag/team", &["blue"]),
        ("aws:SourceIp", &["203.0.113.7"]),
        ("aws:SecureTransport", &["true"]),
        ("aws:RequestedRegion", &["us-east-1"]),
        ("aws:CurrentTime", &["2026-11-26T12:00:00Z"]),
        ("kms:EncryptionContext:app", &["payroll"]),
    ]);
    let request = Request { principal: &principal, action: "kms:Decrypt", resource: KEY, context: &context };
    assert!(decide(&request, &policies, HOME).is_allowed(), "the benchmark is about what is allowed");
    criterion.bench_function("a key policy and five identity policies", |bencher| {
        bencher.iter(|| decide(black_box(&request), black_box(&policies), black_box(HOME)));
    });
    criterion
        .bench_function("compile a key policy", |bencher| bencher.iter(|| compiled(black_box(KEY_POLICY))));
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
