"""The tree of a condition: its nodes, how data becomes a checked tree, and how a tree becomes data again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any as Json

from app.foundation.regions import NATIONAL
from app.rules.faults import Fault as Fault
from app.rules.faults import FaultList, joined, shown
from app.rules.faults import RuleFaults as RuleFaults
from app.rules.literals import ParamRef, Value, ValueReading
from app.rules.types import Fact, FieldKind, Operator, Quantifier, Vocabulary

MAX_DEPTH = 8
MAX_NODES = 200
COUNT_OPERATORS = (Operator.EQ, Operator.NE, Operator.LT, Operator.LE, Operator.GT, Operator.GE)
LARGEST_COUNT = 100_000
SCOPE_LABELS = {"person": "个人", "enterprise": "企业"}


@dataclass(frozen=True, slots=True)
class All:
    """True if every member is true; an empty one is true."""

    members: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True if one member is true; an empty one is false."""

    members: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Swaps true and false, keeps unknown."""

    member: "Node"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One fact (or form field) compared with one value; equal leaves ask the same question."""

    name: str
    op: Operator
    value: Value
    fact: Fact = field(compare=False, repr=False)
    key: str = "fact"


@dataclass(frozen=True, slots=True)
class ListNode:
    """A question about the items of a list; `op` and `value` only with COUNT."""

    name: str
    quant: Quantifier
    where: "Node"
    op: Operator | None = None
    value: int | None = None
    label: str = field(default="", compare=False)
    item_label: str = field(default="", compare=False)


Node = All | Any | Not | Leaf | ListNode


def parse(data: object, vocabulary: Vocabulary, scope: str = "person", *, path: str = "") -> Node:
    """Check an eligibility condition and return its tree; raises RuleFaults with everything that is wrong.

    `path` is put in front of the place of every fault, e.g. `conditions`.
    """
    faults = FaultList()
    node = _Reading(faults, _FactNames(vocabulary)).node(data, scope, path, 1)
    faults.raise_if_any()
    return node


def parse_form(data: object, fields: Mapping[str, FieldKind], *, path: str = "") -> Node:
    """Check a condition on the fields of a form (those the condition may look at); raises RuleFaults."""
    faults = FaultList()
    node = _Reading(faults, _FieldNames(fields)).node(data, "form", path, 1)
    faults.raise_if_any()
    return node


def dump(node: Node) -> dict[str, Json]:
    """Give back the canonical data of a tree: JSON values only, dates as ISO text; `parse` reads it again."""
    match node:
        case All(members):
            return {"all": [dump(member) for member in members]}
        case Any(members):
            return {"any": [dump(member) for member in members]}
        case Not(member):
            return {"not": dump(member)}
        case Leaf(name, op, value, _, key):
            said = {} if op is Operator.EXISTS else {"value": _dump_value(value)}
            return {key: name, "op": op.value, **said}
        case ListNode(name, quant, where, op, value):
            counted = {"op": op.value, "value": value} if op else {}
            return {"list": name, "quant": quant.value, "where": dump(where), **counted}


def _dump_value(value: Value) -> Json:
    match value:
        case ParamRef(name):
            return {"param": name}
        case tuple():
            return [_dump_value(member) for member in value]
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case "":  # the significant digits of the whole country
            return NATIONAL
        case _:
            return value


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly under a node."""
    match node:
        case All(members) | Any(members):
            return members
        case Not(member):
            return (member,)
        case ListNode(where=where):
            return (where,)
        case Leaf():
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything under it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names_in(node: Node) -> frozenset[str]:
    """Return every fact (or field) the condition looks at, those of list items as `children.child_lawful`."""
    match node:
        case Leaf(name):
            return frozenset({name})
        case ListNode(name=name, where=where):
            return frozenset({name, *(f"{name}.{inner}" for inner in names_in(where))})
        case _:
            return frozenset(found for child in children(node) for found in names_in(child))


@dataclass(frozen=True, slots=True)
class _FactNames:
    """Names of an eligibility condition: the fact catalogue, its lists and parameters."""

    vocabulary: Vocabulary
    key: str = "fact"
    wrong_key: str = "field"

    def look_up(self, scope: str, name: str) -> Fact | str:
        fact = self.vocabulary.fact(scope, name)
        if fact is not None:
            return fact
        elsewhere = self.vocabulary.scope_of(name)
        if elsewhere is None:
            return f"事实目录里没有{shown(name)}"
        return f"{shown(name)}是{self._label(elsewhere)}的事实，不能用在{self._label(scope)}的条件里"

    def _label(self, scope: str) -> str:
        kind = self.vocabulary.lists.get(scope)
        return kind.label if kind else SCOPE_LABELS.get(scope, scope)

    def list_labels(self, scope: str, name: object) -> tuple[str, str] | str:
        kind = self.vocabulary.lists.get(name) if isinstance(name, str) else None
        if kind is None:
            return f"没有名为{shown(name)}的列表"
        if kind.owner != scope:
            return f"列表{shown(name)}属于{self._label(kind.owner)}，不能用在{self._label(scope)}的条件里"
        return kind.label, kind.item_label

    def has_param(self, name: object) -> bool:
        return isinstance(name, str) and name in self.vocabulary.params


@dataclass(frozen=True, slots=True)
class _FieldNames:
    """Names of a form condition: the fields it may look at; no lists, no parameters."""

    fields: Mapping[str, FieldKind]
    key: str = "field"
    wrong_key: str = "fact"

    def look_up(self, scope: str, name: str) -> Fact | str:
        kind = self.fields.get(name)
        if kind is None:
            return f"本步和之前的步骤里没有{shown(name)}这一项"
        label = kind.label or name
        return Fact(name, label, kind.type, scope, values=kind.values, labels=kind.labels)

    def list_labels(self, scope: str, name: object) -> tuple[str, str] | str:  # noqa: ARG002 (one face for both)
        return f"表单条件不能用列表{shown(name)}"

    def has_param(self, name: object) -> bool:  # noqa: ARG002 (one face for both)
        return False


class _Reading:
    """One walk over one rule; stops looking once the rule is far too large."""

    def __init__(self, faults: FaultList, names: _FactNames | _FieldNames) -> None:
        self.faults = faults
        self.names = names
        self.nodes = 0

    def node(self, data: object, scope: str, path: str, depth: int) -> Node:
        """Read one node; a faulty one becomes an empty All, which nobody will see."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            if self.nodes == MAX_NODES + 1:
                self.faults.add(path, f"条件过多：一条规则最多{MAX_NODES}个条件")
            return All(())
        if depth > MAX_DEPTH:
            return self._refuse(path, f"嵌套过深：最多{MAX_DEPTH}层")
        if not isinstance(data, dict):
            return self._refuse(path, f"这里应是一个条件，不能是{shown(data)}")
        readers: dict[str, Callable[[dict[str, object], str, str, int], Node]] = {
            "all": self._members,
            "any": self._members,
            "not": self._not,
            "list": self._list,
            self.names.key: self._leaf,
        }
        kinds = [kind for kind in readers if kind in data]
        if len(kinds) == 1:
            return readers[kinds[0]](data, scope, path, depth)
        if self.names.wrong_key in data:
            return self._refuse(path, f"这里的条件要写 {self.names.key}，不能写 {self.names.wrong_key}")
        return self._refuse(path, f"条件里要有且只有 all、any、not、{self.names.key}、list 中的一个")

    def _refuse(self, path: str, message: str) -> Node:
        self.faults.add(path, message)
        return All(())

    def _only(self, data: Mapping[str, object], path: str, allowed: set[str]) -> None:
        for key in data:
            if key not in allowed:
                self.faults.add(path, f"多余的内容：{shown(key)}")
                return

    def _members(self, data: dict[str, object], scope: str, path: str, depth: int) -> Node:
        kind = "all" if "all" in data else "any"
        self._only(data, path, {kind})
        members, here = data[kind], joined(path, kind)
        if not isinstance(members, list | tuple):
            return self._refuse(here, "这里应是条件的列表")
        read = []
        for index, member in enumerate(members):
            read.append(self.node(member, scope, joined(here, index), depth + 1))
            if self.nodes > MAX_NODES:
                break
        return All(tuple(read)) if kind == "all" else Any(tuple(read))

    def _not(self, data: dict[str, object], scope: str, path: str, depth: int) -> Node:
        self._only(data, path, {"not"})
        return Not(self.node(data["not"], scope, joined(path, "not"), depth + 1))

    def _list(self, data: dict[str, object], scope: str, path: str, depth: int) -> Node:
        name, labels = data["list"], self.names.list_labels(scope, data["list"])
        if isinstance(labels, str) or not isinstance(name, str):
            return self._refuse(joined(path, "list"), str(labels))
        if data.get("quant") not in tuple(Quantifier):
            return self._refuse(
                joined(path, "quant"), f"应是 any、all 或 count，不是{shown(data.get('quant'))}"
            )
        quant = Quantifier(str(data["quant"]))
        counting = {"op", "value"} if quant is Quantifier.COUNT else set()
        self._only(data, path, {"list", "quant", "where"} | counting)
        if "where" not in data:
            return self._refuse(path, "缺少 where：要说明数的是怎样的一项")
        where = self.node(data["where"], name, joined(path, "where"), depth + 1)
        if quant is not Quantifier.COUNT:
            return ListNode(name, quant, where, None, None, *labels)
        op, value = self._count(data, path)
        return ListNode(name, quant, where, op, value, *labels)

    def _count(self, data: dict[str, object], path: str) -> tuple[Operator, int]:
        op, value = data.get("op"), data.get("value")
        if op not in COUNT_OPERATORS:
            self.faults.add(joined(path, "op"), f"计数只能用 eq、ne、lt、le、gt、ge 比较，不能用{shown(op)}")
        if type(value) is not int or not 0 <= value <= LARGEST_COUNT:
            self.faults.add(joined(path, "value"), f"计数要与不小于0的整数比较，不能是{shown(value)}")
            return Operator.EQ, 0
        return (Operator(str(op)) if op in COUNT_OPERATORS else Operator.EQ), value

    def _leaf(self, data: dict[str, object], scope: str, path: str, _depth: int) -> Node:
        key = self.names.key
        self._only(data, path, {key, "op", "value"})
        name, op = data[key], data.get("op")
        if not isinstance(name, str):
            return self._refuse(joined(path, key), f"{key} 应是名称，不能是{shown(name)}")
        found = self.names.look_up(scope, name)
        if isinstance(found, str):
            return self._refuse(joined(path, key), found)
        if op not in tuple(Operator):
            return self._refuse(joined(path, "op"), "缺少 op" if op is None else f"没有{shown(op)}这种比较")
        operator = Operator(str(op))
        reading = ValueReading(found, operator, path, self.names.has_param, self.faults)
        return Leaf(name, operator, reading.value_of(data), found, key)
