"""Finds in the mini-program's scripts what it asks of the server: method, path, arguments, headers."""

import re
from dataclasses import dataclass

from tests.miniprogram import scripts
from tests.miniprogram.phone import CLIENT

CALL = re.compile(r"\bapi\.(get|post|put|delete)\(")
OPENING = {"(": ")", "{": "}", "[": "]"}


@dataclass(frozen=True)
class Call:
    """One call as it is written; `query` and `body` are the names written out, None for a variable."""

    place: str
    method: str
    path: str
    query: tuple[str, ...]
    body: tuple[str, ...] | None
    keyed: bool
    versioned: bool


def calls():
    """Return every call of every script."""
    found = []
    for path in sorted(CLIENT.rglob("*.js")):
        code = scripts.blanked(path.read_text(encoding="utf-8"))
        for start in CALL.finditer(code):
            arguments = split(code[start.end() : closing(code, start.end() - 1)])
            line = code.count("\n", 0, start.start()) + 1
            found.append(_call(f"{path.relative_to(CLIENT)}:{line}", start[1], arguments))
    return found


def closing(code, start):
    """Return where the bracket at `start` is closed."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in OPENING) - (code[at] in OPENING.values())
        if depth == 0:
            return at
    raise AssertionError(f"never closed: {code[start : start + 40]}")


def split(text):
    """Split at the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in OPENING) - (character in OPENING.values())
        if character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def names(literal):
    """Return the keys of an object literal."""
    return tuple(part.partition(":")[0].strip(" '\"") for part in split(literal.strip()[1:-1]))


def _call(place, method, arguments):
    address, options = arguments[0], arguments[1] if len(arguments) > 1 else "{}"
    assert address[0] in "'`", f"{place}: the path is not written out"
    path, query = _address(address[1:-1])
    given = {part.partition(":")[0].strip(): part.partition(":")[2].strip() for part in split(options[1:-1])}
    body = given.get("body", "{}")
    written = names(body) if body.startswith("{") else None
    return Call(
        place, method, path, query, written if "body" in given else (), "key" in given, "version" in given
    )


def _address(text):
    """Return the path with `{}` for what is filled in, and the names of its query."""
    path, query, at = "", (), 0
    while at < len(text):
        if not text.startswith("${", at):
            path, at = path + text[at], at + 1
            continue
        end = closing(text, at + 1)
        inner = text[at + 2 : end]
        if inner.startswith("api.query("):
            query = names(inner[len("api.query(") : -1])
        else:
            path += "{}"
        at = end + 1
    return path, query
