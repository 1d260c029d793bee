"""Branch keys of the hierarchical keyring in our own services: kept in Parameter Store or Secrets Manager, wrapped by KMS."""

import base64
import json
import threading
from collections import Counter

import pytest
from audit import events
from encryption_sdks import ours
from stack import Stack, wait_for

PLACES = {"parameters": "/branch-keys/", "secrets": "branch-keys/"}
CONTEXT = {"purpose": "test"}
CONTENT = b"content of a tenant"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def us(stack):
    driver = ours(stack)
    yield driver
    driver.close()


@pytest.fixture
def keyring(stack):
    """Of a branch key of its own under a key of its own."""
    def of(place):
        key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
        return {"kind": "hierarchical", "branch_key": f"tenant {key[-12:]}", "key": key, "region": stack.region,
                "name": "tests", "place": place, "prefix": PLACES[place]}
    return of


class Texts:
    """What is kept of one branch key, read and written by boto3."""

    def __init__(self, stack, keyring):
        self.prefix = keyring["prefix"] + keyring["branch_key"].replace(" ", "_20") + "/"
        self.ssm, self.secrets = stack.client("ssm"), stack.client("secretsmanager")
        self.place = keyring["place"]

    def all(self):
        if self.place == "parameters":
            pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=self.prefix, Recursive=True)
            found = [parameter for page in pages for parameter in page["Parameters"]]
            assert {parameter["Type"] for parameter in found} == {"String"}
            return {each["Name"].removeprefix(self.prefix): json.loads(each["Value"]) for each in found}
        pages = self.secrets.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [self.prefix]}])
        names = [secret["Name"] for page in pages for secret in page["SecretList"]]
        return {name.removeprefix(self.prefix): json.loads(self.secrets.get_secret_value(SecretId=name)["SecretString"])
                for name in names}

    def write(self, name, records):
        if self.place == "parameters":
            self.ssm.put_parameter(Name=self.prefix + name, Value=json.dumps(records), Overwrite=True)
        else:
            self.secrets.put_secret_value(SecretId=self.prefix + name, SecretString=json.dumps(records))

    def versions(self):
        return {name.removeprefix("version/") for name in self.all() if name != "active"}

    def active(self):
        (record,) = [record for record in self.all()["active"] if record["type"] == "branch:ACTIVE"]
        return record["version"].removeprefix("branch:version:")


def create(us, keyring):
    us.run({"do": "create-branch-key", "keyrings": [keyring], "context": {"tenant": keyring["branch_key"]}})


def version(us, keyring):
    us.run({"do": "version-branch-key", "keyrings": [keyring]})


def encrypt(us, keyring, directory, name="sealed"):
    (directory / "plain").write_bytes(CONTENT)
    us.run({"do": "encrypt", "keyrings": [keyring], "context": CONTEXT, "input": str(directory / "plain"),
            "output": str(directory / name)})
    return directory / name


def decrypt(us, keyring, sealed):
    opened = sealed.with_name("opened")
    us.run({"do": "decrypt", "keyrings": [keyring], "input": str(sealed), "output": str(opened)})
    assert opened.read_bytes() == CONTENT


def calls(stack, keyring):
    """The calls of KMS about its key, but for those that made it."""
    names = ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "Encrypt", "Decrypt"]
    about = {name: [each for each in events(stack, EventName=name)
                    if keyring["key"] in {resource["ARN"] for resource in each["resources"]}] for name in names}
    return Counter({name: len(found) for name, found in about.items() if found})


@pytest.mark.parametrize("place", PLACES)
def test_branch_keys_are_made_used_and_rotated_with_few_calls_of_kms(place, us, stack, keyring, tmp_path):
    keyring = keyring(place)
    texts = Texts(stack, keyring)
    create(us, keyring)
    first = texts.active()
    assert texts.versions() == {first}
    expected = Counter(GenerateDataKeyWithoutPlaintext=2, ReEncrypt=1)
    wait_for("the calls", 10, lambda: calls(stack, keyring) == expected)
    with pytest.raises(AssertionError, match="exists already"):
        create(us, keyring)

    # Of a thousand messages none calls KMS, but the first that needs the active version, and the first that reads it.
    (tmp_path / "plain").write_bytes(CONTENT)
    expected = calls(stack, keyring) + Counter(Decrypt=2)
    many = {"do": "many", "keyrings": [keyring], "context": CONTEXT, "input": str(tmp_path / "plain"), "count": 1000}
    assert us.run(many) == {"messages": 1000}
    wait_for("the calls", 10, lambda: calls(stack, keyring) == expected)
    old = encrypt(us, keyring, tmp_path, "old")

    version(us, keyring)
    second = texts.active()
    assert texts.versions() == {first, second} and first != second
    new = encrypt(us, keyring, tmp_path, "new")
    assert bytes.fromhex(second.replace("-", "")) in new.read_bytes()
    assert bytes.fromhex(first.replace("-", "")) in old.read_bytes()
    for sealed in (old, new):
        decrypt(us, keyring, sealed)

    # What is kept is of KMS's making, and bound to the branch key, the store and what the caller said.
    (record,) = texts.all()[f"version/{second}"]
    opened = stack.client("kms").decrypt(
        CiphertextBlob=base64.b64decode(record.pop("enc")), KeyId=keyring["key"],
        EncryptionContext=record | {"tablename": "tests"})
    assert len(opened["Plaintext"]) == 32
    assert record["aws-crypto-ec:tenant"] == keyring["branch_key"]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_what_was_kept_is_refused(place, us, stack, keyring, tmp_path):
    keyring, other = keyring(place), keyring(place)
    for each in (keyring, other):
        create(us, each)
    sealed = encrypt(us, keyring, tmp_path)
    texts = Texts(stack, keyring)
    kept, version_name = texts.all(), f"version/{texts.active()}"

    def refused(why, of=keyring):
        for act in (lambda: encrypt(us, of, tmp_path, "refused"), lambda: decrypt(us, of, sealed)):
            with pytest.raises(AssertionError, match=why):
                act()
    # Another key of KMS, another store, another branch key, none at all.
    refused("kms key is not the store's", keyring | {"key": other["key"]})
    refused("InvalidCiphertextException", keyring | {"name": "another"})
    with pytest.raises(AssertionError, match="not found"):
        encrypt(us, keyring | {"branch_key": "nobody"}, tmp_path, "refused")
    with pytest.raises(AssertionError, match="no encrypted data key"):
        decrypt(us, other, sealed)
    with pytest.raises(AssertionError, match="kms key is not the store's"):
        version(us, keyring | {"key": other["key"]})

    def changed(change):
        for name in ("active", version_name):
            records = json.loads(json.dumps(kept[name]))
            for record in records:
                change(record)
            texts.write(name, records)
    # Changed by whoever may write there: KMS tells.
    changed(lambda record: record.update({"aws-crypto-ec:tenant": "somebody else"}))
    refused("InvalidCiphertextException")
    with pytest.raises(AssertionError, match="InvalidCiphertextException"):
        version(us, keyring)
    changed(lambda record: record.update({"branch-key-id": other["branch_key"]}))
    refused("it is another one")
    changed(lambda record: record.update({"kms-arn": other["key"]}))
    refused("kms key is not the store's")
    # The records of another branch key in the place of this one's.
    others = Texts(stack, other).all()
    texts.write("active", others["active"])
    with pytest.raises(AssertionError, match="it is another one"):
        encrypt(us, keyring, tmp_path, "refused")
    changed(lambda record: None)
    decrypt(us, keyring, sealed)

    stack.client("kms").disable_key(KeyId=keyring["key"])
    refused("DisabledException")
    stack.client("kms").enable_key(KeyId=keyring["key"])
    decrypt(us, keyring, sealed)


@pytest.mark.parametrize("place", PLACES)
def test_rotations_at_the_same_time_lose_no_version(place, us, stack, keyring, tmp_path):
    keyring = keyring(place)
    create(us, keyring)
    texts = Texts(stack, keyring)
    made, refused, sealed = Counter(), [], []

    def rotate(number):
        driver = ours(stack)
        for _ in range(5):
            try:
                version(driver, keyring)
                made[number] += 1
            except AssertionError as error:
                refused.append(str(error))
        driver.close()

    def use():
        driver = ours(stack)
        while any(thread.is_alive() for thread in rotating):
            sealed.append(encrypt(driver, keyring, directory, f"sealed{len(sealed)}"))
        driver.close()
    directory = tmp_path / "used"
    directory.mkdir()
    rotating = [threading.Thread(target=rotate, args=(number,)) for number in range(4)]
    using = threading.Thread(target=use)
    for thread in (*rotating, using):
        thread.start()
    for thread in (*rotating, using):
        thread.join()

    # Nobody is refused but for another who was quicker, and each call has kept a version, refused or not.
    assert all("changed in the meantime" in each for each in refused), refused
    assert sum(made.values()) + len(refused) == 20 and made
    versions = texts.versions()
    assert len(versions) == 21 and texts.active() in versions
    # All that was encrypted at any time can be decrypted, by whichever version.
    used = set()
    for each in sealed:
        decrypt(us, keyring, each)
        (found,) = {name for name in versions if bytes.fromhex(name.replace("-", "")) in each.read_bytes()}
        used.add(found)
    assert sealed and used <= versions
    decrypt(us, keyring, encrypt(us, keyring, tmp_path))
