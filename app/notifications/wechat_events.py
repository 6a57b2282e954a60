"""WeChat's pushed events: stored and answered at once, applied by a worker, each exactly once.

Events may come twice, out of order, or before our own commit; a sent event whose message is not known yet
is parked and tried again for a day.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.leases import claim
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.signals import Signal
from app.foundation.transaction import atomic
from app.gateways.wechat.callbacks import Callback
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.notifications import outcomes, subscriptions
from app.notifications.models import Delivery, WeChatEvent
from app.notifications.types import FINAL, DeliveryState

BATCH, LEASE = 50, timedelta(seconds=30)
PARKED_FOR, PARK_STEP = timedelta(hours=24), timedelta(seconds=5)
MATCH_WINDOW = timedelta(hours=72)
MAX_ATTEMPTS = 10
_log = structlog.get_logger(__name__)

account_cancelled: Signal[ResidentId] = Signal("wechat.account_cancelled")
authorisation_revoked: Signal[ResidentId] = Signal("wechat.authorisation_revoked")


def receive(callback: Callback) -> bool:
    """Store a verified, decrypted event; False where it was stored before (a retry of WeChat's)."""
    stored = session.execute(
        insert(WeChatEvent)
        .values(
            id=new_id(),
            dedupe_key=callback.dedupe_key,
            event=callback.event,
            payload=callback.message,
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
            with atomic():
                row = session.scalar(select(WeChatEvent).where(WeChatEvent.id == event_id).with_for_update())
                if row is not None and row.attempts == number:
                    _apply(row)


def _apply(row: WeChatEvent) -> None:
    """Apply one event and settle its row."""
    openid, items = str(row.payload.get("FromUserName", "")), row.payload["items"]
    account = str(row.payload.get("OpenID") or openid)
    match row.event:
        case "subscribe_msg_popup_event" | "subscribe_msg_change_event":
            _answers(openid, items)
            state = "applied"
        case "subscribe_msg_sent_event":
            found = [_sent(openid, item) for item in items]
            state = "applied" if all(found) else "parked"
        case "user_authorization_cancellation":
            state = _tell(account_cancelled, account)
        case "user_authorization_revoke":
            state = _tell(authorisation_revoked, account)
        case _:
            state = "ignored"
    if state == "parked" and clock.now() - row.created_at > PARKED_FOR:
        state = "dead"
        _log.warning("wechat.event_unmatched", event_id=str(row.id))
    row.state, row.leased_until = state, None
    row.not_before = clock.now() + PARK_STEP if state == "parked" else None
    row.applied_at = clock.now() if state == "applied" else None


def _answers(openid: str, items: Iterable[Mapping[str, Any]]) -> None:
    """Book the answers to a prompt, or a later change of mind."""
    resident = identity.resident_by_openid(openid)
    for item in items:
        key = subscriptions.template_key(str(item.get("TemplateId", "")))
        if resident is None or key is None:
            continue
        if item.get("SubscribeStatusString") == "accept":
            subscriptions.accepted(resident, key)
        elif "PopupScene" in item:
            subscriptions.declined(resident, key)
        else:
            subscriptions.exhausted(resident, key)


def _sent(openid: str, item: Mapping[str, Any]) -> bool:
    """Book the final word on a push; False where we do not know the message (yet)."""
    row = _find(openid, item)
    if row is None:
        return False
    if row.state in FINAL:
        return True
    good = str(item.get("ErrorCode", "0")) == "0"
    row.msgid = row.msgid or str(item.get("MsgID"))
    outcomes.settle(
        row,
        DeliveryState.DELIVERED if good else DeliveryState.REJECTED,
        reason=None if good else str(item.get("ErrorStatus", "")),
    )
    return True


def _find(openid: str, item: Mapping[str, Any]) -> Delivery | None:
    """Find the push by MsgID, else the one to this person whose outcome is not known."""
    found = session.scalar(select(Delivery).where(Delivery.msgid == str(item.get("MsgID"))).with_for_update())
    if found is not None:
        return found
    resident = identity.resident_by_openid(openid)
    key = subscriptions.template_key(str(item.get("TemplateId", "")))
    if resident is None or key is None:
        return None
    return session.scalar(
        select(Delivery)
        .where(
            Delivery.resident_id == resident,
            Delivery.template == key,
            Delivery.msgid.is_(None),
            Delivery.state.in_((DeliveryState.UNKNOWN, DeliveryState.ACCEPTED)),
            Delivery.sent_at > clock.now() - MATCH_WINDOW,
        )
        .order_by(Delivery.sent_at)
        .limit(1)
        .with_for_update()
    )


def _tell(signal: Signal[ResidentId], openid: str) -> str:
    resident = identity.resident_by_openid(openid)
    if resident is None:
        return "ignored"
    signal.send(resident)
    return "applied"


def give_up_waiting() -> int:
    """Call pushes that WeChat accepted but never confirmed within 72 hours what they are.

    Returns how many.
    """
    result = session.execute(
        update(Delivery)
        .where(
            Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.UNKNOWN)),
            Delivery.sent_at < func.now() - MATCH_WINDOW,
        )
        .values(state=DeliveryState.UNCONFIRMED)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(result.all())
