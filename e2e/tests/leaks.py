"""Secrets that clients send and are sent, and where they are looked for in every form that they could have been written in."""

import base64
import re
import subprocess
import urllib.parse
from pathlib import Path

import plain_http

# What is secret although the models don't say so.
ALSO = {
    "kms": {"CiphertextBlob", "PrivateKeyCiphertextBlob", "CiphertextForRecipient", "ImportToken", "EncryptedKeyMaterial",
            "GrantTokens", "GrantToken", "Mac", "Signature", "KeyStorePassword", "RawSecretAccessKey"},
    "sts": {"SessionToken", "WebIdentityToken", "SAMLAssertion", "EncodedMessage"},
    "iam": {"SecretAccessKey"}, "ssm": set(), "secretsmanager": {"RandomPassword", "SecretString", "SecretBinary"}, "cloudtrail": set(),
}
# (A code of an MFA device is six digits, which cannot be looked for.)
# What the models say is sensitive and is not: a public key, and the id of the key of a store's proxy, which its description has.
PUBLIC = {("kms", "PublicKey"), ("kms", "AccessKeyId")}
# A secret that is shorter could be found by chance.
SHORTEST = 12
NEEDLE = 30


class Secrets:
    """All that were sent, by whoever was watched."""

    def __init__(self):
        self.found = {}
        self.exercised = set()

    def watch(self, client):
        service = client.meta.service_model.service_name
        events, hyphenized = client.meta.events, client.meta.service_model.service_id.hyphenize()

        def sent(params, model, **_):
            self.note(service, model.name, "in", model.input_shape, params)

        def answered(http_response, parsed, model, **_):
            if http_response.status_code == 200:
                self.note(service, model.name, "out", model.output_shape, parsed)
        events.register(f"before-parameter-build.{hyphenized}", sent)
        events.register(f"after-call.{hyphenized}", answered)
        return client

    def note(self, service, operation, way, shape, value):
        for path, secret in self._below(service, shape, value, ()):
            secret = secret.encode() if isinstance(secret, str) else bytes(secret)
            if len(secret) >= SHORTEST:
                self.exercised.add((service, operation, way, path))
                self.found.setdefault(secret, f"{service} {operation} {way} {'.'.join(path)}")

    def _below(self, service, shape, value, path):
        if shape is None or value is None:
            return
        if shape.type_name == "structure" and isinstance(value, dict):
            for name, below in value.items():
                if name in shape.members:
                    member = shape.members[name]
                    if is_secret(service, name, member):
                        for each in below if isinstance(below, list) else [below]:
                            if isinstance(each, (str, bytes, bytearray)):
                                yield (*path, name), each
                    else:
                        yield from self._below(service, member, below, (*path, name))
        elif shape.type_name == "list" and isinstance(value, list):
            for below in value:
                yield from self._below(service, shape.member, below, path)


def is_secret(service, name, member):
    named = name in ALSO[service] or member.metadata.get("sensitive")
    return bool(named) and (service, name) not in PUBLIC


def secret_members(model, operation):
    """The members of an operation that are secret: which way they go, and their paths."""
    described = model.operation_model(operation)
    for way, shape in (("in", described.input_shape), ("out", described.output_shape)):
        yield from ((way, path) for path in _paths(model.service_name, shape, (), ()))


def _paths(service, shape, path, above):
    if shape is None or shape.name in above:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if is_secret(service, name, member):
                yield (*path, name)
            else:
                yield from _paths(service, member, (*path, name), (*above, shape.name))
    elif shape.type_name == "list":
        yield from _paths(service, shape.member, path, (*above, shape.name))


def forms(secret):
    """What parts of a secret look like where they were written: as they are, in Base64 at any place, in hexadecimal,
    for a URL, as a list of numbers."""
    middle = len(secret) // 2
    parts = {secret} if len(secret) <= NEEDLE else {secret[-NEEDLE:], secret[middle - NEEDLE // 2:middle + NEEDLE // 2]}
    for part in parts:
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield ", ".join(str(byte) for byte in part).encode()
        yield urllib.parse.quote(part, safe="").encode()
        for offset in range(3):
            encoded = base64.b64encode(b"\0" * offset + part)
            # The first and the last characters have bits of what is around it.
            core = encoded[(offset * 8 + 5) // 6:len(encoded) - 4]
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))
            yield urllib.parse.quote(core, safe="").encode()


def places(stack, collector, endpoints):
    """All that the stack has written, by name."""
    data = stack.directory / "data"
    yield "its log", stack.log().encode()
    for name, url in endpoints.items():
        status, text = plain_http.get(f"{url}/metrics")
        assert status == 200, name
        yield f"the metrics of {name}", text.encode()
    yield "its traces", b"\n".join(collector.bodies)
    dumped = dump(data)
    yield "the databases", dumped
    yield "the databases' bytes", b"\n".join(
        bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\?x((?:[0-9a-f]{2})+)", dumped))
    for path in data.rglob("*"):
        # Postgres's own files are compressed in part, and so are looked at as a dump; its log isn't.
        if path.is_file() and ("postgres" not in path.relative_to(data).parts or path.suffix == ".log"):
            yield str(path.relative_to(data)), path.read_bytes().rstrip(b"\0")


def dump(data):
    port = Path(data / "postgres/data/postmaster.pid").read_text().splitlines()[3]
    password = (data / "postgres/superuser.password").read_text().strip()
    done = subprocess.run(["pg_dumpall", "-h", "127.0.0.1", "-p", port, "-U", "postgres"], capture_output=True,
                          env={"PATH": "/usr/bin:/bin", "PGPASSWORD": password})
    assert done.returncode == 0, done.stderr
    return done.stdout


def leaks(secrets, places):
    """What was found where it must not be, with what is around it."""
    needles = [(form, name) for secret, name in secrets.items() for form in set(forms(secret)) if len(form) >= SHORTEST]
    for place, text in places:
        for form, name in needles:
            if (at := text.find(form)) >= 0:
                yield name, place, text[max(0, at - 200):at + 20]
