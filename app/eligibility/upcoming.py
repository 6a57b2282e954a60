"""即将可享、即将到期: what the calendar brings a person and their enterprises, as it would be shown then.

Worked out anew from the facts each time; nothing is stored, so a corrected date shows at once. What others
mean for a policy counts as of the day on which it turns (`app.eligibility.standings`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from app.eligibility import foresight, matching, policies, standings
from app.eligibility.assessment import assess, region_of, region_params
from app.eligibility.foresight import HORIZON, Upcoming, UpcomingKind
from app.eligibility.matching import Candidate
from app.eligibility.standings import Current
from app.eligibility.types import Assessment, Audience, Dismissal, Outcome, Policy, Related
from app.foundation import clock
from app.identity.types import ResidentId
from app.residents import consents
from app.residents.types import Purpose
from app.rules.types import Params

_OVER = frozenset({UpcomingKind.ENDS, UpcomingKind.MAY_END})


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a day brings one subject, with the answer that stands behind it: that day's, or the last one's.

    `why` says which dates turn. An end may be of something that they receive (`receives`).
    """

    candidate: Candidate
    upcoming: Upcoming
    kind: UpcomingKind
    assessment: Assessment
    why: Sequence[str]
    related: Sequence[Related] = ()
    receives: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A match as it will be on another day; read like a stored one."""

    outcome: str
    amount: Mapping[str, Any] | None
    concerns: bool
    received: bool
    dismissed: str | None


@dataclass(frozen=True)
class Almanac:
    """The published policies, and what is in force on the days that are asked about."""

    published: Sequence[Policy]
    as_of: date
    _days: dict[date, Current] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Policy]:
        """Return the policies by id."""
        return {policy.id: policy for policy in self.published}

    def on(self, day: date) -> Current:
        """Return the policies in force on a day."""
        if day not in self._days:
            self._days[day] = standings.on(day, self.published)
        return self._days[day]


def of_resident(resident: ResidentId) -> list[Foreseen]:
    """Return what the next days bring a person and the enterprises they represent, soonest first.

    Nothing without consent to matching (政策匹配).
    """
    if not consents.granted(resident, Purpose.MATCHING):
        return []
    almanac, stored = Almanac(policies.all_published(), clock.today()), standings.stored(resident)
    found = [
        one
        for audience in Audience
        for candidate in matching.candidates_of(resident, audience)
        for one in foreseen(
            candidate,
            [policy for policy in almanac.published if policy.audience is audience],
            stored.get(candidate.subject_id, {}),
            almanac,
        )
    ]
    return sorted(found, key=lambda one: (one.upcoming.day, one.kind, one.upcoming.policy.id))


def foreseen(
    candidate: Candidate,
    asked: Iterable[Policy],
    held: Mapping[str, Any],
    almanac: Almanac,
    *,
    days: int = HORIZON,
) -> Iterator[Foreseen]:
    """Yield what the days after `almanac.as_of` bring one subject of the policies asked, where it is shown.

    `held` are their stored matches: what they waved away stays so.
    """
    look = _Look(candidate, held, almanac)
    for one in foresight.upcoming(asked, look.values, as_of=almanac.as_of, params=look.params, days=days):
        if (shown := look.renewal(one) if one.renewal else look.turn(one)) is not None:
            yield shown


@dataclass(frozen=True)
class _Look:
    """One subject, whose policies are looked at beside one another on other days."""

    candidate: Candidate
    held: Mapping[str, Any]
    almanac: Almanac

    @cached_property
    def values(self) -> dict[str, object]:
        return matching.plain(self.candidate.known)

    @cached_property
    def params(self) -> Params:
        return region_params(region_of(self.values))

    def turn(self, one: Upcoming) -> Foreseen | None:
        """Say what a turn comes to beside the other policies of that day; None where it is not shown."""
        over = one.kind in _OVER
        day = one.day - timedelta(days=1) if over else one.day
        assessment = self._assess(one.policy, day)
        receives = over and self._receives(one.policy, assessment)
        among, rows = self.almanac.on(day), self._rows(one.policy, day)
        if receives:  # what they have is not offered, but its end is told
            rows[one.policy.id] = replace(rows[one.policy.id], received=False, dismissed=None)
        beside = standings.standing(one.policy, rows, among)
        if not beside.shown:
            return None
        waits = one.kind is UpcomingKind.BEGINS and beside.outcome is Outcome.UNDETERMINED
        kind = UpcomingKind.MAY_BEGIN if waits else UpcomingKind.ENDS if receives else one.kind
        return self._found(one, kind, assessment, beside.related, receives=receives)

    def renewal(self, one: Upcoming) -> Foreseen | None:
        """Say what is to be renewed; None where the policy does not fit them any more."""
        assessment = self._assess(one.policy, self.almanac.as_of)
        row = self.held.get(one.policy.id)
        waved_away = row is not None and row.dismissed == Dismissal.NOT_INTERESTED
        if assessment.outcome is Outcome.INELIGIBLE or waved_away:
            return None
        return self._found(one, one.kind, assessment, (), receives=True)

    def _found(
        self,
        one: Upcoming,
        kind: UpcomingKind,
        assessment: Assessment,
        related: Sequence[Related],
        *,
        receives: bool,
    ) -> Foreseen:
        why = foresight.why(one, self.values, self.params)
        return Foreseen(self.candidate, one, kind, assessment, why, related, receives)

    def _assess(self, policy: Policy, day: date) -> Assessment:
        return assess(policy, self.values, self.candidate.known, as_of=day)

    def _receives(self, policy: Policy, assessment: Assessment) -> bool:
        """Say whether they have it, by a fact, by the date of its last renewal, or by their own word."""
        renewed = policy.renewal is not None and policy.renewal.since in self.values
        row = self.held.get(policy.id)
        return (
            assessment.received
            or renewed
            or (row is not None and row.dismissed == Dismissal.ALREADY_RECEIVED)
        )

    def _rows(self, policy: Policy, day: date) -> dict[str, _Row]:
        """Return what the matches of a policy and of its related ones will be, without what does not fit."""
        among = self.almanac.on(day)
        names: Collection[str] = {
            policy.id,
            *policy.excludes,
            *policy.requires,
            *(other.id for other in among.named_by.get(policy.id, ())),
        }
        found: dict[str, _Row] = {}
        for name in names:
            related = among.policies.get(name)
            if related is None:
                continue
            answer = self._assess(related, day)
            if answer.outcome is not Outcome.INELIGIBLE:
                row = self.held.get(name)
                found[name] = _Row(
                    answer.outcome.value,
                    matching.amount_data(answer.amount),
                    answer.concerns,
                    answer.received,
                    None if row is None else row.dismissed,
                )
        return found
