"""Is an announcement true as things stand now? Asked for many at once, from the facts themselves."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.eligibility import foresight, matching, policies, standings
from app.eligibility.assessment import region_of, region_params
from app.eligibility.foresight import HORIZON, UpcomingKind
from app.eligibility.matching import Candidate
from app.eligibility.types import Audience, Policy
from app.eligibility.upcoming import Almanac, Foreseen, foreseen
from app.foundation import clock
from app.identity.types import ResidentId
from app.residents import consents, facts
from app.residents.types import Purpose


@dataclass(frozen=True, slots=True)
class Asked:
    """One day to come of one subject, as it is announced."""

    resident: ResidentId
    subject_id: UUID
    policy_id: str
    day: date
    kind: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What stands now: who allows matching, what turns, what of it is shown, when it was last renewed."""

    allowed: Collection[ResidentId]
    turning: Collection[Asked]
    shown: Mapping[Asked, Foreseen]
    renewed: Mapping[Asked, date]
    policies: Mapping[str, Policy]


def look_up(asked: Sequence[Asked]) -> Truth:
    """Answer many announcements anew, in a handful of statements however many people they are about."""
    allowed = consents.granted_by({one.resident for one in asked}, Purpose.MATCHING) if asked else set()
    almanac = Almanac(policies.all_published(), clock.today())
    by_subject: dict[tuple[ResidentId, UUID], list[Asked]] = defaultdict(list)
    for one in asked:
        if one.resident in allowed:
            by_subject[one.resident, one.subject_id].append(one)
    candidates = _candidates(by_subject)
    held = standings.stored_of(allowed) if by_subject else {}
    turning: set[Asked] = set()
    shown: dict[Asked, Foreseen] = {}
    renewed: dict[Asked, date] = {}
    for (resident, subject_id), about in by_subject.items():
        candidate = candidates.get((resident, subject_id))
        if candidate is None:
            continue
        wanted = [almanac.by_id[name] for name in {a.policy_id for a in about} if name in almanac.by_id]
        for found in foreseen(candidate, wanted, held.get(resident, {}).get(subject_id, {}), almanac):
            named = found.upcoming
            shown[Asked(resident, subject_id, named.policy.id, named.day, found.kind)] = found
        turning |= _turning(candidate, wanted, almanac)
        renewed |= _renewed(candidate, about, almanac)
    return Truth(allowed, turning, shown, renewed, almanac.by_id)


def _candidates(
    subjects: Collection[tuple[ResidentId, UUID]],
) -> dict[tuple[ResidentId, UUID], Candidate]:
    """Read facts: of all people in one statement, of enterprises by whom they are represented now."""
    people = [resident for resident, subject_id in subjects if resident == subject_id]
    known = facts.fact_sets(people) if people else {}
    found: dict[tuple[ResidentId, UUID], Candidate] = {
        (person, person): Candidate(person, person, known[person]) for person in people
    }
    for resident in {resident for resident, subject_id in subjects if resident != subject_id}:
        for candidate in matching.candidates_of(resident, Audience.ENTERPRISE):
            found[resident, candidate.subject_id] = candidate
    return found


def _turning(candidate: Candidate, wanted: Sequence[Policy], almanac: Almanac) -> set[Asked]:
    """Return what turns, whether or not it is shown; what may end does end for who receives it."""
    values = matching.plain(candidate.known)
    params = region_params(region_of(values))
    return {
        Asked(
            candidate.resident,
            candidate.subject_id,
            one.policy.id,
            one.day,
            UpcomingKind.ENDS if one.kind is UpcomingKind.MAY_END else one.kind,
        )
        for one in foresight.upcoming(wanted, values, as_of=almanac.as_of, params=params, days=HORIZON)
    }


def _renewed(candidate: Candidate, about: Sequence[Asked], almanac: Almanac) -> dict[Asked, date]:
    """Return when each was last renewed, as far as it is known."""
    found: dict[Asked, date] = {}
    for one in about:
        policy = almanac.by_id.get(one.policy_id)
        known = candidate.known.get(policy.renewal.since) if policy and policy.renewal else None
        if known is not None and isinstance(known.value, date):
            found[one] = known.value
    return found
