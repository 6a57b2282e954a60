"""The policies of one audience on one day, lowered once, with what they read; one row as a subject again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from app.eligibility.assessment import region_params
from app.eligibility.policies import explained
from app.eligibility.types import Audience, Policy
from app.residents import fact_catalogue
from app.rules.amounts import Amount, assess_amount
from app.rules.expressions import names_of
from app.rules.planes.columns import Coded, Column, Dates, Flagged, Items, Numbers, Table
from app.rules.planes.lowering import Needed, Program, lowered
from app.rules.planes.spans import EPOCH
from app.rules.syntax import Node, names_in

Rule = tuple[str, int]
"""Policy and version."""


@dataclass(frozen=True)
class Rulebook:
    """Policies of one audience as they stand on a day; one that is not in force answers no."""

    policies: tuple[Policy, ...]
    audience: Audience
    as_of: date

    @classmethod
    def of(cls, policies: Iterable[Policy], audience: Audience, as_of: date) -> "Rulebook":
        """Take the policies of an audience, by id."""
        own = sorted((p for p in policies if p.audience is audience), key=lambda policy: policy.id)
        return cls(tuple(own), audience, as_of)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The policies and versions, in the order of the planes."""
        return tuple((policy.id, policy.version) for policy in self.policies)

    @cached_property
    def program(self) -> Program:
        """The conditions lowered for the day."""
        conditions = [policy.conditions if policy.in_force(self.as_of) else False for policy in self.policies]
        return lowered(
            conditions, as_of=self.as_of, parameters=fact_catalogue.vocabulary().params_on(self.as_of)
        )

    @cached_property
    def pricing(self) -> Program:
        """The conditions on which amounts rest (tiers, items counted), lowered for the day."""
        asked: list[Node] = []
        for benefit in (policy.benefit for policy in self.policies):
            asked += [*(tier.when for tier in benefit.tiers), *([benefit.per] if benefit.per else [])]
        return lowered(asked, as_of=self.as_of, parameters=fact_catalogue.vocabulary().params_on(self.as_of))

    @cached_property
    def needed(self) -> Needed:
        """What conditions and amounts read, also of policies not in force today: tomorrow they may be."""
        parameters = fact_catalogue.vocabulary().params_on(self.as_of)
        asked = lowered((p.conditions for p in self.policies), as_of=self.as_of, parameters=parameters)
        named: set[str] = set()
        for benefit in (policy.benefit for policy in self.policies):
            named |= set() if benefit.expr is None else set(names_of(benefit.expr))
        return asked.needed() | self.pricing.needed() | _of_names(named, self.audience)

    @cached_property
    def fingerprint(self) -> str:
        """What makes two rulebooks give the same answers: policies, parameters, day."""
        params = fact_catalogue.vocabulary().params_on(self.as_of)
        said = repr((
            self.as_of, self.audience, sorted(self.needed.facts),
            [(p.id, p.version, p.checksum, p.in_force(self.as_of)) for p in self.policies],
            sorted((name, sorted(param.by_region.items())) for name, param in params.items()),
        ))  # fmt: skip
        return hashlib.sha256(said.encode()).hexdigest()

    def on(self, day: date) -> "Rulebook":
        """Return the same policies as they stand on another day."""
        return Rulebook(self.policies, self.audience, day)

    def tomorrow(self) -> "Rulebook":
        """Return the same policies as they stand a day later."""
        return self.on(self.as_of + timedelta(days=1))

    def only(self, rules: Iterable[int]) -> "Rulebook":
        """Return some of the policies, by their places; all of them are this book, lowered already."""
        chosen = list(rules)
        return (
            self
            if len(chosen) == len(self.policies)
            else Rulebook(tuple(self.policies[place] for place in chosen), self.audience, self.as_of)
        )

    def by_fact(self) -> Mapping[str, frozenset[Rule]]:
        """Return which rules have to be asked again where a fact is another: the index of an incremental run.

        A fact of the items of a list is named after the list, for that is what changes.
        """
        found: dict[str, set[Rule]] = {}
        parameters = fact_catalogue.vocabulary().params_on(self.as_of)
        for policy in self.policies:
            needed = lowered([policy.conditions], as_of=self.as_of, parameters=parameters).needed()
            for name in (*needed.facts, *needed.lists):
                found.setdefault(name, set()).add((policy.id, policy.version))
        return {name: frozenset(rules) for name, rules in found.items()}

    def amount(self, rule: int, table: Table, row: int) -> Amount | None:
        """Price one policy for one row, as for one subject."""
        subject, region = subject_at(table, row), region_at(table, row)
        return assess_amount(
            self.policies[rule].benefit, subject, as_of=self.as_of, params=region_params(region, self.as_of)
        )

    def missing(self, rule: int, table: Table, row: int) -> tuple[str, ...]:
        """Return which facts could still change the answer of one policy about one row."""
        subject, params = subject_at(table, row), region_params(region_at(table, row), self.as_of)
        return explained(self.policies[rule], subject, as_of=self.as_of, params=params).missing


def _of_names(names: Iterable[str], audience: Audience) -> Needed:
    """Turn `dibao` and `children.age_months` into what has to be read, dates in the place of ages."""
    vocabulary = fact_catalogue.vocabulary()
    needed = Needed(frozenset(), {})
    for path in names:
        *lists, name = path.split(".")
        scope = lists[-1] if lists else audience.value
        fact = vocabulary.fact(scope, name)
        if fact is not None:
            one = Needed(frozenset({fact.derived_from or fact.name}), {})
            if fact.applicable_if is not None:
                one |= _of_names(names_in(fact.applicable_if), audience)
            for list_name in reversed(lists):
                one = Needed(frozenset(), {list_name: one})
            needed |= one
    return needed


def subject_at(table: Table, row: int) -> dict[str, object]:
    """Return what a table knows of one row as the language reads a subject."""
    known = {name: _value(column, row) for name, column in table.columns.items()}
    for name, items in table.lists.items():
        known[name] = _items(items, row)
    return {name: value for name, value in known.items() if value is not None}


def region_at(table: Table, row: int) -> str | None:
    """Return the region whose parameters hold for a row."""
    found = None if table.regions is None else _value(table.regions, row)
    return None if found is None else str(found)


def _items(items: Items, row: int) -> list[dict[str, object]] | None:
    if items.known is not None and not items.known[row]:
        return None
    return [subject_at(items.table, place) for place in range(items.offsets[row], items.offsets[row + 1])]


def _value(column: Column, row: int) -> object:
    if column.known is not None and not column.known[row]:
        return None
    value = column.values[row]
    match column:
        case Numbers(scale=scale):
            return int(value) if scale == 1 else Decimal(int(value)) / scale
        case Dates():
            return date.fromordinal(int(value) + EPOCH)
        case Flagged():
            return bool(value)
        case Coded(codes=codes):
            return codes[int(value)]
