"""The gate before a push leaves: in time, still true, still wanted, at a decent hour, not too often.

Asked for a whole batch at once, in the transaction that will say `sending`; what may not leave is kept with
the reason that its owner and the campaign's account show. Credits are not asked for here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.foundation import clock
from app.foundation.database import session
from app.identity.types import ResidentId
from app.notifications import quiet, relevance, subscriptions
from app.notifications.claiming import Due
from app.notifications.models import Delivery
from app.notifications.outcomes import Kept
from app.notifications.types import DeliveryState, Lane, SuppressionReason
from app.residents import consents, profiles
from app.residents.types import Profile, Purpose

A_WEEK = timedelta(days=7)
MOST_A_WEEK = 2
"""So many pushes about policies a person gets at most in any seven days."""
_MAY_HAVE_BEEN_SEEN = (
    DeliveryState.SENDING,
    DeliveryState.ACCEPTED,
    DeliveryState.DELIVERED,
    DeliveryState.UNKNOWN,
    DeliveryState.UNCONFIRMED,
)


_OFTEN = (
    select(Delivery.resident_id)
    .where(
        Delivery.resident_id == any_(bindparam("people", type_=ARRAY(Uuid))),
        Delivery.lane == Lane.BULK,
        Delivery.sent_at > bindparam("since"),
        Delivery.state.in_(_MAY_HAVE_BEEN_SEEN),
    )
    .group_by(Delivery.resident_id)
    .having(func.count() >= MOST_A_WEEK)
)
"""Who has had as many pushes about policies as a week allows."""


@dataclass(frozen=True, slots=True)
class Stops:
    """What is stopped altogether: circuits until when, campaigns for good."""

    circuits: Mapping[str, datetime]
    cancelled: Collection[UUID]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is asked once for all pushes of a batch."""

    stops: Stops
    settings: Mapping[ResidentId, Profile]
    openids: Mapping[ResidentId, str]
    allowed: Collection[ResidentId]
    sensitive_allowed: Collection[ResidentId]
    outdated: Mapping[UUID, SuppressionReason]
    often: Collection[UUID]


def passing(
    rows: Collection[Due], stops: Stops, openids: Mapping[ResidentId, str]
) -> tuple[list[Due], list[Kept]]:
    """Return the pushes that may leave now, and what becomes of the others."""
    known, passed, kept = _look(rows, stops, openids), [], []
    for row in rows:
        verdict = _kept(row, known)
        if verdict is None:
            passed.append(row)
        else:
            kept.append(verdict)
    return passed, kept


def _look(rows: Collection[Due], stops: Stops, openids: Mapping[ResidentId, str]) -> _Known:
    people = {row.resident for row in rows}
    bulk = [row for row in rows if row.lane == Lane.BULK]
    touchy = {row.resident for row in rows if row.sensitive}
    return _Known(
        stops=stops,
        settings=profiles.many(people),
        openids=openids,
        allowed=consents.granted_by(people, Purpose.PUSH),
        sensitive_allowed=consents.granted_by(touchy, Purpose.SENSITIVE_PUSH) if touchy else (),
        outdated=relevance.outdated(rows),
        often=_pushed_often({row.resident for row in bulk}) if bulk else (),
    )


def _pushed_often(people: Collection[UUID]) -> set[UUID]:
    return set(session.scalars(_OFTEN, {"people": list(people), "since": clock.now() - A_WEEK}))


def _kept(row: Due, known: _Known) -> Kept | None:
    """Return what becomes of a push that may not leave now; None where it may."""
    if row.expires_at is not None and row.expires_at <= clock.now():
        return Kept(row.id, DeliveryState.EXPIRED)
    if (reason := _against(row, known)) is not None:
        return Kept(row.id, DeliveryState.SUPPRESSED, reason)
    if (until := quiet.ends(known.settings[row.resident])) is not None:
        return Kept(row.id, row.state, row.reason, until)
    if (until := subscriptions.stopped_until(row.template, known.stops.circuits)) is not None:
        return Kept(row.id, DeliveryState.HELD, "template_stopped", until)
    return None


def _against(row: Due, known: _Known) -> SuppressionReason | None:
    """Return why this push must never leave."""
    if not subscriptions.ways(row.template):
        return SuppressionReason.NO_TEMPLATE
    if row.resident not in known.openids:
        return SuppressionReason.NO_WECHAT
    if row.resident not in known.allowed:
        return SuppressionReason.NO_CONSENT
    if row.sensitive and row.resident not in known.sensitive_allowed:
        return SuppressionReason.NO_SENSITIVE_CONSENT
    return _against_policy(row, known) if row.lane == Lane.BULK else known.outdated.get(row.id)


def _against_policy(row: Due, known: _Known) -> SuppressionReason | None:
    if row.campaign_id in known.stops.cancelled:
        return SuppressionReason.CAMPAIGN_CANCELLED
    if not known.settings[row.resident].personalised:
        return SuppressionReason.NOT_PERSONALISED
    if row.id in known.outdated:
        return known.outdated[row.id]
    return SuppressionReason.WEEKLY_CAP if row.resident in known.often else None
