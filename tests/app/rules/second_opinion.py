"""A second implementation, written from the design of the language on Polars: columns, SQL-like nulls.

It shares the reading of raw values with the product, and nothing else: rules are read as data, ages are
counted with calendar arithmetic, lists are joined frames.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.rules.syntax import dump
from app.rules.types import Derivation, Fact, FactType, Vocabulary
from app.rules.values import read_fact, read_items
from app.rules.vocabulary import resolve_params

KINDS = {
    FactType.BOOL: pl.Boolean,
    FactType.INT: pl.Float64,
    FactType.DECIMAL: pl.Float64,
    FactType.DATE: pl.Date,
}
Rule = Mapping[str, Any]


class Opinion:
    """Subjects of one scope; `answer` gives a nullable boolean column."""

    def __init__(
        self,
        subjects: Sequence[Mapping[str, Any]],
        vocabulary: Vocabulary,
        scope: str,
        homes: Sequence[str | None],
        as_of: dt.date,
    ) -> None:
        self.subjects, self.vocabulary, self.scope, self.homes, self.as_of = (
            subjects,
            vocabulary,
            scope,
            homes,
            as_of,
        )
        self.below: dict[str, tuple[Opinion, pl.Series]] = {}

    def answer(self, rule: Rule) -> pl.Series:
        if "all" in rule or "any" in rule:
            every = "all" in rule
            found = self.always(every)
            for member in rule["all" if every else "any"]:
                found = found & self.answer(member) if every else found | self.answer(member)
            return found
        if "not" in rule:
            return ~self.answer(rule["not"])
        return self.listed(rule) if "list" in rule else self.leaf(rule)

    def always(self, answer: bool) -> pl.Series:  # noqa: FBT001 (one of two answers)
        return pl.Series([answer] * len(self.subjects), dtype=pl.Boolean)

    def column(self, fact: Fact) -> pl.Series:
        values = [read_fact(fact, subject.get(fact.name)) for subject in self.subjects]
        kind = KINDS.get(fact.type, pl.String)
        return pl.Series(
            [float(v) if v is not None and kind is pl.Float64 else v for v in values], dtype=kind
        )

    def value(self, fact: Fact) -> pl.Series:
        own = self.column(fact)
        if fact.derivation is None:
            return own
        born = self.column(self.vocabulary.facts[self.scope][str(fact.derived_from)])
        months = (
            (self.as_of.year - born.dt.year().cast(pl.Int64)) * 12
            + self.as_of.month
            - born.dt.month().cast(pl.Int64)
        )
        months = months - (born.dt.day() > self.as_of.day).cast(pl.Int64)
        age = months if fact.derivation is Derivation.FULL_MONTHS else (months / 12).floor()
        return age.cast(pl.Float64).zip_with(born.is_not_null(), own)

    def leaf(self, rule: Rule) -> pl.Series:
        fact = self.vocabulary.facts[self.scope][rule["fact"]]
        known = self.value(fact)
        said = (
            known.is_not_null() if rule["op"] == "exists" else self.compared(rule["op"], known, rule["value"])
        )
        if fact.derivation is not None:
            said = said & ~(known < 0).fill_null(value=False)
        if fact.applicable_if is not None:
            applies = self.answer(dump(fact.applicable_if)).fill_null(value=True)
            said = said.zip_with(applies, self.always(answer=False))
        return said

    def compared(self, op: str, known: pl.Series, wanted: Any) -> pl.Series:
        if op in {"in", "prefix"}:
            found = known.is_null().replace_strict({True: None, False: False}, return_dtype=pl.Boolean)
            for one in wanted if isinstance(wanted, list | tuple) else [wanted]:
                found = found | (
                    known.str.starts_with(area(one)) if op == "prefix" else known == self.typed(known, one)
                )
            return found
        if op == "between":
            low, high = (self.typed(known, end) for end in wanted)
            return (known >= low) & (known <= high)
        bound = self.bound(wanted) if isinstance(wanted, dict) else self.typed(known, wanted)
        if op == "within_days":
            passed = (pl.Series([self.as_of]) - known).dt.total_days().cast(pl.Float64)
            unknown = passed.is_null() | (pl.Series([bound]) if isinstance(bound, float) else bound).is_null()
            return ((passed >= 0) & (passed <= bound)).set(unknown, None)  # false and null would be false
        return {
            "eq": lambda: known == bound, "ne": lambda: known != bound, "lt": lambda: known < bound,
            "le": lambda: known <= bound, "gt": lambda: known > bound, "ge": lambda: known >= bound,
        }[op]()  # fmt: skip

    def typed(self, known: pl.Series, raw: Any) -> Any:
        if known.dtype == pl.Date and isinstance(raw, str):
            return dt.date.fromisoformat(raw)
        return raw if isinstance(raw, bool | str | dt.date) else float(raw)

    def bound(self, wanted: Mapping[str, str]) -> pl.Series:
        numbers = [resolve_params(self.vocabulary, home)[wanted["param"]] for home in self.homes]
        return pl.Series([None if number is None else float(number) for number in numbers], dtype=pl.Float64)

    def listed(self, rule: Rule) -> pl.Series:
        inside, owner = self.inside(rule["list"])
        answers = inside.answer(rule["where"])
        items = pl.DataFrame(
            {"row": owner, "low": answers.fill_null(value=False), "high": answers.fill_null(value=True)}
        )
        sums = items.group_by("row").agg(pl.col("low").sum(), pl.col("high").sum(), pl.len())
        rows = pl.DataFrame({"row": range(len(self.subjects))}, schema={"row": pl.Int64})
        frame = rows.join(sums, on="row", how="left", maintain_order="left").fill_null(0)
        untold = pl.Series([read_items(s, rule["list"]) is None for s in self.subjects], dtype=pl.Boolean)
        low, high, size = (frame[name].cast(pl.Int64) for name in ("low", "high", "len"))
        if rule["quant"] == "any":
            sure, possible = low > 0, high > 0
        elif rule["quant"] == "all":
            sure, possible = low == size, high == size
        else:
            sure, possible = counted(rule["op"], rule["value"], low, high)
        return sure.set(untold | (possible & ~sure), None)

    def inside(self, name: str) -> "tuple[Opinion, pl.Series]":
        if name not in self.below:
            pairs = [
                (row, item)
                for row, subject in enumerate(self.subjects)
                for item in read_items(subject, name) or ()
            ]
            homes = [self.homes[row] for row, _ in pairs]
            owner = pl.Series([row for row, _ in pairs], dtype=pl.Int64)
            self.below[name] = (
                Opinion([item for _, item in pairs], self.vocabulary, name, homes, self.as_of),
                owner,
            )
        return self.below[name]


def counted(op: str, value: int, low: pl.Series, high: pl.Series) -> tuple[pl.Series, pl.Series]:
    """A count may be anything from `low` to `high`: is the comparison so for all of them, for any of them?"""
    equal, possible = (low == value) & (high == value), (low <= value) & (high >= value)
    return {
        "eq": (equal, possible), "ne": (~possible, ~equal), "lt": (high < value, low < value),
        "le": (high <= value, low <= value), "gt": (low > value, high > value),
        "ge": (low >= value, high >= value),
    }[op]  # fmt: skip


def area(code: str) -> str:
    while code.endswith("00"):
        code = code[:-2]
    return code
