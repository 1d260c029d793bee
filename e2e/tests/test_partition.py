"""An installation that stands for another partition than `aws`: its ARNs say so, everywhere."""

import json

import pytest
from audit import events
from stack import Stack

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def stack():
    running = Stack(environment={"KEYWRIGHT_SERVICE__PARTITION": "aws-cn"})
    try:
        yield running.start()
    finally:
        running.remove()


def test_every_arn_is_of_the_partition_and_works(stack):
    root = f"arn:aws-cn:iam::{ACCOUNT}:root"
    assert stack.client("sts").get_caller_identity()["Arn"] == f"arn:aws-cn:iam::{ACCOUNT}:user/admin"
    kms = stack.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert arn.startswith("arn:aws-cn:kms:")
    assert root in kms.get_key_policy(KeyId=arn)["Policy"]
    blob = kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(KeyId=arn, CiphertextBlob=blob)["Plaintext"] == b"x"
    with pytest.raises(kms.exceptions.ClientError) as refused:
        kms.describe_key(KeyId=arn.replace("aws-cn", "aws"))
    assert "arn:aws" in str(refused.value)

    ssm = stack.client("ssm")
    ssm.put_parameter(Name="/app/password", Type="SecureString", Value="secret")
    read = ssm.get_parameter(Name="/app/password", WithDecryption=True)["Parameter"]
    assert read["ARN"].startswith("arn:aws-cn:ssm:") and read["Value"] == "secret"
    secrets = stack.client("secretsmanager")
    secret = secrets.create_secret(Name="db", SecretString="s")["ARN"]
    assert secret.startswith("arn:aws-cn:secretsmanager:")
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "s"

    iam, trust = stack.client("iam"), {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [trust]}))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="app", PolicyArn="arn:aws-cn:iam::aws:policy/AdministratorAccess")
    session = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="session")
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/app/session"
    credentials = session["Credentials"]
    theirs = stack.client("kms", aws_access_key_id=credentials["AccessKeyId"],
                          aws_secret_access_key=credentials["SecretAccessKey"],
                          aws_session_token=credentials["SessionToken"])
    assert theirs.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_nothing_in_the_records_is_of_another_partition(stack):
    recorded = str(events(stack, Username="admin"))
    assert "arn:aws-cn:" in recorded and "arn:aws:" not in recorded.replace("arn:aws:kms", "asked for by the test")
