"""What a person's matches mean beside one another: what steps back, what excludes what, what comes first.

Each match is answered by itself and stored so; these effects are worked out when matches are shown or told:
publishing or ending one policy is enough to change them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.eligibility import policies
from app.eligibility.matching import Candidate
from app.eligibility.models import Match
from app.eligibility.types import Assessment, Dismissal, Outcome, Policy, Related
from app.foundation import clock
from app.foundation.database import one_of_ids, reading
from app.foundation.regions import covers
from app.identity.types import ResidentId
from app.rules.benefits import Frequency

TIMES_A_YEAR = {
    Frequency.MONTHLY: 12,
    Frequency.QUARTERLY: 4,
    Frequency.SEMESTER: 2,
    Frequency.YEARLY: 1,
}

Held = Mapping[str, Any]
"""The stored matches (rows) of one subject by policy."""


@dataclass(frozen=True, slots=True)
class Current:
    """The policies in force today by id, and for each those that name it, found at once among thousands."""

    policies: Mapping[str, Policy]
    named_by: Mapping[str, Sequence[Policy]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a match is worth among the others: the answer that counts, notes, and why it is not offered."""

    outcome: Outcome
    related: tuple[Related, ...] = ()
    withheld: str | None = None
    shown: bool = True


def stored(resident: ResidentId) -> dict[UUID, dict[str, Any]]:
    """Return a person's stored matches by subject and policy, in one statement."""
    return stored_of([resident]).get(resident, {})


def stored_of(residents: Collection[ResidentId]) -> dict[ResidentId, dict[UUID, dict[str, Any]]]:
    """Return many people's stored matches by person, subject and policy, in one statement."""
    found: dict[ResidentId, dict[UUID, dict[str, Any]]] = {}
    with reading() as connection:
        for row in connection.execute(select(Match).where(Match.resident_id == one_of_ids(residents))):
            subjects = found.setdefault(ResidentId(row.resident_id), {})
            subjects.setdefault(row.subject_id, {})[row.policy_id] = row
    return found


def current() -> Current:
    """Return the policies in force today."""
    return current_of(policies.all_published())


def current_of(published: Iterable[Policy]) -> Current:
    """Return those of the published policies that are in force today."""
    today = clock.today()
    in_force: dict[str, Policy] = {policy.id: policy for policy in published if policy.in_force(today)}
    named_by: dict[str, list[Policy]] = {}
    for policy in in_force.values():
        for name in filter(None, (policy.implements, *policy.supersedes, *policy.excludes)):
            named_by.setdefault(name, []).append(policy)
    return Current(in_force, named_by)


def standing(policy: Policy, held: Held, among: Current) -> Standing:
    """Work out what one of a subject's matches is worth among the others."""
    own = held[policy.id]
    outcome = Outcome(own.outcome)
    if _has(own):
        return Standing(outcome, withheld="received", shown=False)
    if own.dismissed not in {None, Dismissal.INFORMATION_WRONG}:
        return Standing(outcome, withheld="dismissed", shown=False)
    if (relation := _stood_in_for(policy, held, among)) is not None:
        return Standing(outcome, withheld=relation, shown=False)
    needed = [_needed(name, held, among) for name in policy.requires]
    if any(truth is Outcome.INELIGIBLE for truth, _ in needed):
        return Standing(outcome, withheld="requires", shown=False)
    barred = list(_barred(policy, held, among))
    waits = any(truth is Outcome.UNDETERMINED for truth, _ in needed)
    withheld = "requires" if waits else "excludes" if any(has for has, _ in barred) else None
    return Standing(
        Outcome.UNDETERMINED if waits and outcome is Outcome.ELIGIBLE else outcome,
        (*(note for _, note in needed if note is not None), *(note for _, note in barred)),
        withheld,
    )


def withheld(found: Sequence[tuple[Candidate, Policy, Assessment]]) -> list[str | None]:
    """Say for each who is newly eligible why they are not told of a policy, None where they are.

    What others mean for it is read only where another policy is related to it at all.
    """
    among = current()
    related = {
        policy.id
        for policy in {policy.id: policy for _, policy, _ in found}.values()
        if policy.excludes or policy.requires or policy.id in among.named_by
    }
    held = stored_of({who.resident for who, policy, _ in found if policy.id in related}) if related else {}
    return [
        _withheld(policy, assessment, held.get(who.resident, {}).get(who.subject_id, {}), among)
        for who, policy, assessment in found
    ]


def _withheld(policy: Policy, assessment: Assessment, held: Held, among: Current) -> str | None:
    if assessment.received:
        return "received"
    return standing(policy, held, among).withheld if policy.id in held else None


def _stood_in_for(policy: Policy, held: Held, among: Current) -> str | None:
    """Return by which relation another policy stands in for this one: the region's own, or a newer one."""
    for other in among.named_by.get(policy.id, ()):
        own = other.id in held and held[other.id].concerns
        if other.implements == policy.id and own:
            return "implements"
        if policy.id in other.supersedes and (own or covers(other.region_code, policy.region_code)):
            return "supersedes"
    return None


def _needed(name: str, held: Held, among: Current) -> tuple[Outcome, Related | None]:
    """Return how it stands with a policy that must be had first; what was never stored does not fit."""
    row = held.get(name)
    if row is not None and _has(row):
        return Outcome.ELIGIBLE, None
    if row is None or name not in among.policies or row.outcome == Outcome.INELIGIBLE:
        return Outcome.INELIGIBLE, None
    title = among.policies[name].title
    if row.outcome == Outcome.ELIGIBLE:
        return Outcome.ELIGIBLE, Related("requires", name, title, f"以“{title}”为前提，请一并办理")
    return Outcome.UNDETERMINED, Related("requires", name, title, f"要先确认您是否符合“{title}”")


def _barred(policy: Policy, held: Held, among: Current) -> Iterator[tuple[bool, Related]]:
    """Yield every policy that cannot be had together with this one, and whether the person has it."""
    mine = (among.policies[name] for name in policy.excludes if name in among.policies)
    theirs = (other for other in among.named_by.get(policy.id, ()) if policy.id in other.excludes)
    for other in {other.id: other for other in (*mine, *theirs)}.values():
        row = held.get(other.id)
        if row is None:
            continue
        if _has(row):
            note = f"您已享受“{other.title}”，两项不能同时享受"
            yield True, Related("excludes", other.id, other.title, note)
        elif row.dismissed is None and row.outcome != Outcome.INELIGIBLE:
            note = _choice(policy, held[policy.id].amount, other, row.amount)
            yield False, Related("excludes", other.id, other.title, note)


def _choice(policy: Policy, mine: Any, other: Policy, theirs: Any) -> str:
    """Say which of two to choose where both amounts can be compared."""
    known, known_other = _a_year(mine), _a_year(theirs)
    if known is None or known_other is None or known == known_other or mine["unit"] != theirs["unit"]:
        return f"与“{other.title}”只能享受一项，请比较后选一项"
    better, amount = (policy, mine) if known > known_other else (other, theirs)
    return f"与“{other.title}”只能享受一项，“{better.title}”（{amount['text']}）较高，建议选这一项"


def _a_year(amount: Any) -> Decimal | None:
    """Return what an amount comes to in a year; None where it is uncertain or given once."""
    if amount is None or amount["value"] is None or amount["frequency"] not in TIMES_A_YEAR:
        return None
    return Decimal(amount["value"]) * TIMES_A_YEAR[amount["frequency"]]


def _has(row: Any) -> bool:
    return bool(row.received) or row.dismissed == Dismissal.ALREADY_RECEIVED
