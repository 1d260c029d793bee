"""Each Region has its own keys, parameters, secrets and events."""

import time

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


def test_a_multi_region_key_decrypts_in_both_regions(two_regions):
    here, there = two_regions.client("kms"), two_regions.client("kms", region_name="eu-west-1")
    key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    blob = here.encrypt(KeyId=key, Plaintext=b"hello")["CiphertextBlob"]
    replicated = here.replicate_key(
        KeyId=key, ReplicaRegion="eu-west-1", Description="replica", Tags=[{"TagKey": "a", "TagValue": "b"}]
    )
    assert replicated["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    assert replicated["ReplicaTags"] == [{"TagKey": "a", "TagValue": "b"}]
    # It is there at once, as with AWS: only its state has to be waited for.
    until(lambda: there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled")
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"hello"
    back = there.encrypt(KeyId=key, Plaintext=b"back")["CiphertextBlob"]
    assert here.decrypt(CiphertextBlob=back, KeyId=key)["Plaintext"] == b"back"
    with pytest.raises(here.exceptions.AlreadyExistsException):
        here.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    with pytest.raises(here.exceptions.UnsupportedOperationException):
        here.replicate_key(KeyId=key, ReplicaRegion="ap-south-1")

    here.rotate_key_on_demand(KeyId=key)
    until(lambda: len(there.list_key_rotations(KeyId=key)["Rotations"]) == 1)
    after = here.encrypt(KeyId=key, Plaintext=b"after")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=after)["Plaintext"] == b"after"
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"hello"

    here.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
    for client in (here, there):
        until(lambda client=client: primary_region(client, key) == "eu-west-1")
    until(lambda: here.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled")
    waiting = there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert waiting["KeyState"] == "PendingReplicaDeletion" and "DeletionDate" not in waiting
    there.cancel_key_deletion(KeyId=key)


def primary_region(client, key):
    configuration = client.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    return configuration["PrimaryKey"]["Region"]


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never holds"
        time.sleep(0.05)


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
