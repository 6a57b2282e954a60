"""Rules of deciding; each raises or returns nothing."""

from app.applications.errors import (
    AlreadyExtended,
    DecidedItemByItem,
    DecisionIncomplete,
    NotAllowedNow,
    StagesNotEnded,
    SupplementAlreadyAsked,
    SupplementStillWaiting,
)
from app.applications.models import Case
from app.applications.transitions import EVENT_OF, targets
from app.applications.types import Action, CaseState, EventKind, PauseKind, Status
from app.catalogue.types import ServiceItem
from app.foundation import clock
from app.foundation.errors import RuleViolation

_DECISIONS = frozenset({EventKind.APPROVED, EventKind.REJECTED})
_REASONED = frozenset({Action.REFUSE_ACCEPTANCE, Action.REJECT, Action.PAUSE, Action.EXTEND})
"""A refusal, a pause and an extension are told with their reason (第38、42、45条)."""


def is_allowed(state: CaseState, action: Action, item: ServiceItem) -> None:
    """Refuse what the table, 一次告知, the one extension or stages that have not ended do not allow now."""
    kind = EVENT_OF[action]
    if kind is EventKind.SUPPLEMENT_REQUESTED and state.supplement_asked:
        raise SupplementAlreadyAsked
    if kind is EventKind.EXTENDED and state.extension_days:
        raise AlreadyExtended
    if not targets(state.status, kind):
        raise NotAllowedNow
    if state.status is Status.SUPPLEMENT:
        _answer_is_late(state, kind)
    if item.one_thing and kind in _DECISIONS and state.status is Status.ACCEPTED:
        raise DecidedItemByItem
    if kind is EventKind.APPROVED and state.stages_left:
        raise StagesNotEnded


def allowed_actions(state: CaseState, item: ServiceItem) -> list[Action]:
    """Return what an officer may do with a case now."""
    found = []
    for action in Action:
        try:
            is_allowed(state, action, item)
        except RuleViolation:
            continue
        found.append(action)
    return found


def is_reasoned(action: Action, reason: str) -> None:
    """Refuse a decision without the reason that the law wants told."""
    if action in _REASONED and not reason:
        raise DecisionIncomplete({"reason": ["请写明理由，申请人会看到"]})


def list_is_complete(items: tuple[str, ...]) -> None:
    """Refuse a 补正 request without its list."""
    if not items:
        raise DecisionIncomplete({"items": ["请一次性列出需要补正的全部内容"]})


def pause_is_told(kind: PauseKind | None, days: int | None) -> None:
    """Refuse a special procedure without its kind and the time it needs (第45条)."""
    errors = {}
    if kind is None:
        errors["kind"] = ["请选择特别程序的种类"]
    if days is None:
        errors["days"] = ["请写明需要的工作日数，申请人会看到"]
    if errors:
        raise DecisionIncomplete(errors)


def not_claimed_by_other(case: Case, officer_id: object) -> bool:
    """Say whether a case is free for this officer: nobody's lease, an old lease, or their own."""
    until = case.claimed_until
    return case.claimed_by in (None, officer_id) or until is None or until <= clock.now()


def _answer_is_late(state: CaseState, kind: EventKind) -> None:
    """While 补正 is waited for, only an overdue one ends the case, the way the stage it came from ends."""
    ending = EventKind.REJECTED if state.accepted_at is not None else EventKind.ACCEPTANCE_REFUSED
    if kind is not ending:
        raise NotAllowedNow
    if state.supplement_due_on is not None and clock.today() <= state.supplement_due_on:
        raise SupplementStillWaiting
