"""Each Region has its own keys, parameters, secrets and events."""

import pytest
from audit import event_of_request, request_id
from stack import Stack


@pytest.fixture(scope="module")
def two_regions():
    running = Stack(regions="us-east-1,eu-west-1")
    try:
        yield running.start()
    finally:
        running.remove()


def test_keys_are_regional(two_regions):
    here, there = two_regions.client("kms"), two_regions.client("kms", region_name="eu-west-1")
    key = there.create_key()["KeyMetadata"]
    assert key["Arn"].startswith("arn:aws:kms:eu-west-1:")
    with pytest.raises(here.exceptions.NotFoundException):
        here.describe_key(KeyId=key["KeyId"])
    assert there.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Arn"] == key["Arn"]


def test_parameters_and_secrets_are_regional(two_regions):
    here, there = two_regions.client("ssm"), two_regions.client("ssm", region_name="eu-west-1")
    here.put_parameter(Name="/where", Value="here", Type="SecureString")
    there.put_parameter(Name="/where", Value="there", Type="SecureString")
    assert here.get_parameter(Name="/where", WithDecryption=True)["Parameter"]["Value"] == "here"
    assert there.get_parameter(Name="/where", WithDecryption=True)["Parameter"]["Value"] == "there"
    secrets = two_regions.client("secretsmanager", region_name="eu-west-1")
    arn = secrets.create_secret(Name="where", SecretString="there")["ARN"]
    assert arn.startswith("arn:aws:secretsmanager:eu-west-1:")
    with pytest.raises(two_regions.client("secretsmanager").exceptions.ResourceNotFoundException):
        two_regions.client("secretsmanager").get_secret_value(SecretId="where")


def test_events_are_regional_and_sts_is_everywhere(two_regions):
    for region in ("us-east-1", "eu-west-1"):
        answer = two_regions.client("sts", region_name=region).get_caller_identity()
        assert answer["Account"] == "000000000000"
    answer = two_regions.client("kms").create_key()
    assert event_of_request(two_regions, "CreateKey", request_id(answer))["awsRegion"] == "us-east-1"


def test_an_unknown_region_is_refused(two_regions):
    with pytest.raises(Exception) as refused:
        two_regions.client("kms", region_name="ap-south-1").list_keys()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
