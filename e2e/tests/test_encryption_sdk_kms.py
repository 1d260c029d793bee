"""The Encryption SDK of this repository and AWS's for Python and JavaScript decrypt what each other encrypted, by keys of our
KMS: every suite, frames of many lengths, every kind of keyring. With `make interop` AWS's for Rust as well, and long contents
both ways."""

import functools
import os

import pytest
from audit import events
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from encryption_sdks import PADDINGS, SIGNED, SUITES, THEIRS, THOROUGH, Python, ours
from key_table import ACTIVE, VERSION, KeyTable, Parameters
from stack import Stack, wait_for

HERE, THERE = "us-east-1", "eu-west-1"
ACCOUNT = "000000000000"
CONTEXT = {"purpose": "interop", "größe": "ключ"}
# For frames of a length, plaintexts around it.
LENGTHS = {1: [0, 1, 65], 128: [127, 128, 129], 4096: [0, 4096, 12289], 4099: [4098, 4099, 8199], 1 << 20: [100_000]}
# Those that have keyrings over asymmetric keys of KMS, and over ECC keys.
ASYMMETRIC = [name for name in THEIRS if name != "javascript"]
RSA_ALGORITHMS = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
CURVES = {"P256": ec.SECP256R1(), "P384": ec.SECP384R1(), "P521": ec.SECP521R1()}
STORE, PREFIX = "interop", "/interop/"


@pytest.fixture(scope="module")
def stack():
    running = Stack(regions=f"{HERE},{THERE}")
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def us(stack):
    driver = ours(stack)
    yield driver
    driver.close()


@pytest.fixture(scope="module")
def table():
    """Where they keep branch keys."""
    table = KeyTable()
    yield table
    table.close()


@pytest.fixture(scope="module", params=THEIRS)
def them(request, stack, table):
    driver = THEIRS[request.param](stack, table)
    yield driver
    driver.close()


@pytest.fixture(scope="module", params=ASYMMETRIC)
def asymmetric(request, stack, table):
    driver = THEIRS[request.param](stack, table)
    yield driver
    driver.close()


@pytest.fixture(scope="module")
def python(stack, table):
    return Python(stack, table)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Keys in files."""
    directory = tmp_path_factory.mktemp("keys")
    for bits in (128, 192, 256):
        (directory / f"aes{bits}").write_bytes(os.urandom(bits // 8))
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (directory / "private.pem").write_bytes(pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (directory / "public.pem").write_bytes(pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return directory


@pytest.fixture(scope="module")
def keys(stack):
    """Keys of KMS: one of one Region, and one of both."""
    here, there = (stack.client("kms", region_name=region) for region in (HERE, THERE))
    multi = here.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    here.replicate_key(KeyId=multi, ReplicaRegion=THERE)
    replica = multi.replace(HERE, THERE)
    wait_for("the replica", 10, lambda: there.describe_key(KeyId=replica)["KeyMetadata"]["KeyState"] == "Enabled")
    return {"single": here.create_key()["KeyMetadata"]["Arn"], "multi": multi, "replica": replica}


def aes(files, bits):
    return {"kind": "aes", "namespace": "interop", "name": f"aes{bits}", "file": str(files / f"aes{bits}")}


def raw_rsa(files, padding):
    public, private = str(files / "public.pem"), str(files / "private.pem")
    return {"kind": "rsa", "namespace": "interop", "name": "rsa", "padding": padding, "public_key": public,
            "private_key": private}


def kms(keys, name="single", **more):
    region = THERE if name == "replica" else HERE
    return {"kind": "kms", "key": keys[name], "region": region} | more


def discovery(region=HERE, **more):
    return {"kind": "discovery", "region": region, "account": ACCOUNT} | more


def check(writer, reader, directory, content, to_encrypt, to_decrypt, stream=False, **case):
    plain, sealed, opened = (str(directory / name) for name in ("plain", "sealed", "opened"))
    with open(plain, "wb") as file:
        file.write(content)
    case = {"context": CONTEXT} | case
    encryption = {"do": "encrypt", "input": plain, "output": sealed, "keyrings": to_encrypt, "stream": stream}
    writer.run(encryption | case)
    decryption = {"do": "decrypt", "input": sealed, "output": opened, "keyrings": to_decrypt, "stream": stream}
    reader.run(decryption | {key: case[key] for key in ("suite",) if key in case})
    with open(opened, "rb") as file:
        assert file.read() == content, case


def content(length):
    return (bytes(range(251)) * (length // 251 + 1))[:length]


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_is_read_both_ways_at_every_frame_length(suite, us, them, keys, tmp_path):
    keyrings = [kms(keys)]
    for frame_length, lengths in LENGTHS.items():
        for number, length in enumerate(lengths):
            both = functools.partial(check, directory=tmp_path, content=content(length), to_encrypt=keyrings,
                                     to_decrypt=keyrings, suite=suite, frame_length=frame_length, stream=number % 2 == 1)
            both(us, them)
            if not (them.frame_lengths_are_multiples and frame_length % 128):
                both(them, us)


@pytest.mark.parametrize("suite", SUITES)
def test_content_without_frames_is_read(suite, us, python, keys, tmp_path):
    keyrings = [kms(keys)]
    for number, length in enumerate([0, 1, 4096, 100_001]):
        check(python, us, tmp_path, content(length), keyrings, keyrings, suite=suite, frame_length=0, stream=number % 2 == 1)


def test_every_keyring_of_kms_reads_both_ways(us, them, keys, tmp_path):
    mrk = {"multi_region": True}
    ways = [
        ([kms(keys)], [discovery()]),
        ([kms(keys, "multi", **mrk)], [kms(keys, "replica", **mrk)]),
        ([kms(keys, "replica", **mrk)], [kms(keys, "multi", **mrk)]),
        ([kms(keys, "multi", **mrk)], [discovery(THERE, **mrk)]),
        ([kms(keys), kms(keys, "replica")], [kms(keys, "replica")]),
        ([kms(keys), kms(keys, "replica")], [kms(keys, "multi"), kms(keys)]),
    ]
    for to_encrypt, to_decrypt in ways:
        for writer, reader in ((us, them), (them, us), (us, us)):
            check(writer, reader, tmp_path, b"content", to_encrypt, to_decrypt)


def test_raw_keys_wrap_both_ways_alone_and_beside_keys_of_kms(us, them, keys, files, tmp_path):
    raw = [aes(files, bits) for bits in (128, 192, 256)] + [raw_rsa(files, padding) for padding in PADDINGS]
    for keyring in raw:
        for writer, reader in ((us, them), (them, us)):
            if keyring.get("padding") == "pkcs1" and not reader.decrypts_pkcs1:
                continue
            check(writer, reader, tmp_path, b"content", [keyring], [keyring])
    for keyring in (aes(files, 256), raw_rsa(files, "oaep-sha256")):
        both = [kms(keys), keyring]
        for writer, reader in ((us, them), (them, us)):
            for to_decrypt in ([kms(keys)], [keyring], both):
                check(writer, reader, tmp_path, b"content", both, to_decrypt)


@pytest.mark.parametrize("algorithm", RSA_ALGORITHMS)
def test_rsa_keys_of_kms_wrap_both_ways(algorithm, us, asymmetric, stack, tmp_path):
    client = stack.client("kms")
    key = client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    public = serialization.load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
    file = tmp_path / "public.pem"
    file.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    keyring = {"kind": "kms-rsa", "key": key, "region": HERE, "public_key": str(file), "algorithm": algorithm}
    for suite in (suite for suite in SUITES if suite not in SIGNED):
        for writer, reader in ((us, asymmetric), (asymmetric, us), (us, us)):
            check(writer, reader, tmp_path, b"content", [keyring], [keyring], suite=suite)


@pytest.mark.parametrize("curve", CURVES)
def test_keys_of_kms_agree_both_ways(curve, us, asymmetric, stack, tmp_path):
    client = stack.client("kms")
    sender, recipient = (client.create_key(KeySpec=f"ECC_NIST_{curve}", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["Arn"]
                         for _ in range(2))
    file = tmp_path / "recipient.der"
    file.write_bytes(client.get_public_key(KeyId=recipient)["PublicKey"])
    between = {"kind": "kms-ecdh", "key": sender, "region": HERE, "curve": curve, "recipient": str(file)}
    discovers = {"kind": "kms-ecdh", "key": recipient, "region": HERE, "curve": curve}
    for writer, reader in ((us, asymmetric), (asymmetric, us), (us, us)):
        for keyring in (between, discovers):
            check(writer, reader, tmp_path, b"content", [between], [keyring])


@pytest.mark.parametrize("curve", CURVES)
def test_keys_of_the_caller_agree_both_ways(curve, us, asymmetric, tmp_path):
    private, public = [], []
    for name in ("sender", "recipient"):
        pair = ec.generate_private_key(CURVES[curve])
        private.append(tmp_path / f"{name}.pem")
        private[-1].write_bytes(pair.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        public.append(tmp_path / f"{name}.der")
        public[-1].write_bytes(pair.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    raw = {"kind": "raw-ecdh", "curve": curve}
    static = raw | {"private_key": str(private[0]), "recipient": str(public[1])}
    back = raw | {"private_key": str(private[1]), "recipient": str(public[0])}
    ephemeral, discovers = raw | {"recipient": str(public[1])}, raw | {"private_key": str(private[1])}
    for writer, reader in ((us, asymmetric), (asymmetric, us)):
        for to_encrypt, to_decrypt in ((static, static), (static, back), (static, discovers), (ephemeral, discovers)):
            check(writer, reader, tmp_path, b"content", [to_encrypt], [to_decrypt])


def test_branch_keys_wrap_both_ways_whoever_made_them(us, them, stack, table, tmp_path):
    kms_key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    parameters = Parameters(stack.client("ssm"), PREFIX)
    for maker in (us, them):
        branch_key = f"{'ours' if maker is us else 'theirs'}-{tmp_path.name}"
        keyring = {"kind": "hierarchical", "branch_key": branch_key, "key": kms_key, "region": HERE, "name": STORE,
                   "place": "parameters", "prefix": PREFIX}

        def share():
            """Gives the branch key that one of them has changed to the other."""
            if maker is us:
                for record in parameters.records(branch_key).values():
                    table.put(record)
                return table.records(branch_key)
            parameters.put(table.records(branch_key))
            return parameters.records(branch_key)
        maker.run({"do": "create-branch-key", "keyrings": [keyring], "context": {"tenant": "größe 4711"}})
        first = share()
        for suite in SUITES:
            for writer, reader in ((us, them), (them, us)):
                check(writer, reader, tmp_path, b"content", [keyring], [keyring], suite=suite)
        old = (tmp_path / "sealed").read_bytes()

        maker.run({"do": "version-branch-key", "keyrings": [keyring]})
        second = share()
        assert len([kind for kind in second if kind.startswith(VERSION)]) == 2
        assert second[ACTIVE]["version"] != first[ACTIVE]["version"]
        for writer, reader in ((us, them), (them, us)):
            check(writer, reader, tmp_path, b"content", [keyring], [keyring])
        (tmp_path / "old").write_bytes(old)
        for reader in (us, them):
            case = {"do": "decrypt", "input": str(tmp_path / "old"), "output": str(tmp_path / "opened"), "suite": SUITES[-1]}
            reader.run(case | {"keyrings": [keyring]})
            assert (tmp_path / "opened").read_bytes() == b"content"


@pytest.mark.parametrize("frame_length", [1 << 20, 4096] if THOROUGH else [1 << 20])
def test_a_hundred_megabytes_are_read(frame_length, us, them, keys, tmp_path):
    keyrings = [kms(keys)]
    ways = [(us, them), (them, us)]
    if not THOROUGH:
        ways = ways[:1] if isinstance(them, Python) else ways[1:]
    for writer, reader in ways:
        check(writer, reader, tmp_path, os.urandom(1 << 20) * 100, keyrings, keyrings, frame_length=frame_length, stream=True)


@pytest.mark.parametrize("length", [100 << 20] if THOROUGH else [10 << 20])
def test_long_content_without_frames_is_read(length, us, python, keys, tmp_path):
    keyrings = [kms(keys)]
    for stream in (True, False):
        check(python, us, tmp_path, content(length), keyrings, keyrings, frame_length=0, stream=stream)


def test_ten_thousand_messages_make_the_calls_that_the_bounds_demand(us, stack, tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"twenty bytes of text")
    bounds = [({"max_messages": 1000}, 10), ({"max_bytes": 20 * 400}, 25), ({"max_messages": 5000, "max_bytes": 20 * 2500}, 4)]
    for bound, calls in bounds:
        key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
        keyring = {"kind": "kms", "key": key, "region": HERE}
        done = us.run({"do": "many", "input": str(plain), "output": "", "count": 10_000, "suite": "0x0478",
                       "context": CONTEXT, "keyrings": [keyring]} | bound)
        assert done == {"messages": 10_000}

        def made(name):
            return len([each for each in events(stack, EventName=name) if each["resources"][0]["ARN"] == key])
        wait_for("the calls", 10, lambda: made("Decrypt") >= calls)
        assert (made("GenerateDataKey"), made("Decrypt")) == (calls, calls), bound
