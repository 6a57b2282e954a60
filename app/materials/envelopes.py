"""Files at rest: every upload has a key of its own, sealed in its row by the field cipher (docs/adr/0013).

Whoever takes the key out of the row has destroyed the file, in the store and in every copy of the store.
"""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.foundation import crypto
from app.foundation.crypto import Undecipherable

_NONCE, _BITS = 12, 256
VERSION: Final = b"\x01"
"""AES-256-GCM, nonce, ciphertext and tag."""


def new_key(upload_id: UUID) -> bytes:
    """Return a new key, sealed for its row."""
    return crypto.cipher().encrypt(AESGCM.generate_key(_BITS).hex(), place=_place(upload_id))


def seal(content: bytes, *, upload_id: UUID, key: bytes, name: str) -> bytes:
    """Encrypt `content` for the object `name`, with the sealed `key` of its upload."""
    nonce = os.urandom(_NONCE)
    return VERSION + nonce + _opened(upload_id, key).encrypt(nonce, content, name.encode())


def unseal(sealed: bytes, *, upload_id: UUID, key: bytes, name: str) -> bytes:
    """Return the content; raises Undecipherable where it was altered, or is another object's."""
    begin = len(VERSION) + _NONCE
    try:
        if not sealed.startswith(VERSION):
            raise Undecipherable(name)
        return _opened(upload_id, key).decrypt(sealed[len(VERSION) : begin], sealed[begin:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecipherable(name) from error


def seal_name(name: str, *, upload_id: UUID) -> bytes:
    """Encrypt what a file is called: people put names and numbers into it."""
    return crypto.cipher().encrypt(name, place=f"materials_upload|name|{upload_id}")


def unseal_name(sealed: bytes, *, upload_id: UUID) -> str:
    """Return what a file is called."""
    return crypto.cipher().decrypt(sealed, place=f"materials_upload|name|{upload_id}")


def _opened(upload_id: UUID, key: bytes) -> AESGCM:
    return AESGCM(bytes.fromhex(crypto.cipher().decrypt(key, place=_place(upload_id))))


def _place(upload_id: UUID) -> str:
    return f"materials_upload|key|{upload_id}"
