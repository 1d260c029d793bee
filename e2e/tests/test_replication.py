"""Secrets in two Regions, through boto3 and the unmodified AWS CLI."""

import json
import uuid

import pytest
import service_model
from botocore.exceptions import ClientError
from stack import Stack, wait_for
from witness import Witness

HERE, THERE = "us-east-1", "eu-west-1"
ROTATED = f"arn:aws:lambda:{HERE}:000000000000:function:keywright-generic-random"
ON_REPLICA = "Operation not permitted on a replica secret. Call must be made in primary secret's region."


@pytest.fixture(scope="module")
def stack():
    running = Stack(regions=f"{HERE},{THERE}", environment={"KEYWRIGHT_ROTATION__INTERVAL_SECONDS": "1"})
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def here(stack):
    return stack.client("secretsmanager")


@pytest.fixture(scope="module")
def there(stack):
    return stack.client("secretsmanager", region_name=THERE)


@pytest.fixture
def name():
    return f"app/{uuid.uuid4().hex[:8]}"


def status(client, name):
    return client.describe_secret(SecretId=name)["ReplicationStatus"][0]


def until(client, name, wanted):
    def reached():
        now = status(client, name)
        return now["Status"] == wanted and now
    return wait_for(f"{wanted} of {name}", 30, reached)


def value(client, name, **more):
    return client.get_secret_value(SecretId=name, **more)["SecretString"]


def refusal(call, **input):
    with pytest.raises(ClientError) as refused:
        call(**input)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(stack, there, name):
    witness = Witness(service_model.model("secretsmanager"), [
        "RemoveRegionsFromReplication", "ReplicateSecretToRegions", "StopReplicationToReplica"])
    here = witness.watch(stack.client("secretsmanager"))
    key = stack.client("kms", region_name=THERE).create_key()["KeyMetadata"]["Arn"]
    arn = here.create_secret(Name=name, SecretString="one", Description="x", Tags=[{"Key": "a", "Value": "b"}])["ARN"]
    begun = here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": THERE, "KmsKeyId": key}])
    assert begun["ARN"] == arn
    done = until(here, name, "InSync")
    assert (done["Region"], done["KmsKeyId"], done["StatusMessage"]) == (THERE, key, "Replication succeeded")
    assert value(there, name) == "one"
    described = there.describe_secret(SecretId=name)
    assert described["ARN"] == arn.replace(HERE, THERE) and described["PrimaryRegion"] == HERE
    assert (described["Description"], described["Tags"]) == ("x", [{"Key": "a", "Value": "b"}])
    assert described["KmsKeyId"] == key
    # The read is told here; then all members of a status are there.
    wait_for("the day of the access", 30, lambda: "LastAccessedDate" in status(here, name))
    here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": THERE, "KmsKeyId": key}])

    here.put_secret_value(SecretId=name, SecretString="two")
    wait_for("the new value", 30, lambda: value(there, name) == "two")
    assert value(there, name, VersionStage="AWSPREVIOUS") == "one"
    until(here, name, "InSync")
    assert refusal(there.put_secret_value, SecretId=name, SecretString="x") == ("InvalidParameterException", ON_REPLICA)
    assert refusal(here.delete_secret, SecretId=name)[0] == "InvalidParameterException"
    listed = here.list_secrets(Filters=[{"Key": "primary-region", "Values": [HERE]}])["SecretList"]
    assert name in [secret["Name"] for secret in listed]

    promoted = witness.watch(stack.client("secretsmanager", region_name=THERE)).stop_replication_to_replica(SecretId=name)
    assert promoted["ARN"] == described["ARN"]
    there.put_secret_value(SecretId=name, SecretString="own")
    wait_for("the former primary secret to hear of it", 30,
             lambda: "ReplicationStatus" not in here.describe_secret(SecretId=name))
    here.put_secret_value(SecretId=name, SecretString="three")
    assert value(there, name) == "own"

    overwritten = {"SecretId": name, "AddReplicaRegions": [{"Region": THERE}]}
    here.replicate_secret_to_regions(**overwritten)
    failed = until(here, name, "Failed")
    assert failed["StatusMessage"] == f"Replication failed: Secret name {name} already exists in region {THERE}."
    here.replicate_secret_to_regions(**overwritten, ForceOverwriteReplicaSecret=True)
    until(here, name, "InSync")
    assert value(there, name) == "three"
    removed = here.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=[THERE])
    assert removed == removed | {"ARN": arn, "ReplicationStatus": []}
    wait_for("the replica to be gone", 30, lambda: is_gone(there, name))
    here.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert (witness.not_called(), witness.not_seen(), witness.surplus) == ([], [], set())


def is_gone(client, name):
    try:
        client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        return True
    return False


def test_a_rotation_is_in_both_regions(stack, here, there, name):
    stack.client("iam").create_service_linked_role(AWSServiceName="secretsmanager.amazonaws.com")
    here.create_secret(Name=name, SecretString=json.dumps({"password": "first"}), AddReplicaRegions=[{"Region": THERE}])
    until(here, name, "InSync")
    version = here.rotate_secret(
        SecretId=name, RotationLambdaARN=ROTATED, RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]

    def rotated(client):
        described = client.describe_secret(SecretId=name)
        is_current = "AWSCURRENT" in described["VersionIdsToStages"].get(version, [])
        return is_current and described.get("LastRotatedDate") and described
    mine = wait_for("the rotation", 30, lambda: rotated(here))
    theirs = wait_for("the rotation there", 30, lambda: rotated(there))
    for member in ("RotationEnabled", "RotationLambdaARN", "RotationRules", "LastRotatedDate", "NextRotationDate"):
        assert mine[member] == theirs[member], member
    assert value(here, name) == value(there, name) != json.dumps({"password": "first"})
    assert refusal(there.rotate_secret, SecretId=name) == ("InvalidParameterException", ON_REPLICA)
    there.stop_replication_to_replica(SecretId=name)
    assert "RotationEnabled" not in there.describe_secret(SecretId=name)


def test_the_key_there_decides_for_the_caller(stack, here, there, name):
    iam, kms = stack.client("iam"), stack.client("kms", region_name=THERE)
    user = f"u-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]}))
    made = iam.create_access_key(UserName=user)["AccessKey"]
    client = stack.client("secretsmanager", aws_access_key_id=made["AccessKeyId"],
                          aws_secret_access_key=made["SecretAccessKey"])
    key = kms.create_key()["KeyMetadata"]["Arn"]
    answer = client.create_secret(Name=name, SecretString="one", AddReplicaRegions=[{"Region": THERE, "KmsKeyId": key}])
    failed = answer["ReplicationStatus"][0]
    assert (failed["Status"], failed["StatusMessage"]) == ("Failed", "Replication failed: Access to KMS is not allowed")
    assert is_gone(there, name) and value(client, name) == "one"
    iam.put_user_policy(UserName=user, PolicyName="key", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key,
            "Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{THERE}.amazonaws.com"}}}]}))

    def replicates():
        client.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": THERE, "KmsKeyId": key}])
        return status(here, name)["Status"] != "Failed"
    wait_for("the permission", 30, replicates)
    until(here, name, "InSync")
    assert value(there, name) == "one"


def test_the_aws_cli_replicates(stack, name):
    def aws(*words, expect=0):
        said = stack.aws("secretsmanager", *words, expect=expect)
        return json.loads(said) if said.strip() else None
    aws("create-secret", "--name", name, "--secret-string", "one", "--add-replica-regions", f"Region={THERE}")
    secret = ("--secret-id", name)
    wait_for("the replica", 30, lambda: aws("describe-secret", *secret)["ReplicationStatus"][0]["Status"] == "InSync")
    assert aws("get-secret-value", *secret, "--region", THERE)["SecretString"] == "one"
    aws("remove-regions-from-replication", *secret, "--remove-replica-regions", THERE)
    aws("replicate-secret-to-regions", *secret, "--add-replica-regions", f"Region={THERE}",
        "--force-overwrite-replica-secret")
    wait_for("the replica", 30, lambda: aws("describe-secret", *secret)["ReplicationStatus"][0]["Status"] == "InSync")
    promoted = aws("stop-replication-to-replica", *secret, "--region", THERE)
    assert f":{THERE}:" in promoted["ARN"]


def recorded(stack, region, event_name):
    """The newest records of an event in a Region."""
    found = stack.client("cloudtrail", region_name=region).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event_name}])["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def test_what_regions_tell_each_other_is_recorded(stack, here, name):
    arn = here.create_secret(Name=name, SecretString="one", AddReplicaRegions=[{"Region": THERE}])["ARN"]
    until(here, name, "InSync")
    there = arn.replace(HERE, THERE)

    for event_name, region, about in (
            ("ReplicationStarted", HERE, arn), ("ReplicationSucceeded", HERE, arn), ("CreateReplicaSecret", THERE, there)):
        def found(region=region, event_name=event_name, about=about):
            of_name = recorded(stack, region, event_name)
            return [event for event in of_name if about in [resource["ARN"] for resource in event["resources"]]]
        assert {event["awsRegion"] for event in wait_for(event_name, 30, found)} == {region}


def test_a_replica_outlives_a_restart(stack, name):
    here, there = stack.client("secretsmanager"), stack.client("secretsmanager", region_name=THERE)
    here.create_secret(Name=name, SecretString="one", AddReplicaRegions=[{"Region": THERE}])
    here.put_secret_value(SecretId=name, SecretString="two")
    stack.kill()
    stack.start()
    here, there = stack.client("secretsmanager"), stack.client("secretsmanager", region_name=THERE)
    until(here, name, "InSync")
    assert value(there, name) == "two"
