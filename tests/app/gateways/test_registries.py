"""Asking the departments: what is believed, what is not, and how long anybody waits."""

import logging
import time
from datetime import date

import orjson
import pytest
import structlog

from app.gateways.registries import live, port
from app.gateways.registries.breaker import Breaker
from app.gateways.registries.declared import declared
from app.gateways.registries.departments import BY_SOURCE, Department
from app.gateways.registries.errors import RegistryDown, RegistryError, RegistryWrong
from app.gateways.wire import Wire
from sandbox.registries.keys import index_of, person_key
from tests.app.gateways import raw_server as raw
from tests.app.gateways.conftest import settings_of
from tests.app.gateways.emulators import Emulator
from tests.support import canary

KEY = "registries-test-key"
ELDER = "500103194403019023"
PARENT = "children"
TOLD = ("500103194403019023", KEY, "http://")
CIVIL = Department.CIVIL_AFFAIRS


@pytest.fixture(scope="session")
def _registries():
    emulator = Emulator("sandbox.registries", "--key", KEY)
    yield emulator
    emulator.stop()


@pytest.fixture
def sandbox(_registries):
    canary.register(ELDER, KEY)
    _registries.post("reset")
    return _registries


@pytest.fixture
def asking():
    """Build registries for an address; short waits where a test waits for them to end."""
    made = []

    def build(base, *, seconds=2.0, key=KEY):
        wire = Wire(base, connections=24, read_seconds=seconds, connect_seconds=seconds)
        made.append(live.LiveRegistries(wire, key=key, facts=declared()))
        return made[-1]

    yield build
    for registries in made:
        registries.close()


def _ask(registries, department=CIVIL, **subject):
    return registries.query(department, purpose="matching", **(subject or {"id_number": ELDER}))


def _everybody(sandbox):
    return sandbox.get("people")["items"]


def test_a_department_tells_its_facts_with_their_dates(sandbox, asking):
    answer = _ask(asking(sandbox.base))
    assert (answer.department, answer.found) == (CIVIL, True)
    assert answer.facts["dibao"] == port.Fact(value=True, as_of=date(2026, 11, 15))
    assert answer.record_no
    assert ELDER not in repr(answer)
    assert "dibao" not in repr(answer)


def test_everything_the_sandbox_has_on_record_is_believed(sandbox, asking):
    registries = asking(sandbox.base)
    lists = set()
    for subject in _everybody(sandbox):
        named = {name: subject[name] for name in ("id_number", "uscc") if name in subject}
        asked = [Department(slug) for slug in subject["departments"]]
        fetched = registries.fetch_all(asked, purpose="matching", **named)
        assert fetched.failures == {}
        assert set(fetched.answers) == set(asked)
        lists |= {name for answer in fetched.answers.values() for name in answer.lists}
    assert lists == {"children", "hires"}


def test_every_source_of_a_fact_has_a_department_that_the_sandbox_knows(sandbox):
    known = {subject_slug for person in _everybody(sandbox) for subject_slug in person["departments"]}
    assert known <= set(Department)
    assert {fact.department for fact in declared().facts.values()} == {*BY_SOURCE.values(), None}


def test_somebody_nobody_knows_is_not_found_and_not_an_error(sandbox, asking):
    answer = _ask(asking(sandbox.base), id_number="110101199001010015")
    assert (answer.found, answer.facts, answer.lists) == (False, {}, {})


def test_the_id_number_travels_in_the_body_and_the_requests_id_with_it(raw_server, asking):
    server = raw_server(raw.answering(b"{}"))
    with structlog.contextvars.bound_contextvars(request_id="req-7"), pytest.raises(RegistryWrong):
        _ask(asking(server.base))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/civil_affairs/query HTTP/1.1\r\n")
    assert ELDER.encode() not in head
    assert orjson.loads(body) == {"id_number": ELDER, "purpose": "matching", "request_id": "req-7"}


def test_the_requests_id_goes_along_to_every_department_asked_at_once(sandbox, asking):
    with structlog.contextvars.bound_contextvars(request_id="req-8"):
        asking(sandbox.base).fetch_all([CIVIL, Department.HEALTH], purpose="matching", id_number=ELDER)
    assert {entry["request_id"] for entry in sandbox.get("journal")["items"]} == {"req-8"}


def test_one_subject_has_to_be_named_exactly(sandbox, asking):
    for named in ({}, {"id_number": ELDER, "uscc": "91500000MA5U000000"}):
        with pytest.raises(ValueError, match="person or an enterprise"):
            asking(sandbox.base).query(CIVIL, purpose="matching", **named)


@pytest.mark.parametrize(
    ("effect", "kind", "reason"),
    [
        ("down", RegistryDown, "http_503"),
        ("reset", RegistryDown, "cut_off"),
        ("slow", RegistryDown, "timeout"),
        ("html", RegistryWrong, "not_json"),
        ("empty", RegistryWrong, "not_json"),
        ("wrong", RegistryWrong, "department"),
    ],
)
def test_a_department_in_trouble_is_told_apart_from_one_that_talks_nonsense(
    sandbox, asking, effect, kind, reason
):
    sandbox.post("faults", {"department": CIVIL, "effect": effect, "seconds": 3})
    with pytest.raises(RegistryError) as caught:
        _ask(asking(sandbox.base, seconds=0.3))
    assert type(caught.value) is kind
    assert (caught.value.department, caught.value.reason) == (CIVIL, reason)


def _answer(**changed):
    given = {"department": CIVIL.value, "found": True, "facts": {}, "lists": {}, "record_no": "R1"}
    return orjson.dumps(given | changed)


def _fact(name, value=True, as_of="2026-01-01"):  # noqa: FBT002 the value itself is what is tested
    return _answer(facts={name: {"value": value, "as_of": as_of}})


BELIEVED = {
    "bool": _fact("dibao"),
    "int": _fact("care_level", 2),
    "unknown": _fact("dibao", None),
    "nothing": _answer(),
}
UNBELIEVED = {
    "not declared": _fact("shoe_size", 42),
    "another department's": _fact("birth_date", "1944-03-01"),
    "computed, not stated": _fact("age", 82),
    "text for bool": _fact("dibao", "true"),
    "number for bool": _fact("dibao", 1),
    "bool for int": _fact("care_level"),
    "decimal for int": _fact("care_level", 2.5),
    "no date": _fact("dibao", as_of=None),
    "impossible date": _fact("dibao", as_of="2026-02-30"),
    "facts as list": _answer(facts=[]),
    "fact as value": _answer(facts={"dibao": True}),
    "another department answers": _answer(department="health"),
    "found as text": _answer(found="yes"),
    "no record number": _answer(record_no=None),
    "a list of another's": _answer(lists={"children": {"items": [], "as_of": "2026-01-01"}}),
    "an array": b"[]",
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("given", BELIEVED)
def test_what_fits_its_declaration_is_believed(raw_server, asking, given):
    assert _ask(asking(raw_server(raw.answering(BELIEVED[given])).base)).found


@pytest.mark.parametrize("given", UNBELIEVED)
def test_what_does_not_fit_its_declaration_is_not_believed(raw_server, asking, given):
    with pytest.raises(RegistryWrong):
        _ask(asking(raw_server(raw.answering(UNBELIEVED[given])).base))


@pytest.mark.parametrize(
    ("department", "name", "value", "believed"),
    [
        (Department.PUBLIC_SECURITY, "birth_date", "1944-03-01", True),
        (Department.PUBLIC_SECURITY, "birth_date", "1944-3-1", False),
        (Department.PUBLIC_SECURITY, "gender", "2", True),
        (Department.PUBLIC_SECURITY, "gender", "3", False),
        (Department.PUBLIC_SECURITY, "hukou_region", "500103", True),
        (Department.PUBLIC_SECURITY, "hukou_region", "5001", False),
        (Department.HOUSING, "housing_area_pc", 21.5, True),
        (Department.HOUSING, "housing_area_pc", "21.50", True),
        (Department.HOUSING, "housing_area_pc", "NaN", False),
        (Department.HOUSING, "housing_area_pc", "about 20", False),
        (Department.HOUSING, "housing_area_pc", True, False),
    ],
)
def test_a_value_has_the_shape_of_its_type(department, name, value, believed):
    assert declared().believes_fact(department, name, value) is believed


@pytest.mark.parametrize(
    ("items", "believed"),
    [
        ([], True),
        ([{"child_birth_date": "2024-05-01"}], True),
        ([{"child_birth_date": None}], True),
        ([{"child_birth_date": 20240501}], False),
        ([{"dibao": True}], False),
        (["child"], False),
        ({}, False),
    ],
)
def test_a_list_is_made_of_its_own_facts(items, believed):
    assert declared().believes_list(Department.PUBLIC_SECURITY, PARENT, items) is believed
    assert not declared().believes_list(Department.HEALTH, PARENT, items)


def test_several_departments_take_the_time_of_the_slowest(sandbox, asking):
    sandbox.post("faults", {"department": "*", "effect": "slow", "seconds": 0.5})
    asked = [Department(slug) for slug in list(Department)[:9]]
    began = time.monotonic()
    fetched = asking(sandbox.base).fetch_all(asked, purpose="matching", id_number=ELDER)
    assert time.monotonic() - began < 1.5
    assert list(fetched.answers) == asked


def test_one_department_down_leaves_the_others_answers(sandbox, asking):
    sandbox.post("faults", {"department": CIVIL, "effect": "down"})
    sandbox.post("faults", {"department": "health", "effect": "wrong"})
    asked = [CIVIL, Department.HEALTH, Department.EDUCATION, Department.EDUCATION]
    answers, failures = asking(sandbox.base).fetch_all(asked, purpose="matching", id_number=ELDER)
    assert list(answers) == [Department.EDUCATION]
    assert {department: type(error) for department, error in failures.items()} == {
        CIVIL: RegistryDown,
        Department.HEALTH: RegistryWrong,
    }


def test_nobody_is_waited_for_longer_than_five_seconds(raw_server, asking):
    server = raw_server(raw.silent)
    registries = asking(server.base, seconds=10)
    began = time.monotonic()
    fetched = registries.fetch_all([CIVIL], purpose="matching", id_number=ELDER)
    assert 4.5 < time.monotonic() - began < 6
    assert fetched.failures[CIVIL].reason == "timeout"
    server.close()


def test_the_product_waits_two_seconds_for_a_department(sandbox, monkeypatch):
    monkeypatch.setattr(port, "_current", [])  # the gateway of the other tests comes back
    registries = live.build(settings_of("http://x", "wx", "redis://x", registries_base=sandbox.base))
    limits = registries._wire.limits
    assert (limits.connect_seconds, limits.read_seconds) == (2.0, 2.0)
    port.use(registries)
    assert port.registries() is registries
    registries.close()


def test_a_department_that_failed_five_times_is_left_alone(sandbox, asking):
    registries = asking(sandbox.base)
    sandbox.post("faults", {"department": CIVIL, "effect": "down"})
    for _ in range(8):
        with pytest.raises(RegistryDown):
            _ask(registries)
    assert len(sandbox.get(f"journal?department={CIVIL}")["items"]) == 5
    with pytest.raises(RegistryDown, match="circuit_open"):
        _ask(registries)
    assert _ask(registries, Department.HEALTH).found, "the others are still asked"


def test_a_question_that_is_refused_does_not_close_a_department_to_others(sandbox, asking):
    registries = asking(sandbox.base)
    for _ in range(6):
        with pytest.raises(RegistryWrong, match="refused_400"):
            _ask(registries, id_number="500103194403019024")
    assert _ask(registries).found


def test_a_wrong_key_is_refused(sandbox, asking):
    with pytest.raises(RegistryWrong, match="refused_401"):
        _ask(asking(sandbox.base, key="another-key"))


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_after_its_pause_one_caller_tries_and_the_others_wait():
    seconds = Seconds()
    breaker = Breaker(failures=2, seconds=30, monotonic=seconds)
    assert [breaker.failed(), breaker.failed(), breaker.failed()] == [False, True, False]
    assert not breaker.lets_through()
    seconds.now = 31
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.failed()
    seconds.now = 60
    assert not breaker.lets_through()
    seconds.now = 62
    assert breaker.lets_through()
    breaker.succeeded()
    assert all(breaker.lets_through() for _ in range(3))


def test_failures_have_to_follow_one_another_to_count():
    breaker = Breaker(failures=2, seconds=30)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.lets_through()


def test_certificates_are_those_the_person_holds(sandbox, asking):
    registries = asking(sandbox.base)
    [card] = registries.certificate("disability_cert", purpose="certificates", id_number=ELDER)
    assert (card.status, card.valid_to) == ("有效", date(2031, 6, 30))
    assert card.number not in repr(card)
    [identity] = registries.certificate("id_card", purpose="certificates", id_number=ELDER)
    assert identity.valid_to is None
    assert registries.certificate("business_license", purpose="certificates", id_number=ELDER) == ()


def test_certificates_that_are_none_are_not_believed(sandbox, asking):
    sandbox.post("faults", {"department": "certificates", "effect": "wrong"})
    with pytest.raises(RegistryWrong):
        asking(sandbox.base).certificate("id_card", purpose="certificates", id_number=ELDER)


def test_a_share_fills_a_form(sandbox, asking):
    registries = asking(sandbox.base)
    shared = registries.share(CIVIL, "婚姻", purpose="prefill", id_number=ELDER)
    assert (shared.found, shared.fields) == (True, {"marital": "widowed"})
    assert shared.as_of == date(2026, 11, 15)
    assert not registries.share(CIVIL, "没有的", purpose="prefill", id_number=ELDER).found


def test_no_error_and_no_log_line_names_a_person_or_the_key(sandbox, asking, caplog):
    caplog.set_level(logging.DEBUG)
    registries = asking(sandbox.base, seconds=0.3)
    for effect in ("down", "reset", "html", "wrong"):
        sandbox.delete("faults")
        sandbox.post("faults", {"department": "*", "effect": effect})
        with pytest.raises(RegistryError) as caught:
            _ask(registries, Department.EDUCATION)
        error = caught.value
        told = f"{error!s} {error!r} {vars(error)!r} {error.__cause__!r} {error.__context__!r}"
        assert not [word for word in TOLD if word in told]
    assert not [word for word in TOLD[:2] if word in caplog.text]


PERSON_INDEX = index_of(ELDER, person_key())


def test_the_registry_says_of_an_index_who_it_is_and_where_they_live(sandbox, asking):
    sandbox.post("people", {"id_number": ELDER, "address": "第2街道第3社区5号楼402室"})
    found = asking(sandbox.base).whereabouts(PERSON_INDEX, purpose="outreach_visit")
    assert (found.found, found.name, found.address) == (True, "陈渝珍", "第2街道第3社区5号楼402室")
    assert "陈渝珍" not in repr(found)
    assert "402室" not in repr(found)
    (entry,) = [one for one in sandbox.get("journal")["items"] if one["kind"] == "whereabouts"]
    assert (entry["purpose"], entry["outcome"], entry["record_no"]) == (
        *("outreach_visit", "found", found.record_no),
    )
    assert PERSON_INDEX.hex() not in str(entry)


def test_an_index_that_nobody_has_is_not_found_and_not_an_error(sandbox, asking):
    found = asking(sandbox.base).whereabouts(bytes(16), purpose="outreach_visit")
    assert (found.found, found.name, found.address) == (False, None, None)


@pytest.mark.parametrize(
    ("effect", "error"),
    [("down", RegistryDown), ("reset", RegistryDown), ("wrong", RegistryWrong), ("empty", RegistryWrong)],
)
def test_no_answer_about_whereabouts_is_an_error_of_the_department(sandbox, asking, effect, error):
    sandbox.post("faults", {"department": "public_security", "effect": effect, "times": 1})
    with pytest.raises(error):
        asking(sandbox.base).whereabouts(PERSON_INDEX, purpose="outreach_visit")


def test_whoever_waits_too_long_for_whereabouts_is_let_go(sandbox, asking):
    sandbox.post("faults", {"department": "public_security", "effect": "slow", "seconds": 3, "times": 1})
    with pytest.raises(RegistryDown):
        asking(sandbox.base, seconds=0.2).whereabouts(PERSON_INDEX, purpose="outreach_visit")


@pytest.mark.parametrize(
    "answer",
    [
        {"department": "civil_affairs", "found": True, "record_no": "1", "name": "陈渝珍", "address": None},
        {"department": "public_security", "found": True, "record_no": "1", "name": "", "address": None},
        {"department": "public_security", "found": True, "record_no": "1", "name": "陈渝珍", "address": 7},
        {"department": "public_security", "found": "yes", "record_no": "1", "name": "陈渝珍"},
        {"department": "public_security", "found": False},
    ],
)
def test_an_answer_about_whereabouts_of_another_shape_is_not_believed(raw_server, asking, answer):
    server = raw_server(raw.answering(orjson.dumps(answer)))
    with pytest.raises(RegistryWrong):
        asking(server.base).whereabouts(PERSON_INDEX, purpose="outreach_visit")
