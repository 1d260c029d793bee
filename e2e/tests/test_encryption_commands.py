"""`keywright encrypt` and `keywright decrypt`: by keys of a running stack's KMS, and by keys in files."""

import base64
import fcntl
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import termios

import pytest
from audit import events
from stack import BINARY, Stack, wait_for

CONTENT = bytes(range(256)) * 400 + b"the end"


@pytest.fixture(scope="module")
def stack():
    running = Stack(regions="us-east-1,eu-west-1")
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def key(stack):
    return stack.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Words for an AES key in a file, which needs no stack."""
    file = tmp_path_factory.mktemp("raw") / "key.hex"
    file.write_text(os.urandom(32).hex() + "\n")
    return ["-w", "provider=raw-aes", "namespace=tests", "name=a key", f"key={file}"]


def keywright(*words, expect=0, input=b"", environment=None, **options):
    base = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run([BINARY, *map(str, words)], env=environment or base, input=input, capture_output=True, timeout=120,
                          **options)
    assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stderr.decode()}"
    return done


def tree(directory):
    return {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_encrypted_under_a_key_of_kms_and_comes_back(stack, key, tmp_path):
    plain, sealed, opened = tmp_path / "plain", tmp_path / "sealed", tmp_path / "opened"
    plain.write_bytes(CONTENT)
    kms = stack.client("kms")
    alias = f"alias/command-{tmp_path.name}"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    with_stack = {"environment": stack.environment()}
    said = keywright("encrypt", "-i", plain, "-o", sealed, "-w", f"key={alias}", "-c", "purpose=test", "größe=ключ", **with_stack)
    assert said.stdout == b"" and said.stderr == b""
    assert CONTENT[:512] not in sealed.read_bytes() and key.encode() in sealed.read_bytes()
    by_key = ["-w", f"key={key}"]
    account = key.split(":")[4]
    discovered = ["-w", "discovery=true", f"discovery-account={account}", "discovery-partition=aws"]
    for keys in [by_key, discovered, ["-w", "discovery=true"]]:
        keywright("decrypt", "-i", sealed, "-o", opened, *keys, "-c", "purpose=test", "größe", "-q", **with_stack)
        assert opened.read_bytes() == CONTENT and mode(opened) == 0o600
        opened.unlink()
    refused = [
        (["-w", "discovery=true", "discovery-account=999999999999", "discovery-partition=aws"], "no encrypted data key"),
        ([*by_key, "-c", "purpose=other"], "value is not the message's"),
        ([*by_key, "-c", "owner"], "key is missing"),
        ([*by_key, "--max-length", "1024"], "maximum=1024"),
        ([*by_key, "--decrypt-unsigned"], "signed"),
        (["-w", f"key={kms.create_key()['KeyMetadata']['Arn']}"], "no encrypted data key"),
    ]
    for words, reason in refused:
        done = keywright("decrypt", "-i", sealed, "-o", opened, *words, expect=1, **with_stack)
        assert reason in done.stderr.decode(), words
        assert not opened.exists() and sorted(each.name for each in tmp_path.iterdir()) == ["plain", "sealed"]


def test_kms_refuses_whom_it_refuses_and_the_command_says_so(stack, key, tmp_path):
    kms = stack.client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = keywright("encrypt", "-i", "-", "-o", "-", "-w", f"key={other}", input=CONTENT, environment=stack.environment()).stdout
    kms.disable_key(KeyId=other)
    for words in (["encrypt", "-w", f"key={other}"], ["decrypt", "-w", f"key={other}"]):
        done = keywright(*words, "-i", "-", "-o", tmp_path / "out", input=sealed, expect=1, environment=stack.environment())
        assert "DisabledException" in done.stderr.decode() and not (tmp_path / "out").exists()
    # Nobody is asked for each file when nobody answers.
    for name in "abcdefghijklmnopqrstuvwxyz":
        (tmp_path / name).write_bytes(sealed)
    (tmp_path / "opened").mkdir()
    nowhere = stack.environment(AWS_ENDPOINT_URL="http://127.0.0.1:9")
    done = keywright("decrypt", "-i", tmp_path, "-o", tmp_path / "opened", "-r", "-w", f"key={other}", expect=1, environment=nowhere)
    assert b"and the rest was left" in done.stderr and done.stderr.count(b"is not decrypted") < 20
    missing = keywright("encrypt", "-i", "-", "-o", "-", "-w", f"key={key}", expect=1)
    assert "AWS_ENDPOINT_URL is not set" in missing.stderr.decode() and missing.stdout == b""


def test_each_of_several_wrapping_keys_decrypts_also_in_another_region(stack, key, raw, tmp_path):
    kms = stack.client("kms")
    multi = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    kms.replicate_key(KeyId=multi, ReplicaRegion="eu-west-1")
    replica = multi.replace("us-east-1", "eu-west-1")
    there = stack.client("kms", region_name="eu-west-1")
    wait_for("the replica", 10, lambda: there.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "Enabled")
    elsewhere = there.create_key()["KeyMetadata"]["Arn"]
    words = ["-w", f"key={multi}", f"key={key}", *raw, "-w", f"key={elsewhere}"]
    environment = stack.environment()
    sealed = keywright("encrypt", "-i", "-", "-o", "-", *words, input=CONTENT, environment=environment).stdout
    ways = [[f"key={multi}"], [f"key={replica}"], [f"key={key}"], [f"key={elsewhere}"], ["discovery=true", "region=eu-west-1"]]
    for way in ways:
        opened = keywright("decrypt", "-i", "-", "-o", "-", "-w", *way, input=sealed, environment=environment)
        assert opened.stdout == CONTENT, way
    assert keywright("decrypt", "-i", "-", "-o", "-", *raw, input=sealed).stdout == CONTENT
    few = ["--max-encrypted-data-keys", "3"]
    assert b"maximum=3" in keywright("decrypt", "-i", "-", "-o", "-", *raw, *few, input=sealed, expect=1).stderr


def test_files_of_one_command_share_data_keys_within_the_bounds(stack, tmp_path):
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    plain, sealed, opened = tmp_path / "plain", tmp_path / "sealed", tmp_path / "opened"
    for directory in (plain, sealed, opened):
        directory.mkdir()
    for number in range(40):
        (plain / f"{number:02}").write_bytes(b"%d" % number)
    caching = ["--caching", "capacity=10", "max_age=600", "max_messages_encrypted=10", "-q", "-r", "-w", f"key={key}"]
    keywright("encrypt", *caching, "-i", plain, "-o", sealed, "--suffix", environment=stack.environment())
    keywright("decrypt", *caching, "-i", sealed, "-o", opened, "--suffix", environment=stack.environment())
    assert tree(opened) == tree(plain)

    def calls(name):
        return [each for each in events(stack, EventName=name) if each["resources"][0]["ARN"] == key]
    wait_for("the calls", 5, lambda: len(calls("Decrypt")) >= 4)
    assert len(calls("GenerateDataKey")) == 4 and len(calls("Decrypt")) == 4


def test_directories_keep_their_shape_and_no_link_leads_out(raw, tmp_path):
    plain, sealed, opened, outside = (tmp_path / name for name in ("plain", "sealed", "opened", "outside"))
    for directory in (plain, plain / "a/b", sealed, opened, outside):
        directory.mkdir(parents=True)
    (outside / "secret").write_text("of somebody else")
    for number in range(30):
        (plain / "a" / f"{number}.txt").write_bytes(b"%d" % number * number)
    (plain / "a/b/empty").write_bytes(b"")
    (plain / "top line\n\x1b[31m").write_bytes(CONTENT)
    (plain / "link").symlink_to(outside / "secret")
    (plain / "a/way").symlink_to(outside)
    os.mkfifo(plain / "pipe")
    assert b"is a directory: give --recursive" in keywright("encrypt", "-i", plain, "-o", sealed, *raw, expect=1).stderr
    said = keywright("encrypt", "-i", plain, "-o", sealed, "-r", *raw).stderr.decode()
    assert "32 encrypted, 3 skipped, 0 failed" in said and "link is neither a file nor a directory" in said
    assert "\x1b" not in said
    assert set(tree(sealed)) == {f"{name}.encrypted" for name in tree(plain) if "link" not in name and "way" not in name}
    keywright("decrypt", "-i", sealed, "-o", opened, "-R", "-q", *raw)
    expected = {f"{name}.encrypted.decrypted": content for name, content in tree(plain).items()
                if name != "link" and not name.startswith("a/way")}
    assert tree(opened) == expected
    assert all(mode(opened / name) == 0o600 for name in expected) and mode(opened / "a") == 0o700

    # Where an output's directory or the output itself is a link, nothing is written behind it.
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "a").symlink_to(outside)
    (planted / "top line\n\x1b[31m.encrypted.decrypted").symlink_to(outside / "secret")
    keywright("decrypt", "-i", sealed, "-o", planted, "-r", *raw, expect=1)
    assert tree(outside) == {"secret": b"of somebody else"}


def test_a_directory_is_encrypted_in_place_once(raw, tmp_path):
    inner = tmp_path / "sub"
    inner.mkdir()
    for file in (tmp_path / "one", inner / "two"):
        file.write_text(file.name)
    keywright("encrypt", "-i", tmp_path, "-o", tmp_path, "-r", *raw)
    assert set(tree(tmp_path)) == {"one", "one.encrypted", "sub/two", "sub/two.encrypted"}
    # An output directory within the input isn't read.
    out = tmp_path / "out"
    out.mkdir()
    keywright("encrypt", "-i", tmp_path, "-o", out, "-r", *raw)
    assert set(tree(out)) == {f"{name}.encrypted" for name in ("one", "one.encrypted", "sub/two", "sub/two.encrypted")}
    # And what would be written over itself isn't.
    for words in (["-o", tmp_path, "--suffix"], ["-o", tmp_path / "one"]):
        same = keywright("encrypt", "-i", tmp_path / "one", *words, *raw, expect=1)
        assert b"is what is read" in same.stderr and (tmp_path / "one").read_text() == "one"


def test_patterns_and_several_files_go_into_a_directory(raw, tmp_path):
    out = tmp_path / "out"
    for name in ("a.txt", "b.txt", "c.md", "[d].txt"):
        (tmp_path / name).write_text(name)
    out.mkdir()
    keywright("encrypt", "-i", f"{tmp_path}/[ab]*.txt", tmp_path / "[d].txt", "-o", out, *raw)
    assert set(tree(out)) == {"a.txt.encrypted", "b.txt.encrypted", "[d].txt.encrypted"}
    assert b"not found" in keywright("encrypt", "-i", f"{tmp_path}/*.pdf", "-o", out, *raw, expect=1).stderr
    two = ["-i", tmp_path / "a.txt", tmp_path / "c.md"]
    for output in (tmp_path / "file", "-"):
        assert b"must be a directory" in keywright("encrypt", *two, "-o", output, *raw, expect=1).stderr
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("of the same name")
    twice = keywright("encrypt", "-i", tmp_path / "a.txt", other / "a.txt", "-o", out, *raw, expect=3).stderr
    assert b"would be written for two inputs" in twice


def test_a_refused_message_leaves_nothing_behind_and_the_others_are_decrypted(raw, tmp_path):
    plain, sealed, opened = tmp_path / "plain", tmp_path / "sealed", tmp_path / "opened"
    for directory in (plain, sealed, opened):
        directory.mkdir()
    for name in "abcd":
        (plain / name).write_bytes(CONTENT)
    keywright("encrypt", "-i", plain, "-o", sealed, "-r", "--suffix", "-q", *raw)
    message = (sealed / "a").read_bytes()
    (sealed / "a").write_bytes(message[:-1])
    (sealed / "b").write_bytes(message[:50_000] + bytes([message[50_000] ^ 1]) + message[50_001:])
    (sealed / "c").write_bytes(message + b"x")
    (opened / "b").write_text("was there")
    done = keywright("decrypt", "-i", sealed, "-o", opened, "-r", "--suffix", *raw, expect=3).stderr.decode()
    assert "1 decrypted, 0 skipped, 3 failed" in done
    assert all(part in done for part in ("truncated", "does not authenticate", "data follows the end"))
    assert tree(opened) == {"b": b"was there", "d": CONTENT}
    for name in "abc":
        out = tmp_path / "out"
        keywright("decrypt", "-i", sealed / name, "-o", out, *raw, expect=1)
        assert not out.exists()
        buffered = keywright("decrypt", "-i", sealed / name, "-o", "-", "--buffer", *raw, expect=1)
        assert buffered.stdout == b""
        streamed = keywright("decrypt", "-i", sealed / name, "-o", "-", *raw, expect=1).stdout
        # What follows the end of a message is seen when all of it is out.
        assert CONTENT.startswith(streamed) and (len(streamed) < len(CONTENT) or name == "c")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_stopped_leaves_nothing_behind(raw, tmp_path, stop):
    sealed = keywright("encrypt", "-i", "-", "-o", "-", *raw, input=CONTENT).stdout
    words = [BINARY, "decrypt", "-i", "-", "-o", str(tmp_path / "out"), *raw]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env={}) as running:
        running.stdin.write(sealed[:-200])
        running.stdin.flush()
        # It waits for the end, and has taken all that is before it.
        wait_for("all to be read", 10, lambda: unread(running.stdin) == 0)
        running.send_signal(stop)
        assert running.wait(timeout=10) == (130 if stop != signal.SIGKILL else -signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


def unread(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_files_that_are_there_are_replaced_kept_or_asked_about(raw, tmp_path):
    sealed, out = tmp_path / "sealed", tmp_path / "out"
    sealed.write_bytes(keywright("encrypt", "-i", "-", "-o", "-", *raw, input=b"new").stdout)
    decrypt = ["decrypt", "-i", sealed, "-o", out, *raw]
    out.write_text("old")
    out.chmod(0o640)
    kept = keywright(*decrypt, "--no-overwrite")
    assert out.read_text() == "old" and b"is there already, and stays" in kept.stderr
    assert keywright(*decrypt, "--interactive", input=b"n\n").stderr.startswith(b"keywright: overwrite ")
    keywright(*decrypt, "--interactive", input=b"")
    assert out.read_text() == "old"
    keywright(*decrypt, "--interactive", input=b"yes\n")
    assert out.read_text() == "new" and mode(out) == 0o640
    out.write_text("old")
    assert b"is there already, and is replaced" in keywright(*decrypt).stderr
    assert out.read_text() == "new"
    assert keywright(*decrypt, "--quiet").stderr == b""
    out.unlink()
    out.symlink_to(tmp_path / "elsewhere")
    assert b"links are not followed" in keywright(*decrypt, expect=1).stderr
    assert not (tmp_path / "elsewhere").exists()


def test_base64_goes_in_and_out_with_or_without_lines(raw):
    text = keywright("encrypt", "-i", "-", "-o", "-", "--encode", *raw, input=CONTENT).stdout
    assert base64.b64decode(text, validate=True)[0] == 2 and b"\n" not in text
    lines = b"\n".join(text[at:at + 76] for at in range(0, len(text), 76)) + b"\n"
    for sealed in (text, lines):
        assert keywright("decrypt", "-i", "-", "-o", "-", "--decode", *raw, input=sealed).stdout == CONTENT
    both = keywright("decrypt", "-i", "-", "-o", "-", "--decode", "--encode", "--buffer", *raw, input=lines).stdout
    assert base64.b64decode(both, validate=True) == CONTENT
    assert b"base64" in keywright("decrypt", "-i", "-", "-o", "-", *raw, input=text, expect=1).stderr
    done = keywright("decrypt", "-i", "-", "-o", "-", "--decode", *raw, input=text[:400] + b"*" + text[400:], expect=1)
    assert done.stdout == b""


def test_metadata_tells_of_each_message_what_its_header_says(raw, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    out, lines = tmp_path / "out", tmp_path / "lines"
    out.mkdir()
    metadata = ["--metadata-output", lines]
    for name in ("one", "two"):
        keywright("encrypt", "-i", tmp_path / name, "-o", out, *metadata, "-c", "a=b", *raw)
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [each["input"] for each in said] == [str(tmp_path / "one"), str(tmp_path / "two")]
    assert said[0]["mode"] == "encrypt" and said[0]["output"] == str(out / "one.encrypted")
    header = said[0]["header"]
    assert header["algorithm"] == "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384" and header["version"] == "2.0"
    assert header["encryption_context"]["a"] == "b" and header["frame_length"] == 4096
    assert base64.b64decode(header["encrypted_data_keys"][0]["key_provider"]["provider_id"]) == b"tests"
    keywright("decrypt", "-i", out / "one.encrypted", "-o", "-", *metadata, "--overwrite-metadata", *raw)
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(said) == 1 and said[0]["mode"] == "decrypt" and said[0]["output"] == "<stdout>"
    assert said[0]["header"] == header
    shown = keywright("decrypt", "-i", out / "one.encrypted", "-o", tmp_path / "opened", "--metadata-output", "-", *raw).stdout
    assert json.loads(shown)["header"] == header
    for place, output in ((out / "x", out), (tmp_path / "one", out), ("-", "-")):
        done = keywright("encrypt", "-i", tmp_path / "one", "-o", output, "--metadata-output", place, *raw, expect=1)
        assert b"--metadata-output" in done.stderr
    assert (tmp_path / "one").read_text() == "one"


def test_suites_policies_and_required_pairs_are_heeded(raw):
    def encrypt(*words, expect=0):
        return keywright("encrypt", "-i", "-", "-o", "-", *words, *raw, input=CONTENT, expect=expect)

    def decrypt(sealed, *words, expect=0):
        return keywright("decrypt", "-i", "-", "-o", "-", *words, *raw, input=sealed, expect=expect)
    old = "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384"
    assert b"commitment policy" in encrypt("--algorithm", old, expect=1).stderr
    forbids, allows = "forbid-encrypt-allow-decrypt", "require-encrypt-allow-decrypt"
    sealed = encrypt("--algorithm", old, "--commitment-policy", forbids).stdout
    assert decrypt(sealed, expect=1).stdout == b""
    assert decrypt(sealed, "--commitment-policy", allows).stdout == CONTENT
    unsigned = encrypt("--algorithm", "0x0478", "--frame-length", "7").stdout
    assert decrypt(unsigned, "--decrypt-unsigned", "--max-length", "7").stdout == CONTENT
    hidden = encrypt("-c", "tenant=4711", "a=b", "--required-encryption-context-keys", "tenant").stdout
    assert b"4711" not in hidden
    assert decrypt(hidden, expect=1).stdout == b""
    assert decrypt(hidden, "-c", "tenant=4711", "--required-encryption-context-keys", "tenant").stdout == CONTENT
    assert b"aws-crypto-" in encrypt("-c", "aws-crypto-public-key=x", expect=1).stderr
    for words in (["--caching", "capacity=1"], ["--frame-length", "0"], ["--algorithm", "AES"]):
        done = keywright("encrypt", "-i", "-", "-o", "-", *words, *raw, expect=1 if "--caching" in words else 2)
        assert words[0].encode() in done.stderr


def test_a_terminal_shows_how_far_it_is(raw, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(os.urandom(1 << 20) * 4)
    leader, follower = pty.openpty()
    words = [BINARY, "encrypt", "-i", str(big), "-o", str(tmp_path / "out"), *raw]
    with subprocess.Popen(words, env={"TERM": "xterm", "COLUMNS": "120"}, stderr=follower) as running:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert running.wait(timeout=60) == 0
    os.close(leader)
    assert b"reading [" in shown and b"MiB" in shown
