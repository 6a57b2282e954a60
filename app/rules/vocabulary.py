"""Builds the catalogue of facts, lists and parameters from data, and looks parameters up by region."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from app.foundation.regions import covers, significant
from app.rules.faults import FaultList, RuleFaults, joined, shown
from app.rules.syntax import names_in, parse
from app.rules.types import Asking, Derivation, Fact, FactType, ListKind, Parameter, Vocabulary
from app.rules.values import read_date, read_number

ROOT_SCOPES = ("person", "enterprise")
RESERVED = frozenset({"rate", "min", "max", "round"})
DERIVATIONS = {"岁": Derivation.FULL_YEARS, "年": Derivation.FULL_YEARS, "月": Derivation.FULL_MONTHS}
FORM_TYPES = (FactType.CHOICES, FactType.OPAQUE)
REGION_LENGTH = 6
Choice = TypeVar("Choice", bound=StrEnum)


def build_vocabulary(facts_yaml: object, params_yaml: object) -> Vocabulary:
    """Return the catalogue of `facts.yaml` ({lists, facts}) and `params.yaml` ({name: {label, by_region}}).

    Raises RuleFaults with every fault and its path, cycles among `applicable_if` included.
    """
    faults = FaultList()
    lists = _lists(_mapping(_mapping(facts_yaml, "", faults).get("lists", {}), "lists", faults), faults)
    params = _params(_mapping(params_yaml, "params", faults), faults)
    reading = _FactReading(faults, (*ROOT_SCOPES, *lists))
    facts = reading.read(_mapping(facts_yaml, "", faults).get("facts"))
    for name in params:
        if name in RESERVED or any(name in scope for scope in facts.values()):
            faults.add(joined("params", name), "参数不能与事实或 rate、min、max、round 同名")
    reading.check_derived(facts)
    faults.raise_if_any()
    return _with_applicability(Vocabulary(facts, lists, params), reading.conditions)


def resolve_params(
    vocabulary: Vocabulary, region_code: str | None, *, on: date | None = None
) -> Mapping[str, Decimal | None]:
    """Return every parameter as it stands in a region `on` a day: the most specific area wins, null included.

    With no region known only nation-wide numbers are known; without a day the last that was entered counts.
    """
    params = vocabulary.params if on is None else vocabulary.params_on(on)
    return {name: in_region(param, region_code or "") for name, param in params.items()}


def in_region(param: Parameter, region_code: str) -> Decimal | None:
    """Return one parameter as it stands in a region."""
    areas = [area for area in param.by_region if covers(area, region_code)]
    return param.by_region[max(areas, key=lambda area: len(significant(area)))] if areas else None


def _mapping(data: object, path: str, faults: FaultList) -> Mapping[str, object]:
    if isinstance(data, dict) and all(isinstance(key, str) for key in data):
        return data
    faults.add(path, f"这里应是“名称: 内容”的对象，不能是{shown(data)}")
    return {}


def _choice(kind: type[Choice], raw: object) -> Choice | None:
    return kind(raw) if isinstance(raw, str) and raw in tuple(kind) else None


def _lists(data: Mapping[str, object], faults: FaultList) -> dict[str, ListKind]:
    lists: dict[str, ListKind] = {}
    for name, entry in data.items():
        path = joined("lists", name)
        body = _mapping(entry, path, faults)
        owner, label, how = body.get("subject"), body.get("label"), _choice(Asking, body.get("how", "fetch"))
        if owner not in (*ROOT_SCOPES, *data) or owner == name:
            faults.add(
                joined(path, "subject"), f"列表要属于 person、enterprise 或另一个列表，不能是{shown(owner)}"
            )
        if not isinstance(label, str) or how is None:
            faults.add(path, "列表要有中文名称 label，how 只能是 fetch 或 ask")
            continue
        lists[name] = ListKind(
            name,
            label,
            str(owner),
            item_label=str(body.get("item_label", label)),
            source=str(body.get("source", "")),
            sensitive=body.get("sensitive") is True,
            how=how,
            question=str(body.get("ask") or ""),
        )
    return lists


def _params(data: Mapping[str, object], faults: FaultList) -> dict[str, Parameter]:
    params: dict[str, Parameter] = {}
    for name, entry in data.items():
        path = joined("params", name)
        body = _mapping(entry, path, faults)
        by_region: dict[str, Decimal | None] = {}
        dated: dict[str, tuple[tuple[date, Decimal | None], ...]] = {}
        for code, raw in _mapping(body.get("by_region"), joined(path, "by_region"), faults).items():
            here = joined(joined(path, "by_region"), code)
            if len(code) != REGION_LENGTH or not (code.isascii() and code.isdigit()):
                faults.add(here, "地区要写6位行政区划代码")
            if isinstance(raw, list):
                dated[code] = _dated(raw, here, faults)
                by_region[code] = dated[code][-1][1] if dated[code] else None
            else:
                by_region[code] = _number(raw, here, faults)
        params[name] = Parameter(
            name,
            str(body.get("label", name)),
            by_region,
            verification=str(body.get("verification", "")),
            note=str(body.get("note") or ""),
            dated=dated,
        )
    return params


def _dated(raw: list[object], path: str, faults: FaultList) -> tuple[tuple[date, Decimal | None], ...]:
    """Read numbers with the day from which each holds, `[{from: 2025-07-01, value: 735}, …]`, in order."""
    found: list[tuple[date, Decimal | None]] = []
    for place, entry in enumerate(raw):
        here = joined(path, str(place))
        body = _mapping(entry, here, faults)
        since = read_date(body.get("from"))
        if since is None:
            faults.add(joined(here, "from"), "要写从哪一天起，如 2025-07-01")
        elif found and since <= found[-1][0]:
            faults.add(joined(here, "from"), "要按日期先后写，一天只有一个")
        else:
            found.append((since, _number(body.get("value"), joined(here, "value"), faults)))
    if not raw:
        faults.add(path, "至少要写一个")
    return tuple(found)


def _number(raw: object, path: str, faults: FaultList) -> Decimal | None:
    number = read_number(raw)
    if raw is not None and number is None:
        faults.add(path, f"应是数，未录入时写 null，不能是{shown(raw)}")
    return None if number is None else Decimal(number)


class _FactReading:
    """One reading of the list of facts; `applicable_if` waits until every fact is known."""

    def __init__(self, faults: FaultList, scopes: tuple[str, ...]) -> None:
        self.faults = faults
        self.scopes = scopes
        self.conditions: dict[tuple[str, str], tuple[object, str]] = {}
        self.paths: dict[tuple[str, str], str] = {}

    def read(self, data: object) -> dict[str, dict[str, Fact]]:
        """Return the facts by scope."""
        facts: dict[str, dict[str, Fact]] = {scope: {} for scope in self.scopes}
        if not isinstance(data, list):
            self.faults.add("facts", "这里应是事实的列表")
            return facts
        for index, entry in enumerate(data):
            path = joined("facts", index)
            fact = self._fact(_mapping(entry, path, self.faults), path)
            if fact is None:
                continue
            if fact.name in facts[fact.subject]:
                self.faults.add(joined(path, "name"), f"事实{shown(fact.name)}重复")
            facts[fact.subject][fact.name] = fact
            self.paths[fact.subject, fact.name] = path
        return facts

    def _fact(self, body: Mapping[str, object], path: str) -> Fact | None:
        name, label, subject = body.get("name"), body.get("label"), body.get("subject")
        kind, how = _choice(FactType, body.get("type")), _choice(Asking, body.get("how", "fetch"))
        if not isinstance(name, str) or not name.isidentifier() or name in RESERVED:
            self.faults.add(joined(path, "name"), f"{shown(name)}不能作事实的名称")
        elif not isinstance(label, str) or not label:
            self.faults.add(joined(path, "label"), "缺少中文名称")
        elif kind is None or kind in FORM_TYPES:
            self.faults.add(joined(path, "type"), f"没有{shown(body.get('type'))}这种类型")
        elif subject not in self.scopes:
            self.faults.add(joined(path, "subject"), f"没有{shown(subject)}这种对象")
        elif how is None:
            self.faults.add(joined(path, "how"), f"应是 fetch 或 ask，不能是{shown(body.get('how'))}")
        else:
            if "applicable_if" in body:
                place = joined(path, "applicable_if")
                self.conditions[str(subject), name] = (body["applicable_if"], place)
            return self._details(Fact(name, label, kind, str(subject), how=how), body, path)
        return None

    def _details(self, fact: Fact, body: Mapping[str, object], path: str) -> Fact:
        values, labels = body.get("values") or [], body.get("labels") or {}
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.faults.add(joined(path, "values"), "选项应是文字的列表（数字要加引号）")
            values = []
        if fact.type is FactType.ENUM and not values:
            self.faults.add(joined(path, "values"), "选项类的事实要列出选项")
        if not isinstance(labels, dict):
            self.faults.add(joined(path, "labels"), "labels 应是“选项: 中文”的对象")
            labels = {}
        derived_from = body.get("derived_from")
        return replace(
            fact,
            unit=str(body.get("unit") or ""),
            values=tuple(values),
            labels={str(code): str(text) for code, text in labels.items()},
            source=str(body.get("source") or ""),
            sensitive=body.get("sensitive") is True,
            derived_from=None if derived_from is None else str(derived_from),
            derivation=None if derived_from is None else DERIVATIONS.get(str(body.get("unit"))),
            minimum=self._bound(body.get("min"), joined(path, "min")),
            maximum=self._bound(body.get("max"), joined(path, "max")),
            question=str(body.get("ask") or ""),
        )

    def _bound(self, raw: object, path: str) -> Decimal | None:
        number = read_number(raw)
        if raw is not None and number is None:
            self.faults.add(path, f"应是数，不能是{shown(raw)}")
        return None if number is None else Decimal(number)

    def check_derived(self, facts: Mapping[str, Mapping[str, Fact]]) -> None:
        """Refuse a derived fact that is not full years or months since a date of the same subject."""
        for fact in (fact for scope in facts.values() for fact in scope.values() if fact.derived_from):
            origin = facts[fact.subject].get(str(fact.derived_from))
            here = joined(self.paths[fact.subject, fact.name], "derived_from")
            if origin is None or origin.type is not FactType.DATE:
                self.faults.add(here, f"{fact.label}要由同一对象的日期推算，{shown(fact.derived_from)}不是")
            if fact.type is not FactType.INT or fact.derivation is None:
                self.faults.add(here, f"{fact.label}由日期推算，类型要是 int，单位要是 岁、年 或 月")


def _with_applicability(
    vocabulary: Vocabulary, conditions: Mapping[tuple[str, str], tuple[object, str]]
) -> Vocabulary:
    """Parse every `applicable_if`, those that others rest on first, so that each leaf knows its own."""
    faults = FaultList()
    rests_on: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for (scope, name), (data, path) in conditions.items():
        try:
            node = parse(data, vocabulary, scope, path=path)
        except RuleFaults as refused:
            faults.extend(refused.faults)
            continue
        rests_on[scope, name] = {_place(scope, needed) for needed in names_in(node)}
    faults.raise_if_any()
    for scope, name in _in_order(rests_on, conditions):
        data, path = conditions[scope, name]
        fact = replace(vocabulary.facts[scope][name], applicable_if=parse(data, vocabulary, scope, path=path))
        facts = {**vocabulary.facts, scope: {**vocabulary.facts[scope], name: fact}}
        vocabulary = replace(vocabulary, facts=facts)
    return vocabulary


def _place(scope: str, name: str) -> tuple[str, str]:
    """Return scope and name of `age` or of `children.child_lawful`."""
    *outer, inner = name.split(".")
    return (outer[-1] if outer else scope), inner


def _in_order(
    rests_on: Mapping[tuple[str, str], Iterable[tuple[str, str]]],
    conditions: Mapping[tuple[str, str], tuple[object, str]],
) -> list[tuple[str, str]]:
    try:
        order = TopologicalSorter(rests_on).static_order()
        return [place for place in order if place in conditions]
    except CycleError as cycle:
        circle = [name for _, name in cycle.args[1]]
        faults = FaultList()
        faults.add("facts", f"applicable_if 互相依赖，成了循环：{' → '.join(circle)}")
        raise RuleFaults(faults.items) from cycle
