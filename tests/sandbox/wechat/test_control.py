"""The control port: seeding, resetting, looking; and the process around both ports."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.wechat.documents import BadDocument
from sandbox.wechat.seed import plant
from sandbox.wechat.world import World

OPENID, APPID = "oElder", "wxba5fad812f8e6fb9"
ROOT = Path(__file__).parents[3]


def broken(document, path, value):
    *steps, last = path
    part = document
    for step in steps:
        part = part[step]
    part[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("planet",), "mars"),
        (("apps", 0, "secret"), None),
        (("apps", 0, "secret"), 1),
        (("apps", 0, "colour"), "red"),
        (("apps", 0, "pages"), "pages/case"),
        (("apps", 0, "push"), {"url": "http://x", "token": "t", "aes_key": "short", "appid_name": "gh"}),
        (("apps", 0, "templates", 0, "content"), "没有关键词"),
        (("apps", 0, "templates", 0, "type"), 4),
        (("users", 0, "appid"), "wxunknown"),
        (("users", 0, "real_name"), {"name": "张三"}),
        (("words",), [1]),
    ],
)
def test_a_seed_with_a_mistake_is_refused_whole(document, path, value):
    world = World()
    with pytest.raises(BadDocument):
        plant(world, broken(document, path, value))
    assert (world.apps, world.users, world.words) == ({}, {}, ())


def test_the_same_seed_makes_the_same_codes(make_client):
    assert make_client().login_code() == make_client().login_code()


def test_a_mistake_is_explained_in_one_sentence(stand_in):
    reply = stand_in.control("POST", "login_code", {"openid": "nobody"}, status=400)

    assert reply["error"].startswith("no user nobody")
    assert (
        stand_in.control("POST", "seed", {"planet": 1}, status=400)["error"]
        == "seed has unknown fields: planet"
    )


def test_the_phone_answers_like_the_client_library(stand_in):
    choices = {"template-once": "accept", "template-always": "accept"}
    reply = stand_in.control("POST", "subscribe", {"openid": OPENID, "choices": choices}, status=409)

    assert reply["errCode"] == 20002


def test_a_reset_forgets_everything_but_the_seed(stand_in, document):
    token = stand_in.token()
    stand_in.subscribe()
    stand_in.control("POST", "users", {"openid": "oNew"})
    stand_in.control("POST", "clock", {"advance": 1000})
    stand_in.control("POST", "reset", document)

    assert stand_in.api("GET", f"/cgi-bin/getcallbackip?access_token={token}")["errcode"] == 40001
    assert stand_in.control("GET", f"inbox/{OPENID}") == {"messages": [], "subscriptions": {}}
    assert stand_in.control("GET", "pushes") == []
    stand_in.control("POST", "login_code", {"openid": "oNew"}, status=400)
    assert abs(stand_in.control("GET", "health")["now"] - time.time()) < 5


def test_people_and_apps_can_be_added_later(stand_in):
    people = {"users": [{"openid": f"oNew{number}", "phone": "13900000000"} for number in range(3)]}
    assert stand_in.control("POST", "users", people) == {"openids": ["oNew0", "oNew1", "oNew2"]}
    stand_in.control("POST", "seed", {"apps": [{"appid": "wxnew", "secret": "s"}]})
    stand_in.control("POST", "seed", {"users": [{"openid": "oThere", "appid": "wxnew"}]})

    assert stand_in.control("POST", "login_code", {"openid": "oThere"})["code"]


def test_several_login_codes_can_be_had_at_once(stand_in):
    codes = stand_in.control("POST", "login_code", {"openid": OPENID, "count": 5})["codes"]

    assert len(set(codes)) == 5


def test_tokens_can_be_killed_aged_and_rotated_for_one_family(stand_in):
    token = stand_in.token()
    assert stand_in.control("POST", "tokens/invalidate", {"family": "plain"}) == {"invalidated": 0}
    assert stand_in.api("GET", f"/cgi-bin/getcallbackip?access_token={token}")["ip_list"]
    assert stand_in.control("POST", "tokens/expire", {"family": "stable"}) == {"expired": 1}
    assert stand_in.api("GET", f"/cgi-bin/getcallbackip?access_token={token}")["errcode"] == 42001
    fresh = stand_in.token()
    rotated = stand_in.control("POST", "tokens/rotate", {"appid": APPID, "family": "stable"})
    assert stand_in.api("GET", f"/cgi-bin/getcallbackip?access_token={fresh}")["errcode"] == 40001
    assert rotated["stable"].startswith("#")


def test_the_metrics_count_what_was_asked(stand_in):
    stand_in.subscribe()
    token = stand_in.token()
    stand_in.send(token)
    stand_in.send(token)
    metrics = stand_in.control("GET", "metrics")

    counted = {
        (entry["path"].rpartition("/")[2], entry["errcode"]): entry["count"] for entry in metrics["by_path"]
    }
    assert counted == {("send", 0): 1, ("send", 43101): 1, ("stable_token", 0): 1}
    assert metrics["messages"] == 1
    assert metrics["p99_ms"] > 0


def test_the_api_port_knows_nothing_of_the_control_port(stand_in):
    assert stand_in.api("GET", "/__emu__/health")["errcode"] == 40066
    assert stand_in.raw("GET", "/cgi-bin/token", port=stand_in.control_port)[0] == 404


def test_login_answers_in_plain_text_and_the_rest_in_json(stand_in):
    assert stand_in.raw("GET", "/sns/jscode2session")[1]["Content-Type"] == "text/plain"
    assert stand_in.raw("GET", "/cgi-bin/token")[1]["Content-Type"] == "application/json; encoding=utf-8"


def test_a_request_without_a_content_type_is_read(stand_in):
    assert stand_in.token()


def start(*arguments):
    command = [sys.executable, "-m", "sandbox.wechat", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_process_says_where_it_listens_and_stops_at_once_when_told():
    with start() as process:
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 2
    assert re.fullmatch(r"wechat sandbox ready port=\d+ control=\d+\n", ready)


@pytest.mark.parametrize("content", ["{", '{"apps": [{}]}', None])
def test_a_bad_seed_file_ends_the_process_with_one_sentence(tmp_path, content):
    seed = tmp_path / "seed.json"
    if content is not None:
        seed.write_text(content)
    with start("--seed", seed) as process:
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 2
    assert errors.startswith("wechat sandbox cannot start: ")
    assert errors.count("\n") == 1
