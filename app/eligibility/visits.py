"""Visits (上门告知): who is eligible, was not reached by phone and has refused nothing is visited.

The oldest are the least online. A job decides a day after the telling (who could not be pushed) or a week
after (who was pushed and never opened it). A visit is closed by the grid worker with a result, or by the
system when the person has read the message meanwhile, is not eligible any more, or takes a consent back.
Whoever closed the channel (消息提醒、个性化推荐) is not visited either, and a sensitive fact leads nobody to
a door without the consent that names it. People who never registered are not known here: they come from what
a data platform delivers (`app.eligibility.outreach`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, true, update
from sqlalchemy.dialects.postgresql import insert

from app.eligibility import policies
from app.eligibility.models import Match, News, Visit
from app.eligibility.notices import rests_on_sensitive_facts
from app.eligibility.types import Outcome, Reach, VisitResult
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import campaigns
from app.notifications.types import DeliveryState, SuppressionReason
from app.residents import consents
from app.residents.types import Purpose

BATCH = 500
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
UNOPENED = "unopened"
_NEEDED = frozenset({Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH})
_NOT_REACHED = frozenset(
    {
        DeliveryState.REFUSED,
        DeliveryState.REJECTED,
        DeliveryState.FAILED,
        DeliveryState.EXPIRED,
        DeliveryState.DEAD,
    }
)
_NO_WAY = frozenset(
    {
        SuppressionReason.NO_CREDIT,
        SuppressionReason.NO_WECHAT,
        SuppressionReason.NO_TEMPLATE,
        SuppressionReason.WEEKLY_CAP,
    }
)
_PERHAPS_SEEN = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.DELIVERED,
        DeliveryState.UNKNOWN,
        DeliveryState.UNCONFIRMED,
    }
)


def raise_due() -> int:
    """Decide for everybody who was told a day ago or earlier whether somebody must go there.

    Returns how many visits were raised.
    """
    raised, after = 0, None
    while True:
        with atomic():
            rows = session.execute(_undecided(after)).all()
            raised += _decide(rows)
        if not rows:
            return raised
        after = rows[-1].News.id


def close_needless() -> int:
    """Close visits to those who have read it meanwhile, or are not eligible any more; returns how many."""
    closed, after = 0, None
    while True:
        with atomic():
            rows = session.execute(_open(after)).all()
            for row in rows:
                if (result := _needless(row)) is not None:
                    _close(row.Visit, result)
                    closed += 1
        if not rows:
            return closed
        after = rows[-1].Visit.id


def close_withdrawn(resident: ResidentId) -> None:
    """Close the visits that a consent withdrawn in this unit of work allows no more.

    Without consent to matching they went with the matches (`matching.forget_resident`).
    """
    decided = consents.decided_here(resident)
    withdrawn = {p for p in _NEEDED & decided if not consents.granted(resident, p)}
    if not withdrawn or Purpose.MATCHING in withdrawn:
        return
    usual = withdrawn == {Purpose.SENSITIVE_PUSH}
    concerned = [Visit.sensitive.is_(true())] if usual else []
    session.execute(
        update(Visit)
        .where(Visit.resident_id == resident, Visit.closed_at.is_(None), *concerned)
        .values(result=VisitResult.WITHDRAWN, closed_at=clock.now(), version=Visit.version + 1)
        .execution_options(synchronize_session=False)
    )


def forget(resident: ResidentId) -> None:
    """Forget whom rows were about (account erased); counts stay."""
    now = clock.now()
    session.execute(
        update(Visit)
        .where(Visit.resident_id == resident, Visit.closed_at.is_(None))
        .values(result=VisitResult.WITHDRAWN, closed_at=now, version=Visit.version + 1)
        .execution_options(synchronize_session=False)
    )
    for table, gone in (
        (Visit, {"resident_id": None}),
        (News, {"resident_id": None, "subject_id": None, "due": False}),
    ):
        session.execute(
            update(table)
            .where(table.resident_id == resident)
            .values(gone)
            .execution_options(synchronize_session=False)
        )


def _with_fate(query: Select[Any]) -> Select[Any]:
    """Add what became of the message, and how the match stands."""
    fates = campaigns.fates()
    same = (
        (Match.resident_id == News.resident_id)
        & (Match.subject_id == News.subject_id)
        & (Match.policy_id == News.policy_id)
    )
    return (
        query.add_columns(
            fates.c.state, fates.c.reason, fates.c.read_at, Match.outcome, Match.seen_at, Match.dismissed
        )
        .join(fates, fates.c.message_id == News.message_id)
        .outerjoin(Match, same)
    )


def _undecided(after: UUID | None) -> Select[Any]:
    query = (
        _with_fate(select(News))
        .where(
            News.message_id.is_not(None),
            News.reach.is_(None),
            News.resident_id.is_not(None),
            News.created_at <= clock.now() - A_DAY,
            *([News.id > after] if after else []),
        )
        .order_by(News.id)
        .limit(BATCH)
    )
    return query.with_for_update(of=News, skip_locked=True)


def _open(after: UUID | None) -> Select[Any]:
    query = (
        _with_fate(select(Visit).join(News, News.id == Visit.news_id))
        .where(Visit.closed_at.is_(None), *([Visit.id > after] if after else []))
        .order_by(Visit.id)
        .limit(BATCH)
    )
    return query.with_for_update(of=Visit, skip_locked=True)


def _decide(rows: Collection[Any]) -> int:
    """Settle what can be settled of a batch; returns how many visits were raised."""
    to_visit: list[tuple[News, str]] = []
    for row in rows:
        reach, why = _reach(row)
        row.News.reach = reach
        if reach is Reach.VISIT:
            to_visit.append((row.News, why))
    if not to_visit:
        return 0
    touchy = {policy.id for policy in policies.all_published() if rests_on_sensitive_facts(policy)}
    allowed = _allowed({ResidentId(news.resident_id) for news, _ in to_visit if news.resident_id})
    visits = []
    for news, why in to_visit:
        sensitive = news.policy_id in touchy
        if ResidentId(news.resident_id or news.id) in allowed[sensitive]:
            visits.append(_row(news, why, sensitive=sensitive))
        else:
            news.reach = Reach.GONE
    if visits:
        session.execute(insert(Visit).on_conflict_do_nothing(index_elements=["news_id"]), visits)
    return len(visits)


def _row(news: News, why: str, *, sensitive: bool) -> dict[str, object]:
    same = ("run_id", "resident_id", "policy_id", "region_code")
    return {
        "id": new_id(),
        "news_id": news.id,
        "why": why,
        "sensitive": sensitive,
        **{name: getattr(news, name) for name in same},
    }


def _allowed(people: Collection[ResidentId]) -> dict[bool, set[ResidentId]]:
    """Return who may be visited about policies that rest on sensitive facts (True), and about others."""
    usual = consents.granted_by(people, Purpose.MATCHING) & consents.granted_by(people, Purpose.PUSH)
    return {False: usual, True: usual & consents.granted_by(usual, Purpose.SENSITIVE_PUSH)}


def _reach(row: Any) -> tuple[Reach | None, str]:
    """Say whether somebody was reached; None where that will show later."""
    if row.read_at is not None or row.seen_at is not None:
        return Reach.REACHED, ""
    if row.outcome != Outcome.ELIGIBLE or row.dismissed is not None:
        return Reach.GONE, ""
    state = DeliveryState(row.state)
    if state is DeliveryState.SUPPRESSED:
        return (Reach.VISIT, row.reason) if row.reason in _NO_WAY else (Reach.GONE, "")
    if state in _NOT_REACHED:
        return Reach.VISIT, state.value
    if state in _PERHAPS_SEEN and _told_a_week_ago(row.News.created_at):
        return Reach.VISIT, UNOPENED
    return None, ""


def _told_a_week_ago(told_at: datetime) -> bool:
    return told_at <= clock.now() - A_WEEK


def _needless(row: Any) -> VisitResult | None:
    if row.read_at is not None or row.seen_at is not None:
        return VisitResult.REACHED_ONLINE
    if row.outcome != Outcome.ELIGIBLE or row.dismissed is not None:
        return VisitResult.NOT_ENTITLED
    return None


def _close(visit: Visit, result: VisitResult) -> None:
    visit.result, visit.closed_at = result, clock.now()
    visit.version += 1
