"""How a rule is refused: every fault at once, each with its place and a sentence its author understands."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_FAULTS = 50
SHOWN_CHARACTERS = 40
PRINTABLE_BITS = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a rule: `path` leads to it (`conditions.all[2].value`), `message` is Chinese."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '（整条规则）'}：{self.message}"


class RuleFaults(ValueError):
    """A rule, a fact catalogue or a benefit that is refused, with everything that is wrong with it."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:SHOWN_FAULTS])
        super().__init__("；".join(str(fault) for fault in self.faults))


class FaultList:
    """Collects faults while something is read, so that the author sees them all in one go."""

    def __init__(self) -> None:
        self.items: list[Fault] = []

    def add(self, path: str, message: str) -> None:
        """Note one fault."""
        self.items.append(Fault(path, message))

    def extend(self, faults: Sequence[Fault]) -> None:
        """Note faults found elsewhere."""
        self.items.extend(faults)

    def raise_if_any(self) -> None:
        """Refuse with everything noted so far; do nothing when nothing was."""
        if self.items:
            raise RuleFaults(self.items)


def shown(value: object) -> str:
    """Quote an author's value in a message, whatever its size or type (a 5,000-digit number has no repr)."""
    if isinstance(value, str):
        return f"“{value[:SHOWN_CHARACTERS]}…”" if len(value) > SHOWN_CHARACTERS else f"“{value}”"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "空"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= PRINTABLE_BITS else "一个过大的数"
    if isinstance(value, dict):
        return "一个对象"
    if isinstance(value, list | tuple):
        return "一个列表"
    return str(value)[:SHOWN_CHARACTERS]


def joined(path: str, step: str | int) -> str:
    """Extend a path: a key with a dot, an index in brackets."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step
