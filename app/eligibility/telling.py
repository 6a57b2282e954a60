"""From match to inbox: every newly eligible subject is told once, or it is written down why not.

Each leaves one row (`News`) per run, so that the account of a run adds up to those whom it newly found. All
statements are about the whole batch; they are part of the transaction that writes the matches.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    case,
    column,
    literal,
    null,
    or_,
    select,
    true,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert

from app.eligibility import policies, standings
from app.eligibility.assessment import assess
from app.eligibility.batches import Pair, candidates
from app.eligibility.errors import PolicyNotFound
from app.eligibility.matching import Candidate, plain
from app.eligibility.models import Match, MatchRun, News
from app.eligibility.notices import match_notice
from app.eligibility.types import OUTLIVED, Assessment, KeptBack, Outcome, Policy, RunId, RunState
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import campaigns
from app.notifications import service as notifications
from app.notifications.service import Notice
from app.residents import consents, fact_catalogue, profiles
from app.residents.types import Profile, Purpose

BATCH = 200
LOOKS_FOR = timedelta(minutes=10)
"""So long somebody whose own change brought news may find it in the app before they are told."""
_ONCE = ["run_id", "resident_id", "subject_id"]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A subject that a policy fits now and did not before."""

    run_id: RunId
    policy: Policy
    candidate: Candidate
    assessment: Assessment


def tell(found: Sequence[Found]) -> list[KeptBack | None]:
    """Tell everybody who may be told; returns for each why not, None where they were told just now."""
    if not found:
        return []
    settings = profiles.many({one.candidate.resident for one in found})
    dismissed = _dismissed(found)
    cancelled = campaigns.cancelled({one.run_id for one in found})
    withheld = standings.withheld([(one.candidate, one.policy, one.assessment) for one in found])
    kept: list[KeptBack | None] = []
    notices: list[tuple[Profile, Notice]] = []
    for one, why in zip(found, withheld, strict=True):
        settled = _kept_back(one, settings[one.candidate.resident], dismissed, cancelled)
        settled = settled or (KeptBack(why) if why else None)
        if settled is None:
            notice = match_notice(one.policy, one.assessment, one.candidate.subject_id, one.run_id)
            settled = _unfit(one, notice)
            if settled is None:
                notices.append((settings[one.candidate.resident], notice))
        kept.append(settled)
    told = iter(notifications.notify_many(notices))
    fates = [(reason, None if reason else next(told)) for reason in kept]
    fates = [(reason or (None if message else KeptBack.ALREADY_TOLD), message) for reason, message in fates]
    _note(found, fates)
    return [reason for reason, _ in fates]


def _kept_back(
    one: Found, profile: Profile, dismissed: Collection[tuple[Pair, str]], cancelled: Collection[UUID]
) -> KeptBack | None:
    if not profile.personalised:
        return KeptBack.NOT_PERSONALISED
    if ((one.candidate.resident, one.candidate.subject_id), one.policy.id) in dismissed:
        return KeptBack.DISMISSED
    return KeptBack.CAMPAIGN_CANCELLED if one.run_id in cancelled else None


def _unfit(one: Found, notice: Notice) -> KeptBack | None:
    """One policy's wording that WeChat would refuse must not stop the run for everybody."""
    if notifications.fits(notice):
        return None
    _log.error("match_run.untold", policy_id=one.policy.id)
    return KeptBack.UNFIT_WORDING


def _dismissed(found: Collection[Found]) -> set[tuple[Pair, str]]:
    rows = session.execute(
        select(Match.resident_id, Match.subject_id, Match.policy_id).where(
            Match.resident_id.in_({one.candidate.resident for one in found}),
            Match.policy_id.in_({one.policy.id for one in found}),
            Match.dismissed.is_not(None),
        )
    )
    return {((resident, subject), policy) for resident, subject, policy in rows}


def _note(found: Sequence[Found], fates: Sequence[tuple[KeptBack | None, UUID | None]]) -> None:
    """Write what became of each; who was waiting to be told (`due`) waits no more."""
    rows: list[Mapping[str, object]] = [
        {
            "id": new_id(),
            "created_at": clock.now(),
            "run_id": one.run_id,
            "resident_id": one.candidate.resident,
            "subject_id": one.candidate.subject_id,
            "policy_id": one.policy.id,
            "region_code": fact_catalogue.visited_at(plain(one.candidate.known)) or one.policy.region_code,
            "message_id": message_id,
            "kept_back": kept,
            "due": False,
        }
        for one, (kept, message_id) in zip(found, fates, strict=True)
    ]
    statement = insert(News)
    settled = {name: statement.excluded[name] for name in ("message_id", "kept_back", "region_code", "due")}
    session.execute(
        statement.on_conflict_do_update(index_elements=_ONCE, set_=settled, where=News.due | _found_again()),
        rows,
    )


def _found_again() -> ColumnElement[bool]:
    """Say that a row is of somebody who was found, lost before they were told, and is found again."""
    return or_(*(News.kept_back == reason for reason in OUTLIVED)) & News.message_id.is_(None)


def tell_later(resident: ResidentId, found: Sequence[tuple[UUID, str, int]]) -> None:
    """Leave it to a worker to tell a person of (subject, policy, version) that they are newly eligible for.

    At once where a run of the version is under way; else after a while, for the person has just changed
    something and may see in the app what came of it. One statement, for requests.
    """
    named = values(
        column("id", Uuid),
        column("subject_id", Uuid),
        column("policy_id", String),
        column("version", Integer),
    )
    told = named.data([(new_id(), *one) for one in found]).alias("told")
    at_once = MatchRun.state == RunState.RUNNING
    chosen = select(
        told.c.id,
        MatchRun.id,
        literal(resident, Uuid),
        told.c.subject_id,
        told.c.policy_id,
        literal(""),
        literal(clock.now(), DateTime(timezone=True)),
        true(),
        case((at_once, null()), else_=literal(clock.now() + LOOKS_FOR, DateTime(timezone=True))),
    ).join(MatchRun, (MatchRun.policy_id == told.c.policy_id) & (MatchRun.rule_version == told.c.version))
    names = [
        "id", "run_id", "resident_id", "subject_id", "policy_id", "region_code", "created_at", "due",
        "not_before",
    ]  # fmt: skip
    statement = insert(News).from_select(names, chosen)
    again = {"due": True, "kept_back": None, "not_before": statement.excluded.not_before}
    session.execute(statement.on_conflict_do_update(index_elements=_ONCE, set_=again, where=_found_again()))


def seen_in_app(resident: ResidentId, policy_ids: Collection[str]) -> None:
    """Note that a person has just seen in the app what they would be told of later."""
    session.execute(
        update(News)
        .where(
            News.resident_id == resident,
            News.policy_id.in_(policy_ids),
            News.due,
            News.not_before.is_not(None),
        )
        .values(due=False, kept_back=KeptBack.SEEN)
        .execution_options(synchronize_session=False)
    )


def tell_due() -> int:
    """Tell everybody who is waiting to be told; returns how many rows were settled."""
    settled = 0
    while True:
        with atomic():
            rows = session.scalars(
                select(News)
                .where(News.due, _ripe())
                .order_by(News.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for run_id in {row.run_id for row in rows}:
                _tell_rows(run_id, [row for row in rows if row.run_id == run_id])
        if not rows:
            return settled
        settled += len(rows)


def _ripe() -> ColumnElement[bool]:
    return News.not_before.is_(None) | (News.not_before <= clock.now())


def _tell_rows(run_id: UUID, rows: Collection[News]) -> None:
    """Assess those who wait anew, by the version in force: what is not true any more is not told."""
    people = {ResidentId(row.resident_id) for row in rows if row.resident_id is not None}
    allowed = consents.granted_by(people, Purpose.MATCHING)
    policy_id = next(iter(rows)).policy_id
    try:
        policy = policies.published(policy_id)
    except PolicyNotFound:
        _keep_back(rows, KeptBack.MATCH_LOST)
        return
    known = {(one.resident, one.subject_id): one for one in candidates(policy, allowed)}
    seen = _seen(rows)
    found = []
    for row in rows:
        key = (ResidentId(row.resident_id or row.id), row.subject_id or row.id)
        if (candidate := known.get(key)) is None:
            _keep_back([row], KeptBack.NO_CONSENT)
            continue
        assessment = assess(policy, plain(candidate.known), candidate.known, as_of=clock.today())
        if assessment.outcome is not Outcome.ELIGIBLE:
            _keep_back([row], KeptBack.MATCH_LOST)
        elif row.not_before is not None and key in seen:
            _keep_back([row], KeptBack.SEEN)
        else:
            found.append(Found(RunId(run_id), policy, candidate, assessment))
    session.flush()
    tell(found)


def _keep_back(rows: Collection[News], reason: KeptBack) -> None:
    for row in rows:
        row.due, row.kept_back = False, reason


def _seen(rows: Collection[News]) -> set[Pair]:
    """Return who opened their match of a policy while its news waited; of the same policy all of them."""
    waited = {row.resident_id for row in rows if row.not_before is not None} - {None}
    if not waited:
        return set()
    asked = select(Match.resident_id, Match.subject_id).where(
        Match.policy_id == next(iter(rows)).policy_id,
        Match.resident_id.in_(waited),
        Match.seen_at.is_not(None),
    )
    return {(resident, subject) for resident, subject in session.execute(asked)}
