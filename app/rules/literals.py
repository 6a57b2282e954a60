"""Checks the value an author wrote against fact and operator, and reads it as the fact's type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.foundation.regions import significant
from app.rules.faults import FaultList, joined, shown
from app.rules.types import Fact, FactType, Operator, Scalar
from app.rules.values import read_date

MAX_MEMBERS = 1_000
MAX_DIGITS = 15  # what a JSON number keeps
MAX_TEXT = 200
MAX_DAYS = 36_600
PAIR = 2
RULE_REGION_LENGTHS = (2, 4, 6)
FULL_REGION = 6

EQUALITY = frozenset({Operator.EQ, Operator.NE})
ORDER = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})
ORDERED = EQUALITY | ORDER | {Operator.IN, Operator.BETWEEN, Operator.EXISTS}
FITTING: Mapping[FactType, frozenset[Operator]] = {
    FactType.BOOL: EQUALITY | {Operator.EXISTS},
    FactType.INT: ORDERED,
    FactType.DECIMAL: ORDERED,
    FactType.DATE: ORDERED | {Operator.WITHIN_DAYS},
    FactType.ENUM: EQUALITY | {Operator.IN, Operator.EXISTS},
    FactType.REGION: EQUALITY | {Operator.IN, Operator.PREFIX, Operator.EXISTS},
    FactType.TEXT: EQUALITY | {Operator.IN, Operator.EXISTS},
    FactType.CHOICES: frozenset({Operator.IN, Operator.EXISTS}),
    FactType.OPAQUE: frozenset({Operator.EXISTS}),
}
TYPE_LABELS: Mapping[FactType, str] = {
    FactType.BOOL: "是或否",
    FactType.INT: "整数",
    FactType.DECIMAL: "数",
    FactType.DATE: "日期",
    FactType.ENUM: "选项",
    FactType.REGION: "行政区划代码",
    FactType.TEXT: "文字",
    FactType.CHOICES: "多选项",
    FactType.OPAQUE: "附件或列表",
}
PARAMETRIC = EQUALITY | ORDER


@dataclass(frozen=True, slots=True)
class ParamRef:
    """A regional parameter in the place of a value."""

    name: str


Value = Scalar | tuple[Scalar, ...] | ParamRef | None


@dataclass(frozen=True, slots=True)
class _Refusal:
    message: str


@dataclass(frozen=True, slots=True)
class ValueReading:
    """Reads the value of one leaf into the type of its fact; what is wrong goes to `faults`."""

    fact: Fact
    op: Operator
    path: str
    has_param: Callable[[object], bool]
    faults: FaultList

    def value_of(self, data: Mapping[str, object]) -> Value:
        """Return the value beside the operator, None where there is none or it was refused."""
        if self.op not in FITTING[self.fact.type]:
            fitting = "、".join(sorted(FITTING[self.fact.type]))
            type_label = TYPE_LABELS[self.fact.type]
            message = f"{self.fact.label}是{type_label}，不能用 {self.op} 比较（可用：{fitting}）"
            self.faults.add(joined(self.path, "op"), message)
        elif self.op is Operator.EXISTS:
            if data.get("value", True) is not True:
                self._refuse("exists 不带值；要问“不知道”，请在外面写 not")
        elif data.get("value") is None:
            self._refuse(f"缺少与{self.fact.label}比较的值")
        else:
            return self._read(data["value"])
        return None

    def _read(self, raw: object) -> Value:
        if isinstance(raw, dict):
            return self._param(raw)
        if self.op is Operator.WITHIN_DAYS:
            return self._noted(_days(raw))
        several = self.op in (Operator.IN, Operator.BETWEEN)
        if several or (self.op is Operator.PREFIX and isinstance(raw, list | tuple)):
            return self._several(raw)
        return self._noted(_one(self.fact, self.op, raw))

    def _refuse(self, message: str, step: str | int | None = None) -> None:
        here = joined(self.path, "value")
        self.faults.add(here if step is None else joined(here, step), message)

    def _noted(self, read: Scalar | _Refusal, index: int | None = None) -> Scalar | None:
        if not isinstance(read, _Refusal):
            return read
        self._refuse(read.message, index)
        return None

    def _param(self, raw: Mapping[str, object]) -> ParamRef | None:
        name = raw.get("param")
        numeric = self.fact.type in (FactType.INT, FactType.DECIMAL) and self.op in PARAMETRIC
        if set(raw) != {"param"}:
            self._refuse("值应是一个数、文字、列表或 {param: 名称}")
        elif not self.has_param(name):
            self._refuse(f"没有名为{shown(name)}的地方参数", "param")
        elif not numeric and self.op is not Operator.WITHIN_DAYS:
            self._refuse(f"地方参数是数，不能放在{self.fact.label}的 {self.op} 里")
        else:
            return ParamRef(str(name))
        return None

    def _several(self, raw: object) -> tuple[Scalar, ...] | None:
        if not isinstance(raw, list | tuple):
            self._refuse(f"{self.op} 要与列表比较，不能是{shown(raw)}")
            return None
        if len(raw) > MAX_MEMBERS:
            self._refuse(f"列表最多{MAX_MEMBERS}项，这里有{len(raw)}项")
            return None
        read = [self._noted(_one(self.fact, self.op, member), index) for index, member in enumerate(raw)]
        members = tuple(member for member in read if member is not None)
        if self.op is Operator.BETWEEN and len(members) == len(raw):
            self._check_interval(members)
        return members

    def _check_interval(self, members: tuple[Scalar, ...]) -> None:
        if len(members) != PAIR:
            self._refuse("between 要写下限和上限两个值")
            return
        low, high = members
        # Both were read as the same type, so that this compares two numbers or two dates.
        if low > high:  # type: ignore[operator]
            self._refuse(f"下限{shown(low)}大于上限{shown(high)}")


def _days(raw: object) -> Scalar | _Refusal:
    if type(raw) is int and 0 <= raw <= MAX_DAYS:
        return raw
    return _Refusal(f"天数应是0至{MAX_DAYS}的整数，不能是{shown(raw)}")


def _one(fact: Fact, op: Operator, raw: object) -> Scalar | _Refusal:
    match fact.type:
        case FactType.BOOL:
            return raw if isinstance(raw, bool) else _wrong(fact, "true 或 false", raw)
        case FactType.INT | FactType.DECIMAL:
            return _number(fact, raw)
        case FactType.DATE:
            return _wrong(fact, "日期（如 2026-01-31）", raw) if (day := read_date(raw)) is None else day
        case FactType.ENUM | FactType.CHOICES:
            return _code(fact, raw)
        case FactType.REGION:
            return _region(fact, op, raw)
        case _:
            fits = isinstance(raw, str) and 0 < len(raw) <= MAX_TEXT
            return raw if fits and isinstance(raw, str) else _wrong(fact, f"不超过{MAX_TEXT}字的文字", raw)


def _wrong(fact: Fact, wanted: str, raw: object) -> _Refusal:
    return _Refusal(f"{fact.label}要与{wanted}比较，不能是{shown(raw)}")


def _number(fact: Fact, raw: object) -> Scalar | _Refusal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return _wrong(fact, TYPE_LABELS[fact.type], raw)
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite():
        return _Refusal(f"{fact.label}不能与非数（NaN）或无穷大比较")
    if len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return _Refusal(f"数字过长：最多{MAX_DIGITS}位")
    whole = number == number.to_integral_value()
    if fact.type is FactType.INT:
        return int(number) if whole and not isinstance(raw, float) else _wrong(fact, "整数", raw)
    return int(number) if whole else number


def _code(fact: Fact, raw: object) -> Scalar | _Refusal:
    if isinstance(raw, str) and raw in fact.values:
        return raw
    return _Refusal(f"{fact.label}没有{shown(raw)}这个选项（可用：{'、'.join(fact.values[:20])}）")


def _region(fact: Fact, op: Operator, raw: object) -> Scalar | _Refusal:
    if not (isinstance(raw, str) and len(raw) in RULE_REGION_LENGTHS and raw.isascii() and raw.isdigit()):
        return _wrong(fact, "2、4或6位行政区划代码（加引号）", raw)
    if op is Operator.PREFIX:
        return significant(raw)
    if len(raw) < FULL_REGION:
        return _Refusal(f"{op} 要写满6位行政区划代码；要包含下级地区，请用 prefix")
    return raw
