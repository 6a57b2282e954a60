"""Rules of deciding; each raises or returns nothing."""

from datetime import timedelta

from app.applications.errors import (
    AlreadyExtended,
    ClaimedByOther,
    DecidedItemByItem,
    DecisionIncomplete,
    NotAllowedNow,
    StagesNotEnded,
    SupplementAlreadyAsked,
    SupplementStillWaiting,
)
from app.applications.models import Case, CaseStage
from app.applications.stage_types import StageState
from app.applications.transitions import EVENT_OF, targets
from app.applications.types import Action, CaseState, EventKind, PauseKind, Status
from app.catalogue.types import ServiceItem
from app.foundation import clock
from app.foundation.errors import RuleViolation

_DECISIONS = frozenset({EventKind.APPROVED, EventKind.REJECTED})
_REASON_WANTED = "请写明理由，申请人会看到"
CLAIM = timedelta(minutes=30)
"""For how long a case or a stage is an officer's to work on (领取); claiming again begins anew."""
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
        raise DecisionIncomplete({"reason": [_REASON_WANTED]})


def stage_is_reasoned(outcome: StageState, reason: str) -> None:
    """Refuse that a department does not confirm, or refuses an item, without the reason that is told."""
    if outcome is StageState.REFUSED and not reason:
        raise DecisionIncomplete({"reason": [_REASON_WANTED]})


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


def not_claimed_by_other(work: Case | CaseStage, officer_id: object) -> None:
    """Refuse an officer what a colleague works on: neither nobody's, nor an old claim, nor their own."""
    until = work.claimed_until
    if work.claimed_by not in (None, officer_id) and until is not None and until > clock.now():
        raise ClaimedByOther


def _answer_is_late(state: CaseState, kind: EventKind) -> None:
    """While 补正 is waited for, only an overdue one ends the case, the way the stage it came from ends."""
    ending = EventKind.REJECTED if state.accepted_at is not None else EventKind.ACCEPTANCE_REFUSED
    if kind is not ending:
        raise NotAllowedNow
    if state.supplement_due_on is not None and clock.today() <= state.supplement_due_on:
        raise SupplementStillWaiting
