"""The one source of time: UTC inside, Asia/Shanghai for days. Tests and replays inject their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
Source: TypeAlias = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 this is the one place that may ask


_source: list[Source] = [_system]


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return _source[-1]()


def today() -> date:
    """Return today's date where the law lives (Asia/Shanghai)."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """Show a moment in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI)


@contextmanager
def injected(source: Source) -> Iterator[None]:
    """Use another source of time for a while."""
    _source.append(source)
    try:
        yield
    finally:
        _source.remove(source)
