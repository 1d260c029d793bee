"""The transparency log of a running stack: checked by the command, and its proofs by Go's own checksum database code."""

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import plain_http
from stack import BINARY, Stack, wait_for

ROOT = Path(__file__).parents[2]
# A key whose other half signs nothing here.
OTHER_WITNESS = "other.example+cb20e2dd+BBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh"


@pytest.fixture(scope="module")
def auditproof():
    built = ROOT / "target/tools/bin/auditproof"
    if shutil.which("go") is None and not built.exists():
        pytest.skip("no Go to build auditproof with")
    done = subprocess.run([ROOT / "scripts/go-tools.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return built


def audit(stack, *words, expect=0):
    """Runs `keywright audit`; what it says."""
    done = subprocess.run([BINARY, "audit", *map(str, words)], env=stack.environment(), capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if expect == 0 else done.stdout + done.stderr


def log_file(stack, path):
    """A file of the log, fetched without a signature through the front; none where it isn't there."""
    status, body = plain_http.get(f"{stack.endpoint}/log/{path}")
    assert status in (200, 404), (status, body)
    return body if status == 200 else None


def signed_size(stack):
    checkpoint = log_file(stack, "checkpoint")
    return int(checkpoint.split("\n")[1]) if checkpoint else 0


def verified_key(output):
    return next(line.removeprefix("key: ") for line in output.splitlines() if line.startswith("key: "))


def event_of(stack, answer):
    request = answer["ResponseMetadata"]["RequestId"]
    def found():
        pages = stack.client("cloudtrail").lookup_events(LookupAttributes=[
            {"AttributeKey": "EventName", "AttributeValue": "CreateKey"}])["Events"]
        return [event for event in pages if json.loads(event["CloudTrailEvent"]).get("requestID") == request]
    return wait_for("the event", 10, found)[0]


def proven(stack, event_id, path):
    """Writes the proof of an event, once a checkpoint covers it."""
    def attempt():
        done = subprocess.run([BINARY, "audit", "prove", "--event-id", event_id, "--out", str(path)],
                              env=stack.environment(), capture_output=True, text=True, timeout=60)
        return done.returncode == 0 or (None if "NotSigned" in done.stderr or "EventNotFound" in done.stderr
                                        else pytest.fail(done.stderr))
    wait_for("the proof", 30, attempt)


def test_go_verifies_a_record_a_consistency_and_the_signature(stack, auditproof, tmp_path):
    event = event_of(stack, stack.client("kms").create_key(Description="proven"))
    proof = tmp_path / "event.proof"
    proven(stack, event["EventId"], proof)
    old = tmp_path / "old.checkpoint"
    output = audit(stack, "verify", "--keep", old)
    assert "nothing was changed, removed, added or moved" in output
    key = verified_key(output)
    record = subprocess.run([auditproof, "event", key, proof], capture_output=True, text=True, check=True).stdout
    assert record.strip() == event["CloudTrailEvent"]
    # The key is KMS's, and not only the log's word.
    spki = stack.client("kms").get_public_key(KeyId="alias/aws/cloudtrail")["PublicKey"]
    assert base64.b64decode(key.split("+", 2)[2])[1:] == spki[-32:]

    size = int(old.read_text().split("\n")[1])
    stack.client("kms").create_key(Description="later")
    wait_for("a later checkpoint", 30, lambda: signed_size(stack) > size)
    consistency = tmp_path / "consistency.proof"
    audit(stack, "prove", "--consistency", size, "--out", consistency)
    said = subprocess.run([auditproof, "consistency", key, old, consistency], capture_output=True, text=True, check=True)
    assert f"begin with the {size} of before" in said.stdout
    assert "nothing was changed" in audit(stack, "verify", "--since", old)

    # What isn't the record, or not signed, doesn't verify.
    changed = proof.read_text().split("\n")
    changed[1] = "extra " + base64.b64encode(event["CloudTrailEvent"].replace("proven", "forged").encode()).decode()
    (tmp_path / "forged.proof").write_text("\n".join(changed))
    (tmp_path / "other.proof").write_text(proof.read_text().replace("keywright/audit/", "keywright/other/"))
    for name in ["forged.proof", "other.proof"]:
        refused = subprocess.run([auditproof, "event", key, tmp_path / name], capture_output=True, text=True)
        assert refused.returncode == 1, (name, refused.stdout)


def test_an_export_is_checked_offline_and_brought_up_to_date(stack, tmp_path):
    wait_for("a checkpoint", 30, lambda: signed_size(stack) > 0)
    directory = tmp_path / "log"
    audit(stack, "export", directory)
    key = verified_key(audit(stack, "verify"))
    assert "nothing was changed" in audit(stack, "verify", "--directory", directory, "--key", key)
    size = signed_size(stack)
    stack.client("kms").create_key(Description="after the export")
    wait_for("a later checkpoint", 30, lambda: signed_size(stack) > size)
    audit(stack, "export", directory)
    assert "nothing was changed" in audit(stack, "verify", "--directory", directory, "--key", key)
    bundles = [path for path in (directory / "tile/entries").rglob("*") if path.is_file()]
    for bundle in bundles:
        content = bundle.read_bytes()
        bundle.write_bytes(content.replace(b"CreateKey", b"DeleteKey"))
    assert "the record was changed" in audit(
        stack, "verify", "--directory", directory, "--key", key, expect=1)


def test_a_witness_in_go_cosigns_what_is_published(auditproof, tmp_path):
    """Not one of those that run on the Internet, but a small one of ours, on Go's own code for trees and notes."""
    key_file = tmp_path / "log.vkey"
    witness = subprocess.Popen([auditproof, "witness", "witness.example", key_file], stdout=subprocess.PIPE, text=True)
    url, witness_key = witness.stdout.readline().split()
    stack = Stack(settings=f"""
        [transparency_log]
        interval_seconds = 1
        witnesses_required = 1
        [[transparency_log.witnesses]]
        url = "{url}"
        key = "{witness_key}"
        """)
    try:
        stack.start()
        public = wait_for("the key of the log", 30, lambda: log_key(stack))
        # Nothing is published before the witness knows the log.
        assert signed_size(stack) == 0
        key_file.write_text(public)
        wait_for("a checkpoint", 30, lambda: signed_size(stack) > 0)
        size = signed_size(stack)
        stack.client("kms").create_key()
        wait_for("a later checkpoint", 30, lambda: signed_size(stack) > size)
        output = audit(stack, "verify", "--key", public, "--witness", witness_key)
        assert "nothing was changed" in output
        missing = audit(stack, "verify", "--key", public, "--witness", OTHER_WITNESS, expect=1)
        assert "a witness has not signed the checkpoint" in missing
    finally:
        stack.remove()
        witness.kill()
        witness.wait()


def log_key(stack):
    """The log's key as a note's verifier has it, made of what KMS tells; none before the audit service has asked for it."""
    kms = stack.client("kms")
    try:
        spki = kms.get_public_key(KeyId="alias/aws/cloudtrail")["PublicKey"]
    except kms.exceptions.NotFoundException:
        return None
    name, key = "keywright/audit/000000000000", b"\x01" + spki[-32:]
    digest = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return f"{name}+{digest}+{base64.b64encode(key).decode()}"
