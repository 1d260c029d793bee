"""A small OpenID Connect issuer: over TLS, under an authority of its own, as a Kubernetes cluster has one."""

import base64
import datetime
import json
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from local_server import Handler, LocalServer

AUDIENCE = "sts.amazonaws.com"


class Issuer:
    """An issuer at https://localhost:port until it is closed; `directory` gets its authority's certificate."""

    def __init__(self, directory):
        self.ca_file = directory / "oidc-ca.pem"
        chain = directory / "oidc.pem"
        make_certificates(self.ca_file, chain)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        issuer = self

        class Documents(Handler):
            def do_GET(self):
                document = issuer.documents().get(self.path)
                body = json.dumps(document or {}).encode()
                self.answer(200 if document else 404, body, content_type="application/json")

        self.server = LocalServer(Documents, chain)
        self.name = f"localhost:{self.server.port}/cluster"
        self.url = f"https://{self.name}"

    def close(self):
        self.server.close()

    def documents(self):
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": number(numbers.n), "e": number(numbers.e)}
        discovery = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "id_token_signing_alg_values_supported": ["RS256"]}
        return {"/cluster/.well-known/openid-configuration": discovery, "/cluster/keys": {"keys": [key]}}

    def token(self, namespace="shop", account="web", seconds=600, **claims):
        """What a kubelet projects into a pod."""
        now = int(time.time())
        pod = {"namespace": namespace, "pod": {"name": f"{account}-7f9c"}, "serviceaccount": {"name": account}}
        claims = {"iss": self.url, "sub": f"system:serviceaccount:{namespace}:{account}", "aud": [AUDIENCE], "iat": now,
                  "nbf": now, "exp": now + seconds, "kubernetes.io": pod} | claims
        header = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"


def make_certificates(ca_file, chain):
    name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])  # noqa: E731
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(subject, key, issuer, issuer_key, *extensions):
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    is_authority = (x509.BasicConstraints(ca=True, path_length=None), True)
    of_host = (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    ca_file.write_bytes(certificate("cluster", authority_key, "cluster", authority_key, is_authority))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(private + certificate("localhost", key, "cluster", authority_key, of_host))


def number(value):
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
