"""Faults on demand: the next N answers of a department are slow, absent, wrong, HTML or empty."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EVERY_DEPARTMENT = "*"


class Effect(StrEnum):
    """What happens to an answer."""

    SLOW = "slow"  # the right answer, `seconds` later
    DOWN = "down"  # 503
    RESET = "reset"  # the connection is closed without an answer
    WRONG = "wrong"  # well-formed, but no value is of the type it should be
    HTML = "html"  # 200 with a web page, as a gateway in front of a department does
    EMPTY = "empty"  # 200 with no body


@dataclass(slots=True)
class Fault:
    """One rule: which department, what happens, how often still (None: until it is deleted)."""

    id: int
    department: str
    effect: Effect
    seconds: float
    times: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the rule as the control port shows it."""
        return {
            "id": self.id,
            "department": self.department,
            "effect": self.effect.value,
            "seconds": self.seconds,
            "times": self.times,
        }


class Faults:
    """The rules in force, in the order they were added; the first that fits is used."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._last_id = 0

    def add(self, department: str, effect: Effect, *, seconds: float, times: int | None) -> Fault:
        """Put a rule into force."""
        self._last_id += 1
        fault = Fault(self._last_id, department, effect, seconds, times)
        self._rules.append(fault)
        return fault

    def clear(self, department: str | None = None) -> None:
        """Take all rules out of force, or those of one department."""
        self._rules = [rule for rule in self._rules if department not in {None, rule.department}]

    def in_force(self) -> list[Fault]:
        """Return the rules that can still happen."""
        return [rule for rule in self._rules if rule.times != 0]

    def take(self, department: str) -> Fault | None:
        """Return the rule that this answer falls under, and count it."""
        for rule in self.in_force():
            if rule.department in {department, EVERY_DEPARTMENT}:
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None


def spoiled(answer: Any) -> Any:
    """Replace every value of an answer by one that no type accepts; the shape stays."""
    match answer:
        case dict():
            return {key: spoiled(value) for key, value in answer.items()}
        case list():
            return [spoiled(value) for value in answer]
        case bool() | int() | float():
            return "##N/A##"
        case str():
            return -1
        case _:
            return answer
