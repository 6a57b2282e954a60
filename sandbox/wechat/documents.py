"""Strict reading of the JSON documents that tests send to the control port."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, TypeVar, cast

T = TypeVar("T")


class BadDocument(ValueError):
    """A control document that says something this stand-in does not understand."""


class Fields:
    """An object whose fields are taken one by one; what is left over at the end is an error."""

    def __init__(self, value: Any, where: str = "body") -> None:
        if not isinstance(value, dict):
            raise BadDocument(f"{where} must be an object")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def need(self, name: str, kind: type[T]) -> T:
        """Take a field that must be there."""
        if self._left.get(name) is None:
            raise BadDocument(f"{self._where}.{name} is missing")
        return self._typed(name, self._left.pop(name), kind)

    def take(self, name: str, kind: type[T], default: T) -> T:
        """Take a field, or its default."""
        found = self.find(name, kind)
        return default if found is None else found

    def find(self, name: str, kind: type[T]) -> T | None:
        """Take a field that may be absent or null."""
        value = self._left.pop(name, None)
        return None if value is None else self._typed(name, value, kind)

    def flag(self, name: str) -> bool:
        """Take true or false; false when absent."""
        return bool(self.find(name, bool))

    def each(self, name: str) -> Iterator["Fields"]:
        """Take a list of objects."""
        for index, value in enumerate(self.take(name, list, [])):
            yield Fields(value, f"{self._where}.{name}[{index}]")

    def part(self, name: str) -> "Fields | None":
        """Take an object within the object."""
        value = self._left.pop(name, None)
        return None if value is None else Fields(value, f"{self._where}.{name}")

    def parts(self) -> Iterator[tuple[str, "Fields"]]:
        """Take everything, each an object under its name."""
        while self._left:
            name, value = self._left.popitem()
            yield name, Fields(value, f"{self._where}.{name}")

    def texts(self, name: str) -> list[str]:
        """Take a list of strings."""
        found = self.take(name, list, [])
        if not all(isinstance(value, str) for value in found):
            raise BadDocument(f"{self._where}.{name} must be a list of strings")
        return found

    def left(self, name: str) -> bool:
        """Tell whether a field is still there to be taken."""
        return self._left.get(name) is not None

    def finish(self) -> None:
        """Refuse what nobody took."""
        if self._left:
            raise BadDocument(f"{self._where} has unknown fields: {', '.join(sorted(self._left))}")

    def _typed(self, name: str, value: Any, kind: type[T]) -> T:
        if kind is float and type(value) is int:
            value = float(value)
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        try:
            if issubclass(kind, Enum):
                return cast("T", kind(value))
        except ValueError:
            pass
        raise BadDocument(f"{self._where}.{name} must be {kind.__name__}, not {value!r}")
