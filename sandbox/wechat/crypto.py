"""Signatures and ciphers of WeChat's server side (签名与加解密), written from the published algorithms."""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

PUSH_BLOCK = 32  # the push cipher pads to 32 although AES blocks are 16
DATA_BLOCK = 16
IV_LENGTH = 16
RANDOM_LENGTH = 16
HEADER_LENGTH = RANDOM_LENGTH + 4


class BadCiphertext(ValueError):
    """Something that this key did not encrypt."""


@dataclass(frozen=True, slots=True)
class PushPlaintext:
    """What a push cipher holds: 16 random bytes, the message, and the appid it is for."""

    random: bytes
    message: bytes
    appid: str


def signature_of(*parts: str) -> str:
    """SHA-1 over the sorted, joined parts (signature, msg_signature)."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def aes_key_of(encoding_aes_key: str) -> bytes:
    """Return the 32 bytes behind a 43-character EncodingAESKey."""
    return base64.b64decode(encoding_aes_key + "=")


def encrypt_push(message: bytes, *, encoding_aes_key: str, appid: str, random: bytes) -> str:
    """Random, length, message and appid under AES-256-CBC, in base64."""
    key = aes_key_of(encoding_aes_key)
    plain = random + struct.pack(">I", len(message)) + message + appid.encode()
    return base64.b64encode(_encrypt(key, key[:IV_LENGTH], _pad(plain, PUSH_BLOCK))).decode()


def decrypt_push(encrypted: str, *, encoding_aes_key: str) -> PushPlaintext:
    """Return the reverse of `encrypt_push`; raises BadCiphertext."""
    key = aes_key_of(encoding_aes_key)
    plain = _unpad(_decrypt(key, key[:IV_LENGTH], _decoded(encrypted)), PUSH_BLOCK)
    if len(plain) < HEADER_LENGTH:
        raise BadCiphertext("too short")
    end = HEADER_LENGTH + struct.unpack(">I", plain[RANDOM_LENGTH:HEADER_LENGTH])[0]
    if end > len(plain):
        raise BadCiphertext("length field")
    return PushPlaintext(plain[:RANDOM_LENGTH], plain[HEADER_LENGTH:end], plain[end:].decode())


def raw_data_signature(raw_data: str, session_key: str) -> str:
    """Return the signature that accompanies rawData on the client (开放数据签名)."""
    return hashlib.sha1((raw_data + session_key).encode()).hexdigest()


def encrypt_open_data(payload: dict[str, Any], *, session_key: str, iv: str) -> str:
    """Open data (开放数据) as the client receives it: AES-128-CBC under the session key."""
    key, vector = base64.b64decode(session_key), base64.b64decode(iv)
    return base64.b64encode(_encrypt(key, vector, _pad(orjson.dumps(payload), DATA_BLOCK))).decode()


def decrypt_open_data(encrypted: str, *, session_key: str, iv: str) -> dict[str, Any]:
    """Return the reverse of `encrypt_open_data`; raises BadCiphertext."""
    key, vector = base64.b64decode(session_key), base64.b64decode(iv)
    plain = _unpad(_decrypt(key, vector, _decoded(encrypted)), DATA_BLOCK)
    try:
        payload = orjson.loads(plain)
    except orjson.JSONDecodeError:
        raise BadCiphertext("not JSON") from None
    if not isinstance(payload, dict):
        raise BadCiphertext("not an object")
    return payload


def session_signature(session_key: str, message: str = "") -> str:
    """HMAC-SHA-256 keyed with the base64 text of the session key itself, not with its bytes."""
    return hmac.new(session_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def cert_hash(*, cert_type: str, cert_name: str, cert_no: str) -> str:
    """Return the digest of an identity document that queryverifyinfo asks for."""
    fields = {"cert_type": cert_type, "cert_name": cert_name, "cert_no": cert_no}
    joined = "&".join(f"{name}={base64.b64encode(value.encode()).decode()}" for name, value in fields.items())
    return hashlib.sha256(joined.encode()).hexdigest()


def _pad(plain: bytes, block: int) -> bytes:
    count = block - len(plain) % block
    return plain + bytes([count]) * count


def _unpad(padded: bytes, block: int) -> bytes:
    count = padded[-1] if padded else 0
    if not 1 <= count <= min(block, len(padded)) or padded[-count:] != bytes([count]) * count:
        raise BadCiphertext("padding")
    return padded[:-count]


def _encrypt(key: bytes, vector: bytes, padded: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(vector)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def _decrypt(key: bytes, vector: bytes, encrypted: bytes) -> bytes:
    if not encrypted or len(encrypted) % IV_LENGTH:
        raise BadCiphertext("block length")
    decryptor = Cipher(AES(key), CBC(vector)).decryptor()
    return decryptor.update(encrypted) + decryptor.finalize()


def _decoded(encrypted: str) -> bytes:
    try:
        return base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise BadCiphertext("base64") from None
