"""The account of a run: everybody whom it newly found stands in exactly one line, so the lines add up.

Pushed; in the app only, and why; suppressed, and why; still waiting; or erased with their account since.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility.errors import RunNotFound
from app.eligibility.models import MatchRun, News, PolicyVersion
from app.eligibility.types import KEPT_BACK_LABELS, KeptBack
from app.foundation.database import reading
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal
from app.notifications import campaigns
from app.notifications.campaigns import CampaignAction
from app.notifications.types import (
    STATE_LABELS,
    SUPPRESSION_LABELS,
    CampaignState,
    DeliveryState,
    SuppressionReason,
)

_PUSHED = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.DELIVERED,
        DeliveryState.UNKNOWN,
        DeliveryState.UNCONFIRMED,
    }
)
_WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.SENDING})


@dataclass(frozen=True, slots=True)
class Line:
    """So many people to whom the same happened; without `state` there is no message."""

    state: DeliveryState | None
    reason: str | None
    kept_back: KeptBack | None
    due: bool
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as an officer reads it."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everybody whom a run newly found; all entries add up to `newly_eligible`."""

    run_id: UUID
    policy_id: str
    run_state: str
    evaluated: int
    campaign_state: CampaignState | None
    newly_eligible: int
    pushed: list[Entry]
    in_app_only: list[Entry]
    suppressed: list[Entry]
    waiting: list[Entry]
    erased: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run that an officer may look at."""

    id: UUID
    policy_id: str
    rule_version: int
    state: str
    counts: dict[str, int]
    created_at: datetime
    finished_at: datetime | None
    region_code: str


def run_of(run_id: UUID, officer: OfficerPrincipal) -> RunRow:
    """Return a run of a policy in the officer's region; raises RunNotFound."""
    columns = ("id", "policy_id", "rule_version", "state", "counts", "created_at", "finished_at")
    version = (PolicyVersion.policy_id == MatchRun.policy_id) & (
        PolicyVersion.version == MatchRun.rule_version
    )
    query = (
        select(*(getattr(MatchRun, name) for name in columns), PolicyVersion.region_code)
        .join(PolicyVersion, version)
        .where(MatchRun.id == run_id)
    )
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not covers(officer.region_code, row.region_code):
        raise RunNotFound
    return RunRow(**row._mapping)  # noqa: SLF001 the name SQLAlchemy gives its public mapping


def lines(run_id: UUID) -> list[Line]:
    """Count everybody whom a run newly found by what became of them, in one statement."""
    fates = campaigns.fates()
    by: list[Any] = [fates.c.state, fates.c.reason, News.kept_back, News.due]
    query = (
        select(*by, func.count())
        .select_from(News)
        .outerjoin(fates, fates.c.message_id == News.message_id)
        .where(News.run_id == run_id)
        .group_by(*by)
    )
    with reading() as connection:
        return [
            Line(
                state=None if row[0] is None else DeliveryState(row[0]),
                reason=row[1],
                kept_back=None if row[2] is None else KeptBack(row[2]),
                due=row[3],
                count=row[4],
            )
            for row in connection.execute(query)
        ]


def account(run_id: UUID, *, officer: OfficerPrincipal) -> Account:
    """Return the account of a run; raises RunNotFound."""
    run, found = run_of(run_id, officer), lines(run_id)
    waiting = _entries(found, lambda line: line.state in _WAITING)
    due = sum(line.count for line in found if line.due)
    return Account(
        run_id=run_id,
        policy_id=run.policy_id,
        run_state=run.state,
        evaluated=run.counts.get("evaluated", 0),
        campaign_state=campaigns.state(run_id),
        newly_eligible=sum(line.count for line in found),
        pushed=_entries(found, lambda line: line.state in _PUSHED),
        in_app_only=_entries(
            found, lambda line: line.state is not None and line.state not in _PUSHED | _WAITING
        ),
        suppressed=_entries(found, lambda line: line.kept_back is not None),
        waiting=[*waiting, Entry("due", "等待写入消息", due)] if due else waiting,
        erased=sum(
            line.count for line in found if line.state is None and line.kept_back is None and not line.due
        ),
    )


def steer(run_id: UUID, action: CampaignAction, *, reason: str, officer: OfficerPrincipal) -> Account:
    """Pause, resume or cancel the pushes of a run; raises RunNotFound, NoCampaign, CampaignOver."""
    run_of(run_id, officer)
    became = campaigns.change(run_id, action)
    trail.record(
        f"campaign.{action}",
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("match_run", run_id),
        outcome=became,
        details={"reason": reason},
    )
    return account(run_id, officer=officer)


def _entries(found: Iterable[Line], chosen: Callable[[Line], bool]) -> list[Entry]:
    """Sum the chosen lines by what an officer reads, the most frequent first."""
    sums: dict[tuple[str, str], int] = {}
    for line in filter(chosen, found):
        named = _named(line)
        sums[named] = sums.get(named, 0) + line.count
    entries = [Entry(code, label, count) for (code, label), count in sums.items()]
    return sorted(entries, key=lambda entry: (-entry.count, entry.code))


def _named(line: Line) -> tuple[str, str]:
    if line.kept_back is not None:
        return line.kept_back.value, KEPT_BACK_LABELS[line.kept_back]
    state = line.state or DeliveryState.QUEUED
    if state is DeliveryState.SUPPRESSED and line.reason in set(SuppressionReason):
        return str(line.reason), SUPPRESSION_LABELS[SuppressionReason(line.reason)]
    return state.value, STATE_LABELS[state]
