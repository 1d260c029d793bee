"""An enclave and its hypervisor: attestation documents as Nitro's, under a root of their own, and the reading of answers."""

import datetime
import os
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

ES384 = bytes.fromhex("a1013822")
ENVELOPED_DATA, DATA, RSAES_OAEP, AES_256_CBC = (bytes.fromhex(oid) for oid in (
    "2a864886f70d010703", "2a864886f70d010701", "2a864886f70d010107", "60864801650304012a"))


class Enclave:
    """One that runs the image with this digest. `root` is the PEM of the certificate that stands behind it."""

    def __init__(self, image_digest):
        self.image_digest = image_digest
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        root_key, self.signer = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
        root = _certificate("root", root_key.public_key(), "root", root_key, authority=True)
        self.root = root.public_bytes(Encoding.PEM)
        self.bundle = [root.public_bytes(Encoding.DER)]
        leaf = _certificate("hypervisor", self.signer.public_key(), "root", root_key, authority=False)
        self.certificate = leaf.public_bytes(Encoding.DER)

    def recipient(self):
        """The member Recipient of a request."""
        return {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": self.document()}

    def document(self):
        payload = cbor({
            "module_id": "i-0123456789abcdef0-enc0123456789abcdef", "digest": "SHA384",
            "timestamp": int(time.time() * 1000), "pcrs": {0: self.image_digest, 1: bytes(48)},
            "certificate": self.certificate, "cabundle": self.bundle,
            "public_key": self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "user_data": None, "nonce": None,
        })
        signed = self.signer.sign(cbor(["Signature1", ES384, b"", payload]), ec.ECDSA(hashes.SHA384()))
        signature = b"".join(number.to_bytes(48, "big") for number in decode_dss_signature(signed))
        return cbor([ES384, {}, payload, signature])

    def read(self, message):
        """The plaintext in a CMS message for this enclave, of which every part is looked at."""
        (_, (content_type, (enveloped,))), behind = _read(message)
        assert (content_type, behind) == (ENVELOPED_DATA, b"")
        version, ((recipient_version, key_id, (key_algorithm, _), encrypted_key),), content = enveloped
        assert (version, recipient_version, len(key_id), key_algorithm) == (b"\2", b"\2", 32, RSAES_OAEP)
        content_type, (content_algorithm, vector), (encrypted,) = content
        assert (content_type, content_algorithm) == (DATA, AES_256_CBC)
        oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        content_key = self.key.decrypt(encrypted_key, oaep)
        decryptor = Cipher(algorithms.AES256(content_key), modes.CBC(vector)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(encrypted) + decryptor.finalize()) + unpadder.finalize()


def _certificate(subject, public_key, issuer, issuer_key, authority):
    name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])  # noqa: E731
    now, hour = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(hours=1)
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
                           "encipher_only", "decipher_only"), False)
    return (
        x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(public_key)
        .serial_number(int.from_bytes(os.urandom(8), "big") | 1).not_valid_before(now - hour).not_valid_after(now + hour)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, **usage), critical=True)
        .sign(issuer_key, hashes.SHA384()))


def cbor(value):
    """The bytes of a value (RFC 8949)."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    return _head(5, len(value)) + b"".join(cbor(key) + cbor(below) for key, below in value.items())


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | 24 + size.bit_length() - 1]) + number.to_bytes(size, "big")


def _read(data):
    """The first BER element of `data` as its tag and its content, and what is behind it. The content of a constructed one is
    a list of contents."""
    tag, length, data = data[0], data[1], data[2:]
    if length == 0x80:
        below = []
        while data[:2] != b"\0\0":
            (_, content), data = _read(data)
            below.append(content)
        return (tag, below), data[2:]
    if length > 0x80:
        size = length - 0x80
        length, data = int.from_bytes(data[:size], "big"), data[size:]
    content, behind = data[:length], data[length:]
    assert len(content) == length
    if not tag & 0x20:
        return (tag, content), behind
    below = []
    while content:
        (_, one), content = _read(content)
        below.append(one)
    return (tag, below), behind
