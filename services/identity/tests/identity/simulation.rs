//! The policy simulator over the Query protocol.

use crate::fixture::Fixture;
use crate::query::{done, element, elements, pages, refused};

const READ: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \
                    \"Action\": \"kms:D*\",\n    \"Resource\": \"*\"\n  }\n}";
const TAGGED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParameter",
    "Resource":"arn:aws:ssm:*:*:parameter/${aws:username}/*",
    "Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"},"Bool":{"aws:SecureTransport":"true"}}}]}"#;
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/a";
const FOREIGN_KEY: &str = "arn:aws:kms:eu-west-1:444455556666:key/a";
const INVALID: (u16, &str) = (400, "InvalidInput");

#[tokio::test(flavor = "multi_thread")]
async fn given_policies_are_simulated_with_the_place_of_what_decides() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let members = [("PolicyInputList.member.1", READ), ("ActionNames.member.1", "kms:Decrypt")];
    let told = done(&f, &admin, "SimulateCustomPolicy", &members).await;
    assert_eq!(element(&told, "EvalActionName"), "kms:Decrypt");
    assert_eq!(element(&told, "EvalResourceName"), "*");
    assert_eq!(element(&told, "EvalDecision"), "allowed");
    assert_eq!(element(&told, "SourcePolicyId"), "PolicyInputList.1");
    assert_eq!(element(&told, "SourcePolicyType"), "none");
    for (name, line, column) in [("StartPosition", "3", "16"), ("EndPosition", "7", "4")] {
        let position = element(&told, name);
        assert_eq!((element(position, "Line"), element(position, "Column")), (line, column));
    }
    for absent in
        ["ResourceSpecificResults", "OrganizationsDecisionDetail", "PermissionsBoundaryDecisionDetail"]
    {
        assert!(!told.contains(absent), "{absent} in {told}");
    }
    let deny = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}"#;
    let members = [
        members[0],
        members[1],
        ("PolicyInputList.member.2", deny),
        ("ActionNames.member.2", "ssm:GetParameter"),
    ];
    let told = done(&f, &admin, "SimulateCustomPolicy", &members).await;
    assert_eq!(elements(&told, "EvalDecision"), ["explicitDeny", "implicitDeny"]);
    assert_eq!(elements(&told, "SourcePolicyId"), ["PolicyInputList.2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_action_is_simulated_on_each_resource_by_pages() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let members = [
        ("PolicyInputList.member.1", READ),
        ("ActionNames.member.1", "kms:Decrypt"),
        ("ActionNames.member.2", "kms:Encrypt"),
        ("ResourceArns.member.1", KEY),
        ("ResourceArns.member.2", FOREIGN_KEY),
        ("ResourceArns.member.3", "*"),
    ];
    for size in [1, 2, 6, 100] {
        let decisions = pages(&f, &admin, "SimulateCustomPolicy", &members, "EvalDecision", size).await;
        assert_eq!(decisions[..3], ["allowed"; 3]);
        assert_eq!(decisions[3..], ["implicitDeny"; 3]);
    }
    let names = done(&f, &admin, "SimulateCustomPolicy", &members).await;
    // Of each resource that is named there is a result of its own.
    assert_eq!(elements(&names, "EvalResourceDecision").len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_condition_lacks_is_told_and_can_be_given() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/alice/x";
    let asked = [("PolicyInputList.member.1", TAGGED), ("ActionNames.member.1", "ssm:GetParameter")];
    let keys = done(&f, &admin, "GetContextKeysForCustomPolicy", &asked[..1]).await;
    let expected = ["aws:PrincipalTag/team", "aws:SecureTransport", "aws:username"];
    assert_eq!(elements(element(&keys, "ContextKeyNames"), "member"), expected);

    let told = done(&f, &admin, "SimulateCustomPolicy", &asked).await;
    assert_eq!(elements(element(&told, "MissingContextValues"), "member"), ["aws:username"]);
    let context = [
        ("ContextEntries.member.1.ContextKeyName", "aws:username"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "alice"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.2.ContextKeyName", "aws:principaltag/team"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "blue"),
        ("ContextEntries.member.2.ContextKeyType", "string"),
        ("ContextEntries.member.3.ContextKeyName", "aws:SecureTransport"),
        ("ContextEntries.member.3.ContextKeyValues.member.1", "true"),
        ("ContextEntries.member.3.ContextKeyType", "boolean"),
    ];
    for (given, decision, missing) in [
        (3, "implicitDeny", vec!["aws:PrincipalTag/team", "aws:SecureTransport"]),
        (6, "implicitDeny", vec!["aws:SecureTransport"]),
        (9, "allowed", vec![]),
    ] {
        let mut members = asked.to_vec();
        members.push(("ResourceArns.member.1", parameter));
        members.extend(&context[..given]);
        let told = done(&f, &admin, "SimulateCustomPolicy", &members).await;
        assert_eq!(element(&told, "EvalDecision"), decision);
        let specific = element(&told, "ResourceSpecificResults");
        assert_eq!(element(specific, "EvalResourceDecision"), decision);
        let names = specific.split("<MissingContextValues>").nth(1);
        let names = names.map_or_else(Vec::new, |rest| {
            elements(rest.split("</MissingContextValues>").next().unwrap(), "member")
        });
        assert_eq!(names, missing);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_has_is_simulated_with_its_groups_and_boundary() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", Some(READ)).await;
    let (alice, group) = (("UserName", "alice"), ("GroupName", "devs"));
    let tags = [alice, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    done(&f, &admin, "TagUser", &tags).await;
    done(&f, &admin, "CreateGroup", &[group]).await;
    done(&f, &admin, "AddUserToGroup", &[group, alice]).await;
    done(&f, &admin, "PutGroupPolicy", &[group, ("PolicyName", "own"), ("PolicyDocument", TAGGED)]).await;
    let audit = ("PolicyArn", "arn:aws:iam::aws:policy/SecurityAudit");
    done(&f, &admin, "AttachGroupPolicy", &[group, audit]).await;
    done(&f, &admin, "AttachUserPolicy", &[alice, audit]).await;
    let source = ("PolicySourceArn", "arn:aws:iam::111122223333:user/alice");
    let actions = [
        ("ActionNames.member.1", "kms:Decrypt"),
        ("ActionNames.member.2", "ssm:GetParameter"),
        ("ActionNames.member.3", "kms:ListKeys"),
        ("ActionNames.member.4", "kms:CreateKey"),
        ("ContextEntries.member.1.ContextKeyName", "aws:SecureTransport"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "true"),
        ("ContextEntries.member.1.ContextKeyType", "boolean"),
        ("ResourceArns.member.1", "arn:aws:ssm:eu-west-1:111122223333:parameter/alice/x"),
    ];
    let mut members = vec![source];
    members.extend(actions);
    let told = done(&f, &admin, "SimulatePrincipalPolicy", &members).await;
    let expected = ["allowed", "allowed", "allowed", "implicitDeny"];
    assert_eq!(elements(&told, "EvalDecision"), expected);
    let mut ids = elements(&told, "SourcePolicyId");
    ids.dedup();
    // Each stands in the result and in that of the resource; the managed one is both the user's and the group's.
    assert_eq!(ids, ["user_alice_inline", "group_devs_own", "SecurityAudit"]);
    let mut types = elements(&told, "SourcePolicyType");
    types.dedup();
    assert_eq!(types, ["user", "group", "aws-managed"]);
    let keys = done(&f, &admin, "GetContextKeysForPrincipalPolicy", &[source]).await;
    assert!(keys.contains("<member>aws:PrincipalTag/team</member>"), "{keys}");

    let bounded = [alice, ("PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess")];
    done(&f, &admin, "PutUserPermissionsBoundary", &bounded).await;
    let told = done(&f, &admin, "SimulatePrincipalPolicy", &members).await;
    assert_eq!(elements(&told, "EvalDecision"), ["implicitDeny", "allowed", "implicitDeny", "implicitDeny"]);
    let mut within = elements(&told, "AllowedByPermissionsBoundary");
    within.dedup();
    assert_eq!(within, ["false", "true", "false"]);
    // Another boundary is simulated in the place of the one that is there.
    members.push(("PermissionsBoundaryPolicyInputList.member.1", READ));
    let told = done(&f, &admin, "SimulatePrincipalPolicy", &members).await;
    assert_eq!(elements(&told, "EvalDecision")[..2], ["allowed", "implicitDeny"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resources_policy_decides_with_its_owner_and_caller() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    f.user("alice", Some(READ)).await;
    let key_policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"kms:Decrypt","Resource":"*"}}"#;
    let alice = "arn:aws:iam::111122223333:user/alice";
    let base = [
        ("PolicySourceArn", alice),
        ("ActionNames.member.1", "kms:Decrypt"),
        ("ActionNames.member.2", "kms:DescribeKey"),
        ("ResourcePolicy", key_policy),
    ];
    for (resource, expected, sides) in
        [(KEY, ["allowed", "implicitDeny"], 0), (FOREIGN_KEY, ["allowed", "implicitDeny"], 2 * 2 * 2)]
    {
        let mut members = base.to_vec();
        members.push(("ResourceArns.member.1", resource));
        let told = done(&f, &admin, "SimulatePrincipalPolicy", &members).await;
        assert_eq!(elements(&told, "EvalDecision"), expected, "{resource}");
        assert_eq!(elements(&told, "entry").len(), sides, "{told}");
    }
    let owner = ("ResourceOwner", "arn:aws:iam::444455556666:root");
    let told = done(&f, &admin, "SimulatePrincipalPolicy", &[base[0], base[1], owner]).await;
    assert_eq!(element(&told, "EvalDecision"), "implicitDeny");
    // Given policies need to be told whose they are.
    let custom = [("PolicyInputList.member.1", READ), base[1], base[3]];
    refused(&f, &admin, "SimulateCustomPolicy", &custom, INVALID).await;
    for (caller, decision) in [(alice, "allowed"), ("arn:aws:iam::111122223333:user/bob", "implicitDeny")] {
        let members = [custom[0], custom[1], custom[2], ("CallerArn", caller)];
        let told = done(&f, &admin, "SimulateCustomPolicy", &members).await;
        assert_eq!(element(&told, "EvalDecision"), decision, "{caller}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_simulated_is_refused() {
    let f = Fixture::start().await;
    let admin = f.admin().await;
    let (policy, action) = (("PolicyInputList.member.1", READ), ("ActionNames.member.1", "kms:Decrypt"));
    for members in [
        vec![("PolicyInputList.member.1", "{"), action],
        vec![policy, ("ActionNames.member.1", "Decrypt")],
        vec![policy, ("ActionNames.member.1", "kms:*")],
        vec![policy, action, ("ResourceArns.member.1", "key/a")],
        vec![policy, action, ("CallerArn", "arn:aws:iam::111122223333:role/a")],
        vec![policy, action, ("ResourceOwner", "444455556666")],
        vec![policy, action, ("ResourcePolicy", READ), ("CallerArn", "arn:aws:iam::111122223333:user/a")],
        vec![
            policy,
            action,
            ("PermissionsBoundaryPolicyInputList.member.1", READ),
            ("PermissionsBoundaryPolicyInputList.member.2", READ),
        ],
        vec![
            policy,
            action,
            ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", "here"),
            ("ContextEntries.member.1.ContextKeyType", "ip"),
        ],
    ] {
        refused(&f, &admin, "SimulateCustomPolicy", &members, INVALID).await;
    }
    let wrong_type = [policy, action, ("ContextEntries.member.1.ContextKeyType", "x")];
    refused(&f, &admin, "SimulateCustomPolicy", &wrong_type, (400, "ValidationError")).await;
    for (arn, refusal) in [
        ("arn:aws:iam::111122223333:user/nobody", (404, "NoSuchEntity")),
        ("arn:aws:iam::111122223333:user/other/admin", (404, "NoSuchEntity")),
        ("arn:aws:iam::444455556666:user/admin", (404, "NoSuchEntity")),
        ("arn:aws:iam::111122223333:policy/a", INVALID),
    ] {
        let source = ("PolicySourceArn", arn);
        refused(&f, &admin, "SimulatePrincipalPolicy", &[source, action], refusal).await;
        refused(&f, &admin, "GetContextKeysForPrincipalPolicy", &[source], refusal).await;
    }
    let bob = f.user("bob", None).await;
    let source = ("PolicySourceArn", "arn:aws:iam::111122223333:user/bob");
    for (operation, members) in [
        ("SimulateCustomPolicy", vec![policy, action]),
        ("SimulatePrincipalPolicy", vec![source, action]),
        ("GetContextKeysForCustomPolicy", vec![policy]),
        ("GetContextKeysForPrincipalPolicy", vec![source]),
    ] {
        refused(&f, &bob, operation, &members, (403, "AccessDenied")).await;
    }
}
