"""WeChat's pushed events: stored and answered at once, applied by a worker, each exactly once.

Events may come twice, out of order, or before our own commit; a sent event whose message is not known yet
is parked and tried again for a day.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import DomainError
from app.foundation.ids import new_id
from app.foundation.leases import claim
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic
from app.gateways.wechat.callbacks import Callback
from app.identity import phones
from app.identity import queries as identity
from app.notifications import outcomes, subscriptions
from app.notifications.models import Delivery, WeChatEvent
from app.notifications.types import FINAL, DeliveryState
from app.residents import closing

BATCH, LEASE = 50, timedelta(seconds=30)
PARKED_FOR, PARK_STEP, LONGEST_STEP = timedelta(hours=24), timedelta(seconds=5), timedelta(hours=2)
MATCH_WINDOW = timedelta(hours=72)
MAX_ATTEMPTS = 25
"""More than a day of parking takes; what still fails then is looked at by a person."""
KEPT_FOR = timedelta(days=30)
PHONE_NUMBER = "8"
"""RevokeInfo of the phone number."""
_log = structlog.get_logger(__name__)


def receive(callback: Callback) -> bool:
    """Store a verified, decrypted event; False where it was stored before (a retry of WeChat's)."""
    stored = session.execute(
        insert(WeChatEvent)
        .values(
            id=new_id(),
            dedupe_key=callback.dedupe_key,
            event=callback.event,
            payload=callback.message,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(WeChatEvent.id)
    ).scalar_one_or_none()
    ring_on_commit(Bell.WECHAT_EVENTS)
    return stored is not None


def apply_due() -> int:
    """Apply what has been received until nothing is due; returns how many rows were looked at."""
    seen = 0
    while True:
        with atomic():
            ready = WeChatEvent.state.in_(("received", "parked")) & or_(
                WeChatEvent.not_before.is_(None), WeChatEvent.not_before <= clock.now()
            )
            claimed = claim(WeChatEvent, ready, limit=BATCH, lease=LEASE)
        if not claimed:
            return seen
        for event_id, number in claimed:
            seen += 1
            try:
                with atomic():
                    _apply(_held(event_id, number))
            except Exception as error:  # noqa: BLE001 one event that cannot be applied must not hold up the others
                _log.error("wechat.event_failed", event_id=str(event_id), kind=type(error).__name__)
                with atomic():
                    _postpone(_held(event_id, number), number)


def _held(event_id: UUID, number: int) -> WeChatEvent | None:
    """Lock an event that we hold; None where another worker has taken it over."""
    row = session.scalar(select(WeChatEvent).where(WeChatEvent.id == event_id).with_for_update())
    return row if row is not None and row.attempts == number else None


def _apply(row: WeChatEvent | None) -> None:
    """Apply one event and settle its row."""
    if row is None:
        return
    state = _effect(row)
    if state == "parked":
        _postpone(row, row.attempts)
        return
    row.state, row.leased_until, row.not_before = state, None, None
    row.applied_at = clock.now() if state == "applied" else None


def _postpone(row: WeChatEvent | None, number: int) -> None:
    """Try again later and later, then never."""
    if row is None:
        return
    row.leased_until = None
    if number >= MAX_ATTEMPTS or clock.now() - row.created_at > PARKED_FOR:
        row.state = "dead"
        _log.error("wechat.event_dead", event_id=str(row.id), name=row.event)
        return
    row.state = "parked"
    row.not_before = clock.now() + min(PARK_STEP * 2 ** min(number - 1, 16), LONGEST_STEP)


def _effect(row: WeChatEvent) -> str:
    """Let an event have its effect; returns the state that its row comes to."""
    openid, items = str(row.payload.get("FromUserName", "")), row.payload["items"]
    match row.event:
        case "subscribe_msg_popup_event" | "subscribe_msg_change_event":
            _answers(openid, row.event, items)
            return "applied"
        case "subscribe_msg_sent_event":
            found = [_sent(openid, item, _created(row)) for item in items]
            return "applied" if all(found) else "parked"
        case "user_authorization_cancellation":
            return _close(str(row.payload.get("OpenID") or openid))
        case "user_authorization_revoke":
            return _revoke(str(row.payload.get("OpenID") or openid), str(row.payload.get("RevokeInfo", "")))
        case _:
            return "ignored"


def _created(row: WeChatEvent) -> datetime:
    """Return when WeChat made the event, or when it came where it does not say."""
    try:
        return datetime.fromtimestamp(int(str(row.payload.get("CreateTime"))), UTC)
    except (ValueError, OverflowError, OSError):
        return row.created_at


def _answers(openid: str, event: str, items: Iterable[Mapping[str, Any]]) -> None:
    """Book the answers to a prompt, or that a template was switched off in the settings."""
    resident = identity.resident_by_openid(openid)
    if resident is None:
        return
    asked = event == "subscribe_msg_popup_event"
    answers = {
        (key, str(item.get("SubscribeStatusString")))
        for item in items
        if (key := subscriptions.template_key(str(item.get("TemplateId", ""))))
    }
    for key, answer in sorted(answers):
        if asked and answer == "accept":
            subscriptions.accepted(resident, key)
        elif asked and answer == "reject":
            subscriptions.declined(resident, key)
        elif answer == "reject":
            subscriptions.exhausted(resident, key)


def _sent(openid: str, item: Mapping[str, Any], created: datetime) -> bool:
    """Book the final word on a push; False where we do not know the message (yet)."""
    row = _find(openid, item, created)
    if row is None:
        return False
    if row.state in FINAL:
        return True
    good = str(item.get("ErrorCode")) == "0"
    row.msgid = row.msgid or _msgid(item)
    outcomes.settle(
        row,
        DeliveryState.DELIVERED if good else DeliveryState.REJECTED,
        reason=None if good else str(item.get("ErrorStatus", "")),
    )
    return True


def _find(openid: str, item: Mapping[str, Any], created: datetime) -> Delivery | None:
    """Find the push by MsgID, else the one to this person whose outcome is not known, nearest in time.

    While a push of this template is on its way to the person, its own answer will name it: wait.
    """
    msgid = _msgid(item)
    if msgid is not None:
        found = session.scalar(select(Delivery).where(Delivery.msgid == msgid).with_for_update())
        if found is not None:
            return found
    resident = identity.resident_by_openid(openid)
    key = subscriptions.template_key(str(item.get("TemplateId", "")))
    if resident is None or key is None:
        return None
    waits_for_another_try = (Delivery.state == DeliveryState.QUEUED) & Delivery.resent_at.is_not(None)
    open_states = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.ACCEPTED)
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.resident_id == resident,
            func.coalesce(Delivery.sent_as, Delivery.template) == key,
            Delivery.msgid.is_(None),
            Delivery.state.in_(open_states) | waits_for_another_try,
            Delivery.sent_at > clock.now() - MATCH_WINDOW,
        )
        .with_for_update()
    ).all()
    if any(row.state == DeliveryState.SENDING for row in rows):
        return None
    return min(rows, key=lambda row: abs(created - (row.sent_at or row.created_at)), default=None)


def _msgid(item: Mapping[str, Any]) -> str | None:
    return str(item["MsgID"]) if item.get("MsgID") else None


def _close(openid: str) -> str:
    """Begin to close the account of somebody who left WeChat's mini-program for good (注销)."""
    resident = identity.resident_by_openid(openid)
    if resident is None:
        return "ignored"
    try:
        closing.request_closing(resident)
    except DomainError as refusal:
        _log.warning("wechat.cancellation_refused", code=refusal.code)
        return "ignored"
    return "applied"


def _revoke(openid: str, item: str) -> str:
    """Delete what somebody took back from us in WeChat (撤回授权): of it all we hold the phone number."""
    resident = identity.resident_by_openid(openid)
    if resident is None or item != PHONE_NUMBER:
        return "ignored"
    phones.unbind_phone(resident)
    return "applied"


def purge() -> int:
    """Forget events that were settled more than thirty days ago; returns how many."""
    gone = session.execute(
        delete(WeChatEvent)
        .where(
            WeChatEvent.created_at < clock.now() - KEPT_FOR, WeChatEvent.state.not_in(("received", "parked"))
        )
        .returning(WeChatEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def give_up_waiting() -> int:
    """Call pushes that WeChat accepted but never confirmed within 72 hours what they are.

    Returns how many.
    """
    result = session.execute(
        update(Delivery)
        .where(
            Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.UNKNOWN)),
            Delivery.sent_at < clock.now() - MATCH_WINDOW,
        )
        .values(state=DeliveryState.UNCONFIRMED)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(result.all())
