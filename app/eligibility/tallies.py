"""What a rule tried on everyone adds up to (试算统计): counts by who people are, and a few masked examples.

A tally is JSON data between batches, so that a trial goes on where a killed worker left it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.eligibility.assessment import region_of
from app.eligibility.types import Outcome
from app.rules.ages import MONTHS, full_months

SAMPLES = 20
MISSING_SHOWN = 10
NARROW_BELOW = 10
"""A rule for fewer people than these needs a reason and a second approval."""
BROAD_ABOVE = 0.5
"""A rule for a larger share of everyone than this asks for confirmation."""
UNKNOWN = "unknown"
_BANDS = ((90, "90+"), (80, "80-89"), (70, "70-79"), (60, "60-69"), (35, "35-59"), (18, "18-34"), (0, "0-17"))

Counts = dict[str, int]
ByGroup = dict[str, Counts]


@dataclass(frozen=True, slots=True)
class Traits:
    """By what people are counted: region, age band (年龄段), sex; the last two are None for enterprises."""

    region: str
    age_band: str | None
    sex: str | None


@dataclass(slots=True)
class Tally:
    """What was counted so far; the names are those of the JSON that is kept."""

    outcomes: Counts = field(default_factory=lambda: {outcome.value: 0 for outcome in Outcome})
    by_region: ByGroup = field(default_factory=dict)
    by_age: ByGroup = field(default_factory=dict)
    by_sex: ByGroup = field(default_factory=dict)
    by_day: Counts = field(default_factory=dict)
    missing: Counts = field(default_factory=dict)
    gained: Counts = field(default_factory=dict)
    lost: Counts = field(default_factory=dict)
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Tally":
        """Read a tally as it was kept; what is counted from here on does not change the data read."""
        return cls(**deepcopy(dict(data)))

    def data(self) -> dict[str, Any]:
        """Return the tally as it is kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def population(self) -> int:
        """How many were looked at."""
        return sum(self.outcomes.values())

    @property
    def narrow(self) -> bool:
        """Whether the rule is for very few."""
        return self.outcomes[Outcome.ELIGIBLE] < NARROW_BELOW

    @property
    def broad(self) -> bool:
        """Whether the rule is for most."""
        return self.outcomes[Outcome.ELIGIBLE] > self.population * BROAD_ABOVE

    def count(self, outcome: Outcome, traits: Traits) -> None:
        """Count one subject's answer."""
        self.outcomes[outcome] += 1
        for groups, name in (
            (self.by_region, traits.region),
            (self.by_age, traits.age_band),
            (self.by_sex, traits.sex),
        ):
            if name is not None:
                _add(groups.setdefault(name, {each.value: 0 for each in Outcome}), outcome)

    def compare(self, before: Outcome, after: Outcome, traits: Traits) -> None:
        """Count who gains or loses against the version in force, by region."""
        if after is Outcome.ELIGIBLE and before is not Outcome.ELIGIBLE:
            _add(self.gained, traits.region)
        elif before is Outcome.ELIGIBLE and after is not Outcome.ELIGIBLE:
            _add(self.lost, traits.region)

    def lacks(self, names: list[str]) -> None:
        """Count the facts that keep one subject undetermined."""
        for name in names:
            _add(self.missing, name)

    def wants_sample(self, outcome: Outcome, rank: str) -> bool:
        """Say whether a subject of this rank is among the examples of an outcome so far."""
        kept = self.samples.get(outcome, [])
        return len(kept) < SAMPLES or rank < kept[-1]["rank"]

    def sample(self, outcome: Outcome, rank: str, told: Mapping[str, Any], traits: Traits) -> None:
        """Keep a masked explanation among the examples of its outcome: those of lowest rank."""
        cell = [traits.region, traits.age_band, traits.sex]
        kept = [*self.samples.get(outcome, []), {"rank": rank, "cell": cell, **told}]
        self.samples[outcome] = sorted(kept, key=lambda one: str(one["rank"]))[:SAMPLES]

    def chosen_samples(self, *, shown: Callable[[Outcome, Traits], bool]) -> list[dict[str, Any]]:
        """Return at most twenty examples, as many of each outcome as there are places for.

        Only of those whose outcome and traits may be `shown`.
        """
        kept = [
            [one for one in self.samples.get(outcome, []) if shown(outcome, Traits(*one["cell"]))]
            for outcome in Outcome
        ]
        chosen: list[dict[str, Any]] = []
        while len(chosen) < SAMPLES and any(kept):
            chosen += [one.pop(0) for one in kept if one][: SAMPLES - len(chosen)]
        order = [outcome.value for outcome in Outcome]
        chosen.sort(key=lambda one: order.index(one["outcome"]))
        return [{key: one[key] for key in one if key not in {"rank", "cell"}} for one in chosen]

    def most_missing(self) -> Counts:
        """Return the facts that are missing most often."""
        return dict(Counter(self.missing).most_common(MISSING_SHOWN))


def traits_of(values: Mapping[str, object], *, person: bool, as_of: date) -> Traits:
    """Return by what a subject is counted; what nobody knows is counted as unknown."""
    region = region_of(values) or UNKNOWN
    if not person:
        return Traits(region, None, None)
    sex = values.get("gender")
    return Traits(region, _band(values.get("birth_date"), as_of), UNKNOWN if sex is None else str(sex))


def rank_of(trial_id: UUID, subject_id: UUID) -> str:
    """Return the place of a subject in the draw of one trial: the same however often a batch is repeated."""
    return hashlib.sha256(trial_id.bytes + subject_id.bytes).hexdigest()[:16]


def _band(born: object, as_of: date) -> str:
    if not isinstance(born, date):
        return UNKNOWN
    age = max(0, full_months(born, as_of) // MONTHS)
    return next(name for least, name in _BANDS if age >= least)


def _add(counts: Counts, name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
