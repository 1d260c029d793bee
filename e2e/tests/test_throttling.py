"""Quotas as SDKs meet them: a client without retries is told, one with retries gets through."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from stack import Stack

# Quotas in calls a second: as many may come at once, but one at least.
SETTINGS = "[quotas]\ncreate_key = 2\ncryptographic_symmetric = 3\nlist_keys = 0.1\n"


@pytest.fixture(scope="module")
def throttled():
    running = Stack(settings=SETTINGS)
    try:
        yield running.start()
    finally:
        running.remove()


def client(stack, mode, attempts):
    """A client that tries so often, in one of the SDK's retry modes."""
    return stack.client("kms", config=Config(retries={"mode": mode, "total_max_attempts": attempts}, read_timeout=30))


def answers(call, count, **asked):
    """What so many calls at once are answered."""
    def one(_):
        try:
            return call(**asked)
        except ClientError as error:
            return error
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def refusals(answers):
    return [answer for answer in answers if isinstance(answer, ClientError)]


def retries(answer):
    return answer["ResponseMetadata"]["RetryAttempts"]


def test_a_client_without_retries_is_told_of_the_quota(throttled):
    seen = answers(client(throttled, "standard", 1).create_key, 20)
    refused = refusals(seen)
    # Two at once, and two more for each second that it took.
    assert 2 <= len(seen) - len(refused) < 20
    for refusal in refused:
        assert refusal.response["Error"]["Code"] == "ThrottlingException"
        assert "exceeded the rate" in refusal.response["Error"]["Message"]
        assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert retries(refusal.response) == 0


@pytest.mark.parametrize("mode", ["standard", "adaptive", "legacy"])
def test_a_client_with_retries_gets_through(throttled, mode):
    key = client(throttled, "standard", 20).create_key()["KeyMetadata"]["KeyId"]
    seen = answers(client(throttled, mode, 20).generate_data_key, 12, KeyId=key, KeySpec="AES_256")
    assert refusals(seen) == []
    assert len({answer["Plaintext"] for answer in seen}) == 12
    assert sum(retries(answer) for answer in seen) > 0, "nobody had to try again"


def test_other_operations_have_quotas_of_their_own(throttled):
    patient, impatient = client(throttled, "standard", 20), client(throttled, "standard", 1)
    key = patient.create_key()["KeyMetadata"]["KeyId"]
    assert refusals(answers(impatient.generate_random, 20, NumberOfBytes=8))
    assert not refusals(answers(impatient.describe_key, 20, KeyId=key))


def test_the_aws_cli_tries_again(throttled):
    client(throttled, "standard", 20).list_keys()
    once = throttled.aws("kms", "list-keys", expect=255, variables={"AWS_MAX_ATTEMPTS": "1"})
    assert "ThrottlingException" in once
    throttled.aws("kms", "list-keys", variables={"AWS_MAX_ATTEMPTS": "20", "AWS_RETRY_MODE": "standard"})
