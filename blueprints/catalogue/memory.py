"""Replies of the catalogue kept as bytes in the process, by address and edition; a hit asks no database."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import orjson
from flask import Response, request

from app.catalogue import queries
from blueprints.support.etags import json_reply, unchanged

V = TypeVar("V", bound=Callable[..., Any])
CACHE_CONTROL = "public, no-cache"
SHAPE = 1
"""Part of every ETag: raise it whenever the same content is put differently on the wire."""
MOST_BYTES = 32 << 20
LONGEST_ADDRESS = 300


class Replies:
    """Bytes by address, the least recently asked forgotten first; all of them at a new edition."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._edition: object = None
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._guard = threading.Lock()

    def get(self, edition: object, address: str) -> bytes | None:
        """Return what was answered to this address in this edition."""
        with self._guard:
            if edition != self._edition:
                return None
            body = self._kept.get(address)
            if body is not None:
                self._kept.move_to_end(address)
            return body

    def put(self, edition: object, address: str, body: bytes) -> None:
        """Keep an answer, unless it alone is larger than all that may be kept."""
        if len(body) > self.most_bytes or len(address) > LONGEST_ADDRESS:
            return
        with self._guard:
            if edition != self._edition:
                self._edition, self._size = edition, 0
                self._kept.clear()
            self._size += len(body) - len(self._kept.pop(address, b""))
            self._kept[address] = body
            while self._size > self.most_bytes:
                self._size -= len(self._kept.popitem(last=False)[1])


_replies = Replies()


def remembered(view: V) -> V:
    """Answer from memory, else from what `view` returns (JSON data, or a Response that is passed on).

    Stands above `@blp.arguments`: an address that was answered once was valid.
    """

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        edition = queries.catalogue_version()
        address = f"{request.path}?{request.environ.get('QUERY_STRING', '')}"
        version = f"{SHAPE}.{edition}.{zlib.crc32(address.encode()):x}"
        not_modified = unchanged(version, cache_control=CACHE_CONTROL)
        if not_modified is not None:
            return not_modified
        body = _replies.get(edition, address)
        if body is None:
            made = view(*args, **kwargs)
            if isinstance(made, Response) and made.status_code != 200:  # noqa: PLR2004 only what was found is kept
                return made
            body = made.get_data() if isinstance(made, Response) else orjson.dumps(made)
            _replies.put(edition, address, body)
        return json_reply(body, version=version, cache_control=CACHE_CONTROL)

    return answer  # type: ignore[return-value] # wraps() keeps the view's signature
