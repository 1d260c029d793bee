"""A webhook of one's own hears of parameters, keys and secrets, and verifies what it hears as the page says."""

import base64
import json
import os
import re
import shutil
import tempfile
import textwrap
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from local_server import Handler, LocalServer
from oidc_issuer import make_certificates
from stack import Stack, wait_for

PAGE = Path(__file__).parents[2] / "docs/notifications.md"
ACCOUNT = "000000000000"


class Receiver:
    """An HTTPS server that takes notifications; while it is `away` it answers 503."""

    def __init__(self, directory):
        self.taken, self.refused, self.away = [], [], False
        self.key = f"whsec_{base64.b64encode(os.urandom(32)).decode()}"
        (directory / "key").write_text(self.key + "\n")
        make_certificates(directory / "ca.pem", directory / "chain.pem")
        receiver, is_ours = self, verifier()

        class Hook(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.body()
                verified = is_ours(self.headers, body, receiver.key)
                assert not is_ours(self.headers, body + b" ", receiver.key)
                assert self.headers["webhook-id"] == json.loads(body)["id"]
                into = receiver.refused if receiver.away or not verified else receiver.taken
                into.append(json.loads(body) | {"verified": verified})
                self.answer(503 if receiver.away else 204)

        self.server = LocalServer(Hook, directory / "chain.pem")
        self.settings = textwrap.dedent(f"""
            [[notifications.webhooks]]
            name = "test"
            url = "https://localhost:{self.server.port}/hook"
            hmac_key_files = ["{directory}/key"]
            ca_file = "{directory}/ca.pem"
            sources = ["aws.kms", "aws.ssm", "aws.secretsmanager"]
            """)

    def close(self):
        self.server.close()

    def told(self, detail_type, resource=None):
        return [each for each in self.taken if each["detail-type"] == detail_type
                and (resource is None or each["resources"] == [resource])]


def verifier():
    """The page's own example."""
    code = re.search(r"\n    import base64, hashlib.*?in constant time\n", PAGE.read_text(), re.S)[0]
    found = {}
    exec(textwrap.dedent(code), found)
    return found["is_ours"]


@pytest.fixture(scope="module")
def told(brokers):
    directory = Path(tempfile.mkdtemp(prefix="keywright-webhook-"))
    receiver = Receiver(directory)
    running = Stack(brokers, settings=receiver.settings)
    try:
        yield running.start(), receiver
    finally:
        running.remove()
        receiver.close()
        shutil.rmtree(directory, ignore_errors=True)


def test_a_parameter_is_created_changed_and_deleted(told):
    stack, receiver = told
    ssm, name = stack.client("ssm"), f"/told/{uuid.uuid4()}"
    ssm.put_parameter(Name=name, Value="hidden-value", Type="SecureString", Description="what it is")
    ssm.put_parameter(Name=name, Value="hidden-value", Type="SecureString", Overwrite=True)
    ssm.delete_parameter(Name=name)
    arn = f"arn:aws:ssm:{stack.region}:{ACCOUNT}:parameter{name}"
    changes = wait_for("three changes", 15, lambda: len(found := receiver.told("Parameter Store Change", arn)) == 3 and found)
    assert [change["detail"]["operation"] for change in changes] == ["Create", "Update", "Delete"]
    assert changes[0]["detail"] == {
        "operation": "Create", "name": name, "type": "SecureString", "description": "what it is"}
    assert all(change["verified"] and change["source"] == "aws.ssm" and change["account"] == ACCOUNT for change in changes)
    assert "hidden-value" not in json.dumps(receiver.taken)


def test_a_key_is_rotated_and_a_refusal_is_told_as_the_record_has_it(told):
    stack, receiver = told
    kms = stack.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.rotate_key_on_demand(KeyId=arn)
    rotation, = wait_for("the rotation", 15, lambda: receiver.told("KMS CMK Rotation", arn))
    assert rotation["detail"] == {"key-id": arn.rpartition("/")[2]} and rotation["region"] == stack.region
    with pytest.raises(ClientError):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=arn)

    def refused():
        calls = [each["detail"] for each in receiver.told("AWS API Call via CloudTrail")]
        return [call for call in calls if call["eventName"] == "CreateAlias" and "errorCode" in call]
    assert wait_for("the refusal", 15, refused)[0]["userIdentity"]["userName"] == "admin"
    # What only reads isn't told.
    assert not [each for each in receiver.taken if each["detail"].get("readOnly")]


def test_what_happens_while_a_webhook_is_away_is_told_when_it_is_back_in_order(told):
    stack, receiver = told
    secrets = stack.client("secretsmanager")
    receiver.away, before = True, len(receiver.refused)
    arn = secrets.create_secret(Name=f"told-{uuid.uuid4()}", SecretString="hidden-value")["ARN"]
    secrets.delete_secret(SecretId=arn)
    secrets.restore_secret(SecretId=arn)
    wait_for("an attempt", 15, lambda: len(receiver.refused) > before)
    receiver.away = False

    def names():
        about = [each for each in receiver.taken if arn in json.dumps(each["detail"].get("resources", []))]
        return [each["detail"]["eventName"] for each in about if each["detail-type"].startswith("AWS API Call")]
    found = wait_for("all of them", 60, lambda: len(found := names()) == 3 and found)
    assert found == ["CreateSecret", "DeleteSecret", "RestoreSecret"]
    ids = [each["id"] for each in receiver.taken]
    assert len(ids) == len(set(ids))


def test_nothing_is_told_anew_after_a_restart(own_stack, tmp_path):
    receiver = Receiver(tmp_path)
    (own_stack.directory / "settings.toml").write_text(receiver.settings)
    own_stack.variables = own_stack.variables | {"KEYWRIGHT_CONFIG": str(own_stack.directory / "settings.toml")}
    try:
        own_stack.start()
        receiver.away = True
        key = own_stack.client("kms").create_key()["KeyMetadata"]["Arn"]
        wait_for("an attempt", 30, lambda: receiver.refused)
        own_stack.kill()
        receiver.away = False
        own_stack.start()
        created = wait_for("what a crash left", 90, lambda: [
            each for each in receiver.taken if each["detail"].get("eventName") == "CreateKey" and key in json.dumps(each)])
        assert len(created) == 1
        own_stack.client("kms").rotate_key_on_demand(KeyId=key)
        wait_for("what comes then", 30, lambda: receiver.told("KMS CMK Rotation", key))
        assert len({each["id"] for each in receiver.taken}) == len(receiver.taken)
    finally:
        receiver.close()
