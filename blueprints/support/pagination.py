"""Lists come in pages: `?page_size=&cursor=` in, `{items, next_cursor}` out; cursors are opaque.

A cursor names the list that gave it out: the positions of two lists may look alike and mean other rows.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import marshmallow
import orjson
from flask import request
from marshmallow import fields, validate

from app.foundation.errors import InvalidInput
from blueprints.support.schemas import QuerySchema, Schema

DEFAULT, LARGEST, CURSOR_CHARACTERS = 20, 100, 512
R = TypeVar("R")
Key = str | int | UUID


class PageQuery(QuerySchema):
    """The query arguments of every list; filters are declared in a subclass."""

    page_size = fields.Integer(load_default=DEFAULT, validate=validate.Range(1, LARGEST))
    cursor = fields.String(load_default=None, validate=validate.Length(1, CURSOR_CHARACTERS))


class BadCursor(InvalidInput):
    """A cursor that we did not give out."""

    code = "page.bad_cursor"
    message = "翻页位置已失效，请从第一页重新查看"

    def __init__(self) -> None:
        super().__init__({"cursor": [self.message]})


def page_of(item: type[Schema]) -> type[marshmallow.Schema]:
    """Make the schema of a page of `item`s: `{items: [...], next_cursor}`."""
    name = f"{item.__name__.removesuffix('Out')}PageOut"
    made = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
        },
        name=name,
    )
    made.__doc__ = f"A page of {item.__name__}."
    return made


def page(rows: Sequence[R], page_size: int, key: Callable[[R], Sequence[Key]]) -> dict[str, Any]:
    """Cut `rows` (asked for with `limit=page_size + 1`) to a page; `key` is what the next starts after."""
    shown = rows[:page_size]
    more = len(rows) > page_size
    return {"items": shown, "next_cursor": encode(key(shown[-1])) if more else None}


def encode(keys: Sequence[Key]) -> str:
    """Make a cursor of the keys of the last row shown."""
    said = [_list_asked(), *(str(key) if isinstance(key, UUID) else key for key in keys)]
    return base64.urlsafe_b64encode(orjson.dumps(said)).decode().rstrip("=")


def decode(cursor: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Read a cursor back as `kinds` (e.g. `UUID`, `int`, `datetime.fromisoformat`); None for the first page.

    Raises BadCursor, also for a cursor of another list.
    """
    if cursor is None:
        return None
    try:
        keys = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        if not isinstance(keys, list) or keys[:1] != [_list_asked()] or len(keys) != len(kinds) + 1:
            raise BadCursor
        return tuple(kind(key) for kind, key in zip(kinds, keys[1:], strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error) as error:
        raise BadCursor from error


def _list_asked() -> int:
    return zlib.crc32((request.endpoint or "").encode())
