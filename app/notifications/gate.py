"""The gate before a push leaves: in time, still true, still wanted, at a decent hour, not too often.

Asked for a whole batch at once, in the transaction that will say `sending`; what may not leave is settled
with the reason that its owner and the campaign's account show. Credits are not asked for here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.identity.types import ResidentId
from app.notifications import outcomes, quiet, relevance, subscriptions
from app.notifications.models import Delivery
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


def passing(rows: Collection[Delivery], stops: Stops, openids: Mapping[ResidentId, str]) -> list[Delivery]:
    """Return the pushes that may leave now; the others wait longer or are settled."""
    known = _look(rows, stops, openids)
    return [row for row in rows if not _kept(row, known)]


def _look(rows: Collection[Delivery], stops: Stops, openids: Mapping[ResidentId, str]) -> _Known:
    people = {ResidentId(row.resident_id) for row in rows}
    bulk = [row for row in rows if row.lane == Lane.BULK]
    touchy = {ResidentId(row.resident_id) for row in rows if row.sensitive}
    return _Known(
        stops=stops,
        settings=profiles.many(people),
        openids=openids,
        allowed=consents.granted_by(people, Purpose.PUSH),
        sensitive_allowed=consents.granted_by(touchy, Purpose.SENSITIVE_PUSH) if touchy else (),
        outdated=relevance.outdated(rows),
        often=_pushed_often({row.resident_id for row in bulk}) if bulk else (),
    )


def _pushed_often(people: Collection[UUID]) -> set[UUID]:
    """Return who has had as many pushes about policies as a week allows."""
    counted = (
        select(Delivery.resident_id)
        .where(
            Delivery.resident_id == one_of_ids(people),
            Delivery.lane == Lane.BULK,
            Delivery.sent_at > clock.now() - A_WEEK,
            Delivery.state.in_(_MAY_HAVE_BEEN_SEEN),
        )
        .group_by(Delivery.resident_id)
        .having(func.count() >= MOST_A_WEEK)
    )
    return set(session.scalars(counted))


def _kept(row: Delivery, known: _Known) -> bool:
    """Settle or postpone a push that may not leave now; False where it may."""
    if row.expires_at is not None and row.expires_at <= clock.now():
        outcomes.settle(row, DeliveryState.EXPIRED)
        return True
    if (reason := _against(row, known)) is not None:
        outcomes.settle(row, DeliveryState.SUPPRESSED, reason=reason)
        return True
    if (until := quiet.ends(known.settings[ResidentId(row.resident_id)])) is not None:
        row.not_before = until
        return True
    if row.template in known.stops.circuits:
        outcomes.settle(row, DeliveryState.HELD, reason="template_stopped")
        row.not_before = known.stops.circuits[row.template]
        return True
    return False


def _against(row: Delivery, known: _Known) -> SuppressionReason | None:
    """Return why this push must never leave."""
    resident = ResidentId(row.resident_id)
    if subscriptions.template_id(row.template) is None:
        return SuppressionReason.NO_TEMPLATE
    if resident not in known.openids:
        return SuppressionReason.NO_WECHAT
    if resident not in known.allowed:
        return SuppressionReason.NO_CONSENT
    if row.sensitive and resident not in known.sensitive_allowed:
        return SuppressionReason.NO_SENSITIVE_CONSENT
    return _against_policy(row, known) if row.lane == Lane.BULK else known.outdated.get(row.id)


def _against_policy(row: Delivery, known: _Known) -> SuppressionReason | None:
    if row.campaign_id in known.stops.cancelled:
        return SuppressionReason.CAMPAIGN_CANCELLED
    if not known.settings[ResidentId(row.resident_id)].personalised:
        return SuppressionReason.NOT_PERSONALISED
    if row.id in known.outdated:
        return known.outdated[row.id]
    return SuppressionReason.WEEKLY_CAP if row.resident_id in known.often else None
