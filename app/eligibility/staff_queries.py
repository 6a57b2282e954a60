"""Reads for officers: what a trial counted, within their region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from app.eligibility.errors import PreviewNotFound
from app.eligibility.models import PolicyVersion, Trial
from app.eligibility.tallies import Tally
from app.eligibility.types import TrialKind
from app.foundation.database import reading
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who gains and who loses against the version in force, by region."""

    rule_version: int
    gained: int
    lost: int
    gained_by_region: Mapping[str, int]
    lost_by_region: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TrialView:
    """What a trial counted so far; `current`: the version still reads as it was tried.

    `narrow` and `broad` say what its publication will ask for.
    """

    id: UUID
    policy_id: str
    rule_version: int
    revision: int
    checksum: str
    state: str
    current: bool
    days: Sequence[date]
    population: int
    outcomes: Mapping[str, int]
    by_region: Mapping[str, Mapping[str, int]]
    by_age: Mapping[str, Mapping[str, int]]
    by_sex: Mapping[str, Mapping[str, int]]
    by_day: Mapping[str, int]
    missing: Mapping[str, int]
    comparison: Comparison | None
    samples: Sequence[Mapping[str, Any]]
    narrow: bool
    broad: bool
    created_at: datetime
    finished_at: datetime | None


def trial(kind: TrialKind, trial_id: UUID, *, officer: OfficerPrincipal) -> TrialView:
    """Return a preview or a retrospection of a policy in the officer's region; raises PreviewNotFound."""
    version = PolicyVersion
    query = (
        select(
            Trial,
            version.region_code,
            (version.revision == Trial.revision) & (version.checksum == Trial.checksum),
        )
        .join(version, (version.policy_id == Trial.policy_id) & (version.version == Trial.rule_version))
        .where(Trial.id == trial_id, Trial.kind == kind)
    )
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not covers(officer.region_code, row.region_code):
        raise PreviewNotFound
    return _view(row, current=row[-1])


def _view(row: Row[*tuple[Any, ...]], *, current: bool) -> TrialView:
    tally = Tally.read(row.tally)
    return TrialView(
        id=row.id,
        policy_id=row.policy_id,
        rule_version=row.rule_version,
        revision=row.revision,
        checksum=row.checksum,
        state=row.state,
        current=current,
        days=[date.fromisoformat(day) for day in row.days],
        population=tally.population,
        outcomes=tally.outcomes,
        by_region=tally.by_region,
        by_age=tally.by_age,
        by_sex=tally.by_sex,
        by_day=tally.by_day,
        missing=tally.most_missing(),
        comparison=_comparison(row.base_version, tally),
        samples=tally.chosen_samples(),
        narrow=tally.narrow,
        broad=tally.broad,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _comparison(base: int | None, tally: Tally) -> Comparison | None:
    if base is None:
        return None
    return Comparison(base, sum(tally.gained.values()), sum(tally.lost.values()), tally.gained, tally.lost)
