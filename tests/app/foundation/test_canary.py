import logging

import structlog

from tests.support import canary


def _hits():
    """What the watch has found so far; taken, so that it does not fail this test."""
    found = list(canary.hits)
    canary.hits.clear()
    return found


def test_a_logged_name_is_found_in_either_way_of_logging(canary_person):
    structlog.get_logger("x").info("thing.done", who=canary_person.name)
    logging.getLogger("x").warning("done for %s", canary_person.phone)
    assert len(_hits()) == 2


def test_a_name_inside_an_exception_is_found(canary_person):
    try:
        {}[canary_person.id_number]
    except KeyError:
        structlog.get_logger("x").exception("thing.failed")
    assert len(_hits()) == 1


def test_ids_are_no_hits():
    structlog.get_logger("x").info("thing.done", resident="018f0000-0000-7000-8000-000000000000")
    assert _hits() == []
