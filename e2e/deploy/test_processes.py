"""The compose stack, run as processes: it serves from its first start, and keeps its promises when parts of it fail."""

import os
import stat

import pytest
from audit import event_of_request, events, request_id
from botocore.exceptions import ClientError
from broker import brokers_or_skip
from load import assert_recorded_once, call_until_killed
from processes import Processes, exports
from repository import SERVICES
from stack import wait_for

STRANGER = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}


@pytest.fixture(scope="module")
def processes():
    brokers = brokers_or_skip()
    running = Processes(brokers, postgres_or_skip())
    try:
        yield running.start()
    finally:
        running.remove()


def postgres_or_skip():
    postgres = os.environ.get("KEYWRIGHT_TEST_POSTGRES")
    if not postgres:
        message = "no Postgres: set KEYWRIGHT_TEST_POSTGRES, or run by `make test`"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return postgres


def test_the_first_credentials_are_in_a_file_once(processes):
    file = processes.credentials_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(exports(file.read_text())) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    caller = processes.client("sts").get_caller_identity()
    assert caller["Arn"] == "arn:aws:iam::000000000000:user/admin"
    assert processes.credentials["AWS_SECRET_ACCESS_KEY"] not in processes.log()
    file.unlink()
    processes.restart("identity")
    assert list(file.parent.glob("admin-credentials*")) == []
    assert processes.client("sts").get_caller_identity()["Arn"] == caller["Arn"]
    made = wait_for("the record of the access key", 5, lambda: events(processes, EventName="CreateAccessKey"))
    assert [event["responseElements"]["accessKeyId"] for event in made] == [processes.credentials["AWS_ACCESS_KEY_ID"]]


def test_every_service_serves_through_the_front_and_is_recorded_through_kafka(processes):
    kms, ssm, secrets = (processes.client(name) for name in ("kms", "ssm", "secretsmanager"))
    created = kms.create_key(Description="app")
    key = created["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hello", EncryptionContext={"app": "demo"})
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"app": "demo"})
    assert opened["Plaintext"] == b"hello"
    put = ssm.put_parameter(Name="/prod/password", Value="correct horse", Type="SecureString", KeyId=key)
    got = ssm.get_parameter(Name="/prod/password", WithDecryption=True)
    assert got["Parameter"]["Value"] == "correct horse"
    secret = secrets.create_secret(Name="prod/api", SecretString="t0ken")
    read = secrets.get_secret_value(SecretId="prod/api")
    assert read["SecretString"] == "t0ken"

    answers = {"CreateKey": created, "Encrypt": sealed, "Decrypt": opened, "PutParameter": put, "GetParameter": got,
               "CreateSecret": secret, "GetSecretValue": read}
    for name, answer in answers.items():
        event = event_of_request(processes, name, request_id(answer), 10)
        assert (event["userIdentity"]["userName"], event["sourceIPAddress"]) == ("admin", "127.0.0.1"), event
    by_service = [event for event in events(processes, EventName="Decrypt")
                  if event["userIdentity"].get("invokedBy") == "ssm.amazonaws.com"]
    assert [event["resources"][0]["ARN"] for event in by_service] == [key]


def test_every_answer_of_a_killed_kms_is_in_the_audit_log_once(processes):
    key = processes.client("kms").create_key()["KeyMetadata"]["KeyId"]
    answered = call_until_killed(processes, key, lambda: processes.kill_service("kms"))
    assert len(answered) > 20, "the load has to be there when the service dies"
    with pytest.raises(ClientError) as away:
        processes.client("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
    assert status(away.value) == 503
    processes.resume("kms")
    after = processes.client("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
    assert_recorded_once(processes, [*answered, request_id(after)])


def test_a_warm_kms_answers_without_identity_and_database_and_refuses_what_it_does_not_know(processes):
    kms = processes.client("kms")
    warm, cold = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    processes.restart("kms")
    kms.generate_data_key(KeyId=warm, KeySpec="AES_256")
    ended, _ = processes.terminate("identity")
    assert ended == {"identity": 0}
    processes.gates["kms"].shut()
    try:
        wait_for("kms without its database", 20, lambda: processes.probe("kms") == 503)
        answers = [kms.generate_data_key(KeyId=warm, KeySpec="AES_256") for _ in range(20)]
        refused = refusal(kms, cold)
        stranger = refusal(processes.client("kms", **STRANGER), warm)
    finally:
        processes.gates["kms"].open()
        processes.resume("identity")
    for error in (refused, stranger):
        assert (status(error), error.response["Error"]["Code"]) == (503, "ServiceUnavailableException")
        assert error.response["Error"]["Message"]

    processes.wait_until_ready("kms")
    assert len(kms.generate_data_key(KeyId=cold, KeySpec="AES_256")["Plaintext"]) == 32
    # Nothing that was answered meanwhile is missing from the record, refusals included.
    assert_recorded_once(processes, [request_id(answer) for answer in (*answers, refused.response, stranger.response)])


def test_a_disabled_key_is_refused_by_another_process_within_a_second(processes):
    kms, replica = processes.client("kms"), processes.launch_replica("kms")()
    try:
        for _ in range(5):
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            warm = replica.generate_data_key(KeyId=key, KeySpec="AES_256")
            assert len(warm["Plaintext"]) == 32
            kms.disable_key(KeyId=key)
            wait_for("the other process refuses the key", 1, lambda: code_of(replica, key) == "DisabledException")
            kms.enable_key(KeyId=key)
            wait_for("the other process takes the key again", 1, lambda: code_of(replica, key) is None)
    finally:
        ended, _ = processes.terminate("kms-replica")
    assert ended == {"kms-replica": 0}
    # Those that only the other process answered are in the record, too.
    assert_recorded_once(processes, [request_id(warm)])


def code_of(kms, key):
    """The error's code of a use of the key; none if it is served."""
    try:
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_a_signal_ends_each_service_soon_and_in_order(processes):
    key = processes.client("kms").create_key()["KeyMetadata"]["KeyId"]
    ended, seconds = processes.terminate(*SERVICES)
    assert ended == {name: 0 for name in SERVICES}
    assert seconds < 15, f"it took {seconds:.1f} s"
    processes.resume(*SERVICES)
    assert processes.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key


def refusal(kms, key):
    with pytest.raises(ClientError) as refused:
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    return refused.value


def status(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
