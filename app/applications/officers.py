"""What officers do with a case: claim it, decide about it. Department and region scope every look-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.applications import checks, history, missing
from app.applications.clocks import EXTENSION_DAYS
from app.applications.errors import NotAllowedNow
from app.applications.items import item_of
from app.applications.models import Case, CaseStage
from app.applications.scope import task_locked, task_with_stages
from app.applications.stages import progress
from app.applications.telling import tell
from app.applications.transitions import EVENT_OF
from app.applications.types import FINAL, OPEN, Action, Event, EventKind, PauseKind, Status
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.identity.types import OfficerPrincipal

SUPPLEMENT_DAYS = 30
"""Calendar days to answer a 补正 request where the officer names none; places differ."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer decides; which parts are needed depends on the action (checks.py)."""

    action: Action
    reason: str = ""
    items: tuple[str, ...] = ()
    kind: PauseKind | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision."""

    case_id: UUID
    status: Status
    version: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a case, until when."""

    case_id: UUID
    claimed_by: UUID
    claimed_until: datetime


def claim(officer: OfficerPrincipal, case_id: UUID) -> Claim:
    """Take a case for half an hour, or keep it for another.

    Raises TaskNotFound, ClaimedByOther, NotAllowedNow.
    """
    case = task_locked(officer, case_id)
    if case.status not in OPEN:
        raise NotAllowedNow
    checks.not_claimed_by_other(case, officer.officer_id)
    until = clock.now() + checks.CLAIM
    case.claimed_by, case.claimed_until = officer.officer_id, until
    trail.record("application.claimed", actor=_actor(officer), subject=("application", case.id))
    session.flush()
    return Claim(case.id, officer.officer_id, until)


def decide(officer: OfficerPrincipal, case_id: UUID, decision: Decision, *, version: int) -> Decided:
    """Decide about a case and tell its applicant.

    Raises TaskNotFound, StaleVersion (somebody was faster), NotAllowedNow, SupplementAlreadyAsked,
    AlreadyExtended, DecisionIncomplete, DecisionWaits (容缺).
    """
    case, stages = task_with_stages(officer, case_id)
    if case.version != version:
        raise StaleVersion
    checks.is_allowed(history.state_of(case), decision.action, item_of(case.service_id, case.service_version))
    missing.decision_may_come(case, decision.action)
    details, note = _parts(decision)
    case.claimed_by, case.claimed_until = None, None
    if decision.action is Action.ACCEPT:
        progress.accept(case, EventKind.ACCEPTED, actor=_actor(officer), note=note)
    else:
        kind = EVENT_OF[decision.action]
        event = history.append(case, kind, actor=_actor(officer), details=details, note=note)
        tell(case, event, note)
        _move_stages_on(case, event, stages)
    return Decided(case.id, Status(case.status), case.version)


def _move_stages_on(case: Case, event: Event, stages: Sequence[CaseStage]) -> None:
    if case.status in FINAL:
        progress.follow(case, event, stages)
    elif event.kind is EventKind.RESUMED:
        progress.ring_if_settled(case)


def _parts(decision: Decision) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the event records openly, and what it records sealed."""
    checks.is_reasoned(decision.action, decision.reason)
    note: dict[str, Any] = {"reason": decision.reason} if decision.reason else {}
    match decision.action:
        case Action.REQUEST_SUPPLEMENT:
            checks.list_is_complete(decision.items)
            due = clock.today() + timedelta(days=decision.days or SUPPLEMENT_DAYS)
            details = {"count": len(decision.items), "due_on": due.isoformat()}
            return details, {**note, "items": list(decision.items)}
        case Action.PAUSE:
            checks.pause_is_told(decision.kind, decision.days)
            return {"pause": decision.kind, "days": decision.days}, note
        case Action.EXTEND:
            return {"days": EXTENSION_DAYS}, note
        case _:
            return {}, note


def _actor(officer: OfficerPrincipal) -> Actor:
    return Actor(ActorKind.OFFICER, str(officer.officer_id))
