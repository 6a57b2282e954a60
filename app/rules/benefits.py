"""What a policy gives, read from its `benefit` and checked when it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.rules.expressions import Expression, names_of, parse_expression
from app.rules.faults import FaultList, RuleFaults, joined, shown
from app.rules.syntax import All, ListNode, Node, parse
from app.rules.types import FactType, Quantifier, Vocabulary
from app.rules.values import read_number

MAX_TIERS = 50
KEYS = frozenset({
    "type", "amount", "unit", "frequency", "tiers", "expr", "expr_unit", "per", "cap", "ceiling", "note",
})  # fmt: skip
TIER_KEYS = frozenset({"when", "amount", "rate", "unit", "frequency", "months"})
IN_KIND = ("service", "housing")
COUNTABLE = (FactType.BOOL, FactType.INT, FactType.DECIMAL)


class Frequency(StrEnum):
    """How often it is given; BY_TIER leaves it to the tier that matched."""

    ONCE = "once"
    YEARLY = "yearly"
    SEMESTER = "semester"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    PER_USE = "per_use"
    BY_TIER = "by_tier"


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a scale; `months` is the longest it is paid."""

    when: Node
    amount: Decimal | None
    rate: Decimal | None
    unit: str
    frequency: Frequency
    months: int | None


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit: of money (`元…` units) or of use (3年, 5次/周), which is only told."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit; `ceiling`: the amount is the most one can get, `in_kind`: there is no amount."""

    type: str
    scope: str
    unit: str
    frequency: Frequency
    amount: Decimal | None
    tiers: tuple[Tier, ...]
    expr: Expression | None
    per: ListNode | None
    cap: Cap | None
    ceiling: bool
    in_kind: bool
    vocabulary: Vocabulary = field(repr=False, compare=False)


def parse_benefit(
    data: object, vocabulary: Vocabulary, scope: str = "person", *, path: str = "benefit"
) -> Benefit:
    """Check a benefit and return it; raises RuleFaults with everything that is wrong and where."""
    reading = _Reading(vocabulary, scope, FaultList())
    benefit = reading.benefit(data, path)
    reading.faults.raise_if_any()
    return benefit


@dataclass(frozen=True, slots=True)
class _Reading:
    vocabulary: Vocabulary
    scope: str
    faults: FaultList

    def benefit(self, data: object, path: str) -> Benefit:
        body = self._object(data, path, KEYS)
        frequency = self._frequency(body, path, Frequency.ONCE)
        expr = self._expr(body, path)
        unit = self._text(
            body.get("expr_unit") if expr and "expr_unit" in body else body.get("unit"), joined(path, "unit")
        )
        tiers = self._tiers(body, path, unit, frequency)
        if expr and "rate" in names_of(expr) and not (tiers and all(tier.rate is not None for tier in tiers)):
            self.faults.add(joined(path, "expr"), "算式用了 rate，每一档都要写 rate")
        kind = self._text(body.get("type"), joined(path, "type"))
        return Benefit(
            type=kind,
            scope=self.scope,
            unit=unit,
            frequency=frequency,
            amount=self._number(body.get("amount"), joined(path, "amount")),
            tiers=tiers,
            expr=expr,
            per=self._per(body, path),
            cap=self._cap(body, path),
            ceiling=body.get("ceiling") is True,
            in_kind=kind in IN_KIND and not ({"amount", "tiers", "expr"} & set(body)),
            vocabulary=self.vocabulary,
        )

    def _object(self, data: object, path: str, keys: frozenset[str]) -> Mapping[str, object]:
        if not isinstance(data, dict):
            self.faults.add(path, f"这里应是对象，不能是{shown(data)}")
            return {}
        for key in data:
            if key not in keys:
                self.faults.add(path, f"多余的内容：{shown(key)}")
        return data

    def _text(self, raw: object, path: str) -> str:
        if raw is not None and not isinstance(raw, str):
            self.faults.add(path, f"应是文字，不能是{shown(raw)}")
        return raw if isinstance(raw, str) else ""

    def _number(self, raw: object, path: str) -> Decimal | None:
        number = None if isinstance(raw, str) else read_number(raw)
        if raw is not None and (number is None or number < 0):
            self.faults.add(path, f"应是不小于0的数，未定时写 null，不能是{shown(raw)}")
            return None
        return None if number is None else Decimal(number)

    def _frequency(self, body: Mapping[str, object], path: str, default: Frequency) -> Frequency:
        raw = body.get("frequency", default)
        if isinstance(raw, str) and raw in tuple(Frequency):
            return Frequency(raw)
        self.faults.add(joined(path, "frequency"), f"没有{shown(raw)}这种发放周期")
        return default

    def _condition(self, data: object, scope: str, path: str) -> Node:
        try:
            return parse(data, self.vocabulary, scope, path=path)
        except RuleFaults as refused:
            self.faults.extend(refused.faults)
            return All(())

    def _tiers(
        self, body: Mapping[str, object], path: str, unit: str, frequency: Frequency
    ) -> tuple[Tier, ...]:
        rows, here = body.get("tiers", []), joined(path, "tiers")
        if not isinstance(rows, list) or len(rows) > MAX_TIERS:
            self.faults.add(here, f"这里应是不超过{MAX_TIERS}档的列表")
            return ()
        return tuple(self._tier(row, joined(here, index), unit, frequency) for index, row in enumerate(rows))

    def _tier(self, row: object, path: str, unit: str, frequency: Frequency) -> Tier:
        body = self._object(row, path, TIER_KEYS)
        own = self._frequency(body, path, frequency)
        if own is Frequency.BY_TIER:
            self.faults.add(path, "周期按档次定的，每一档都要写 frequency")
        months = body.get("months")
        if months is not None and (type(months) is not int or months < 1):
            self.faults.add(joined(path, "months"), f"最长月数应是正整数，不能是{shown(months)}")
        return Tier(
            when=self._condition(body.get("when"), self.scope, joined(path, "when")),
            amount=self._number(body.get("amount"), joined(path, "amount")),
            rate=self._number(body.get("rate"), joined(path, "rate")),
            unit=self._text(body.get("unit"), joined(path, "unit")) or unit,
            frequency=own,
            months=months if type(months) is int else None,
        )

    def _expr(self, body: Mapping[str, object], path: str) -> Expression | None:
        if "expr" not in body:
            return None
        try:
            return parse_expression(body["expr"], path=joined(path, "expr"), known=self._known)
        except RuleFaults as refused:
            self.faults.extend(refused.faults)
            return None

    def _known(self, name: str) -> bool:
        fact = self.vocabulary.fact(self.scope, name)
        return (
            name == "rate" or name in self.vocabulary.params or (fact is not None and fact.type in COUNTABLE)
        )

    def _per(self, body: Mapping[str, object], path: str) -> ListNode | None:
        if "per" not in body:
            return None
        here = joined(path, "per")
        per = self._object(body["per"], here, frozenset({"list", "where"}))
        node = self._condition({"quant": Quantifier.ANY.value, **per}, self.scope, here)
        return node if isinstance(node, ListNode) else None

    def _cap(self, body: Mapping[str, object], path: str) -> Cap | None:
        if "cap" not in body:
            return None
        here = joined(path, "cap")
        cap = self._object(body["cap"], here, frozenset({"value", "unit"}))
        value = self._number(cap.get("value"), joined(here, "value"))
        if value is None:
            self.faults.add(joined(here, "value"), "缺少上限的数")
            return None
        return Cap(value, self._text(cap.get("unit"), joined(here, "unit")))
