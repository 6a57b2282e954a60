"""What Prometheus should alert on that lives in the database: ages and piles, not totals (运行指标).

Read when somebody scrapes; every query is bounded by the open rows, not by history.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily

from app.applications import queries as applications
from app.eligibility import daily_runs
from app.foundation import clock
from app.foundation.regions import NATIONAL
from app.notifications import queries as notifications

RECENT = timedelta(days=7)


class DatabaseGauges:
    """A collector for prometheus_client; one scrape, four queries."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges as they stand now."""
        now = clock.now()
        pushes = GaugeMetricFamily("zsb_pushes", "Pushes of the last seven days by state", labels=["state"])
        counts = notifications.push_counts(now - RECENT, now)
        for state, count in counts.by_state.items():
            pushes.add_metric([state], count)
        yield pushes
        yield GaugeMetricFamily(
            "zsb_push_oldest_due_seconds",
            "Age of the oldest push that should have left",
            value=counts.waiting_seconds,
        )
        cases = GaugeMetricFamily("zsb_cases", "Cases of the last seven days by status", labels=["status"])
        counted = applications.count_by_status(now - RECENT, now, region=NATIONAL, department=None)
        for status, count in counted.items():
            cases.add_metric([status], count)
        yield cases
        yield GaugeMetricFamily(
            "zsb_cases_overdue",
            "Cases whose running limit is over",
            value=applications.count_overdue(region=NATIONAL, department=None),
        )
        yield from _daily_runs(now)


def _daily_runs(now: datetime) -> Iterator[GaugeMetricFamily]:
    """Yield how old the last day of each scope is, and whether it failed."""
    age = GaugeMetricFamily(
        "zsb_daily_run_age_seconds", "Since the latest daily run was begun", labels=["scope", "state"]
    )
    for one in daily_runs.latest():
        age.add_metric([one.scope, one.state], (now - one.begun_at).total_seconds())
    yield age
