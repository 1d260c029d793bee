"""The whole life of users, groups and roles through boto3, with every operation on them; and what the
answers have."""

import json

import pytest
import service_model
from botocore.exceptions import ClientError
from iam_operations import IDENTITIES
from kms_scenarios import code_of
from stack import Stack, wait_for
from witness import Witness

ACCOUNT = "000000000000"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ALLOW_IAM = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
# What nobody has here.
NEVER_SHOWN = {
    "MFADevice", "SSHPublicKeyMetadata", "SigningCertificate", "ServiceSpecificCredentialMetadata", "InstanceProfile",
    "LoginProfile", "DeletionTaskFailureReasonType", "RoleUsageType",
}
MEMBERS_NEVER_SHOWN = {
    ("User", "PasswordLastUsed"), ("GetLoginProfileResponse", "LoginProfile"),
    ("GetServiceLinkedRoleDeletionStatusResponse", "Reason"),
    *((f"{name}Response", "Marker") for name in (
        "ListMFADevices", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials",
        "ListInstanceProfilesForRole")),
    # There is but one managed policy to attach.
    *((f"ListAttached{kind}PoliciesResponse", "Marker") for kind in ("User", "Group", "Role")),
}


@pytest.fixture(scope="module")
def iam_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(iam_stack):
    witness = Witness(service_model.model("iam"), IDENTITIES)
    iam = witness.watch(iam_stack.client("iam"))
    users(iam)
    access_keys(iam_stack, iam, witness)
    groups(iam)
    roles(iam_stack, iam)
    service_linked_roles(iam)
    end_of_users_and_groups(iam)
    assert witness.surplus == set()
    assert witness.not_called() == ["GetLoginProfile"]
    missing = [(shape, member) for shape, member in witness.not_seen()
               if shape not in NEVER_SHOWN and (shape, member) not in MEMBERS_NEVER_SHOWN]
    assert missing == []


def users(iam):
    made = iam.create_user(UserName="alice", Path="/team/", PermissionsBoundary=ADMINISTRATOR,
                           Tags=[{"Key": "team", "Value": "blue"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/alice"
    assert code_of(iam.create_user, UserName="Alice") == "EntityAlreadyExists"
    iam.create_user(UserName="bob")
    assert iam.get_user()["User"]["UserName"] == "admin"
    told = iam.get_user(UserName="alice")["User"]
    assert told == made
    iam.update_user(UserName="alice", NewPath="/other/")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["admin", "alice", "bob"]
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/other/")["Users"]] == ["alice"]
    iam.tag_user(UserName="alice", Tags=[{"Key": "stage", "Value": "test"}])
    pages = iam.get_paginator("list_user_tags").paginate(UserName="alice", PaginationConfig={"PageSize": 1})
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == ["stage", "team"]
    iam.untag_user(UserName="alice", TagKeys=["stage"])
    iam.delete_user_permissions_boundary(UserName="alice")
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=ADMINISTRATOR)
    policies(iam, "user", UserName="alice")
    for empty, member in (
            (iam.list_mfa_devices, "MFADevices"), (iam.list_ssh_public_keys, "SSHPublicKeys"),
            (iam.list_signing_certificates, "Certificates"),
            (iam.list_service_specific_credentials, "ServiceSpecificCredentials")):
        assert empty(UserName="alice")[member] == []
    assert code_of(iam.get_login_profile, UserName="alice") == "NoSuchEntity"


def policies(iam, kind, **named):
    """Inline and attached policies of a user, a group or a role, which is left with one of each."""
    call = {verb: getattr(iam, f"{verb}_{kind}_policy") for verb in ("put", "get", "delete", "attach", "detach")}
    for name in ("one", "two"):
        call["put"](PolicyName=name, PolicyDocument=json.dumps(ALLOW_IAM), **named)
    assert call["get"](PolicyName="one", **named)["PolicyDocument"] == ALLOW_IAM
    pages = iam.get_paginator(f"list_{kind}_policies").paginate(PaginationConfig={"PageSize": 1}, **named)
    assert [name for page in pages for name in page["PolicyNames"]] == ["one", "two"]
    call["delete"](PolicyName="two", **named)
    assert code_of(call["get"], PolicyName="two", **named) == "NoSuchEntity"
    assert code_of(call["put"], PolicyName="bad", PolicyDocument="{}", **named) == "MalformedPolicyDocument"
    call["attach"](PolicyArn=ADMINISTRATOR, **named)
    call["detach"](PolicyArn=ADMINISTRATOR, **named)
    assert code_of(call["detach"], PolicyArn=ADMINISTRATOR, **named) == "NoSuchEntity"
    call["attach"](PolicyArn=ADMINISTRATOR, **named)
    listed = getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]
    assert listed == [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]


def access_keys(stack, iam, witness):
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    credentials = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    alice, sts = stack.client("iam", **credentials), stack.client("sts", **credentials)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/other/alice"
    second = witness.watch(alice).create_access_key()["AccessKey"]
    assert code_of(alice.create_access_key) == "LimitExceeded"
    pages = iam.get_paginator("list_access_keys").paginate(UserName="alice", PaginationConfig={"PageSize": 1})
    listed = {key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"]}
    assert listed == {made["AccessKeyId"], second["AccessKeyId"]}
    used = iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"])
    assert used["UserName"] == "alice" and used["AccessKeyLastUsed"]["ServiceName"] in ("iam", "sts")
    assert iam.get_access_key_last_used(AccessKeyId=second["AccessKeyId"])["AccessKeyLastUsed"]["Region"] == "N/A"
    kms = stack.client("kms", **credentials)
    kms.list_keys()
    iam.update_access_key(UserName="alice", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    wait_for("the refusal of an inactive access key by KMS", 1, lambda: code_or_none(kms.list_keys))
    assert code_or_none(kms.list_keys) == "UnrecognizedClientException"
    for key in (made, second):
        iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"] == []


def session_of(stack, role_arn):
    """The arguments of clients for a session of a role."""
    made = stack.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="e2e")["Credentials"]
    return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"]}


def code_or_none(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def groups(iam):
    for name in ("dev", "ops"):
        made = iam.create_group(GroupName=name, Path="/team/")["Group"]
        iam.add_user_to_group(GroupName=name, UserName="alice")
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/ops"
    iam.add_user_to_group(GroupName="dev", UserName="bob")
    iam.update_group(GroupName="ops", NewGroupName="operators")
    pages = iam.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["dev", "operators"]
    pages = list(iam.get_paginator("get_group").paginate(GroupName="dev", PaginationConfig={"PageSize": 1}))
    assert pages[0]["Group"]["GroupName"] == "dev"
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["alice", "bob"]
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName="alice", PaginationConfig={"PageSize": 1})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["dev", "operators"]
    policies(iam, "group", GroupName="dev")
    iam.remove_user_from_group(GroupName="dev", UserName="bob")
    assert code_of(iam.delete_group, GroupName="dev") == "DeleteConflict"


def roles(stack, iam):
    made = iam.create_role(
        RoleName="app", Path="/svc/", AssumeRolePolicyDocument=json.dumps(TRUST), Description="for the app",
        MaxSessionDuration=7200, PermissionsBoundary=ADMINISTRATOR, Tags=[{"Key": "team", "Value": "blue"}])["Role"]
    assert made["AssumeRolePolicyDocument"] == TRUST and made["MaxSessionDuration"] == 7200
    iam.get_waiter("role_exists").wait(RoleName="app")
    assert iam.get_role(RoleName="app")["Role"] == made | {"RoleLastUsed": {}}
    session = session_of(stack, made["Arn"])
    assert stack.client("sts", **session).get_caller_identity()["Arn"].endswith(":assumed-role/app/e2e")
    assert iam.get_role(RoleName="app")["Role"]["RoleLastUsed"]["Region"] == stack.region
    iam.update_role(RoleName="app", Description="other", MaxSessionDuration=3600)
    assert iam.update_role_description(RoleName="app", Description="third")["Role"]["Description"] == "third"
    of_alice = json.loads(json.dumps(TRUST).replace(":root", ":user/other/alice"))
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(of_alice))
    assert iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"] == of_alice
    of_nobody = json.dumps(TRUST).replace(":root", ":user/nobody")
    assert code_of(iam.update_assume_role_policy, RoleName="app", PolicyDocument=of_nobody) == "MalformedPolicyDocument"
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument=json.dumps(TRUST))
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    assert [role["RoleName"] for page in pages for role in page["Roles"]] == ["app", "plain"]
    iam.tag_role(RoleName="app", Tags=[{"Key": "stage", "Value": "test"}])
    pages = iam.get_paginator("list_role_tags").paginate(RoleName="app", PaginationConfig={"PageSize": 1})
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == ["stage", "team"]
    iam.untag_role(RoleName="app", TagKeys=["stage"])
    iam.delete_role_permissions_boundary(RoleName="app")
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=ADMINISTRATOR)
    policies(iam, "role", RoleName="app")
    assert iam.list_instance_profiles_for_role(RoleName="app")["InstanceProfiles"] == []
    assert code_of(iam.delete_role, RoleName="app") == "DeleteConflict"
    kms = stack.client("kms", **session)
    kms.list_keys()
    iam.delete_role_policy(RoleName="app", PolicyName="one")
    iam.detach_role_policy(RoleName="app", PolicyArn=ADMINISTRATOR)
    wait_for("the refusal of a role without policies by KMS", 1, lambda: code_or_none(kms.list_keys))
    assert code_or_none(kms.list_keys) == "AccessDeniedException"
    for name in ("app", "plain"):
        iam.delete_role(RoleName=name)
    wait_for("the refusal of a deleted role by KMS", 1, lambda: code_or_none(kms.list_keys) != "AccessDeniedException")
    assert code_or_none(kms.list_keys) == "UnrecognizedClientException"
    assert code_of(iam.get_role, RoleName="app") == "NoSuchEntity"


def service_linked_roles(iam):
    role = iam.create_service_linked_role(AWSServiceName="ssm.amazonaws.com", Description="of ours")["Role"]
    assert role["Path"] == "/aws-service-role/ssm.amazonaws.com/"
    assert code_of(iam.delete_role, RoleName=role["RoleName"]) == "UnmodifiableEntity"
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert code_of(iam.get_service_linked_role_deletion_status, DeletionTaskId=task + "0") == "NoSuchEntity"


def end_of_users_and_groups(iam):
    iam.delete_group_policy(GroupName="dev", PolicyName="one")
    iam.detach_group_policy(GroupName="dev", PolicyArn=ADMINISTRATOR)
    for name in ("dev", "operators"):
        iam.remove_user_from_group(GroupName=name, UserName="alice")
        iam.delete_group(GroupName=name)
    assert code_of(iam.delete_user, UserName="alice") == "DeleteConflict"
    iam.delete_user_policy(UserName="alice", PolicyName="one")
    iam.detach_user_policy(UserName="alice", PolicyArn=ADMINISTRATOR)
    for name in ("alice", "bob"):
        iam.delete_user(UserName=name)
    assert code_of(iam.get_user, UserName="alice") == "NoSuchEntity"
