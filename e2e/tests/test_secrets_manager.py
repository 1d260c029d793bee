"""Secrets Manager through boto3 and the unmodified AWS CLI: every operation that is served, and every member of its answer."""

import json
import re
import string
import uuid

import pytest
import service_model
from audit import events
from botocore.exceptions import ClientError
from stack import Stack, wait_for
from witness import Witness

HOME = "000000000000"
SETTINGS = "[secrets_quotas]\ndelete_secret = 2\n"
# Of rotation (test_rotation.py), of replication to other Regions (test_replication.py), of what partners manage, and of what one of AWS's services would make.
ELSEWHERE = {
    "ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn", "LastRotatedDate", "NextRotationDate", "OwningService",
    "PrimaryRegion", "ReplicationStatus", "RotationEnabled", "RotationLambdaARN", "RotationRules", "Type"}
NOT_HERE = {
    "CancelRotateSecret", "RemoveRegionsFromReplication", "ReplicateSecretToRegions", "RotateSecret", "StopReplicationToReplica"}


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def secrets(stack):
    return stack.client("secretsmanager")


@pytest.fixture(scope="module")
def other(stack):
    """Another account: its id, and clients as its root user."""
    return stack.other_account("other")


@pytest.fixture
def root():
    return f"app-{uuid.uuid4().hex[:8]}"


def refusal(call, **input):
    with pytest.raises(ClientError) as refused:
        call(**input)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def policy(principal, *actions, effect="Allow", **more):
    statement = {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": "*"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def value(secrets, secret, **more):
    return secrets.get_secret_value(SecretId=secret, **more)["SecretString"]


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(stack, root):
    model = service_model.model("secretsmanager")
    served = [name for name in model.operation_names if name not in NOT_HERE]
    witness = Witness(model, served)
    secrets = witness.watch(stack.client("secretsmanager"))
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = secrets.create_secret(Name=f"{root}/a", SecretString="one", Description="The first", KmsKeyId=key,
                                 Tags=[{"Key": "team", "Value": root}])
    arn = made["ARN"]
    assert re.fullmatch(rf"arn:aws:secretsmanager:{stack.region}:{HOME}:secret:{root}/a-[A-Za-z0-9]{{6}}", arn)
    secrets.create_secret(Name=f"{root}/b", SecretBinary=b"\0\1")
    put = secrets.put_secret_value(SecretId=arn, SecretString="two", VersionStages=["AWSCURRENT", "blue"])
    assert put["VersionStages"] == ["AWSCURRENT", "blue"]
    assert value(secrets, arn[:-7]) == "two", "an ARN without its suffix"
    assert value(secrets, f"{root}/a", VersionStage="AWSPREVIOUS") == "one"
    assert secrets.get_secret_value(SecretId=f"{root}/b")["SecretBinary"] == b"\0\1"
    secrets.update_secret(SecretId=arn, Description="Changed", SecretString="three")
    secrets.update_secret_version_stage(SecretId=arn, VersionStage="blue", RemoveFromVersionId=put["VersionId"])
    described = secrets.describe_secret(SecretId=arn)
    assert described["KmsKeyId"] == key and described["Description"] == "Changed"
    assert described["VersionIdsToStages"][put["VersionId"]] == ["AWSPREVIOUS"]
    versions = secrets.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True, MaxResults=2)
    rest = secrets.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True, NextToken=versions["NextToken"])
    assert [v.get("VersionStages") for v in versions["Versions"] + rest["Versions"]] == [["AWSCURRENT"], ["AWSPREVIOUS"], None]
    assert versions["Versions"][0]["KmsKeyIds"] == [key]

    mine = [{"Key": "name", "Values": [f"{root}/"]}]
    first = secrets.list_secrets(Filters=mine, MaxResults=1, SortBy="name")
    second = secrets.list_secrets(Filters=mine, MaxResults=1, SortBy="name", NextToken=first["NextToken"])
    assert [each["Name"] for each in first["SecretList"] + second["SecretList"]] == [f"{root}/a", f"{root}/b"]
    batch = secrets.batch_get_secret_value(SecretIdList=[f"{root}/b", f"{root}/none", arn])
    assert [each.get("SecretString") or each["SecretBinary"] for each in batch["SecretValues"]] == [b"\0\1", "three"]
    assert [(e["SecretId"], e["ErrorCode"]) for e in batch["Errors"]] == [(f"{root}/none", "ResourceNotFoundException")]
    page = secrets.batch_get_secret_value(Filters=mine, MaxResults=1)
    page = secrets.batch_get_secret_value(Filters=mine, MaxResults=1, NextToken=page["NextToken"])
    assert [each["Name"] for each in page["SecretValues"]] == [f"{root}/b"] and "NextToken" not in page

    shared = policy({"AWS": HOME}, "secretsmanager:GetSecretValue")
    assert secrets.validate_resource_policy(SecretId=arn, ResourcePolicy=shared)["PolicyValidationPassed"] is True
    wrong = secrets.validate_resource_policy(ResourcePolicy=policy("*", "secretsmanager:GetSecretValue"))
    assert (wrong["PolicyValidationPassed"], len(wrong["ValidationErrors"])) == (False, 1)
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=shared, BlockPublicPolicy=True)
    assert secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"] == shared
    secrets.delete_resource_policy(SecretId=arn)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=arn)
    assert len(secrets.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    secrets.tag_resource(SecretId=arn, Tags=[{"Key": "stage", "Value": "test"}])
    secrets.untag_resource(SecretId=arn, TagKeys=["stage"])
    assert secrets.describe_secret(SecretId=arn)["Tags"] == [{"Key": "team", "Value": root}]
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    assert refusal(secrets.get_secret_value, SecretId=arn)[0] == "InvalidRequestException"
    waiting = secrets.list_secrets(Filters=mine, IncludePlannedDeletion=True)["SecretList"]
    assert secrets.describe_secret(SecretId=arn)["DeletedDate"] == waiting[0]["DeletedDate"]
    secrets.restore_secret(SecretId=arn)
    assert value(secrets, arn) == "three"
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.describe_secret, SecretId=arn)[0] == "ResourceNotFoundException"

    assert witness.surplus == set()
    assert witness.not_called() == []
    unseen = [(shape, member) for shape, member in witness.not_seen()
              if not {member, shape.removesuffix("Type")} & ELSEWHERE and shape != "ExternalSecretRotationMetadataItem"]
    assert unseen == []


def test_a_request_that_is_repeated_does_nothing_twice(secrets, root):
    token, value_of = str(uuid.uuid4()), {"SecretString": "one"}
    made = secrets.create_secret(Name=root, ClientRequestToken=token, **value_of)
    assert made["VersionId"] == token
    again = secrets.create_secret(Name=root, ClientRequestToken=token, **value_of)
    assert (again["ARN"], again["VersionId"]) == (made["ARN"], token)
    assert refusal(secrets.create_secret, Name=root, ClientRequestToken=token, SecretString="two")[0] == "ResourceExistsException"
    assert refusal(secrets.create_secret, Name=root, **value_of)[0] == "ResourceExistsException"
    secrets.put_secret_value(SecretId=root, ClientRequestToken=token, **value_of)
    assert refusal(secrets.put_secret_value, SecretId=root, ClientRequestToken=token, SecretString="two")[0] == \
        "ResourceExistsException"
    assert list(secrets.describe_secret(SecretId=root)["VersionIdsToStages"]) == [token]


def test_filters_look_where_they_are_told(secrets, root):
    for name, description, tag in (("db", "Main database", "Red"), ("queue", "Main queue", "green")):
        secrets.create_secret(Name=f"{root}/{name}", Description=description, Tags=[{"Key": f"{root}-{name}", "Value": tag}])

    def found(key, *values):
        filters = [{"Key": "name", "Values": [root]}, {"Key": key, "Values": list(values)}]
        pages = secrets.get_paginator("list_secrets").paginate(Filters=filters, SortBy="name")
        return [each["Name"].removeprefix(f"{root}/") for page in pages for each in page["SecretList"]]
    assert found("description", "MAIN") == ["db", "queue"]
    assert found("description", "queue main") == ["queue"]
    assert found("name", f"!{root}/db") == ["queue"]
    assert found("tag-key", f"{root}-q") == ["queue"]
    assert found("tag-value", "Red", "blue") == ["db"] and found("tag-value", "red") == []
    assert found("all", "red") == ["db"] and found("all", "green main") == ["queue"]
    assert found("primary-region", "us") == [] and found("owning-service", "rds") == []


@pytest.mark.parametrize("switches, characters", [
    ({}, string.ascii_letters + string.digits + string.punctuation),
    ({"ExcludePunctuation": True, "IncludeSpace": True}, string.ascii_letters + string.digits + " "),
    ({"ExcludeUppercase": True, "ExcludeLowercase": True, "ExcludeCharacters": "0123"}, "456789" + string.punctuation),
])
def test_random_passwords_have_every_character_that_is_left_and_no_other(secrets, switches, characters):
    drawn = secrets.get_random_password(PasswordLength=4096, **switches)["RandomPassword"]
    # That one of so few is missing from so many has a chance below 10^-17.
    assert set(drawn) == set(characters)


def test_another_account_reads_what_is_shared_with_it_under_a_key_that_is(stack, secrets, other, root):
    account, as_root = other
    theirs, kms = as_root("secretsmanager"), stack.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:Decrypt", "Resource": "*"}]}))
    shared = secrets.create_secret(Name=f"{root}/shared", SecretString="s3cret", KmsKeyId=key)["ARN"]
    managed = secrets.create_secret(Name=f"{root}/managed", SecretString="s3cret")["ARN"]
    assert refusal(theirs.get_secret_value, SecretId=shared)[0] == "AccessDeniedException"
    for secret in (shared, managed):
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=policy({"AWS": account}, "secretsmanager:GetSecretValue"))
    assert value(theirs, shared) == "s3cret"
    assert refusal(theirs.get_secret_value, SecretId=managed) == (
        "InvalidRequestException", "You can't access a secret from a different AWS account if you encrypt the secret with the "
        "default KMS service key.")
    assert refusal(theirs.describe_secret, SecretId=shared)[0] == "AccessDeniedException"
    batch = theirs.batch_get_secret_value(SecretIdList=[shared, managed])
    assert [each["SecretString"] for each in batch["SecretValues"]] == ["s3cret"]
    assert [each["ErrorCode"] for each in batch["Errors"]] == ["InvalidRequestException"]

    def recorded():
        found = [e for e in events(stack, EventName="GetSecretValue") if e.get("sharedEventID")
                 and e["resources"][0]["ARN"] == shared and e["userIdentity"]["accountId"] == account]
        return found if len(found) == 2 else None
    assert {record["recipientAccountId"] for record in wait_for("the owner's records", 10, recorded)} == {HOME}
    secrets.put_resource_policy(SecretId=shared, ResourcePolicy=policy("*", "secretsmanager:GetSecretValue", effect="Deny"))
    assert refusal(theirs.get_secret_value, SecretId=shared)[0] == "AccessDeniedException"
    assert "explicit deny in a resource-based policy" in refusal(secrets.get_secret_value, SecretId=shared)[1]


def test_public_and_malformed_policies_are_refused(secrets, root):
    secrets.create_secret(Name=root)
    public = policy("*", "secretsmanager:GetSecretValue")
    assert refusal(secrets.put_resource_policy, SecretId=root, ResourcePolicy=public, BlockPublicPolicy=True)[0] == \
        "PublicPolicyException"
    narrow = policy("*", "secretsmanager:GetSecretValue", Condition={"StringEquals": {"aws:PrincipalAccount": HOME}})
    secrets.put_resource_policy(SecretId=root, ResourcePolicy=narrow, BlockPublicPolicy=True)
    with pytest.raises(secrets.exceptions.MalformedPolicyDocumentException):
        secrets.put_resource_policy(SecretId=root, ResourcePolicy="{")


def test_the_aws_cli_does_all_of_it(stack, root, tmp_path):
    def aws(*words, expect=0):
        said = stack.aws("secretsmanager", *words, expect=expect)
        return json.loads(said) if expect == 0 and said else said
    (tmp_path / "value").write_text("two\nlines")
    made = aws("create-secret", "--name", root, "--secret-string", f"file://{tmp_path}/value", "--tags", "Key=team,Value=blue")
    secret = ("--secret-id", root)
    assert aws("get-secret-value", *secret)["SecretString"] == "two\nlines"
    aws("put-secret-value", *secret, "--secret-string", "new", "--version-stages", "AWSPENDING")
    assert aws("get-secret-value", *secret, "--version-stage", "AWSPENDING")["SecretString"] == "new"
    pending = aws("list-secret-version-ids", *secret)["Versions"][0]["VersionId"]
    aws("update-secret-version-stage", *secret, "--version-stage", "AWSCURRENT", "--move-to-version-id", pending,
        "--remove-from-version-id", made["VersionId"])
    assert aws("get-secret-value", *secret, "--version-stage", "AWSPREVIOUS")["VersionId"] == made["VersionId"]
    batch = aws("batch-get-secret-value", "--filters", f"Key=name,Values={root}")
    assert [each["SecretString"] for each in batch["SecretValues"]] == ["new"]
    (tmp_path / "policy").write_text(policy({"AWS": HOME}, "secretsmanager:*"))
    given = ("--resource-policy", f"file://{tmp_path}/policy")
    assert aws("validate-resource-policy", *given)["PolicyValidationPassed"] is True
    aws("put-resource-policy", *secret, *given, "--block-public-policy")
    assert json.loads(aws("get-resource-policy", *secret)["ResourcePolicy"])["Version"] == "2012-10-17"
    aws("delete-resource-policy", *secret)
    assert aws("get-random-password", "--password-length", "8", "--exclude-punctuation")["RandomPassword"].isalnum()
    assert "(InvalidParameterException)" in aws("get-random-password", "--password-length", "2", expect=255)
    aws("delete-secret", *secret, "--force-delete-without-recovery")
    assert "(ResourceNotFoundException)" in aws("describe-secret", *secret, expect=255)


def test_a_quota_holds_back_who_calls_too_often():
    running = Stack(settings=SETTINGS)
    try:
        secrets = running.start().client("secretsmanager")
        codes = []
        for _ in range(8):
            try:
                secrets.delete_secret(SecretId="none", ForceDeleteWithoutRecovery=True)
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        assert codes and set(codes) == {"ThrottlingException"}
        assert secrets.list_secrets()["SecretList"] == []
    finally:
        running.remove()
