"""Versions and labels, filters, sharing, settings and quotas of Parameter Store, through boto3."""

import json
import uuid

import pytest
from audit import events
from botocore.exceptions import ClientError
from stack import Stack, wait_for

HOME = "000000000000"
# The account's reads are limited as an account of AWS's is before it switches; it has no more parameters than this.
SETTINGS = "[throughput]\ndefault_throughput = 3\nget_parameter = 500\n"
THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"
TIER = "/ssm/parameter-store/default-parameter-tier"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def ssm(stack):
    return stack.client("ssm")


@pytest.fixture(scope="module")
def other(stack):
    """Another account: its id, and clients as its root user."""
    return stack.other_account("other")


def unique(prefix):
    return f"{prefix}{uuid.uuid4().hex[:8]}"


def code(call, **asked):
    """The error's code; none if it succeeds."""
    try:
        call(**asked)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def put(ssm, name, value, **more):
    return ssm.put_parameter(**({"Name": name, "Value": value, "Type": "String"} | more))


def value(ssm, name, **more):
    return ssm.get_parameter(Name=name, **more)["Parameter"]["Value"]


def names(answer):
    return [parameter["Name"] for parameter in answer["Parameters"]]


def arn(stack, name):
    return f"arn:aws:ssm:{stack.region}:{HOME}:parameter/{name.lstrip('/')}"


def shared_with(account, resource, *actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": list(actions),
        "Resource": resource}]}, indent=2)


def test_labels_follow_versions(ssm):
    name = unique("/labels/")
    for number in range(1, 4):
        put(ssm, name, f"v{number}", Overwrite=True)
    answer = ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["prod", "9th", "awsome"])
    assert (answer["InvalidLabels"], answer["ParameterVersion"]) == (["9th", "awsome"], 1)
    ssm.label_parameter_version(Name=name, Labels=["next"])
    assert [value(ssm, f"{name}{selector}") for selector in ("", ":prod", ":next", ":2")] == ["v3", "v1", "v3", "v2"]
    ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["prod"])
    assert value(ssm, f"{name}:prod") == "v2"
    history = ssm.get_parameter_history(Name=name)["Parameters"]
    assert [version["Labels"] for version in history] == [[], ["prod"], ["next"]]
    assert {version["LastModifiedUser"] for version in history} == {f"arn:aws:iam::{HOME}:user/admin"}
    removed = ssm.unlabel_parameter_version(Name=name, ParameterVersion=2, Labels=["prod", "none"])
    assert (removed["RemovedLabels"], removed["InvalidLabels"]) == (["prod"], ["none"])
    with pytest.raises(ssm.exceptions.ParameterVersionNotFound):
        ssm.get_parameter(Name=f"{name}:prod")
    with pytest.raises(ssm.exceptions.ParameterVersionLabelLimitExceeded):
        for start in (0, 6):
            ssm.label_parameter_version(Name=name, Labels=[f"l{number}" for number in range(start, start + 6)])


def test_the_history_is_kept_for_a_labelled_oldest_version(ssm):
    name = unique("/history/")
    for number in range(100):
        put(ssm, name, str(number), Overwrite=True)
    ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["first"])
    with pytest.raises(ssm.exceptions.ParameterMaxVersionLimitExceeded) as refused:
        put(ssm, name, "100", Overwrite=True)
    assert "Version 1, the oldest version, can't be deleted" in refused.value.response["Error"]["Message"]
    ssm.unlabel_parameter_version(Name=name, ParameterVersion=1, Labels=["first"])
    assert put(ssm, name, "100", Overwrite=True)["Version"] == 101
    pages = ssm.get_paginator("get_parameter_history").paginate(Name=name, PaginationConfig={"PageSize": 30})
    assert [v["Version"] for page in pages for v in page["Parameters"]] == list(range(2, 102))


def test_the_label_filter_of_a_path_gives_the_labelled_versions(ssm):
    root = unique("/release")
    for name in ("a", "b", "deep/c"):
        put(ssm, f"{root}/{name}", "old")
        put(ssm, f"{root}/{name}", "new", Overwrite=True)
    for name in ("a", "deep/c"):
        ssm.label_parameter_version(Name=f"{root}/{name}", ParameterVersion=1, Labels=["prod"])
    prod = [{"Key": "Label", "Option": "Equals", "Values": ["prod"]}]
    found = ssm.get_parameters_by_path(Path=root, Recursive=True, ParameterFilters=prod)["Parameters"]
    assert [(p["Name"], p["Value"]) for p in found] == [(f"{root}/a", "old"), (f"{root}/deep/c", "old")]
    flat = ssm.get_parameters_by_path(Path=root, ParameterFilters=prod)
    assert names(flat) == [f"{root}/a"]


def test_parameters_are_described_by_every_filter(ssm):
    root = unique("/filters")
    put(ssm, f"{root}/text", "v", Tags=[{"Key": "team", "Value": "blue"}])
    put(ssm, f"{root}/image", "ami-0123456789abcdef0", DataType="aws:ec2:image", Tags=[{"Key": "team", "Value": "red"}])
    put(ssm, f"{root}/list", "a,b", Type="StringList", Tier="Advanced")
    put(ssm, f"{root}/deep/secure", "s", Type="SecureString")

    def described(*filters):
        inside = {"Key": "Path", "Option": "Recursive", "Values": [root]}
        pages = ssm.get_paginator("describe_parameters").paginate(
            ParameterFilters=[inside, *filters], PaginationConfig={"PageSize": 2})
        return [name.removeprefix(f"{root}/") for page in pages for name in names(page)]

    assert described() == ["deep/secure", "image", "list", "text"]
    assert described({"Key": "Type", "Values": ["StringList", "SecureString"]}) == ["deep/secure", "list"]
    assert described({"Key": "Tier", "Values": ["Advanced"]}) == ["list"]
    assert described({"Key": "KeyId", "Values": ["alias/aws/ssm"]}) == ["deep/secure"]
    assert described({"Key": "DataType", "Values": ["aws:ec2:image"]}) == ["image"]
    assert described({"Key": "Name", "Option": "Contains", "Values": ["ex", "mag"]}) == ["image", "text"]
    assert described({"Key": "tag:team", "Values": ["blue"]}) == ["text"]
    assert described({"Key": "tag:team"}) == ["image", "text"]
    older = ssm.describe_parameters(Filters=[{"Key": "Name", "Values": [f"{root}/i"]}])
    assert names(older) == [f"{root}/image"]
    assert code(ssm.describe_parameters, ParameterFilters=[{"Key": "Label", "Values": ["x"]}]) == "InvalidFilterKey"
    assert code(put, ssm=ssm, name=f"{root}/no", value="ami-1", DataType="aws:ec2:image") == "ValidationException"
    assert code(put, ssm=ssm, name=f"{root}/no", value="{}", DataType="aws:ssm:integration") == "ValidationException"


def test_several_are_got_by_names_arns_and_selectors(stack, ssm):
    a, b = unique("/several/a"), unique("/several/b")
    put(ssm, a, "1")
    put(ssm, a, "2", Overwrite=True)
    put(ssm, b, "3")
    asked = [b, a, f"{a}:1", arn(stack, b), f"{a}:9", "/several/none", a]
    got = ssm.get_parameters(Names=asked)
    assert sorted(p["Value"] for p in got["Parameters"]) == ["1", "2", "3", "3"]
    assert got["InvalidParameters"] == sorted([f"{a}:9", "/several/none"])


def test_another_account_reads_what_is_shared_with_it(stack, ssm, other):
    account, as_root = other
    theirs, name = as_root("ssm"), unique("/shared/")
    kms, own = stack.client("kms"), f"arn:aws:iam::{HOME}:root"
    key = kms.create_key()["KeyMetadata"]["Arn"]
    put(ssm, name, "s3cret", Type="SecureString", KeyId=key, Tier="Advanced")
    shared = arn(stack, name)
    read = {"Name": shared, "WithDecryption": True}
    assert code(theirs.get_parameter, **read) == "AccessDeniedException"
    policy = shared_with(account, shared, "ssm:GetParameter", "ssm:GetParameters", "ssm:DescribeParameters")
    made = ssm.put_resource_policy(ResourceArn=shared, Policy=policy)
    # The parameter is open, its key is not.
    assert theirs.get_parameter(Name=shared)["Parameter"]["Value"] != "s3cret"
    assert code(theirs.get_parameter, **read) == "AccessDeniedException"
    kms.put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:Decrypt", "Resource": "*"},
    ]}))
    wait_for("the key's new policy", 10, lambda: code(theirs.get_parameter, **read) is None)
    assert value(theirs, shared, WithDecryption=True) == "s3cret"
    assert names(theirs.get_parameters(Names=[shared])) == [name]
    assert code(theirs.get_parameter_history, Name=shared) == "AccessDeniedException"
    assert code(theirs.delete_resource_policy, ResourceArn=shared, PolicyId=made["PolicyId"],
                PolicyHash=made["PolicyHash"]) == "AccessDeniedException"
    assert names(theirs.describe_parameters(Shared=True)) == [name]
    assert names(theirs.describe_parameters()) == []

    def recorded():
        return [e for e in events(stack, EventName="GetParameter")
                if e.get("sharedEventID") and e["resources"][0]["ARN"] == shared]
    record = wait_for("the owner's record", 10, recorded)[0]
    assert record["recipientAccountId"] == HOME and record["userIdentity"]["accountId"] == account

    policies = ssm.get_resource_policies(ResourceArn=shared)["Policies"]
    assert [(p["PolicyId"], p["Policy"]) for p in policies] == [(made["PolicyId"], policy)]
    with pytest.raises(ssm.exceptions.ResourcePolicyConflictException):
        ssm.delete_resource_policy(ResourceArn=shared, PolicyId=made["PolicyId"], PolicyHash="0")
    ssm.delete_resource_policy(ResourceArn=shared, PolicyId=made["PolicyId"], PolicyHash=made["PolicyHash"])
    assert code(theirs.get_parameter, **read) == "AccessDeniedException"
    put(ssm, f"{name}-standard", "v")
    with pytest.raises(ssm.exceptions.ResourcePolicyInvalidParameterException):
        standard = arn(stack, f"{name}-standard")
        ssm.put_resource_policy(ResourceArn=standard, Policy=shared_with(account, standard, "ssm:GetParameter"))


def test_lists_leave_out_what_is_denied(stack, ssm):
    root, iam = unique("/denied"), stack.client("iam")
    for name in ("open", "closed/x"):
        put(ssm, f"{root}/{name}", "v")
    user = unique("user-")
    iam.create_user(UserName=user)
    closed = arn(stack, f"{root}/closed/*")
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "ssm:GetParameter*", "Resource": closed}]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    theirs = stack.client("ssm", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert names(ssm.get_parameters_by_path(Path=root, Recursive=True)) == [f"{root}/closed/x", f"{root}/open"]
    assert names(theirs.get_parameters_by_path(Path=root, Recursive=True)) == [f"{root}/open"]
    inside = [{"Key": "Path", "Option": "Recursive", "Values": [root]}]
    assert names(theirs.describe_parameters(ParameterFilters=inside)) == [f"{root}/open"]


def test_the_default_tier_is_a_setting_of_the_account(ssm):
    setting = ssm.get_service_setting(SettingId=TIER)["ServiceSetting"]
    assert (setting["SettingValue"], setting["Status"]) == ("Standard", "Default")
    ssm.update_service_setting(SettingId=setting["ARN"], SettingValue="Intelligent-Tiering")
    assert put(ssm, unique("/tier/"), "x" * 5000)["Tier"] == "Advanced"
    assert put(ssm, unique("/tier/"), "x")["Tier"] == "Standard"
    assert ssm.reset_service_setting(SettingId=TIER)["ServiceSetting"]["SettingValue"] == "Standard"
    assert code(put, ssm=ssm, name=unique("/tier/"), value="x" * 5000) == "ValidationException"
    with pytest.raises(ssm.exceptions.ServiceSettingNotFound):
        ssm.get_service_setting(SettingId="/ssm/documents/console/public-sharing-permission")


def test_reads_are_throttled_until_the_account_switches_to_high_throughput():
    limited = Stack(settings=SETTINGS, environment={"KEYWRIGHT_PARAMETERS__STANDARD_PER_ACCOUNT": "1"})
    try:
        ssm = limited.start().client("ssm")
        put(ssm, "x", "v")
        with pytest.raises(ssm.exceptions.ParameterLimitExceeded):
            put(ssm, "y", "v")
        codes = [code(ssm.get_parameter, Name="x") for _ in range(20)]
        assert "ThrottlingException" in codes and None in codes
        ssm.update_service_setting(SettingId=THROUGHPUT, SettingValue="true")

        def unthrottled():
            return {code(ssm.get_parameter, Name="x") for _ in range(20)} == {None}
        wait_for("the higher throughput", 10, unthrottled)
    finally:
        limited.remove()
