"""An external key store: boto3 in front of KMS, an independent proxy behind it, and what happens when the proxy is away,
slow or lies."""

import base64
import json
import threading

import pytest
from audit import event_of_request, events, request_id
from kms_scenarios import code_of
from stack import Stack, wait_for
from xks_proxy import ACCESS_KEY_ID, HOST, PATH, XksProxy

SECRET = b"what the proxy must not see"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    serving = XksProxy(tmp_path_factory.mktemp("xks"))
    yield serving
    serving.stop()


@pytest.fixture(scope="module")
def xks_stack(proxy):
    running = Stack(settings=proxy.settings())
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def kms(xks_stack):
    return xks_stack.client("kms")


@pytest.fixture(scope="module")
def store(kms, proxy):
    store = kms.create_custom_key_store(**proxy.store())["CustomKeyStoreId"]
    connect(kms, store)
    return store


@pytest.fixture
def key(kms, proxy, store):
    """A key of the store, which works again when a test is over."""
    created = new_key(kms, proxy, store)
    yield created
    proxy.behave = None


def connect(kms, store):
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    wait_for("the connection", 10, lambda: connection_state(kms, store) == "CONNECTED")


def connection_state(kms, store):
    return kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]["ConnectionState"]


def new_key(kms, proxy, store):
    created = kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=proxy.new_key())
    return created["KeyMetadata"]["KeyId"]


def key_state(kms, key):
    return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def test_a_store_is_described_without_its_secret(kms, proxy, store):
    described = kms.describe_custom_key_stores(CustomKeyStoreName="hold-your-own")["CustomKeyStores"][0]
    assert described["CustomKeyStoreType"] == "EXTERNAL_KEY_STORE" and described["CustomKeyStoreId"] == store
    assert described["XksProxyConfiguration"] == {
        "Connectivity": "PUBLIC_ENDPOINT", "AccessKeyId": ACCESS_KEY_ID, "UriEndpoint": f"https://{HOST}",
        "UriPath": PATH}
    assert proxy.secret not in str(described)


def test_a_key_behind_the_proxy_encrypts_and_decrypts(xks_stack, kms, proxy, key):
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["Origin"] == "EXTERNAL_KEY_STORE" and metadata["KeyState"] == "Enabled"
    context = {"app": "demo"}
    sealed = kms.encrypt(KeyId=key, Plaintext=SECRET, EncryptionContext=context)
    blob = sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert opened["Plaintext"] == SECRET
    assert code_of(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"app": "other"}) == "KMSInvalidStateException"
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    assert code_of(kms.generate_data_key_pair, KeyId=key, KeyPairSpec="ECC_NIST_P256") \
        == "UnsupportedOperationException"
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=own)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == SECRET

    first = proxy.asked(f"/keys/{metadata['XksKeyConfiguration']['Id']}/encrypt")[0]
    assert first["requestMetadata"]["kmsOperation"] == "Encrypt"
    assert first["requestMetadata"]["kmsKeyArn"] == metadata["Arn"]
    assert first["requestMetadata"]["awsPrincipalArn"].startswith("arn:aws:")
    for asked in proxy.asked("/encrypt") + proxy.asked("/decrypt"):
        for name in ("plaintext", "ciphertext"):
            assert SECRET not in base64.b64decode(asked.get(name, ""))
    for answer, name in ((sealed, "Encrypt"), (opened, "Decrypt")):
        event = event_of_request(xks_stack, name, request_id(answer))
        assert event["resources"][0]["ARN"] == metadata["Arn"]
        assert SECRET.decode() not in json.dumps(event) and base64.b64encode(SECRET).decode() not in json.dumps(event)


def test_the_records_and_the_log_have_no_secret(xks_stack, kms, proxy, store):
    credential = {"AccessKeyId": ACCESS_KEY_ID, "RawSecretAccessKey": proxy.secret}
    kms.update_custom_key_store(CustomKeyStoreId=store, XksProxyAuthenticationCredential=credential)
    for name in ("CreateCustomKeyStore", "UpdateCustomKeyStore", "ConnectCustomKeyStore"):
        found = wait_for(f"the event of {name}", 5, lambda name=name: events(xks_stack, EventName=name))
        assert store in json.dumps(found)
        assert proxy.secret not in json.dumps(found)
    assert proxy.secret not in xks_stack.log()


def test_a_wrong_credential_is_refused_and_changes_nothing(kms, proxy, store, key):
    wrong = {"AccessKeyId": ACCESS_KEY_ID, "RawSecretAccessKey": "w" * 43}
    assert code_of(kms.update_custom_key_store, CustomKeyStoreId=store, XksProxyAuthenticationCredential=wrong) \
        == "XksProxyIncorrectAuthenticationCredentialException"
    other = proxy.store("other") | {"XksProxyUriPath": "/elsewhere/kms/xks/v1"}
    assert code_of(kms.create_custom_key_store, **other) == "XksProxyInvalidConfigurationException"
    other["XksProxyUriEndpoint"] = "https://nowhere.invalid"
    assert code_of(kms.create_custom_key_store, **other) == "XksProxyUriUnreachableException"
    assert code_of(kms.create_key, Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="none") \
        == "XksKeyNotFoundException"
    kms.encrypt(KeyId=key, Plaintext=SECRET)


def test_keys_of_a_disconnected_store_are_unavailable(kms, proxy, store, key):
    blob = kms.encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    assert connection_state(kms, store) == "DISCONNECTED"
    assert key_state(kms, key) == "Unavailable"
    asked = len(proxy.requests)
    assert code_of(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert code_of(kms.generate_data_key, KeyId=key, KeySpec="AES_256") == "KMSInvalidStateException"
    assert code_of(kms.create_key, Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId="new") \
        == "CustomKeyStoreInvalidStateException"
    assert code_of(kms.delete_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreHasCMKsException"
    assert len(proxy.requests) == asked
    connect(kms, store)
    assert key_state(kms, key) == "Enabled"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == SECRET


def test_a_proxy_that_is_away_makes_its_own_keys_fail_and_nothing_else(kms, proxy, store, key):
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    proxy.stop()
    try:
        assert code_of(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
        assert code_of(kms.encrypt, KeyId=key, Plaintext=SECRET) == "KMSInvalidStateException"
        assert code_of(kms.update_custom_key_store, CustomKeyStoreId=store, XksProxyUriPath=PATH) \
            == "XksProxyUriUnreachableException"
        sealed = kms.encrypt(KeyId=own, Plaintext=SECRET)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == SECRET
        # It isn't disconnected: nobody meant it to be.
        assert key_state(kms, key) == "Enabled"
    finally:
        proxy.released.clear()
        proxy.start()
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == SECRET


def test_a_proxy_that_hangs_holds_up_no_other_key(kms, proxy, key):
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=own, Plaintext=SECRET)
    before = len(proxy.requests)

    def hangs(_path, status, answer):
        proxy.wait(60)
        return status, json.dumps(answer).encode()
    proxy.behave = hangs
    codes = []
    waiting = [threading.Thread(target=lambda: codes.append(code_of(kms.encrypt, KeyId=key, Plaintext=SECRET)))
               for _ in range(4)]
    for thread in waiting:
        thread.start()
    wait_for("the requests that hang", 2, lambda: len(proxy.requests) >= before + len(waiting))
    for _ in range(10):
        kms.encrypt(KeyId=own, Plaintext=SECRET)
    assert codes == [], "the other key had to wait"
    for thread in waiting:
        thread.join(30)
    assert codes == ["KMSInvalidStateException"] * len(waiting)
    proxy.behave = None
    proxy.released.set()
    kms.encrypt(KeyId=key, Plaintext=SECRET)
    proxy.released.clear()


def changed(**members):
    """A right answer but for these members; without those that are None."""
    def behave(_path, status, answer):
        return status, json.dumps({name: value for name, value in (answer | members).items() if value is not None}).encode()
    return behave


def answers(status, body):
    return lambda *_: (status, body)


def of_length(length):
    return base64.b64encode(b"x" * length).decode()


LIES = {
    "a wrong integrity value": ("encrypt", changed(ciphertextDataIntegrityValue=of_length(32))),
    "no integrity value": ("encrypt", changed(ciphertextDataIntegrityValue=None)),
    "another ciphertext": ("encrypt", changed(ciphertext=of_length(49))),
    "no base64": ("encrypt", changed(ciphertext="%%%")),
    "a long nonce": ("encrypt", changed(initializationVector=of_length(13))),
    "a short tag": ("encrypt", changed(authenticationTag=of_length(15))),
    "much metadata": ("encrypt", changed(ciphertextMetadata=of_length(21))),
    "another plaintext": ("decrypt", changed(plaintext=of_length(49))),
    "no plaintext": ("decrypt", changed(plaintext=None)),
    "a number": ("decrypt", changed(plaintext=7)),
    "garbage": ("encrypt", answers(200, b"no json")),
    "nothing": ("decrypt", answers(200, b"")),
    "deep nesting": ("encrypt", answers(200, b"[" * 30_000)),
    "a huge body": ("decrypt", answers(200, b'{"plaintext":"' + b"x" * 20_000_000 + b'"}')),
    "a page": ("encrypt", answers(502, b"<html>")),
    "another place": ("encrypt", answers(302, b"")),
    "an unknown error": ("decrypt", answers(400, b'{"errorName":"NoSuchException"}')),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_lying_proxy_answers_is_not_used(kms, proxy, key, lie):
    blob = kms.encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    call, proxy.behave = LIES[lie]
    asked = {"KeyId": key, "Plaintext": SECRET} if call == "encrypt" else {"CiphertextBlob": blob}
    assert code_of(getattr(kms, call), **asked) == "KMSInvalidStateException"
    proxy.behave = None
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == SECRET


def test_a_store_is_one_for_each_address_and_is_deleted_without_keys(kms, proxy, store):
    again = proxy.store("other") | {"XksProxyUriEndpoint": f"https://{HOST.upper()}"}
    assert code_of(kms.create_custom_key_store, **again) == "XksProxyUriInUseException"
    assert code_of(kms.create_custom_key_store, **proxy.store(tenant=2)) == "CustomKeyStoreNameInUseException"
    other = kms.create_custom_key_store(**proxy.store("other", tenant=2))["CustomKeyStoreId"]
    kms.delete_custom_key_store(CustomKeyStoreId=other)
    assert code_of(kms.delete_custom_key_store, CustomKeyStoreId=other) == "CustomKeyStoreNotFoundException"
    assert connection_state(kms, store) == "CONNECTED"
