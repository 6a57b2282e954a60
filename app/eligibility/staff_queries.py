"""Reads for officers, within their region: policies, what a trial counted, acts that end policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, false, func, select, tuple_

from app.eligibility import checks, disclosure
from app.eligibility.cells import Shown
from app.eligibility.disclosure import Disclosure
from app.eligibility.errors import EndingNotFound, PreviewNotFound
from app.eligibility.models import Ending, PolicyVersion, Trial
from app.eligibility.tallies import Tally
from app.eligibility.types import TrialKind, VersionState
from app.foundation import clock
from app.foundation.database import reading
from app.foundation.regions import covers, significant
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

    `narrow` and `broad` say what its publication will ask for. Numbers of fewer people than `smallest_cell`
    are None in the tables, `withheld` names those that cannot be shown at all (`app.eligibility.cells`).
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
    by_region: Shown
    by_age: Shown
    by_sex: Shown
    withheld: Sequence[str]
    smallest_cell: int
    by_day: Mapping[str, int]
    missing: Mapping[str, int]
    comparison: Comparison | None
    samples: Sequence[Mapping[str, Any]]
    narrow: bool
    broad: bool
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One version of a policy in the officers' list; `review_due`: its owner has to look at it again."""

    policy_id: str
    version: int
    state: str
    revision: int
    title: str
    department: str
    region_code: str
    audience: str
    mode: str
    valid_from: date
    valid_to: date | None
    review_by: date | None
    review_due: bool
    awaiting_second: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which versions to list; without a state all but those that were replaced."""

    state: VersionState | None = None
    region: str | None = None
    department: str | None = None
    review_due: bool | None = None


def listed(
    wanted: Wanted, *, officer: OfficerPrincipal, after: tuple[str, int] | None, limit: int
) -> list[Listed]:
    """Return versions of policies in the officer's region, by policy and version."""
    version, today = PolicyVersion, clock.today()
    due = (version.state == VersionState.PUBLISHED) & func.coalesce(version.review_by <= today, false())
    awaiting = (version.state == VersionState.DRAFT) & version.narrow
    texts = [version.body[key].astext.label(key) for key in ("title", "department", "mode")]
    query = (
        select(version.__table__, *texts, due.label("review_due"), awaiting.label("awaiting_second"))
        .where(*_within(officer.region_code), *_within(wanted.region))
        .order_by(version.policy_id, version.version)
        .limit(limit)
    )
    if wanted.state is None:
        query = query.where(version.state != VersionState.REPLACED)
    else:
        query = query.where(version.state == wanted.state)
    if wanted.department is not None:
        query = query.where(version.body["department"].astext == wanted.department)
    if wanted.review_due is not None:
        query = query.where(due if wanted.review_due else ~due)
    if after is not None:
        query = query.where(tuple_(version.policy_id, version.version) > after)
    names = [one.name for one in fields(Listed)]
    with reading() as connection:
        return [Listed(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]


def _within(region: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that a policy is for an area within a region."""
    return [] if region is None else [PolicyVersion.region_code.startswith(significant(region))]


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


def ending(ending_id: UUID, *, officer: OfficerPrincipal) -> Any:
    """Return an act that ends policies of the officer's region; raises EndingNotFound."""
    with reading() as connection:
        row = connection.execute(select(Ending).where(Ending.id == ending_id)).one_or_none()
    if row is None or not checks.covers_all(officer, row.regions):
        raise EndingNotFound
    return row


def _view(row: Row[*tuple[Any, ...]], *, current: bool) -> TrialView:
    tally = Tally.read(row.tally)
    disclosed = disclosure.of(tally)
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
        **disclosed.tables,
        withheld=disclosed.withheld,
        smallest_cell=disclosed.smallest,
        by_day=tally.by_day,
        missing=tally.most_missing(),
        comparison=_comparison(row.base_version, tally, disclosed),
        samples=tally.chosen_samples(shown=disclosed.covers),
        narrow=tally.narrow,
        broad=tally.broad,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _comparison(base: int | None, tally: Tally, disclosed: Disclosure) -> Comparison | None:
    if base is None:
        return None
    gained, lost = sum(tally.gained.values()), sum(tally.lost.values())
    if disclosed.comparison:
        return Comparison(base, gained, lost, tally.gained, tally.lost)
    return Comparison(base, gained, lost, {}, {})
