"""The session of the README, with the unmodified AWS CLI."""

import base64
import json
import uuid

from audit import events
from stack import wait_for


def test_the_session_of_the_readme(stack, tmp_path):
    name = uuid.uuid4().hex[:8]
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(b"hello")
    key = json.loads(stack.aws("kms", "create-key", "--description", "app"))["KeyMetadata"]
    assert key["KeyState"] == "Enabled" and key["Description"] == "app"
    stack.aws("kms", "create-alias", "--alias-name", f"alias/{name}", "--target-key-id", key["KeyId"])

    # Blobs go by fileb://, which versions 1 and 2 of the AWS CLI read alike.
    blob = stack.aws("kms", "encrypt", "--key-id", f"alias/{name}", "--plaintext", f"fileb://{plain}",
                     "--encryption-context", f"purpose={name}", "--query", "CiphertextBlob", "--output", "text")
    sealed.write_bytes(base64.b64decode(blob))
    opened = stack.aws("kms", "decrypt", "--ciphertext-blob", f"fileb://{sealed}", "--encryption-context",
                       f"purpose={name}", "--query", "Plaintext", "--output", "text")
    assert base64.b64decode(opened) == b"hello"
    refused = stack.aws("kms", "decrypt", "--ciphertext-blob", f"fileb://{sealed}", expect=255)
    assert "InvalidCiphertextException" in refused
    data_key = json.loads(stack.aws("kms", "generate-data-key", "--key-id", f"alias/{name}", "--key-spec", "AES_256"))
    assert len(base64.b64decode(data_key["Plaintext"])) == 32 and data_key["KeyId"] == key["Arn"]

    stack.aws("ssm", "put-parameter", "--name", f"/{name}/db/password", "--value", "s3cret", "--type", "SecureString",
              "--key-id", f"alias/{name}")
    by_path = json.loads(stack.aws("ssm", "get-parameters-by-path", "--path", f"/{name}", "--recursive",
                                   "--with-decryption"))
    assert [(p["Name"], p["Value"]) for p in by_path["Parameters"]] == [(f"/{name}/db/password", "s3cret")]
    sealed_value = json.loads(stack.aws("ssm", "get-parameter", "--name", f"/{name}/db/password"))["Parameter"]["Value"]
    assert sealed_value != "s3cret"

    stack.aws("secretsmanager", "create-secret", "--name", f"{name}/api", "--secret-string", "t0ken")
    assert stack.aws("secretsmanager", "get-secret-value", "--secret-id", f"{name}/api", "--query", "SecretString",
                     "--output", "text") == "t0ken"
    identity = json.loads(stack.aws("sts", "get-caller-identity"))
    assert identity["Account"] == "000000000000" and identity["Arn"].endswith(":user/admin")

    parameter_arn = f"arn:aws:ssm:us-east-1:000000000000:parameter/{name}/db/password"

    def decrypt_by_ssm():
        listed = json.loads(stack.aws("cloudtrail", "lookup-events", "--lookup-attributes",
                                      "AttributeKey=EventName,AttributeValue=Decrypt"))["Events"]
        records = [json.loads(event["CloudTrailEvent"]) for event in listed]
        return [record for record in records if (record["requestParameters"] or {}).get("encryptionContext")
                == {"PARAMETER_ARN": parameter_arn}]
    record = wait_for("the Decrypt that Parameter Store made", 5, decrypt_by_ssm)[0]
    assert record["userIdentity"]["invokedBy"] == "ssm.amazonaws.com"
    assert record["userIdentity"]["userName"] == "admin"
    assert record["sourceIPAddress"] == "ssm.amazonaws.com"
    assert record["resources"][0]["ARN"] == key["Arn"]
    assert record["eventVersion"] == "1.11"


def test_every_call_is_in_the_audit_log_within_two_seconds(stack):
    kms, ssm = stack.client("kms"), stack.client("ssm")
    secrets, sts = stack.client("secretsmanager"), stack.client("sts")
    name = uuid.uuid4().hex[:8]
    calls = [
        ("CreateKey", key := kms.create_key(Description=name)),
        ("Encrypt", kms.encrypt(KeyId=key["KeyMetadata"]["KeyId"], Plaintext=b"x")),
        ("GenerateDataKey", kms.generate_data_key(KeyId=key["KeyMetadata"]["Arn"], KeySpec="AES_256")),
        ("PutParameter", ssm.put_parameter(Name=f"/{name}", Value="v", Type="String")),
        ("GetParameter", ssm.get_parameter(Name=f"/{name}")),
        ("CreateSecret", secrets.create_secret(Name=name, SecretString="s")),
        ("GetSecretValue", secrets.get_secret_value(SecretId=name)),
        ("GetCallerIdentity", sts.get_caller_identity()),
    ]
    wanted = {answer["ResponseMetadata"]["RequestId"]: event for event, answer in calls}

    def all_of_them():
        found = {record.get("requestID"): record["eventName"] for record in events(stack, Username="admin")}
        return {id: found.get(id) for id in wanted} == wanted
    wait_for("every call in the audit log", 2, all_of_them)
