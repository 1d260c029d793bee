"""The services together, through boto3: what one asks of another, and what the caller is told."""

import uuid

import pytest
import plain_http
from audit import event_of_request, events, request_id
from botocore.exceptions import ClientError
from stack import wait_for


def unique(prefix=""):
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def code(error):
    return error.value.response["Error"]["Code"]


def test_a_secure_string_is_sealed_for_its_caller_under_the_named_key(stack):
    kms, ssm = stack.client("kms"), stack.client("ssm")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    name = unique("/secure/")
    ssm.put_parameter(Name=name, Value="v", Type="SecureString", KeyId=key)
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "v"
    kms.disable_key(KeyId=key)

    def refused():
        try:
            ssm.get_parameter(Name=name, WithDecryption=True)
        except ClientError as error:
            return error
        return None
    error = wait_for("the refusal of a disabled key", 2, refused)
    assert error.response["Error"]["Code"] in ("InvalidKeyId", "AccessDeniedException", "KMSInvalidStateException")
    assert "disabled" in error.response["Error"]["Message"]
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] != "v"


def test_the_default_keys_appear_by_themselves(stack):
    ssm, secrets, kms = stack.client("ssm"), stack.client("secretsmanager"), stack.client("kms")
    ssm.put_parameter(Name=unique("/default/"), Value="v", Type="SecureString")
    secrets.create_secret(Name=unique(), SecretString="s")
    aliases = {a["AliasName"]: a for page in kms.get_paginator("list_aliases").paginate() for a in page["Aliases"]}
    for alias in ("alias/aws/ssm", "alias/aws/secretsmanager"):
        metadata = kms.describe_key(KeyId=aliases[alias]["TargetKeyId"])["KeyMetadata"]
        assert metadata["KeyManager"] == "AWS"
        with pytest.raises(ClientError):
            kms.schedule_key_deletion(KeyId=metadata["KeyId"])
    with pytest.raises(ClientError):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])


def test_an_advanced_parameter_goes_through_an_envelope(stack):
    ssm = stack.client("ssm")
    name, value = unique("/advanced/"), "x" * 8000
    ssm.put_parameter(Name=name, Value=value, Type="SecureString", Tier="Advanced")
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == value


def test_ten_secure_strings_come_back_by_path(stack):
    ssm, root = stack.client("ssm"), unique("/many/")
    for n in range(12):
        ssm.put_parameter(Name=f"{root}/{n:02}", Value=f"v{n}", Type="SecureString")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=root, Recursive=True, WithDecryption=True)
    found = {p["Name"]: p["Value"] for page in pages for p in page["Parameters"]}
    assert found == {f"{root}/{n:02}": f"v{n}" for n in range(12)}


def test_a_secret_keeps_its_versions_and_stages(stack):
    secrets, name = stack.client("secretsmanager"), unique()
    secrets.create_secret(Name=name, SecretString="one")
    secrets.put_secret_value(SecretId=name, SecretString="two")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    kms = stack.client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.update_secret(SecretId=name, KmsKeyId=other)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    secrets.delete_secret(SecretId=name)
    with pytest.raises(ClientError) as gone:
        secrets.get_secret_value(SecretId=name)
    assert code(gone) == "InvalidRequestException"
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    binary = unique()
    secrets.create_secret(Name=binary, SecretBinary=b"\x00\xff")
    assert secrets.get_secret_value(SecretId=binary)["SecretBinary"] == b"\x00\xff"


def test_the_key_use_of_a_secret_is_recorded_for_the_caller(stack):
    secrets, name = stack.client("secretsmanager"), unique()
    arn = secrets.create_secret(Name=name, SecretString="s")["ARN"]
    secrets.get_secret_value(SecretId=name)

    def decrypts():
        return [e for e in events(stack, EventName="Decrypt")
                if (e["requestParameters"] or {}).get("encryptionContext", {}).get("SecretARN") == arn]
    record, = wait_for("the Decrypt that Secrets Manager made", 3, decrypts)
    assert record["userIdentity"]["invokedBy"] == "secretsmanager.amazonaws.com"
    assert record["userIdentity"]["userName"] == "admin"


def test_no_secret_is_in_the_audit_log(stack):
    marker = unique("marker-")
    kms, ssm, secrets = stack.client("kms"), stack.client("ssm"), stack.client("secretsmanager")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=marker.encode())["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=sealed)
    name = unique("/marked/")
    ssm.put_parameter(Name=name, Value=marker, Type="SecureString")
    ssm.put_parameter(Name=name + "-plain", Value=marker, Type="String")
    ssm.get_parameter(Name=name, WithDecryption=True)
    secrets.create_secret(Name=unique(), SecretString=marker)
    last = secrets.list_secrets()
    event_of_request(stack, "ListSecrets", request_id(last), 5)
    everything = str(events(stack, Username="admin")) + stack.log()
    assert marker not in everything
    import base64
    assert base64.b64encode(marker.encode()).decode() not in everything
    for path in (stack.directory / "data").rglob("*"):
        # Plain String parameters may be read in the database, as in AWS; the secret ones may not be found anywhere else.
        if path.is_file() and "postgres" not in path.parts:
            assert marker.encode() not in path.read_bytes(), path


def test_a_lookup_finds_by_each_attribute(stack):
    kms = stack.client("kms")
    answer = kms.create_key(Description=unique())
    key = answer["KeyMetadata"]
    record = event_of_request(stack, "CreateKey", request_id(answer))
    for attribute in (
        {"EventId": record["eventID"]}, {"ResourceName": key["Arn"]}, {"Username": "admin"},
        {"EventSource": "kms.amazonaws.com"}, {"ReadOnly": "false"}, {"ResourceType": "AWS::KMS::Key"},
        {"AccessKeyId": stack.credentials["AWS_ACCESS_KEY_ID"]},
    ):
        assert record["eventID"] in [e["eventID"] for e in events(stack, **attribute)], attribute


def test_a_presigned_request_is_taken_and_a_stale_or_changed_one_is_not(stack):
    sts = stack.client("sts")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, body = plain_http.get(url)
    assert status == 200 and "<Account>000000000000</Account>" in body
    status, body = plain_http.post(sts.generate_presigned_url("get_caller_identity", ExpiresIn=60))
    assert status == 200 and "<Account>000000000000</Account>" in body
    status, body = plain_http.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
    assert status == 403 and "SignatureDoesNotMatch" in body


def test_wrong_credentials_are_refused_as_aws_does(stack):
    wrong = stack.client("kms", aws_secret_access_key="x" * 40)
    with pytest.raises(ClientError) as refused:
        wrong.list_keys()
    assert code(refused) == "InvalidSignatureException"
    stranger = stack.client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(ClientError) as refused:
        stranger.get_caller_identity()
    assert code(refused) == "InvalidClientTokenId"
