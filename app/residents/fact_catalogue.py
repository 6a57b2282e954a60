"""The catalogue of facts (事实目录): what can be known, who answers for it, what it looks like in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from app.foundation.errors import InvalidInput
from app.gateways.registries.departments import BY_SOURCE, Department
from app.residents.types import SubjectKind
from app.rules.types import Asking, Fact, FactType, ListKind, Vocabulary
from app.rules.values import read_fact
from app.rules.vocabulary import build_vocabulary
from config import files

ITEMS = 50
"""No list that a resident fills in is longer."""
REGION_FACTS = ("residence_region", "hukou_region", "ent_region")
COMMUNITY = "residence_community"
"""Where somebody lives down to the community (12 digits), for lists of visits."""
LARGEST = Decimal(10) ** 13
EARLIEST = date(1880, 1, 1)
_EXPECTED = {
    FactType.BOOL: "请选择是或否",
    FactType.INT: "请填写整数",
    FactType.DECIMAL: "请填写数字",
    FactType.DATE: "请填写日期，如 2026-01-31",
    FactType.ENUM: "请从选项中选择",
    FactType.REGION: "请选择省、市、区县",
}


@cache
def vocabulary() -> Vocabulary:
    """Return the catalogue, read once per process; raises RuleFaults where the files make no sense."""
    return build_vocabulary(files.read("facts"), files.read("params"))


def entry(subject: SubjectKind, name: str) -> Fact | ListKind | None:
    """Return a fact or list that somebody of this kind can have; facts derived from others are none."""
    fact = vocabulary().fact(subject, name)
    if fact is not None:
        return None if fact.derived_from else fact
    found = vocabulary().lists.get(name)
    return found if found is not None and found.owner == subject else None


def entries(subject: SubjectKind) -> list[Fact | ListKind]:
    """Return every fact and list of a kind of subject, in the order of the catalogue."""
    facts: list[Fact | ListKind] = [
        fact for fact in vocabulary().facts[subject].values() if not fact.derived_from
    ]
    return facts + [found for found in vocabulary().lists.values() if found.owner == subject]


def is_sensitive(subject: SubjectKind, name: str) -> bool:
    """Say whether a value is kept sealed; what the catalogue does not know is."""
    found = entry(subject, name)
    return found is None or found.sensitive


def region_of(values: Mapping[str, object]) -> str | None:
    """Return whose parameters apply: where one lives, else the 户籍, else the enterprise's own."""
    for name in REGION_FACTS:
        if isinstance(values.get(name), str):
            return str(values[name])
    return None


def visited_at(values: Mapping[str, object]) -> str | None:
    """Return where somebody would be visited: their community, else the region whose parameters apply."""
    community = values.get(COMMUNITY)
    return community if isinstance(community, str) else region_of(values)


def departments(subject: SubjectKind) -> tuple[Department, ...]:
    """Return whom to ask about a kind of subject, lists and their items included."""
    sources = {found.source for found in entries(subject) if found.how is Asking.FETCH}
    for kind in (found for found in vocabulary().lists.values() if found.owner == subject):
        sources |= {fact.source for fact in vocabulary().facts[kind.name].values()}
    return tuple(sorted({BY_SOURCE[source] for source in sources if source in BY_SOURCE}))


def read_statement(subject: SubjectKind, name: str, raw: object) -> object:
    """Return a resident's own value as it is stored (JSON); raises InvalidInput naming what is wrong."""
    found = entry(subject, name)
    if isinstance(found, ListKind):
        return _read_items(found, raw)
    if found is None:
        raise InvalidInput({"value": ["没有这项信息"]})
    return _read_one(found, raw, "value")


def _read_items(kind: ListKind, raw: object) -> list[dict[str, object]]:
    if not isinstance(raw, list) or len(raw) > ITEMS or not all(isinstance(item, dict) for item in raw):
        raise InvalidInput({"value": [f"请逐个填写{kind.label}，最多{ITEMS}个"]})
    known = vocabulary().facts[kind.name]
    read: list[dict[str, object]] = []
    for number, item in enumerate(raw):
        path = f"value.{number}"
        unknown = [name for name in item if name not in known or known[name].derived_from]
        if unknown:
            raise InvalidInput({f"{path}.{str(name)[:64]}": ["没有这项信息"] for name in unknown})
        read.append(
            {
                name: _read_one(known[name], value, f"{path}.{name}")
                for name, value in item.items()
                if value is not None
            }
        )
    return read


def _read_one(fact: Fact, raw: object, path: str) -> object:
    value = read_fact(fact, raw)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _read_number(fact, Decimal(value), path)
    if value is None or (isinstance(value, date) and value < EARLIEST):
        raise InvalidInput({path: [_EXPECTED.get(fact.type, "填写的内容有误")]})
    return value.isoformat() if isinstance(value, date) else value


def _read_number(fact: Fact, number: Decimal, path: str) -> int | str:
    """Keep whole numbers as JSON's, the others as text, so that no digit is lost."""
    whole = number == number.to_integral_value() if abs(number) < LARGEST else False
    if not (whole or fact.type is FactType.DECIMAL) or abs(number) >= LARGEST:
        raise InvalidInput({path: [_EXPECTED[fact.type]]})
    low, high = fact.minimum, fact.maximum
    if (low is not None and number < low) or (high is not None and number > high) or number < 0:
        bounds = f"{0 if low is None else low}至{high}" if high is not None else f"不小于{low or 0}的数"
        raise InvalidInput({path: [f"应填{bounds}"]})
    return int(number) if whole else str(number.quantize(Decimal("0.0001")).normalize())


def shown_sources(found: Sequence[Department]) -> tuple[str, ...]:
    """Name departments in Chinese, as the catalogue's sources do."""
    names: dict[Department, str] = {}
    for source, department in BY_SOURCE.items():
        names.setdefault(department, source)
    return tuple(names.get(department, str(department)) for department in found)
