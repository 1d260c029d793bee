"""What is left after `kill -9`: everything, and each event once."""

import collections
import threading

from audit import events
from stack import wait_for


def test_everything_is_there_after_a_kill(own_stack):
    stack = own_stack.start()
    first = dict(stack.credentials)
    kms, ssm, secrets = stack.client("kms"), stack.client("ssm"), stack.client("secretsmanager")
    key = kms.create_key(Description="kept")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key)
    sealed = kms.encrypt(KeyId="alias/kept", Plaintext=b"before")["CiphertextBlob"]
    ssm.put_parameter(Name="/kept", Value="v1", Type="SecureString", KeyId="alias/kept")
    secrets.create_secret(Name="kept", SecretString="s1")
    answered = call_until_killed(stack, key)
    assert len(answered) > 20, "the load has to be there when the stack dies"

    stack.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert stack.credentials[name] == first[name]
    kms, ssm, secrets = stack.client("kms"), stack.client("ssm"), stack.client("secretsmanager")
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"before"
    assert ssm.get_parameter(Name="/kept", WithDecryption=True)["Parameter"]["Value"] == "v1"
    assert secrets.get_secret_value(SecretId="kept")["SecretString"] == "s1"

    def recorded():
        counts = collections.Counter(event["requestID"] for event in events(stack, EventName="GenerateDataKey"))
        return counts if all(id in counts for id in answered) else None
    counts = wait_for("every answered call in the audit log", 20, recorded)
    assert {id: counts[id] for id in answered if counts[id] != 1} == {}
    print(f"answered {len(answered)}, missing 0, twice 0")


def test_a_clean_stop_leaves_nothing_running_and_loses_nothing(own_stack):
    stack = own_stack.start()
    made = stack.client("kms").create_key()["KeyMetadata"]["KeyId"]
    stack.stop()
    stack.start()
    assert stack.client("kms").describe_key(KeyId=made)["KeyMetadata"]["KeyId"] == made
    created = wait_for("the CreateKey", 5, lambda: events(stack, EventName="CreateKey"))
    assert [event["responseElements"]["keyMetadata"]["keyId"] if "keyMetadata" in event["responseElements"]
            else event["responseElements"]["keyId"] for event in created] == [made]


def call_until_killed(stack, key):
    """Data keys from four clients at once until the stack dies; the request ids of those that were answered."""
    answered, enough = [], threading.Event()

    def call():
        client = stack.client("kms")
        try:
            while True:
                answer = client.generate_data_key(KeyId=key, KeySpec="AES_256")
                answered.append(answer["ResponseMetadata"]["RequestId"])
                if len(answered) > 200:
                    enough.set()
        except Exception:  # whatever a client sees when the stack dies under it
            enough.set()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    enough.wait(60)
    stack.kill()
    for thread in threads:
        thread.join(60)
    return answered
