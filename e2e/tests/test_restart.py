"""What is left after `kill -9`: everything, and each event once."""

from audit import events
from load import assert_recorded_once, call_until_killed
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
    answered = call_until_killed(stack, key, stack.kill)
    assert len(answered) > 20, "the load has to be there when the stack dies"

    stack.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert stack.credentials[name] == first[name]
    kms, ssm, secrets = stack.client("kms"), stack.client("ssm"), stack.client("secretsmanager")
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"before"
    assert ssm.get_parameter(Name="/kept", WithDecryption=True)["Parameter"]["Value"] == "v1"
    assert secrets.get_secret_value(SecretId="kept")["SecretString"] == "s1"
    assert_recorded_once(stack, answered)


def test_a_clean_stop_leaves_nothing_running_and_loses_nothing(own_stack):
    stack = own_stack.start()
    made = stack.client("kms").create_key()["KeyMetadata"]["KeyId"]
    stack.stop()
    stack.start()
    assert stack.client("kms").describe_key(KeyId=made)["KeyMetadata"]["KeyId"] == made
    # The audit service has had a key made as well, which is an event of KMS's own.
    created = wait_for("the CreateKey", 5, lambda: [
        event for event in events(stack, EventName="CreateKey") if event["eventType"] == "AwsApiCall"])
    assert [event["responseElements"]["keyMetadata"]["keyId"] if "keyMetadata" in event["responseElements"]
            else event["responseElements"]["keyId"] for event in created] == [made]
