"""`keywright apply`: a file brings an installation to what it declares, and changes nothing the second time."""

import subprocess
from pathlib import Path

import pytest
from stack import BINARY, Stack

EXAMPLE = Path(__file__).parents[2] / "docs/examples/bootstrap.toml"
ACCOUNT = "444455556666"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def apply(stack, file, *words, expect=0, **variables):
    done = subprocess.run([BINARY, "apply", str(file), *words], env=stack.environment(**variables), text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def in_account(stack, service, role="OrganizationAccountAccessRole"):
    answer = stack.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="e2e")
    credentials = answer["Credentials"]
    return stack.client(service, aws_access_key_id=credentials["AccessKeyId"],
                        aws_secret_access_key=credentials["SecretAccessKey"],
                        aws_session_token=credentials["SessionToken"])


def test_the_example_is_applied_once_and_what_drifts_is_mended(stack, tmp_path):
    would = apply(stack, EXAMPLE, "--dry-run")
    assert "would make account 444455556666 (payments)" in would, would
    assert len(stack.client("iam").list_users()["Users"]) == 1
    made = apply(stack, EXAMPLE)
    for line in ["make role app", "attach arn:aws:iam::444455556666:policy/use-payments-key", "add user ann",
                 "make key alias/payments", "every 180 days", "put parameter /payments/greeting"]:
        assert line in made, made
    assert "everything is as declared" in apply(stack, EXAMPLE)

    iam, kms = in_account(stack, "iam"), in_account(stack, "kms")
    assert iam.get_role(RoleName="app")["Role"]["MaxSessionDuration"] == 7200
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="ann")["Groups"]] == ["administrators"]
    key = kms.describe_key(KeyId="alias/payments")["KeyMetadata"]
    assert key["AWSAccountId"] == ACCOUNT and key["Description"] == "What the application encrypts"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["RotationPeriodInDays"] == 180
    assert in_account(stack, "ssm").get_parameter(Name="/payments/greeting")["Parameter"]["Value"] == "hello"

    kms.update_key_description(KeyId=key["KeyId"], Description="drifted")
    iam.detach_role_policy(RoleName="app", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/use-payments-key")
    iam.put_role_policy(RoleName="app", PolicyName="read-own-parameters", PolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'))
    mended = apply(stack, EXAMPLE)
    assert "3 changes were made" in mended, mended
    assert "everything is as declared" in apply(stack, EXAMPLE)

    changed = tmp_path / "changed.toml"
    changed.write_text(EXAMPLE.read_text().replace('"kms:GenerateDataKey"]', '"kms:GenerateDataKey*"]')
                       .replace('value = "hello"', 'value_env = "GREETING"'))
    mended = apply(stack, changed, GREETING="good day")
    assert "give policy" in mended and "put parameter" in mended and "good day" not in mended, mended
    assert in_account(stack, "ssm").get_parameter(Name="/payments/greeting")["Parameter"]["Value"] == "good day"


def test_what_cannot_be_applied_says_why_and_changes_nothing(stack, tmp_path):
    file = tmp_path / "wrong.toml"
    for text, reason in [
        ("[[accounts]]\nid = '1'", "the file is not understood"),
        ("[[accounts]]\nid = '777788889999'", "needs a name to be made"),
        ("[[accounts]]\nid = '000000000000'\n[[accounts.roles]]\nname = 'r'", "a role needs a trust_policy"),
        ("[[accounts]]\nid = '000000000000'\n[[accounts.parameters]]\nname = '/x'", "needs one of value"),
    ]:
        file.write_text(text)
        assert reason in apply(stack, file, expect=1), text
    assert "AccessDenied" in refused(stack, tmp_path)


def refused(stack, tmp_path):
    """By a user without permissions."""
    iam = stack.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    file = tmp_path / "refused.toml"
    file.write_text("[[accounts]]\nid = '000000000000'\n[[accounts.users]]\nname = 'x'")
    return apply(stack, file, expect=1, AWS_ACCESS_KEY_ID=key["AccessKeyId"],
                 AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
