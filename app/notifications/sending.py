"""What leaves: its template, page and words, several of one person's as one; `sending` is said for all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import String, Uuid, bindparam, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.foundation import clock
from app.foundation.database import session
from app.identity.types import ResidentId
from app.notifications import subscriptions, templates
from app.notifications.calling import Attempt
from app.notifications.claiming import Due
from app.notifications.models import Delivery
from app.notifications.subscriptions import Payment
from app.notifications.types import DeliveryState, Lane

LEASE = timedelta(seconds=120)
"""By the database's clock, as is who compares it."""
_sent = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("purses", type_=ARRAY(String)),
        bindparam("ways", type_=ARRAY(String)),
        bindparam("pages", type_=ARRAY(String)),
        bindparam("words", type_=ARRAY(JSONB(none_as_null=True))),
    )
    .table_valued(
        column("id", Uuid),
        column("purse", String),
        column("way", String),
        column("page", String),
        column("words", JSONB),
    )
    .render_derived("sent")
)
_SEND = (
    update(Delivery)
    .where(Delivery.id == _sent.c.id)
    .values(
        state=DeliveryState.SENDING,
        attempts=Delivery.attempts + 1,
        reason=None,
        sent_at=bindparam("now"),
        leased_until=func.now() + LEASE,
        purse=_sent.c.purse,
        sent_as=_sent.c.way,
        sent_page=_sent.c.page,
        sent_values=_sent.c.words,
    )
)
_joined = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("carriers", type_=ARRAY(Uuid)))
    .table_valued(column("id", Uuid), column("carrier", Uuid))
    .render_derived("joined")
)
_JOIN = (
    update(Delivery)
    .where(Delivery.id == _joined.c.id)
    .values(state=DeliveryState.JOINED, reason=None, leased_until=None, carried_by=_joined.c.carrier)
)


@dataclass(frozen=True, slots=True)
class Going:
    """One person's pushes that may leave, oldest first, and what pays for the one that will."""

    rows: list[Due]
    payment: Payment


@dataclass(frozen=True, slots=True)
class _Leaving:
    """One push as it leaves: with its own text, or with another's."""

    row: Due
    joined: list[Due]
    payment: Payment
    page: str
    values: dict[str, str]

    @property
    def way(self) -> str | None:
        """The template it leaves with, where that is not its own."""
        return self.payment.template if self.payment.template != self.row.template else None

    @property
    def reworded(self) -> bool:
        """Whether it says something else than its row."""
        return bool(self.joined) or self.way is not None


def say_sending(going: Collection[Going], openids: Mapping[ResidentId, str]) -> list[Attempt]:
    """Say `sending` of one push per person and `joined` of those that it stands for; returns what to call."""
    left = [_worded(one) for one in going]
    if not left:
        return []
    sent = {
        "ids": [one.row.id for one in left],
        "purses": [one.payment.purse for one in left],
        "ways": [one.way for one in left],
        "pages": [one.page if one.reworded else None for one in left],
        "words": [one.values if one.reworded else None for one in left],
    }
    plainly = {"synchronize_session": False}
    session.execute(_SEND, {**sent, "now": clock.now()}, execution_options=plainly)
    pairs = [(row.id, one.row.id) for one in left for row in one.joined]
    if pairs:
        ids, carriers = zip(*pairs, strict=True)
        session.execute(_JOIN, {"ids": list(ids), "carriers": list(carriers)}, execution_options=plainly)
    return [
        Attempt(
            one.row.id,
            one.row.attempts + 1,
            openids[one.row.resident],
            str(subscriptions.template_id(one.payment.template)),
            one.page,
            one.values,
        )
        for one in left
    ]


def _worded(going: Going) -> _Leaving:
    first, *others = going.rows
    template = templates.all_templates()[going.payment.template]
    alike = [row for row in others if first.lane == row.lane == Lane.BULK and row.template == first.template]
    if alike and template.digest is not None:
        page, values = templates.digest(template, len(alike) + 1)
        return _Leaving(first, alike, going.payment, page, values)
    values = {field: first.values[field] for field in template.fields}
    return _Leaving(first, [], going.payment, first.page, values)
