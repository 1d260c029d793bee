"""Managed policies, providers, the account and the simulator through boto3, with every operation on them; and what the
answers have."""

import json

import pytest
import service_model
from botocore.exceptions import ClientError
from iam_operations import ACCOUNT as OF_ACCOUNT, POLICIES, PROVIDERS
from kms_scenarios import code_of
from stack import Stack, wait_for
from witness import Witness

ACCOUNT = "000000000000"
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]})
# What nobody has here.
NEVER_SHOWN = {
    "VirtualMFADevice", "ServerCertificateMetadata", "SAMLProviderListEntry", "InstanceProfile", "PasswordPolicy",
    "OrganizationsDecisionDetail", "User", "Role",
}
MEMBERS_NEVER_SHOWN = {
    ("EvaluationResult", "OrganizationsDecisionDetail"), ("GetAccountPasswordPolicyResponse", "PasswordPolicy"),
    # An account has one alias.
    ("ListAccountAliasesResponse", "Marker"),
    *((f"List{what}Response", "Marker") for what in ("VirtualMFADevices", "ServerCertificates", "InstanceProfiles")),
    ("RoleLastUsed", "LastUsedDate"), ("RoleLastUsed", "Region"),
}


def allow(*actions, resource="*", **more):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def iam_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(iam_stack):
    witness = Witness(service_model.model("iam"), POLICIES + PROVIDERS + OF_ACCOUNT)
    iam, unwatched = witness.watch(iam_stack.client("iam")), iam_stack.client("iam")
    people(unwatched)
    policies(iam, unwatched)
    simulations(iam)
    providers(iam)
    account(iam)
    end_of_policies(iam, unwatched)
    assert witness.surplus == set()
    assert witness.not_called() == ["GetAccountPasswordPolicy"]
    missing = [(shape, member) for shape, member in witness.not_seen()
               if shape not in NEVER_SHOWN and (shape, member) not in MEMBERS_NEVER_SHOWN]
    assert missing == []


def people(iam):
    iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "blue"}])
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=allow("kms:ListKeys"))
    iam.create_group(GroupName="devs")
    iam.put_group_policy(GroupName="devs", PolicyName="of-group", PolicyDocument=allow("kms:ListAliases"))
    iam.add_user_to_group(GroupName="devs", UserName="alice")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "team", "Value": "red"}])
    iam.put_role_policy(RoleName="app", PolicyName="of-role", PolicyDocument=allow("kms:ListGrants"))


def policies(iam, unwatched):
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "prod"}]
    made = iam.create_policy(PolicyName="read", Path="/team/", PolicyDocument=allow("kms:Describe*"),
                             Description="reads", Tags=tags)["Policy"]
    arn = made["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/team/read"
    for attach, member, name in (("attach_user_policy", "UserName", "alice"),
                                 ("attach_group_policy", "GroupName", "devs"),
                                 ("attach_role_policy", "RoleName", "app")):
        getattr(unwatched, attach)(PolicyArn=arn, **{member: name})
        getattr(unwatched, attach)(PolicyArn=AUDIT, **{member: name})
    for put, member, name in (("put_user_permissions_boundary", "UserName", "alice"),
                              ("put_role_permissions_boundary", "RoleName", "app")):
        getattr(unwatched, put)(PermissionsBoundary=arn, **{member: name})
    told = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (told["AttachmentCount"], told["PermissionsBoundaryUsageCount"]) == (3, 2)
    assert told["Tags"] == sorted(tags, key=lambda tag: tag["Key"])

    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("kms:Get*"))["PolicyVersion"]
    assert second["VersionId"] == "v2" and not second["IsDefaultVersion"]
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == ["kms:Get*"]
    assert pages(iam.list_policy_versions, "Versions", PolicyArn=arn) == 2

    assert pages(iam.list_policies, "Policies", Scope="Local") == 1
    assert pages(iam.list_policies, "Policies", Scope="AWS", OnlyAttached=True) == 2
    assert pages(iam.list_policies, "Policies") >= 12
    assert pages(iam.list_entities_for_policy, "PolicyUsers", "PolicyGroups", "PolicyRoles", PolicyArn=arn) == 3
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "owner", "Value": "alice"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["stage"])
    assert pages(iam.list_policy_tags, "Tags", PolicyArn=arn) == 2


def simulations(iam):
    conditional = allow("s3:GetObject", Condition={"StringEquals": {"aws:RequestTag/x": "y"}})
    key = "arn:aws:kms:us-east-1:111122223333:key/a"
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[conditional])
    assert keys["ContextKeyNames"] == ["aws:RequestTag/x"]
    missing = iam.simulate_custom_policy(PolicyInputList=[conditional], ActionNames=["s3:GetObject"])
    assert missing["EvaluationResults"][0]["MissingContextValues"] == ["aws:RequestTag/x"]
    given = {"ContextKeyName": "aws:RequestTag/x", "ContextKeyValues": ["y"], "ContextKeyType": "string"}
    assert decisions(iam.simulate_custom_policy(
        PolicyInputList=[conditional], ActionNames=["s3:GetObject"], ContextEntries=[given])) == ["allowed"]
    assert pages(iam.simulate_custom_policy, "EvaluationResults", PolicyInputList=[allow("kms:*")],
                 ActionNames=["kms:Decrypt", "kms:Encrypt"], ResourceArns=[key, "*"]) == 4

    alice = f"arn:aws:iam::{ACCOUNT}:user/alice"
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=alice, PolicyInputList=[conditional])
    assert keys["ContextKeyNames"] == ["aws:RequestTag/x"]
    assert pages(iam.simulate_principal_policy, "EvaluationResults", PolicySourceArn=alice,
                 ActionNames=["kms:GetKeyPolicy", "kms:ListKeys", "s3:GetObject"], ResourceArns=["*"]) == 3
    answer = iam.simulate_principal_policy(
        PolicySourceArn=alice, ActionNames=["kms:GetKeyPolicy", "kms:ListKeys", "s3:GetObject"],
        PolicyInputList=[conditional], ContextEntries=[given])
    # The boundary is kms:Get*.
    assert decisions(answer) == ["allowed", "implicitDeny", "implicitDeny"]
    key_policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": alice}, "Action": "kms:*", "Resource": "*"}]})
    across = iam.simulate_principal_policy(
        PolicySourceArn=alice, ActionNames=["kms:GetKeyPolicy"], ResourceArns=[key], ResourcePolicy=key_policy,
        ResourceOwner="arn:aws:iam::111122223333:root")["EvaluationResults"][0]
    assert across["EvalDecision"] == "allowed"
    assert across["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    lacking = iam.simulate_custom_policy(
        PolicyInputList=[conditional], ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/x"])
    specific = lacking["EvaluationResults"][0]["ResourceSpecificResults"][0]
    assert specific["MissingContextValues"] == ["aws:RequestTag/x"]


def providers(iam):
    tags = [{"Key": "team", "Value": "blue"}]
    made = iam.create_open_id_connect_provider(
        Url="https://oidc.example.com/id/1", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40], Tags=tags)
    arn = made["OpenIDConnectProviderArn"]
    assert made["Tags"] == tags
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "stage", "Value": "prod"}])
    assert pages(iam.list_open_id_connect_provider_tags, "Tags", OpenIDConnectProviderArn=arn) == 2
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["stage"])
    told = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (told["Url"], told["ClientIDList"], told["ThumbprintList"], told["Tags"]) == (
        "oidc.example.com/id/1", ["other"], ["b" * 40], tags)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def account(iam):
    iam.create_account_alias(AccountAlias="our-account")
    assert iam.list_account_aliases()["AccountAliases"] == ["our-account"]
    iam.delete_account_alias(AccountAlias="our-account")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Policies"], summary["PolicyVersionsInUse"]) == (2, 1, 2)
    assert pages(iam.get_account_authorization_details, "UserDetailList", "GroupDetailList", "RoleDetailList",
                 "Policies") == 2 + 1 + 1 + 3
    alice = next(user for user in iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
                 if user["UserName"] == "alice")
    assert alice["GroupList"] == ["devs"]
    assert alice["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == ["kms:ListKeys"]
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    assert code_of(iam.get_account_password_policy) == "NoSuchEntity"


def end_of_policies(iam, unwatched):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/read"
    assert code_of(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    unwatched.delete_user_permissions_boundary(UserName="alice")
    unwatched.delete_role_permissions_boundary(RoleName="app")
    unwatched.detach_user_policy(UserName="alice", PolicyArn=arn)
    unwatched.detach_group_policy(GroupName="devs", PolicyArn=arn)
    unwatched.detach_role_policy(RoleName="app", PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    assert code_of(iam.get_policy, PolicyArn=arn) == "NoSuchEntity"


def test_another_service_hears_at_once_that_a_policy_has_another_default_version(iam_stack):
    iam = iam_stack.client("iam")
    iam.create_user(UserName="reader")
    arn = iam.create_policy(PolicyName="lists", PolicyDocument=allow("kms:ListKeys"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="reader", PolicyArn=arn)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    kms = iam_stack.client("kms", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    wait_for("the policy counts", 5, lambda: refusal(kms.list_keys) is None)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("kms:ListAliases"), SetAsDefault=True)
    wait_for("the new version counts", 2, lambda: refusal(kms.list_keys) == "AccessDeniedException")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    wait_for("the old version counts again", 2, lambda: refusal(kms.list_keys) is None)


def refusal(call):
    """The error code of a call that may fail."""
    try:
        call()
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return None


def decisions(answer):
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def pages(call, *members, **arguments):
    """How much is on all pages of one element each."""
    count, marker = 0, {}
    while True:
        answer = call(MaxItems=1, **arguments, **marker)
        here = sum(len(answer[member]) for member in members)
        assert here <= 1
        count += here
        if not answer["IsTruncated"]:
            return count
        marker = {"Marker": answer["Marker"]}
