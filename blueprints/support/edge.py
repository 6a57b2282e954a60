"""Answers that need no view: given where the request comes in, with the headers and the log line of all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, and the template of the route whose answer it is."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    route: str


Edge: TypeAlias = "Callable[[WSGIEnvironment], Answer | None]"
"""Asked first; None means that the request goes the usual way. Only for what everybody may read."""


def nothing(_: "WSGIEnvironment") -> Answer | None:
    """Leave every request to its view."""
    return None
