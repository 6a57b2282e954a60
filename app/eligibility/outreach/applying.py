"""A delivery's difference becomes visits and closings: a batch and the moved position are one transaction.

Killed at any moment, the next process goes on behind the last batch. Nobody who is registered is visited:
they have consents of their own, and whoever withdrew them meant it. What somebody did not want, already has,
or was told of once is not brought to their door by a later delivery.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.eligibility import policies
from app.eligibility.models import Visit
from app.eligibility.notices import rests_on_sensitive_facts
from app.eligibility.outreach.models import Delivery, DeliveryRegion
from app.eligibility.outreach.types import Change, DeliveryState
from app.eligibility.types import BY_SYSTEM, Policy, VisitResult
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.regions import county
from app.foundation.transaction import atomic
from app.identity import queries as identity

BATCH = 500
UNREGISTERED, BEGINS = "unregistered", "begins"
REGISTERED, TOLD_BEFORE, NOT_SENT = "registered", "told_before", "not_sent"
_AGAIN = frozenset({*BY_SYSTEM, VisitResult.NOT_ENTITLED, VisitResult.NOT_FOUND})
"""After these somebody may be visited about the same policy once more."""
Pair = tuple[bytes, str]


class TakenOver(Exception):
    """Another process applies this delivery; whatever it wrote stands."""


def apply(delivery_id: UUID, changes: Iterable[Change], *, position: int) -> None:
    """Apply what follows `position`; raises TakenOver."""
    rest = islice(changes, position, None)
    while batch := list(islice(rest, BATCH)):
        _apply(delivery_id, batch, position)
        position += len(batch)


def senders() -> Mapping[str, Policy]:
    """Return the policies that send somebody to a door today."""
    today = clock.today()
    return {p.id: p for p in policies.all_published() if p.outreach is not None and p.in_force(today)}


def _apply(delivery_id: UUID, batch: Sequence[Change], position: int) -> None:
    with atomic():
        row = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
        if row is None or row.state != DeliveryState.APPLYING or row.position != position:
            raise TakenOver
        sending = senders()
        begun = [change for change in batch if change.begins]
        raised = _raise(delivery_id, begun, sending)
        ended = {(change.person, change.policy_id) for change in batch if not change.begins}
        counts = Counter({str(name): int(number) for name, number in row.counts.items()})
        counts += Counter({"raised": raised, "closed": _close(ended, sending)})
        row.counts, row.position = dict(counts), position + len(batch)


def _raise(delivery_id: UUID, begun: Collection[Change], sending: Mapping[str, Policy]) -> int:
    """Raise visits to those of them whom nothing keeps; returns how many."""
    registered = identity.registered({change.person for change in begun if change.kept is None})
    before = _visited({(change.person, change.policy_id) for change in begun})
    visits: list[dict[str, object]] = []
    by_region: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for change in begun:
        kept = change.kept or _kept(change, registered, before, sending)
        by_region[county(change.region_code or "")].update([BEGINS, *([kept] if kept else [])])
        if kept is None:
            visits.append(_row(delivery_id, change, sending[change.policy_id]))
    add_to_regions(delivery_id, by_region)
    if not visits:
        return 0
    raised = insert(Visit).on_conflict_do_nothing().returning(Visit.id)
    return len(session.scalars(raised, visits).all())


def _kept(
    change: Change, registered: set[bytes], before: set[Pair], sending: Mapping[str, Policy]
) -> str | None:
    if change.policy_id not in sending:
        return NOT_SENT
    if change.person in registered:
        return REGISTERED
    return TOLD_BEFORE if (change.person, change.policy_id) in before else None


def _row(delivery_id: UUID, change: Change, policy: Policy) -> dict[str, object]:
    return {
        "id": new_id(),
        "delivery_id": delivery_id,
        "person_index": change.person,
        "policy_id": change.policy_id,
        "region_code": change.region_code,
        "why": UNREGISTERED,
        "sensitive": rests_on_sensitive_facts(policy),
    }


def _visited(pairs: set[Pair]) -> set[Pair]:
    """Return about which policies people have an open visit, or had one that is the last word."""
    found = session.execute(
        select(Visit.person_index, Visit.policy_id).where(
            _of(pairs), Visit.result.is_(None) | Visit.result.not_in(_AGAIN)
        )
    )
    return {(person, policy_id) for person, policy_id in found if person is not None}


def _close(ended: set[Pair], sending: Mapping[str, Policy]) -> int:
    """Close the open visits about what no longer holds; returns how many."""
    closed = 0
    for result, pairs in (
        (VisitResult.NOT_ENTITLED, {pair for pair in ended if pair[1] in sending}),
        (VisitResult.POLICY_ENDED, {pair for pair in ended if pair[1] not in sending}),
    ):
        if pairs:
            found = session.execute(closing(result).where(_of(pairs), Visit.closed_at.is_(None)))
            closed += int(found.rowcount)  # type: ignore[attr-defined] # an UPDATE's result has it
    return closed


def closing(result: VisitResult) -> Any:
    """Return what closes visits by the system, to be narrowed down."""
    return (
        update(Visit)
        .values(result=result, closed_at=clock.now(), version=Visit.version + 1)
        .execution_options(synchronize_session=False)
    )


def _of(pairs: Collection[Pair]) -> Any:
    return tuple_(Visit.person_index, Visit.policy_id).in_(pairs) if pairs else literal(value=False)


def add_to_regions(
    delivery_id: UUID, begun: Mapping[str, Counter[str]], *, eligible: Mapping[str, int] | None = None
) -> None:
    """Add to the accounts of regions: under `begins` all that begin, under the other names who is kept."""
    holds = eligible or {}
    table = DeliveryRegion
    names = sorted({*begun, *holds})
    there = select(table).where(table.delivery_id == delivery_id, table.region_code.in_(names))
    rows = {row.region_code: row for row in session.scalars(there)}
    for name in names:
        row = rows.get(name) or table(
            id=new_id(), delivery_id=delivery_id, region_code=name, eligible=0, begins=0, kept={}
        )
        counts = Counter({str(kept): int(number) for kept, number in row.kept.items()}) + begun.get(
            name, Counter()
        )
        row.eligible += holds.get(name, 0)
        row.begins += counts.pop(BEGINS, 0)
        row.kept = dict(counts)
        session.add(row)
    session.flush()
