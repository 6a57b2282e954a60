"""Sensitive fields: authenticated encryption in the row, blind indexes to find them, hashes for tokens.

A ciphertext names its algorithm and key, and is bound to its place (table, column, row), so that it cannot be
moved to another row. `1` is AES-256-GCM; `2`, SM4-GCM, is read and written where 密评 asks for it.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.settings import Settings

NONCE, TAG, KEY = 12, 16, 32
_HEADER = 3


class Algorithm(IntEnum):
    """How a field was encrypted; the first byte after the format version."""

    AES_256_GCM = 1
    SM4_GCM = 2


class Undecipherable(Exception):
    """The ciphertext was altered, moved, or its key is gone."""


@dataclass(frozen=True, slots=True)
class FieldCipher:
    """Encrypts and finds sensitive fields; made once per process from the settings."""

    keys: dict[int, bytes] = field(repr=False)
    current: int
    index_key: bytes = field(repr=False)
    algorithm: Algorithm = Algorithm.AES_256_GCM

    @classmethod
    def from_settings(cls, settings: Settings) -> "FieldCipher":
        """Read the key ring; raises ValueError where a key is not 32 bytes."""
        keys: dict[int, bytes] = {}
        for pair in settings.field_keys.get_secret_value().split(","):
            number, _, encoded = pair.partition(":")
            keys[int(number)] = _key(encoded)
        return cls(keys, next(iter(keys)), _key(settings.index_key.get_secret_value()))

    def encrypt(self, text: str, *, place: str) -> bytes:
        """Encrypt `text` for `place` (table|column|row id)."""
        nonce = os.urandom(NONCE)
        header = bytes((1, self.algorithm, self.current))
        aad = header + place.encode()
        key = self.keys[self.current]
        if self.algorithm is Algorithm.AES_256_GCM:
            return header + nonce + AESGCM(key).encrypt(nonce, text.encode(), aad)
        sealer = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(aad)
        body = sealer.update(text.encode()) + sealer.finalize()
        return header + nonce + body + sealer.tag

    def decrypt(self, sealed: bytes, *, place: str) -> str:
        """Return the text; raises Undecipherable where it was altered or belongs elsewhere."""
        try:
            header, nonce, body = (
                sealed[:_HEADER],
                sealed[_HEADER : _HEADER + NONCE],
                sealed[_HEADER + NONCE :],
            )
            key, aad = self.keys[header[2]], header + place.encode()
            if header[1] == Algorithm.AES_256_GCM:
                return AESGCM(key).decrypt(nonce, body, aad).decode()
            opener = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, body[-TAG:])).decryptor()
            opener.authenticate_additional_data(aad)
            return (opener.update(body[:-TAG]) + opener.finalize()).decode()
        except (InvalidTag, KeyError, IndexError, ValueError) as error:
            raise Undecipherable(place) from error

    def column_key(self, column: str) -> bytes:
        """Return the key of one column's indexes: all that somebody needs who indexes the same values."""
        return hmac.digest(self.index_key, column.encode(), hashlib.sha256)

    def index(self, value: str, *, column: str) -> bytes:
        """Return the keyed fingerprint by which an encrypted value is found; one key per column."""
        return hmac.digest(self.column_key(column), value.strip().upper().encode(), hashlib.sha256)


def new_token() -> str:
    """Return an opaque token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token: its SHA-256, never the token."""
    return hashlib.sha256(token.encode()).digest()


_ring: list[FieldCipher] = []


def use(cipher: FieldCipher) -> None:
    """Make `cipher` the process's cipher."""
    _ring[:] = [cipher]


def cipher() -> FieldCipher:
    """Return the process's cipher."""
    return _ring[0]


def _key(encoded: str) -> bytes:
    key = base64.b64decode(encoded, validate=True)
    if len(key) != KEY:
        raise ValueError("a key has 32 bytes")
    return key
