"""CloudTrail's log files and digest files, verified by the AWS CLI."""

import gzip
import json
import os
import re
import subprocess
from collections import Counter

import pytest
from audit import events
from stack import AWS, Stack, wait_for
from trail_bucket import METADATA, TrailBucket

ACCOUNT, REGION, BUCKET = "000000000000", "us-east-1", "keywright-trail"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/keywright"
DIGESTS = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/"
LOGS = f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/"


@pytest.fixture
def trail(tmp_path):
    settings = (f'[trail]\ndirectory = "{tmp_path}/trail"\nbucket = "{BUCKET}"\n'
                'file_interval_seconds = 1\ndigest_interval_seconds = 4\nkey_id = "alias/aws/cloudtrail-digest"\n')
    stack = Stack(settings=settings)
    try:
        yield stack.start(), TrailBucket(tmp_path / "trail", BUCKET)
    finally:
        stack.remove()


def content(bucket, name):
    return json.loads(gzip.decompress((bucket.directory / name).read_bytes()))


def digested(bucket):
    """The names of the log files that digest files tell of, in their order."""
    digests = [name for name in bucket.objects() if name.startswith(DIGESTS)]
    return [file["s3Object"] for digest in digests for file in content(bucket, digest)["logFiles"]]


def until_digested(stack, bucket, marker):
    """Makes an event and waits until it is in a log file that a digest file tells of."""
    stack.client("kms").create_key(Description=marker)

    def there():
        records = (record for name in digested(bucket) for record in content(bucket, name)["Records"])
        return any((record.get("requestParameters") or {}).get("description") == marker for record in records)
    wait_for(f"a digest of {marker}", 60, there)


def validate(stack, bucket):
    """What the AWS CLI says of the files of the last hour: digests and log files, each valid and in all."""
    with bucket:
        environment = os.environ | stack.credentials | {"AWS_ENDPOINT_URL_S3": bucket.url}
        done = subprocess.run(
            [AWS, "cloudtrail", "validate-logs", "--trail-arn", TRAIL, "--s3-bucket", BUCKET, "--verbose",
             "--start-time", "2026-01-01T00:00:00Z"],
            env=environment, capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    counts = [tuple(map(int, found)) for found in re.findall(r"(\d+)/(\d+) (?:digest|log) files valid", said)]
    assert len(counts) == 2, said
    return counts, done.returncode, said


def test_the_aws_cli_finds_all_files_valid_and_each_tampering(trail):
    stack, bucket = trail
    until_digested(stack, bucket, "first")
    until_digested(stack, bucket, "second")
    # A chain goes on through a crash.
    stack.kill()
    stack.start()
    until_digested(stack, bucket, "third")
    stack.stop()
    stack.start()
    (digests, logs), code, said = validate(stack, bucket)
    assert code == 0 and digests[0] == digests[1] >= 3 and logs[0] == logs[1] >= 3, said
    assert "INVALID" not in said and "gap" not in said.lower(), said

    files = digested(bucket)
    victim = bucket.directory / files[1]
    original = victim.read_bytes()
    victim.write_bytes(gzip.compress(gzip.decompress(original).replace(b"Create", b"Delete").replace(b"Sign", b"Sing")))
    _, code, said = validate(stack, bucket)
    assert code == 1 and f"{files[1]}\tINVALID: hash value doesn't match" in said, said
    victim.unlink()
    _, code, said = validate(stack, bucket)
    assert code == 1 and f"{files[1]}\tINVALID: not found" in said, said
    victim.write_bytes(original)

    digest = [name for name in bucket.objects() if name.startswith(DIGESTS)][1]
    path = bucket.directory / digest
    kept = path.read_bytes()
    changed = content(bucket, digest)
    changed["logFiles"] = []
    path.write_bytes(gzip.compress(json.dumps(changed).encode()))
    _, code, said = validate(stack, bucket)
    assert code == 1 and f"{digest}\tINVALID: signature verification failed" in said, said
    path.write_bytes(kept)
    assert validate(stack, bucket)[1] == 0


def test_every_event_is_in_one_file_as_it_was_recorded(trail):
    stack, bucket = trail
    kms = stack.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(50):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    until_digested(stack, bucket, "last")
    logs = [name for name in bucket.objects() if name.startswith(LOGS)]
    records = [record for name in logs for record in content(bucket, name)["Records"]]
    times = Counter(record["eventID"] for record in records)
    assert set(times.values()) == {1}
    found = events(stack, EventName="GenerateDataKey")
    assert len(found) == 50
    by_id = {record["eventID"]: record for record in records}
    assert [by_id[event["eventID"]] for event in found] == found
    assert all(record["recipientAccountId"] == ACCOUNT and record["awsRegion"] == REGION for record in records)
    assert all((bucket.directory / (name + METADATA)).exists() for name in bucket.objects() if name.startswith(DIGESTS))
