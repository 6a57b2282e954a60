"""The key under which the platform and an asker call people by an index instead of by their number.

Both sides hold it; it comes in the environment as `PERSON_KEY` (base64 of 32 bytes), never on a command line.
"""

import base64
import hashlib
import hmac
import os
from typing import Final

VARIABLE: Final = "PERSON_KEY"
INDEX_BYTES: Final = 16
_DEMO: Final = hashlib.sha256(b"registries-sandbox-person-key").digest()


def person_key() -> bytes:
    """Return the agreed key, or the one of demonstrations; raises ValueError where it is not base64."""
    given = os.environ.get(VARIABLE)
    return base64.b64decode(given, validate=True) if given else _DEMO


def index_of(number: str, key: bytes) -> bytes:
    """Return the index of one ID number or 统一社会信用代码."""
    return hmac.digest(key, number.encode(), "sha256")[:INDEX_BYTES]
