"""A day's difference written into matches: what is true now, with reasons, and the news of it told.

The difference says whom to look at, not what to write: facts may have changed since, consent may be gone.
A batch is assessed by the closures like any other match, written where it differs, told, and the position
moves, all in one transaction. What is stored already as the difference has it is left out by one statement
first.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlalchemy import ColumnElement, Integer, String, Uuid, case, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.eligibility import policies, runs
from app.eligibility.batches import Changed, match_pairs
from app.eligibility.matching import Candidate
from app.eligibility.models import DailyRun, Match
from app.eligibility.population import results
from app.eligibility.population.results import Found
from app.eligibility.population.running import ANSWERS, CHANGES, DEPARTED, Result
from app.eligibility.telling import Found as News
from app.eligibility.telling import tell
from app.eligibility.types import DailyState, Outcome, Policy
from app.foundation.database import one_of_ids, session
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.residents import columnar, consents, facts, holdings, subjects
from app.residents.columnar import ID_BYTES
from app.residents.types import Purpose, SubjectKind
from app.rules.planes.answers import Answer, answers_at

BATCH, LOOK = 200, 4000
"""Pairs assessed in one transaction, for which people's facts are locked, and looked at for it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A subject and a policy to be asked again, and whom that is told."""

    resident: ResidentId
    subject: UUID
    policy_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be asked again of a stretch of a source before `end`; `looked` pairs stood there."""

    pairs: Sequence[Pair]
    end: int
    looked: int


class Source(Protocol):
    """Where pairs come from, in an order that is always the same."""

    def __len__(self) -> int:
        """Return where it ends."""

    def page(self, position: int) -> Page:
        """Return what is to be asked from a position on, in the caller's transaction."""


def apply(
    run_id: UUID, attempt: int, result: Result, kind: SubjectKind, *, first: bool, lease: timedelta
) -> bool:
    """Apply a result from where it was left; False where another has taken the run over.

    A `first` result is compared with nothing, so that what is stored and holds no more stands in no
    difference: stored matches are then looked through as well. Raises ResultFaulty.
    """
    place = _place(run_id)
    for part, opened in enumerate(_sources(result, kind, first=first)):
        if part < place[0]:
            continue
        source = opened()
        position = place[1] if part == place[0] else 0
        while position < len(source):
            moved = _batch(run_id, attempt, source, (part, position), lease)
            if moved is None:
                return False
            position = moved
    return True


def _sources(result: Result, kind: SubjectKind, *, first: bool) -> list["Opening"]:
    names = [*result.parts, DEPARTED]
    listed: list[Opening] = [Opening(result.folder / CHANGES / name, kind, result.run) for name in names]
    if first:
        listed += [
            Opening(result.folder / ANSWERS / name, kind, result.run, stored=True) for name in result.parts
        ]
    return listed


@dataclass(frozen=True, slots=True)
class Opening:
    """A source that is read when its turn comes."""

    path: Path
    kind: SubjectKind
    run: str
    stored: bool = False

    def __call__(self) -> Source:
        """Read it; raises ResultFaulty. Where nobody departed there is no file."""
        if self.stored:
            return Stored(results.read(self.path, run=self.run), self.kind)
        if self.path.name == DEPARTED and not self.path.is_file():
            return Differences(None, self.kind)
        return Differences(results.read_changes(self.path, run=self.run), self.kind)


def _place(run_id: UUID) -> tuple[int, int]:
    with atomic():
        part, position = session.execute(
            select(DailyRun.part, DailyRun.position).where(DailyRun.id == run_id)
        ).one()
    return part, position


def _batch(
    run_id: UUID, attempt: int, source: Source, place: tuple[int, int], lease: timedelta
) -> int | None:
    """Do one batch; returns the new position, None where another has taken the run over."""
    with atomic():
        run = session.scalar(select(DailyRun).where(DailyRun.id == run_id).with_for_update())
        if run is None or run.attempts != attempt or run.state != DailyState.APPLYING:
            return None
        page = source.page(place[1])
        counts = Counter({str(key): int(value) for key, value in run.counts.items()})
        counts["looked_at"] += page.looked
        counts["asked"] += len(page.pairs)
        counts.update(settle(page.pairs))
        run.part, run.position, run.counts = place[0], page.end, dict(counts)
        run.leased_until = session.execute(select(func.now() + lease)).scalar_one()
    return page.end


def settle(pairs: Sequence[Pair]) -> Counter[str]:
    """Ask pairs again by what is known and allowed now, write what differs, tell what is new; counts it all.

    Nobody's facts change meanwhile. A policy that is published no more is an ending's business.
    """
    if not pairs:
        return Counter()
    people = {pair.resident for pair in pairs}
    holdings.lock_all(people)
    allowed = consents.granted_by(people, Purpose.MATCHING)
    published: dict[str, Policy] = {policy.id: policy for policy in policies.all_published()}
    tried: dict[tuple[ResidentId, UUID], list[Policy]] = {}
    for pair in pairs:
        if pair.resident in allowed and pair.policy_id in published:
            tried.setdefault((pair.resident, pair.subject), []).append(published[pair.policy_id])
    known = facts.fact_sets([subject for _, subject in tried])
    asked = [(Candidate(who, subject, known[subject]), own) for (who, subject), own in tried.items()]
    counts = Counter({"withdrawn": len({pair for pair in pairs if pair.resident not in allowed})})
    changed = match_pairs(asked)
    counts.update(word for one in changed for word in _words(one))
    counts.update(kept or "queued" for kept in tell(_news(changed)))
    return +counts


def _words(one: Changed) -> Iterator[str]:
    outcome = one.change.assessment.outcome
    if one.change.newly_eligible:
        yield "new"
    elif outcome is Outcome.ELIGIBLE:
        yield "changed"
    elif outcome is Outcome.UNDETERMINED:
        yield "undetermined"
    if one.change.lost:
        yield "lost"


def _news(changed: Collection[Changed]) -> list[News]:
    new = [one for one in changed if one.change.newly_eligible]
    found = runs.of_versions(list({one.change.policy.id: one.change.policy for one in new}.values()))
    return [
        News(found[one.change.policy.id], one.change.policy, one.candidate, one.change.assessment)
        for one in new
    ]


def _residents(kind: SubjectKind, about: Collection[UUID]) -> dict[UUID, ResidentId]:
    """Return whom subjects belong to: people to themselves, enterprises to who represents them now."""
    if kind is SubjectKind.PERSON:
        return {one: ResidentId(one) for one in about}
    return subjects.representatives(about)


class Differences:
    """The difference of one partition, subject by subject; None where there is none."""

    def __init__(self, table: pa.Table | None, kind: SubjectKind) -> None:
        self._kind = kind
        if table is None:
            self._ids, self._policies, self._numbers = np.zeros(0, f"S{ID_BYTES}"), [], {}
            return
        ids = table["subject_id"].combine_chunks()
        raw = np.frombuffer(ids.buffers()[1], f"S{ID_BYTES}", len(ids), ids.offset * ID_BYTES)
        named = table["policy_id"].unify_dictionaries().combine_chunks()
        rules = named.indices.to_numpy()
        order = np.lexsort((rules, raw))
        self._ids = raw[order]
        self._policies = np.array(named.dictionary.to_pylist(), object)[rules[order]].tolist()
        self._numbers = {
            name: table[name].to_numpy()[order].tolist() for name in ("version", "before", "after")
        }

    def __len__(self) -> int:
        return len(self._ids)

    def page(self, position: int) -> Page:
        """Return the next pairs that are stored otherwise than the difference has them."""
        end = min(position + LOOK, len(self))
        about = list(columnar.subject_ids(self._ids[position:end]))
        owners = _residents(self._kind, set(about))
        rows = [
            (
                owners[subject],
                subject,
                self._policies[place],
                *(self._numbers[name][place] for name in ("version", "before", "after")),
                place,
            )
            for place, subject in enumerate(about, position)
            if subject in owners
        ]
        differing = _stored_otherwise(rows) if rows else []
        if len(differing) > BATCH:
            differing = differing[:BATCH]
            end = differing[-1] + 1
        pairs = [Pair(owners[about[p - position]], about[p - position], self._policies[p]) for p in differing]
        return Page(pairs, end, end - position)


def _stored_otherwise(rows: Sequence[tuple[object, ...]]) -> list[int]:
    """Return the places of those rows whose stored match does not say what the row says, in one statement.

    A row is (resident, subject, policy, version, before, after, place). Whoever was eligible before and is
    on other grounds is always asked.
    """
    kinds = (Uuid, Uuid, String, Integer, Integer, Integer, Integer)
    names = ("resident_id", "subject_id", "policy_id", "version", "before", "after", "place")
    arrays: list[ColumnElement[Any]] = [
        literal(list(values), ARRAY(kind))
        for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    asked = (
        func.unnest(*arrays)
        .table_valued(*(column(name, kind) for name, kind in zip(names, kinds, strict=True)))
        .render_derived(name="asked")
    )
    same = (
        (Match.resident_id == asked.c.resident_id)
        & (Match.subject_id == asked.c.subject_id)
        & (Match.policy_id == asked.c.policy_id)
    )
    stored = case(
        (Match.outcome == Outcome.ELIGIBLE, Answer.YES),
        (Match.outcome == Outcome.UNDETERMINED, Answer.UNKNOWN),
        else_=Answer.NO,
    )
    newest = (asked.c.after == Answer.NO) | (Match.rule_version == asked.c.version)
    steady = (asked.c.before != asked.c.after) & (stored == asked.c.after) & func.coalesce(newest, False)
    query = select(asked.c.place).outerjoin(Match, same).where(~steady).order_by(asked.c.place)
    return list(session.scalars(query))


class Stored:
    """Stored matches of the subjects of one partition to which the result says no, whatever was before."""

    def __init__(self, found: Found, kind: SubjectKind) -> None:
        self._found, self._kind = found, kind
        self._rules = {policy: number for number, (policy, _) in enumerate(found.rules)}

    def __len__(self) -> int:
        return len(self._found.ids)

    def page(self, position: int) -> Page:
        """Return what is stored of the next subjects and holds no more."""
        end = min(position + BATCH, len(self))
        about = list(columnar.subject_ids(self._found.ids[position:end]))
        places = {subject: place for place, subject in enumerate(about, position)}
        owners = _residents(self._kind, places)
        stored = session.execute(
            select(Match.resident_id, Match.subject_id, Match.policy_id).where(
                Match.resident_id == one_of_ids(owners.values()),
                Match.subject_id == one_of_ids(owners),
                Match.policy_id.in_(self._rules),
                Match.outcome != Outcome.INELIGIBLE,
            )
        ).all()
        rules = np.array([self._rules[row.policy_id] for row in stored], np.int64)
        rows = np.array([places[row.subject_id] for row in stored], np.int64)
        answers = answers_at(self._found.planes, rules, rows)
        pairs = [
            Pair(ResidentId(row.resident_id), row.subject_id, row.policy_id)
            for row, answer in zip(stored, answers, strict=True)
            if answer == Answer.NO
        ]
        return Page(pairs, end, len(stored))
