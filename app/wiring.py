"""What every process opens and connects: web, worker, scheduler, command; and what is done by the clock."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.applications import (
    automatic,
    awaiting,
    granting,
    last_days,
    leaving,
    material_files,
    missing,
    prefilling,
)
from app.applications import deadlines as case_deadlines
from app.eligibility import (
    announcement_relevance,
    announcing,
    cells,
    daily_runs,
    deadline_relevance,
    endings,
    follow_ups,
    notices,
    runs,
    trials,
    visits,
)
from app.eligibility import relevance as match_relevance
from app.eligibility.outreach import arrivals
from app.eligibility.outreach import closing as outreach_closing
from app.foundation import (
    cache,
    crypto,
    database,
    deadlines,
    idempotency,
    nearby,
    queue,
    working_days,
)
from app.foundation.children import Child
from app.foundation.queue import Bell
from app.foundation.transaction import atomic
from app.gateways.objects import live as live_objects
from app.gateways.objects import port as objects
from app.gateways.registries import live as live_registries
from app.gateways.registries import port as registries
from app.gateways.scanner import clamd
from app.gateways.scanner import port as scanner
from app.gateways.wechat import live as live_wechat
from app.gateways.wechat import port as wechat
from app.identity import login, sessions, verification
from app.materials import events as materials
from app.materials import readers, scanning, sweeping
from app.notifications import delivery, pace, relevance, subscriptions, wechat_events
from app.notifications import service as notifications
from app.notifications.types import Lane
from app.residents import closing, history
from app.residents import events as residents
from app.residents import subscriptions as resident_subscriptions
from config import files
from config.settings import Settings

DAILY, HOURLY, MINUTELY = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
daily, foreseeing = Child("app.daily"), Child("app.foreseeing")
"""The daily runs (docs/adr/0010) and the search for what is announced: their memory and time are not ours."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work done by the clock: in one unit of work, or `piecewise` in units that it opens itself."""

    name: str
    every: timedelta
    work: Callable[[], object]
    piecewise: bool = False


def run_daily() -> bool:
    """Start the process of the daily runs where there is work that nobody is at."""
    return daily_runs.waiting() and daily.start()


def search_ahead() -> bool:
    """Start the day's search for what is to be announced, unless it was made or is being made."""
    return not announcing.searched_today() and foreseeing.start()


JOBS: tuple[Job, ...] = (
    Job("idempotency.purge", HOURLY, idempotency.purge),
    Job("sessions.purge", HOURLY, sessions.purge),
    Job("login.purge_codes", HOURLY, login.purge_codes),
    Job("verification.expire", MINUTELY, verification.expire),
    Job("facts.forget_old", HOURLY, history.forget_old),
    Job("accounts.erase", HOURLY, closing.erase_due, piecewise=True),
    Job("pushes.give_up_waiting", HOURLY, wechat_events.give_up_waiting),
    Job("daily_runs.open", MINUTELY, daily_runs.open_due),
    Job("daily_runs.run", MINUTELY, run_daily, piecewise=True),
    Job("visits.raise", HOURLY, visits.raise_due, piecewise=True),
    Job("visits.close_needless", HOURLY, visits.close_needless, piecewise=True),
    Job("visits.close_registered", HOURLY, outreach_closing.close_needless, piecewise=True),
    Job("deliveries.start", MINUTELY, arrivals.start_if_due, piecewise=True),
    Job("follow_ups.ask", HOURLY, follow_ups.ask_due, piecewise=True),
    Job("announcements.search", HOURLY, search_ahead, piecewise=True),
    Job("announcements.tell", HOURLY, announcing.tell_due, piecewise=True),
    Job("announcements.review", HOURLY, announcing.review_due, piecewise=True),
    Job("applications.deem_accepted", MINUTELY, case_deadlines.deemed_accepted_due),
    Job("grants.forget_old", HOURLY, granting.forget_old),
    Job("grants.last_days", HOURLY, last_days.remind_due, piecewise=True),
    Job("applications.date_the_undated", HOURLY, case_deadlines.date_the_undated),
    Job("wechat.purge_events", HOURLY, wechat_events.purge),
    Job("applications.remind_of_missing", HOURLY, missing.remind_due),
    Job("applications.lapse_missing", HOURLY, missing.lapse_due),
    Job("applications.fetch_awaited", HOURLY, awaiting.fetch_due, piecewise=True),
    Job("applications.date_missing", HOURLY, missing.date_the_undated),
    Job("materials.expire", HOURLY, sweeping.expire_due),
    Job("materials.sweep_orphans", DAILY, sweeping.sweep_orphans, piecewise=True),
)


def open_process(settings: Settings, *, pool: int | None = None) -> None:
    """Open what a process holds once (engine, Redis, cipher, calendar, broker), connect the capabilities."""
    engine = database.open_engine(settings, pool=pool)
    deadlines.guard(engine)
    database.bind(engine)
    cache.use(cache.open_client(settings))
    crypto.use(crypto.FieldCipher.from_settings(settings))
    working_days.use(official_calendar())
    queue.open_broker(settings)
    connect(settings)


def official_calendar() -> working_days.WorkingDays:
    """Read every year of the official calendar (工作日) that was entered in config/calendar/."""
    years: dict[int, dict[str, Any]] = {}
    for year in files.calendar_years():
        entry = files.read_calendar(year)
        years[year] = {"off": entry.off, "working": entry.working_weekends}
    return working_days.WorkingDays.from_years(years)


def connect(settings: Settings) -> None:
    """Choose the gateways and subscribe the capabilities to one another's events."""
    wechat.use(live_wechat.build(settings))
    registries.use(live_registries.build(settings))
    objects.use(live_objects.build(settings))
    scanner.use(clamd.build(settings))
    subscriptions.use(settings)
    pace.use(settings)
    arrivals.use(settings)
    cells.use(settings)
    daily_runs.use(settings)
    relevance.ask(notices.POLICY_MATCH, match_relevance.outdated)
    relevance.ask(notices.DEADLINE, deadline_relevance.outdated, lane=Lane.URGENT)
    relevance.ask(notices.RENEWAL, announcement_relevance.outdated, lane=Lane.URGENT)
    resident_subscriptions.connect()
    residents.facts_changed.subscribe(runs.rematch)
    residents.consent_changed.subscribe(runs.rematch_if_decided)
    residents.consent_changed.subscribe(visits.close_withdrawn)
    residents.consent_changed.subscribe(prefilling.read_again)
    residents.consent_changed.subscribe(granting.withdraw_unconsented)
    residents.closing_requested.subscribe(leaving.refuse_while_open)
    residents.erased.subscribe(leaving.forget)
    residents.erased.subscribe(granting.forget)
    residents.erased.subscribe(notifications.forget)
    residents.erased.subscribe(visits.forget)
    residents.erased.subscribe(announcing.forget)
    residents.erased.subscribe(sweeping.forget)
    readers.ask(material_files.CaseFiles())
    materials.infected.subscribe(material_files.take_out_infected)


def answer_bells(settings: Settings) -> None:
    """Say which work each bell means; only a worker answers."""
    bells: dict[Bell, Callable[[], object]] = {
        Bell.PUSHES: one_at_a_time(lambda: delivery.deliver_due(concurrency=settings.push_concurrency)),
        Bell.WECHAT_EVENTS: wechat_events.apply_due,
        Bell.MATCH_RUNS: runs.advance_due,
        Bell.TRIALS: trials.advance_due,
        Bell.ENDINGS: endings.advance_due,
        Bell.STAGES: automatic.advance_due,
        Bell.SCANS: scanning.scan_due,
    }
    for bell, work in bells.items():
        queue.answers(bell, given_back(work))


def run(job: Job) -> None:
    """Do one job's work now."""

    def work() -> None:
        with nullcontext() if job.piecewise else atomic():
            job.work()

    given_back(work)()


def given_back(work: Callable[[], object]) -> Callable[[], object]:
    """Let `work` start without the rows that the thread saw before, and leave no connection behind."""

    def wrapped() -> object:
        try:
            return work()
        finally:
            database.session.remove()

    return wrapped


def one_at_a_time(work: Callable[[], object]) -> Callable[[], object]:
    """Let `work` run once in this process at any moment, and once more where it was asked for meanwhile.

    Every bell would otherwise take another of the worker's threads for the same queue, until none is left
    for other work and more calls are under way than the setting allows.
    """
    turn, wanted = threading.Lock(), threading.Event()

    def wrapped() -> None:
        wanted.set()
        while wanted.is_set() and turn.acquire(blocking=False):
            try:
                wanted.clear()
                work()
            finally:
                turn.release()

    return wrapped


def close_process() -> None:
    """Give back what `open_process` took."""
    database.session.remove()
    database.engine().dispose()
    nearby.process.close()
    cache.client().close()
