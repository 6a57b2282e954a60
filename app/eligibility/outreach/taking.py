"""Taking deliveries (数据平台交付): what to do next, in the order in which a crash does no harm.

One process at a time, by an advisory lock that dies with its session. A row is written first; matching leaves
files, which are used again; applying moves the row's position. What was refused stays refused until the
platform delivers something else, or an operator overrides it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import func, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import policies
from app.eligibility.outreach import applying, arrivals, errors, inspection, matching
from app.eligibility.outreach.arrivals import Arrival
from app.eligibility.outreach.matching import Matched
from app.eligibility.outreach.models import Delivery
from app.eligibility.outreach.types import DeliveryState, Override
from app.eligibility.population import running
from app.eligibility.population.results import ResultFaulty
from app.eligibility.population.running import Result
from app.foundation import clock, database
from app.foundation.database import session
from app.foundation.errors import DomainError
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.residents import snapshots
from app.residents.types import SubjectKind

LOCK = 7_317_003
SYSTEM = Actor(ActorKind.SYSTEM, "deliveries")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the platform delivers, and where results are kept."""

    deliveries: Path
    results: Path

    def result_of(self, delivery_id: UUID) -> Path:
        """Return where the matching of a delivery lies."""
        return self.results / str(delivery_id)


@contextmanager
def alone() -> Iterator[bool]:
    """Say whether this process may take deliveries, and let no other one while it does."""
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.scalar(select(func.pg_try_advisory_lock(LOCK))))
        try:
            yield mine
        finally:
            if mine:
                connection.execute(select(func.pg_advisory_unlock(LOCK)))


def take_newest(folders: Folders) -> list[UUID]:
    """Go on with what is unfinished, then take the newest day that can be taken; returns the rows."""
    taken = [_go_on(row, folders) for row in _rows(DeliveryState.APPLYING, DeliveryState.MATCHING)]
    for arrival in arrivals.arrived(folders.deliveries):
        last = _last()
        if last is not None and (arrival.as_of < last.as_of or arrival.digest == last.digest):
            break
        if _row(arrival) is not None:
            continue  # refused, and said so
        delivery = _take(arrival, folders)
        taken.append(delivery)
        if _state(delivery) is DeliveryState.APPLIED:
            break
    return taken


def take_day(day: date, folders: Folders, *, override: Override | None = None) -> UUID:
    """Take one day as an operator asks for it; raises ManifestMissing where nothing lies there."""
    arrival = arrivals.arrival(folders.deliveries, day)
    if arrival is None:
        if not (folders.deliveries / day.isoformat()).is_dir():
            raise errors.ManifestMissing(f"文件夹里没有 {day} 的交付")
        arrival = Arrival(day, "")
    return _take(arrival, folders, override)


def _take(arrival: Arrival, folders: Folders, override: Override | None = None) -> UUID:
    """Inspect, match and apply; a refusal is the end of it and stands in the row."""
    last = _last()
    try:
        _check_day(arrival, last)
    except errors.DeliveryRefused as refusal:
        return _refused(_begun(arrival, override, refused=refusal), refusal)
    delivery = _begun(arrival, override)
    return delivery if _state(delivery) is DeliveryState.APPLIED else _go_on(delivery, folders)


def _go_on(delivery: UUID, folders: Folders) -> UUID:
    with atomic():
        row = session.get_one(Delivery, delivery)
        as_of, digest, position, begun = row.as_of, row.digest, row.position, row.run is not None
    try:
        found = _resumed(delivery, folders) if begun else _matched(delivery, folders)
        if arrivals.arrival(folders.deliveries, as_of) != Arrival(as_of, digest):
            raise errors.SecondOfADay
    except DomainError as refusal:
        if not begun:
            return _refused(delivery, refusal)
        _log.error("delivery.stuck", delivery=str(delivery), code=refusal.code)  # partly applied: no refusal
        return delivery
    if not begun:
        _ready(delivery, found)
    applying.apply(delivery, found.changes(), position=position)
    _finish(delivery)
    _clean(folders, keep=delivery)
    return delivery


def _matched(delivery: UUID, folders: Folders) -> Matched:
    """Inspect a delivery and match it against the policies of now."""
    with atomic():
        row = session.get_one(Delivery, delivery)
        as_of, meant = row.as_of, row.override_by is not None
        sending = [policy for policy in policies.all_published() if policy.outreach is not None]
    last = _last()
    snapshot = snapshots.opened(folders.deliveries, SubjectKind.PERSON, as_of)
    rulebook = matching.book_of(sending, snapshot)
    needed = matching.needed(rulebook)
    inspection.inspect(snapshot, needed, last=None if last is None else last.people, fewer_meant=meant)
    into = folders.result_of(delivery)
    return matching.matched(snapshot, rulebook, into, last=_result(last, folders))


def _resumed(delivery: UUID, folders: Folders) -> Matched:
    """Take up the matching that a delivery's first batches came from, with the policies as they were then."""
    with atomic():
        row = session.get_one(Delivery, delivery)
        as_of, run = row.as_of, row.run
        named = [name.rpartition("@") for name in row.policies]
        versions = [policies.exact(policy_id, int(version)) for policy_id, _, version in named]
    snapshot = snapshots.opened(folders.deliveries, SubjectKind.PERSON, as_of)
    result = running.opened(folders.result_of(delivery))
    if result.run != run:
        raise ResultFaulty
    return Matched(snapshot, matching.book_of(versions, snapshot), result)


def _result(last: Delivery | None, folders: Folders) -> Result | None:
    if last is None:
        return None
    try:
        return running.opened(folders.result_of(last.id))
    except ResultFaulty as error:
        raise errors.LastResultGone from error


def _check_day(arrival: Arrival, last: Delivery | None) -> None:
    if not arrival.digest:
        raise errors.ManifestMissing
    if arrival.as_of > clock.today():
        raise errors.DayInFuture
    if last is not None and arrival.as_of < last.as_of:
        raise errors.DayOver
    with atomic():
        day = select(Delivery.digest).where(
            Delivery.as_of == arrival.as_of, Delivery.state != DeliveryState.REFUSED
        )
        digests = set(session.scalars(day))
    if digests - {arrival.digest}:
        raise errors.SecondOfADay


def _begun(
    arrival: Arrival, override: Override | None, *, refused: errors.DeliveryRefused | None = None
) -> UUID:
    """Write the row of a delivery, or take up the one that is there."""
    with atomic():
        row = session.scalar(select(Delivery).filter_by(as_of=arrival.as_of, digest=arrival.digest))
        if row is None:
            row = Delivery(
                id=new_id(), as_of=arrival.as_of, digest=arrival.digest, policies=[], counts={}, position=0
            )
            session.add(row)
        if row.state == DeliveryState.APPLIED:
            return row.id
        if override is not None:
            row.override_by, row.override_reason = override.operator, override.reason
            trail.record(
                "delivery.overridden",
                actor=Actor(ActorKind.SYSTEM, f"command.{override.operator}"),
                subject=("delivery", row.id),
                details={"as_of": arrival.as_of},
            )
        row.state = DeliveryState.MATCHING if refused is None else DeliveryState.REFUSED
        row.error_code = None if refused is None else refused.code
        row.error_message = None if refused is None else refused.message
        return row.id


def _ready(delivery: UUID, found: Matched) -> None:
    """Note what was found: from now on the changes are those of this matching and no other."""
    with atomic():
        row = session.get_one(Delivery, delivery, with_for_update=True)
        row.state = DeliveryState.APPLYING
        row.people = sum(part.rows for part in found.snapshot.parts)
        row.run = found.result.run
        row.policies = [f"{policy}@{version}" for policy, version in found.rulebook.rules]
        applying.add_to_regions(delivery, {}, eligible=found.eligible())


def _finish(delivery: UUID) -> None:
    with atomic():
        row = session.get_one(Delivery, delivery, with_for_update=True)
        row.state, row.finished_at = DeliveryState.APPLIED, clock.now()
        trail.record("delivery.applied", actor=SYSTEM, subject=("delivery", row.id), details=dict(row.counts))
        _log.info("delivery.applied", delivery=str(row.id), people=row.people, **row.counts)


def _refused(delivery: UUID, refusal: DomainError) -> UUID:
    """Write why nothing of a delivery is applied."""
    with atomic():
        row = session.get_one(Delivery, delivery, with_for_update=True)
        row.state = DeliveryState.REFUSED
        row.error_code, row.error_message = refusal.code, refusal.message
        trail.record(
            "delivery.refused",
            actor=SYSTEM,
            subject=("delivery", row.id),
            outcome="refused",
            details={"code": refusal.code, "as_of": row.as_of},
        )
        _log.warning("delivery.refused", delivery=str(row.id), code=refusal.code)
    return delivery


def _clean(folders: Folders, *, keep: UUID) -> None:
    """Delete the results of earlier deliveries: only the last one is compared with."""
    for folder in folders.results.iterdir():
        if folder.is_dir() and folder.name != str(keep):
            shutil.rmtree(folder)


def _last() -> Delivery | None:
    with atomic():
        applied = select(Delivery).where(Delivery.state == DeliveryState.APPLIED)
        return session.scalar(applied.order_by(Delivery.as_of.desc()).limit(1))


def _rows(*states: DeliveryState) -> list[UUID]:
    with atomic():
        asked = select(Delivery.id).where(Delivery.state.in_(states)).order_by(Delivery.as_of)
        return list(session.scalars(asked))


def _row(arrival: Arrival) -> UUID | None:
    with atomic():
        return session.scalar(select(Delivery.id).filter_by(as_of=arrival.as_of, digest=arrival.digest))


def _state(delivery: UUID) -> DeliveryState:
    with atomic():
        return DeliveryState(session.get_one(Delivery, delivery).state)
