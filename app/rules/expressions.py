"""The arithmetic of `benefit.expr`: numbers, names, `rate`, + - * /, min, max, round; nothing else.

Text becomes a small tree of our own, checked like a condition; no Python is ever compiled or run.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from app.rules.faults import Fault, RuleFaults, shown
from app.rules.intervals import Interval, divided, exactly, largest, minus, plus, rounded, smallest, times

MAX_LENGTH = 500
MAX_NODES = 200
MAX_DEPTH = 20
MAX_PLACES = 6
TOKEN = re.compile(
    r"\s*(?:(\d{1,12}(?:\.\d{1,8})?)(?![\w.])|([A-Za-z_][A-Za-z0-9_]{0,60})|([-+*/(),]))", re.ASCII
)
FUNCTIONS = ("min", "max", "round")
OPERATIONS: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "+": plus, "-": minus, "*": times, "/": divided,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Name:
    """A fact, a parameter, or `rate`."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Two terms and one of + - * /."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or the greatest of several terms."""

    function: str
    members: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Rounding:
    """A term rounded half up to a number of decimal places."""

    member: "Expression"
    places: int


Expression = Number | Name | Operation | Extreme | Rounding


def parse_expression(text: object, *, path: str, known: Callable[[str], bool]) -> Expression:
    """Return the tree of an expression; `known` tells which names it may use. Raises RuleFaults."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_LENGTH:
        raise RuleFaults([Fault(path, f"算式应是不超过{MAX_LENGTH}字的文字，不能是{shown(text)}")])
    return _Parser(text, path, known).whole()


def compute(expression: Expression, value_of: Callable[[str], Interval]) -> Interval:
    """Return everything the expression may still be, given what each name may be."""
    match expression:
        case Number(value):
            return exactly(value)
        case Name(name):
            return value_of(name)
        case Operation(sign, left, right):
            return OPERATIONS[sign](compute(left, value_of), compute(right, value_of))
        case Extreme(function, members):
            several = [compute(member, value_of) for member in members]
            return smallest(several) if function == "min" else largest(several)
        case Rounding(member, places):
            return compute(member, value_of).map(lambda end: rounded(end, places))


def names_of(expression: Expression) -> Iterator[str]:
    """Yield every name an expression uses."""
    match expression:
        case Name(name):
            yield name
        case Operation(_, left, right):
            yield from names_of(left)
            yield from names_of(right)
        case Extreme(_, members):
            for member in members:
                yield from names_of(member)
        case Rounding(member):
            yield from names_of(member)
        case Number():
            pass


class _Parser:
    """Recursive descent over the tokens: sum → product → atom."""

    def __init__(self, text: str, path: str, known: Callable[[str], bool]) -> None:
        self.path = path
        self.known = known
        self.tokens = self._split(text)
        self.at = 0
        self.nodes = 0

    def _split(self, text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                self._refuse(f"算式第{at + 1}个字符起看不懂：{shown(text[at:].strip())}")
            tokens.append(match.group().strip())
            at = match.end()
        return tokens

    def _refuse(self, message: str) -> NoReturn:
        raise RuleFaults([Fault(self.path, message)])

    def whole(self) -> Expression:
        """Read the whole text as one sum."""
        expression = self._sum(1)
        if self._next() is not None:
            self._refuse(f"算式里{shown(self._next())}的位置不对")
        return expression

    def _next(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, *wanted: str) -> str | None:
        token = self._next()
        if token not in wanted:
            return None
        self.at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take(token) is None:
            self._refuse(f"算式里缺少{shown(token)}")

    def _sum(self, depth: int) -> Expression:
        left = self._product(depth)
        while sign := self._take("+", "-"):
            left = Operation(sign, left, self._product(depth))
        return left

    def _product(self, depth: int) -> Expression:
        left = self._atom(depth)
        while sign := self._take("*", "/"):
            left = Operation(sign, left, self._atom(depth))
        return left

    def _atom(self, depth: int) -> Expression:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            self._refuse("算式太长或括号太多")
        symbol = self._next()
        if symbol is None:
            self._refuse("算式没有写完")
        self.at += 1
        if symbol == "(":
            inner = self._sum(depth + 1)
            self._expect(")")
            return inner
        if symbol in FUNCTIONS:
            return self._call(symbol, depth)
        if symbol[0].isdigit():
            return Number(Decimal(symbol))
        if not symbol.isidentifier():
            self._refuse(f"算式里{shown(symbol)}的位置不对")
        if not self.known(symbol):
            self._refuse(f"算式不能用{shown(symbol)}：只能用数、事实、地方参数、rate、min、max、round")
        return Name(symbol)

    def _call(self, function: str, depth: int) -> Expression:
        self._expect("(")
        members = [self._sum(depth + 1)]
        while self._take(","):
            members.append(self._sum(depth + 1))
        self._expect(")")
        if function != "round":
            return Extreme(function, tuple(members))
        member, places, *more = (*members, Number(Decimal(0)))[: max(len(members), 2)]
        if more or not isinstance(places, Number) or places.value not in range(MAX_PLACES + 1):
            self._refuse(f"round 要写成 round(算式, 小数位数)，位数是0至{MAX_PLACES}的整数")
        return Rounding(member, int(places.value))
