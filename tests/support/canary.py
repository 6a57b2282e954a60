"""A person whose data must never be logged: every event and record of the run is searched for it."""

import logging
from dataclasses import dataclass

import orjson
import pytest
import structlog

SHORTEST = 4
_values = set()
hits = []


@dataclass(frozen=True)
class CanaryPerson:
    """Valid in form, nobody's in fact."""

    name: str = "金丝雀测试"
    id_number: str = "500103194403077429"
    phone: str = "13900007429"
    openid: str = "oCANARY7429aaaaaaaaaaaaaaaaa"


def register(*values):
    """From now on no log line may contain any of `values`."""
    _values.update(value for value in values if value and len(value) >= SHORTEST)


def pytest_configure():
    """Route structlog and the standard library's logging through the search; nothing is printed."""
    register(*vars(CanaryPerson()).values())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _search_event,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    logging.getLogger().addHandler(_Searcher())


def search(text):
    """Look at one text; a hit fails the running test."""
    hits.extend(text for value in _values if value in text)


class Sink:
    """Takes the place of stdout for the access log."""

    def info(self, line):
        search(line.decode())


def _search_event(_logger, _method, event):
    search(orjson.dumps(event, default=str).decode())
    raise structlog.DropEvent


class _Searcher(logging.Handler):
    def emit(self, record):
        search(logging.Formatter().format(record))


@pytest.fixture(autouse=True)
def _no_personal_data_in_logs():
    yield
    found = list(hits)
    hits.clear()
    assert found == [], "personal data or a secret was logged"


@pytest.fixture
def canary_person():
    """The person to use wherever a test needs somebody's data."""
    return CanaryPerson()
