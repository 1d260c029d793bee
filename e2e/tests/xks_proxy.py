"""A small external key store proxy, written from the published API alone: over TLS, under an authority of its own, with
each signature checked by botocore's code, and with faults on demand.

<https://github.com/aws/aws-kms-xksproxy-api-spec>
"""

import base64
import datetime
import hashlib
import http.server
import json
import os
import re
import socket
import ssl
import threading
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HOST = "xks.example.com"
PATH = "/tenant-1/kms/xks/v1"
PATHS = r"/tenant-\d/kms/xks/v1"
ACCESS_KEY_ID = "ABCDEFGHIJKLMNOPQRST"
METADATA = b"version=1"


class XksProxy:
    """Serves from when it is made. `behave` may be set to a function of a request's path, the answer's status and its
    members, which gives the status and the body that are sent instead; it may take its time in a `wait`."""

    def __init__(self, directory):
        self.secret = base64.b64encode(os.urandom(36)).decode()
        self.keys = {}
        self.requests = []
        self.behave = None
        self.released = threading.Event()
        self._connections = set()
        self._lock = threading.Lock()
        self.ca_file = directory / "xks-ca.pem"
        self._tls = _tls(directory, self.ca_file)
        self._port = 0
        self._server = None
        self.start()

    def start(self):
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._port = self._server.server_address[1]
        self._server.socket = self._tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self):
        """Ends the connections, too."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # The client has ended it.

    def settings(self):
        """What the configuration file of KMS says, so that it reaches this proxy."""
        return (f'[external_key_stores]\nca_file = "{self.ca_file}"\ntime_limit_ms = 3000\nattempts = 1\n\n'
                f'[external_key_stores.resolve]\n"{HOST}" = "127.0.0.1:{self._port}"\n')

    def store(self, name="hold-your-own", tenant=1):
        """What CreateCustomKeyStore is given."""
        return {
            "CustomKeyStoreName": name, "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": f"https://{HOST}",
            "XksProxyUriPath": f"/tenant-{tenant}/kms/xks/v1",
            "XksProxyAuthenticationCredential": {
                "AccessKeyId": ACCESS_KEY_ID, "RawSecretAccessKey": self.secret,
            },
        }

    def new_key(self):
        """An external key; its id."""
        name = f"key-{len(self.keys)}"
        self.keys[name] = AESGCM(AESGCM.generate_key(256))
        return name

    def asked(self, end):
        """The bodies of all requests to paths that end so."""
        return [body for path, body in self.requests if path.endswith(end)]

    def wait(self, seconds):
        """For `behave`: a while, or until the proxy is stopped or released."""
        self.released.wait(seconds)

    def answer(self, headers, path, body):
        if not self._is_signed(headers, path, body):
            return _error(401, "AuthenticationFailedException")
        asked = json.loads(body)
        self.requests.append((path, asked))
        found = re.fullmatch(PATHS + r"/(health|keys/([^/]+)/(metadata|encrypt|decrypt))", path)
        if not found:
            return _error(404, "InvalidUriPathException")
        if found[1] == "health":
            return 200, {
                "xksProxyFleetSize": 1, "xksProxyVendor": "tests", "xksProxyModel": "tests 1.0", "ekmVendor": "tests",
                "ekmFleetDetails": [{"id": "hsm-1", "model": "tests", "healthStatus": "ACTIVE"}],
            }
        if found[2] not in self.keys:
            return _error(404, "KeyNotFoundException")
        return {"metadata": _metadata, "encrypt": _encrypt, "decrypt": _decrypt}[found[3]](self.keys[found[2]], asked)

    def _is_signed(self, headers, path, body):
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/kms-xks-proxy/aws4_request, ?"
                             r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not found or found[1] != ACCESS_KEY_ID or headers.get("host") != HOST:
            return False
        signed = found[4].split(";")
        if not {"host", "x-amz-date"} <= set(signed) or not headers["x-amz-date"].startswith(found[2]):
            return False
        request = AWSRequest("POST", f"https://{HOST}{path}", data=body,
                             headers={name: headers[name] for name in signed})
        request.context["timestamp"] = headers["x-amz-date"]
        auth = SigV4Auth(Credentials(ACCESS_KEY_ID, self.secret), "kms-xks-proxy", found[3])
        to_sign = auth.string_to_sign(request, auth.canonical_request(request))
        return auth.signature(to_sign, request) == found[5]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A client may end a connection at any time."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        with self.proxy._lock:
            self.proxy._connections.add(self.request)
        super().setup()

    def finish(self):
        super().finish()
        with self.proxy._lock:
            self.proxy._connections.discard(self.request)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = urllib.parse.urlsplit(self.path).path
        status, answer = self.proxy.answer(headers, path, body)
        sent = json.dumps(answer).encode()
        if behave := self.proxy.behave:
            status, sent = behave(path, status, answer)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        """Tests speak for themselves."""


def _error(status, name):
    return status, {"errorName": name, "errorMessage": "the proxy's own words"}


def _metadata(_key, _asked):
    return 200, {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"}


def _encrypt(key, asked):
    assert asked["ciphertextDataIntegrityValueAlgorithm"] == "SHA_256"
    associated = base64.b64decode(asked["additionalAuthenticatedData"])
    nonce = os.urandom(12)
    sealed = key.encrypt(nonce, base64.b64decode(asked["plaintext"]), _bound(associated))
    ciphertext, tag = sealed[:-16], sealed[-16:]
    integrity = hashlib.sha256(associated + METADATA + nonce + ciphertext + tag).digest()
    return 200, {name: base64.b64encode(value).decode() for name, value in (
        ("ciphertext", ciphertext), ("ciphertextMetadata", METADATA), ("initializationVector", nonce),
        ("authenticationTag", tag), ("ciphertextDataIntegrityValue", integrity))}


def _decrypt(key, asked):
    associated, ciphertext, nonce, tag, metadata = (base64.b64decode(asked[name]) for name in (
        "additionalAuthenticatedData", "ciphertext", "initializationVector", "authenticationTag",
        "ciphertextMetadata"))
    try:
        assert metadata == METADATA
        plaintext = key.decrypt(nonce, ciphertext + tag, _bound(associated))
    except (InvalidTag, AssertionError):
        return _error(400, "InvalidCiphertextException")
    return 200, {"plaintext": base64.b64encode(plaintext).decode()}


def _bound(associated):
    """What a ciphertext is bound to: the caller's data and our metadata, each behind its length."""
    return len(associated).to_bytes(2, "big") + associated + len(METADATA).to_bytes(1, "big") + METADATA


def _tls(directory, ca_file):
    """A server's TLS settings with a certificate for the host; that of its authority is left in a file."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(name, issuer, key, signer, extensions):
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=1)))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(signer, hashes.SHA256())

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "xks tests")])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    issuer = certificate(authority, authority, authority_key, authority_key, [x509.BasicConstraints(True, None)])
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    own = certificate(name, authority, key, authority_key, [names, x509.BasicConstraints(False, None)])
    ca_file.write_bytes(issuer.public_bytes(serialization.Encoding.PEM))
    chain = directory / "xks.pem"
    chain.write_bytes(own.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context
