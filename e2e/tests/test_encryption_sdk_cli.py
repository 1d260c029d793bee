"""`keywright encrypt` and `decrypt`, and the AWS Encryption CLI: with the same switches each decrypts what the other encrypted."""

import base64
import json
import os
import subprocess

import pytest
from encryption_sdks import COMMITTING, SDKS, install
from stack import BINARY, Stack

SUITES = {
    "AES_128_GCM_IV12_TAG16": "0x0014",
    "AES_192_GCM_IV12_TAG16": "0x0046",
    "AES_256_GCM_IV12_TAG16": "0x0078",
    "AES_128_GCM_IV12_TAG16_HKDF_SHA256": "0x0114",
    "AES_192_GCM_IV12_TAG16_HKDF_SHA256": "0x0146",
    "AES_256_GCM_IV12_TAG16_HKDF_SHA256": "0x0178",
    "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256": "0x0214",
    "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384": "0x0346",
    "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384": "0x0378",
    "AES_256_GCM_HKDF_SHA512_COMMIT_KEY": "0x0478",
    "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384": "0x0578",
}
LENGTHS = [0, 1, 4095, 4096, 4097, 100_000]
CONTEXT = ["-c", "purpose=interop", "größe=ключ"]
ALLOWS = ["--commitment-policy", "require-encrypt-allow-decrypt"]
FORBIDS = ["--commitment-policy", "forbid-encrypt-allow-decrypt"]


@pytest.fixture(scope="module")
def stack():
    install()
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def key(stack):
    return stack.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    directory = tmp_path_factory.mktemp("plain")
    (directory / "sub").mkdir()
    for length in LENGTHS:
        (directory / "sub" / str(length)).write_bytes(os.urandom(length))
    return directory


@pytest.fixture
def directory(tmp_path):
    def make(name):
        (tmp_path / name).mkdir()
        return tmp_path / name
    return make


def run(program, stack, words, input=b""):
    done = subprocess.run([*program, *map(str, words)], env=stack.environment(), input=input, capture_output=True, timeout=120)
    assert done.returncode == 0, f"{words}: {done.stderr.decode()}"
    return done.stdout


def ours(stack, what, *words, **more):
    return run([BINARY, what], stack, words, **more)


def theirs(stack, what, *words, **more):
    quiet = [] if "--metadata-output" in words else ["-S"]
    return run([SDKS / "cli/bin/aws-encryption-cli"], stack, [f"--{what}", *quiet, *words], **more)


def tree(directory):
    return {file.name: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


@pytest.mark.parametrize("algorithm", SUITES, ids=SUITES.get)
def test_directories_of_every_suite_go_both_ways(algorithm, stack, key, plain, directory):
    policy = [] if SUITES[algorithm] in COMMITTING else FORBIDS
    switches = ["-r", "--suffix", "--no-overwrite", "-w", f"key={key}"]
    encrypt = ["-i", plain, *CONTEXT, "--algorithm", algorithm, *policy, *switches]
    for writer, reader in ((ours, theirs), (theirs, ours)):
        sealed, opened = directory(writer.__name__), directory(f"{reader.__name__}-opened")
        # One data key for all files, where a suite allows it; frames of odd lengths are ours alone.
        frame_length = 4099 if writer is ours else 128
        writer(stack, "encrypt", *encrypt, "-o", sealed, "--frame-length", frame_length, "--caching", "capacity=9", "max_age=60")
        reader(stack, "decrypt", "-i", sealed, "-o", opened, *ALLOWS, *switches, *CONTEXT)
        assert tree(opened) == tree(plain), writer.__name__


def test_streams_and_base64_go_both_ways(stack, key):
    content = os.urandom(50_000)
    account = key.split(":")[4]
    discovery = ["-w", "discovery=true", f"discovery-account={account}", "discovery-partition=aws"]
    stream = ["-i", "-", "-o", "-"]
    for writer, reader in ((ours, theirs), (theirs, ours)):
        text = writer(stack, "encrypt", *stream, "--encode", "-w", f"key={key}", input=content)
        base64.b64decode(text, validate=True)
        assert reader(stack, "decrypt", *stream, "--decode", "--buffer", *discovery, input=text) == content


def test_metadata_has_the_same_members(stack, key, plain, directory, tmp_path):
    lines = {}
    for program in (ours, theirs):
        out, metadata = directory(program.__name__), tmp_path / f"{program.__name__}.jsonl"
        for algorithm, policy in (("AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", []),
                                  ("AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", FORBIDS)):
            program(stack, "encrypt", "-i", plain / "sub/1", "-o", out / algorithm, "-w", f"key={key}", *CONTEXT, *policy,
                    "--algorithm", algorithm, "--metadata-output", metadata)
        lines[program] = [json.loads(line) for line in metadata.read_text().splitlines()]
        assert len(lines[program]) == 2
    for our_line, their_line in zip(lines[ours], lines[theirs]):
        assert shape(our_line) == shape(their_line)
    # What both say of one message.
    message = tmp_path / "theirs" / "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384"
    said = []
    for program in (ours, theirs):
        metadata = tmp_path / f"{program.__name__}-read.jsonl"
        program(stack, "decrypt", "-i", message, "-o", tmp_path / "opened", "-w", f"key={key}", "--metadata-output", metadata)
        said.append(json.loads(metadata.read_text()))
    said[1].pop("header_auth")
    assert said[0] == said[1]


def shape(value):
    """The names of members and the types of values; texts that are the same everywhere stay."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value)
