"""Fault rules: whom they meet, when they strike, and what the client then sees."""

import http.client
import json
import threading
import time

import pytest

from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import VirtualClock
from sandbox.wechat.documents import BadDocument
from sandbox.wechat.faults import Faults, Subject

OPENID = "oElder"
SEND = "/cgi-bin/message/subscribe/send"
IPS = "/cgi-bin/getcallbackip"


@pytest.fixture
def faults():
    return Faults(VirtualClock(), Chance(1))


def struck(faults, times=6, **subject):
    return [faults.pick(Subject(path=IPS, **subject)) is not None for _ in range(times)]


@pytest.mark.parametrize(
    ("when", "hits"),
    [
        ({"nth": 3}, [3]),
        ({"every": 2}, [2, 4, 6]),
        ({"first_n": 2}, [1, 2]),
        ({"after_n": 4}, [5, 6]),
        ({"probability": 0.0}, []),
        ({"probability": 1.0}, [1, 2, 3, 4, 5, 6]),
        ({"window": [0, 60]}, [1, 2, 3, 4, 5, 6]),
        ({"window": [60, 120]}, []),
    ],
)
def test_a_rule_strikes_when_it_says(faults, when, hits):
    faults.add({"when": when, "effect": {"errcode": -1}})

    assert struck(faults) == [number in hits for number in range(1, 7)]


@pytest.mark.parametrize(
    ("match", "matched"),
    [
        ({"path": IPS}, True),
        ({"path": SEND}, False),
        ({"method": "GET", "appid": "wx1"}, True),
        ({"openid": OPENID, "template_id": "t"}, True),
        ({"openid": "somebody"}, False),
        ({"body_contains": "津贴"}, True),
        ({"body_contains": "补贴"}, False),
        ({"event": "debug_demo"}, False),
    ],
)
def test_a_rule_meets_only_what_it_matches(faults, match, matched):
    faults.add({"match": match, "effect": {"errcode": -1}})
    subject = {"method": "GET", "appid": "wx1", "openid": OPENID, "template_id": "t", "raw": "津贴".encode()}

    assert struck(faults, times=1, **subject) == [matched]


def test_the_first_rule_that_strikes_is_the_only_one(faults):
    faults.add({"id": "a", "when": {"nth": 2}, "effect": {"errcode": -1}})
    faults.add({"id": "b", "effect": {"errcode": 45009}})

    assert [faults.pick(Subject(path=IPS)).id for _ in range(3)] == ["b", "a", "b"]


def test_a_rule_lives_for_its_count_or_its_time(faults):
    faults.add({"count": 2, "effect": {"errcode": -1}})
    assert struck(faults, 3) == [True, True, False]
    faults.add({"ttl": 60, "effect": {"errcode": -1}})
    assert struck(faults, 1) == [True]
    faults._clock.advance(61)
    assert struck(faults, 1) == [False]


@pytest.mark.parametrize(("until", "seconds"), [("next_minute", 60), ("next_day", 86_400)])
def test_a_quota_fault_ends_with_the_minute_or_the_day(faults, until, seconds):
    faults.add({"until": until, "effect": {"errcode": 45009}})
    assert struck(faults, 1) == [True]
    faults._clock.advance(seconds)
    assert struck(faults, 1) == [False]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"effect": {}},
        {"effect": {"explode": True}},
        {"effect": {"reset": True, "empty": True}},
        {"effect": {"latency": {"normal": [1, 2]}}},
        {"effect": {"errcode": "x"}},
        {"effect": {"push": {"colour": "red"}}},
        {"effect": {"errcode": -1}, "phase": "during"},
        {"effect": {"errcode": -1}, "when": {"nth": 1, "every": 2}},
        {"effect": {"errcode": -1}, "when": {"every": 0}},
        {"effect": {"errcode": -1}, "match": {"planet": "mars"}},
        {"effect": {"errcode": -1}, "until": "doomsday"},
        [],
    ],
)
def test_a_rule_nobody_understands_is_refused(faults, document):
    with pytest.raises(BadDocument):
        faults.add(document)


def add(stand_in, effect, **rule):
    stand_in.control("POST", "faults", {"effect": effect} | rule)


def ask(stand_in):
    return stand_in.raw("GET", f"{IPS}?access_token={stand_in.token()}")


@pytest.mark.parametrize("errcode", [-1, 43003, 48001, 48004, 50002, 45009])
def test_any_errcode_can_be_ordered_for_a_number_of_times(stand_in, errcode):
    add(stand_in, {"errcode": errcode}, match={"path": IPS}, count=2)

    replies = [json.loads(ask(stand_in)[2]) for _ in range(3)]
    assert [reply.get("errcode") for reply in replies] == [errcode, errcode, None]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_comes_with_html(stand_in, status):
    add(stand_in, {"http_status": status}, match={"path": IPS})
    got, headers, body = ask(stand_in)

    assert (got, headers["Content-Type"]) == (status, "text/html")
    assert body.startswith(b"<html>")


@pytest.mark.parametrize(
    ("effect", "body"),
    [({"empty": True}, b""), ({"json_array": True}, b"[]"), ({"html": True, "body": "<p>"}, b"<p>")],
)
def test_a_good_status_can_carry_a_bad_body(stand_in, effect, body):
    add(stand_in, effect, match={"path": IPS})
    status, _, got = ask(stand_in)

    assert (status, got) == (200, body)


def test_a_byte_order_mark_and_a_wrong_type_precede_a_good_answer(stand_in):
    add(stand_in, {"bom": True, "content_type": "text/html"}, match={"path": IPS})
    _, headers, body = ask(stand_in)

    assert headers["Content-Type"] == "text/html"
    assert json.loads(body.decode("utf-8-sig")) == {"ip_list": ["127.0.0.1"]}


def test_a_cut_answer_is_shorter_than_it_says(stand_in):
    add(stand_in, {"truncated": True}, match={"path": IPS}, phase="after_commit")
    with pytest.raises(http.client.IncompleteRead):
        ask(stand_in)


def test_a_dripping_answer_arrives_whole_and_late(stand_in):
    add(stand_in, {"slow_drip": 0.005}, match={"path": IPS}, phase="after_commit")
    began = time.monotonic()

    assert json.loads(ask(stand_in)[2]) == {"ip_list": ["127.0.0.1"]}
    assert time.monotonic() - began > 0.1


@pytest.mark.parametrize("latency", [0.2, {"uniform": [0.2, 0.21]}, {"lognormal": [-1.6, 0.0]}])
def test_latency_holds_an_answer_back(stand_in, latency):
    add(stand_in, {"latency": latency}, match={"path": IPS})
    token = stand_in.token()
    began = time.monotonic()

    assert stand_in.api("GET", f"{IPS}?access_token={token}")["ip_list"]
    assert time.monotonic() - began >= 0.19


@pytest.mark.parametrize(("phase", "messages"), [("before", 0), ("after_commit", 1)])
def test_a_reset_strikes_before_or_after_the_message_is_on_the_phone(stand_in, phase, messages):
    stand_in.subscribe()
    add(stand_in, {"reset": True}, match={"path": SEND}, phase=phase)
    with pytest.raises(ConnectionError):
        stand_in.send()

    assert len(stand_in.control("GET", f"inbox/{OPENID}")["messages"]) == messages
    (entry,) = stand_in.control("GET", f"journal?path={SEND}")
    assert entry["fault"] == "fault-1"


def test_a_login_reset_after_commit_has_used_the_code_up(stand_in):
    add(stand_in, {"reset": True}, match={"openid": OPENID}, phase="after_commit", count=1)
    code = stand_in.control("POST", "login_code", {"openid": OPENID})["code"]
    query = "appid=wxba5fad812f8e6fb9&secret=ab12cd34ef56ab12cd34ef56ab12cd34&grant_type=authorization_code"
    target = f"/sns/jscode2session?{query}&js_code={code}"
    with pytest.raises(ConnectionError):
        stand_in.api("GET", target)

    assert stand_in.api("GET", target)["errcode"] == 40163


def test_a_token_dies_between_its_issue_and_its_use(stand_in):
    token = stand_in.token()
    add(stand_in, {"invalidate_token": "forget"}, match={"path": IPS}, count=1)

    assert stand_in.api("GET", f"{IPS}?access_token={token}")["errcode"] == 40001
    fresh = stand_in.token()
    assert fresh != token
    assert stand_in.api("GET", f"{IPS}?access_token={fresh}")["ip_list"]


def test_a_dead_token_may_go_on_being_handed_out(stand_in):
    token = stand_in.token()
    add(stand_in, {"invalidate_token": "keep"}, match={"path": IPS}, count=1)

    assert stand_in.api("GET", f"{IPS}?access_token={token}")["errcode"] == 40001
    assert stand_in.token() == token


def test_two_sends_to_one_person_at_a_time_are_refused(stand_in):
    stand_in.subscribe(times=2)
    token = stand_in.token()
    add(stand_in, {"latency": 0.5}, match={"path": SEND}, count=1)
    slow = []
    thread = threading.Thread(target=lambda: slow.append(stand_in.send(token)))
    thread.start()
    while not stand_in.control("GET", "faults")[0]["struck"]:
        time.sleep(0.01)

    assert stand_in.send(token)["errcode"] == 43108
    thread.join()
    assert slow[0]["errcode"] == 0
    assert stand_in.send(token)["errcode"] == 0


def test_rules_are_listed_with_their_counts_and_removed(stand_in):
    add(stand_in, {"errcode": -1}, id="busy", match={"path": IPS})
    add(stand_in, {"errcode": -1}, id="rest")
    ask_error = stand_in.api("GET", f"{IPS}?access_token=x")
    rules = stand_in.control("GET", "faults")

    assert ask_error["errcode"] == -1
    assert [(rule["id"], rule["struck"]) for rule in rules] == [("busy", 1), ("rest", 0)]
    assert stand_in.control("DELETE", "faults/busy") == {"removed": 1}
    assert stand_in.control("DELETE", "faults") == {"removed": 1}
    assert stand_in.control("GET", "faults") == []
