"""Replies of the catalogue kept as bytes in the process, by address and edition; a hit asks no database."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from flask import Response, request

from app.catalogue import queries
from blueprints.support.edge import Answer
from blueprints.support.etags import json_reply, unchanged

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

V = TypeVar("V", bound=Callable[..., Any])
CACHE_CONTROL = "public, no-cache"
SHAPE = 1
"""Part of every ETag: raise it whenever the same content is put differently on the wire."""
MOST_BYTES = 32 << 20
LONGEST_ADDRESS = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and the template of the route that gave it."""

    body: bytes
    route: str


class Replies:
    """Bytes by address, the least recently asked forgotten first; all of them at a new edition."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._edition: object = None
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0
        self._guard = threading.Lock()

    def get(self, edition: object, address: str) -> Kept | None:
        """Return what was answered to this address in this edition."""
        with self._guard:
            if edition != self._edition:
                return None
            kept = self._kept.get(address)
            if kept is not None:
                self._kept.move_to_end(address)
            return kept

    def put(self, edition: object, address: str, kept: Kept) -> None:
        """Keep an answer, unless it alone is larger than all that may be kept."""
        if len(kept.body) > self.most_bytes or len(address) > LONGEST_ADDRESS:
            return
        with self._guard:
            if edition != self._edition:
                self._edition, self._size = edition, 0
                self._kept.clear()
            earlier = self._kept.pop(address, None)
            self._size += len(kept.body) - (len(earlier.body) if earlier else 0)
            self._kept[address] = kept
            while self._size > self.most_bytes:
                self._size -= len(self._kept.popitem(last=False)[1].body)


_replies = Replies()


def remembered(view: V) -> V:
    """Answer from memory, else from what `view` returns (JSON data, or a Response that is passed on).

    Stands above `@blp.arguments`: an address that was answered once was valid.
    """

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        edition = queries.catalogue_version()
        address = f"{request.path}?{request.environ.get('QUERY_STRING', '')}"
        version = _version(edition, address)
        not_modified = unchanged(version, cache_control=CACHE_CONTROL)
        if not_modified is not None:
            return not_modified
        kept = _replies.get(edition, address)
        if kept is None:
            made = view(*args, **kwargs)
            if isinstance(made, Response) and made.status_code != 200:  # noqa: PLR2004 only what was found is kept
                return made
            body = made.get_data() if isinstance(made, Response) else orjson.dumps(made)
            kept = Kept(body, request.url_rule.rule if request.url_rule else "")
            _replies.put(edition, address, kept)
        return json_reply(kept.body, version=version, cache_control=CACHE_CONTROL)

    return answer  # type: ignore[return-value] # wraps() keeps the view's signature


def at_the_edge(environ: "WSGIEnvironment") -> Answer | None:
    """Answer a GET that was answered before in this edition; None leaves the request to its route.

    What is kept was said to everybody by a public route that found the address valid. An `If-None-Match` that
    is not exactly our tag is for the route to understand.
    """
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "GET" or not path.isascii():
        return None
    edition = queries.known_version()
    address = f"{path}?{environ.get('QUERY_STRING', '')}"
    kept = None if edition is None else _replies.get(edition, address)
    if kept is None:
        return None
    tag = f'"{_version(edition, address)}"'
    headers = [("ETag", tag), ("Cache-Control", CACHE_CONTROL)]
    match environ.get("HTTP_IF_NONE_MATCH"):
        case None:
            length = ("Content-Length", str(len(kept.body)))
            headers += [("Content-Type", "application/json"), length]
            return Answer("200 OK", headers, kept.body, kept.route)
        case asked if asked == tag:
            return Answer("304 NOT MODIFIED", headers, b"", kept.route)
        case _:
            return None


def _version(edition: object, address: str) -> str:
    return f"{SHAPE}.{edition}.{zlib.crc32(address.encode()):x}"
