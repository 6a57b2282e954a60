"""The supervisor: everything starts in order, nothing stays behind, whatever ends it."""

import json
import os
import signal
import socket
import stat
import time
import urllib.request

import psycopg
import pytest


def test_everything_answers_at_the_addresses_that_were_written_down(launched, tmp_path):
    run = launched(tmp_path / "with a space" / "var")
    addresses = run.ready()

    with psycopg.connect(addresses["database"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with urllib.request.urlopen(addresses["api"]) as reply:
        assert reply.status == 200
    demo = json.loads((run.var / "demo.json").read_text())
    assert {"渝中区民政局经办人", "江北区民政局经办人"} <= {officer["about"] for officer in demo["officers"]}
    assert all(person["openid"] and person["id_number"] for person in demo["people"])
    assert "名单" in (run.var / "log" / "migrate.log").read_text()


def test_files_with_secrets_are_readable_by_nobody_else(launched, tmp_path):
    run = launched(tmp_path / "var")
    run.ready()

    for name in ("secrets.json", "demo.json", "addresses.json", "wechat-seed.json"):
        assert stat.S_IMODE((run.var / name).stat().st_mode) == 0o600, name


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_leaves_no_process_and_no_addresses(launched, tmp_path, sig):
    run = launched(tmp_path / "var")
    run.ready()
    assert (
        len(run.left_behind()) >= 5
    )  # servers, web with its worker, a worker with its runaway child, the guard

    os.killpg(run.process.pid, sig)  # the terminal's Ctrl-C reaches the whole foreground group
    code, output = run.finish()

    assert code == 0, output
    assert "Traceback" not in output
    assert run.gone_within(0.5) == []
    assert not (run.var / "addresses.json").exists()


def test_a_worker_that_ignores_the_request_to_stop_is_ended_all_the_same(launched, tmp_path):
    run = launched(tmp_path / "var", "stubborn")
    run.ready()

    code, output = run.stop()

    assert code == 0, output
    assert run.gone_within(0.5) == []


def test_killing_the_supervisor_ends_the_workers_of_granian_and_dramatiq(launched, tmp_path):
    run = launched(tmp_path / "var", "granian and dramatiq")
    run.ready()
    programs = [line for line in run.family().values() if "granian" in line or "dramatiq" in line]
    assert len(programs) >= 5  # masters, their workers and what those forked

    run.process.kill()
    run.process.wait()

    assert run.gone_within(5) == []


def test_the_real_sandboxes_accept_the_seed_and_know_the_demo_people(launched, tmp_path):
    run = launched(tmp_path / "var", "sandboxes")
    addresses = run.ready()
    openid = json.loads((run.var / "demo.json").read_text())["people"][0]["openid"]

    question = urllib.request.Request(
        addresses["wechat_control"] + "/__emu__/login_code", data=json.dumps({"openid": openid}).encode()
    )
    with urllib.request.urlopen(question) as reply:
        assert len(json.loads(reply.read())["code"]) == 32


@pytest.mark.parametrize("wait", [None, 0.3, 0.7])
def test_killing_the_supervisor_at_any_moment_leaves_no_process(launched, tmp_path, wait):
    run = launched(tmp_path / "var")
    if wait is None:
        run.ready()
    else:
        time.sleep(wait)

    run.process.kill()
    run.process.wait()

    assert run.gone_within(8) == []


def test_data_survives_a_killed_supervisor_and_ports_and_secrets_are_kept(launched, tmp_path):
    first = launched(tmp_path / "var")
    before = first.ready()
    with psycopg.connect(before["database"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.process.kill()
    first.process.wait()

    second = launched(tmp_path / "var")
    after = second.ready()

    assert after == before
    with psycopg.connect(after["database"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_fresh_run_starts_empty(launched, tmp_path):
    first = launched(tmp_path / "var")
    with psycopg.connect(first.ready()["database"]) as connection:
        connection.execute("CREATE TABLE kept (answer int)")
    first.stop()

    second = launched(tmp_path / "var", FRESH="1")

    with psycopg.connect(second.ready()["database"]) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


def test_two_checkouts_run_beside_each_other_but_one_runs_only_once(launched, tmp_path):
    first, second = launched(tmp_path / "a" / "var"), launched(tmp_path / "b" / "var")
    assert not set(first.ready().values()) & set(second.ready().values())

    code, output = launched(tmp_path / "a" / "var").finish()

    assert code == 1
    assert "已在这个目录运行" in output
    assert first.process.poll() is None


def test_a_killed_part_comes_back_and_the_database_with_it(launched, tmp_path):
    run = launched(tmp_path / "var")
    addresses = run.ready()
    with psycopg.connect(addresses["database"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for pid, line in run.family().items():
        if "bin/postgres" in line or "serve_forever" in line:
            os.kill(pid, signal.SIGKILL)

    assert _eventually(lambda: _answer(addresses["database"]) == 42)
    assert _eventually(lambda: _status(addresses["api"]) == 200)
    events = (run.var / "log" / "supervisor.log").read_text()
    assert '"part": "postgresql"' in events
    assert '"part": "web"' in events


def test_a_part_that_keeps_dying_stops_everything_and_says_which_and_why(launched, tmp_path):
    run = launched(tmp_path / "var", "dying")

    code, output = run.finish()

    assert code == 1
    assert "mortal 一分钟内退出了 5 次" in output
    assert "ValueError: the reason of death" in output.splitlines()[-1]
    assert run.gone_within(0.5) == []


def test_a_failed_preparation_stops_everything_and_says_why(launched, tmp_path):
    run = launched(tmp_path / "var", "failing")

    code, output = run.finish()

    assert code == 1
    assert "migrate 失败" in output
    assert "OSError: 坏了" in output
    assert run.gone_within(0.5) == []
    assert not (run.var / "addresses.json").exists()


@pytest.mark.parametrize("setting", ["DATABASE_URL", "REDIS_URL"])
def test_a_given_server_that_refuses_is_named_without_its_password(launched, tmp_path, setting):
    scheme = "postgresql" if setting == "DATABASE_URL" else "redis"
    run = launched(tmp_path / "var", **{setting: f"{scheme}://me:hush-hush@localhost:9/0"})

    code, output = run.finish()

    assert code == 2
    assert f"{setting} 指向的 localhost:9 没有应答" in output
    assert "hush-hush" not in output
    assert len(output.strip().splitlines()) == 1
    assert run.left_behind() == []


def test_a_given_server_that_accepts_but_stays_silent_is_given_up_after_five_seconds(launched, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        url = f"postgresql+psycopg://me:hush-hush@127.0.0.1:{silent.getsockname()[1]}/app"
        run = launched(tmp_path / "var", DATABASE_URL=url)
        code, output = run.finish()

    assert code == 2
    assert time.monotonic() - begin < 8
    assert "没有应答" in output


def test_a_taken_port_is_one_clear_sentence(launched, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, output = launched(tmp_path / "var", PORT=str(port)).finish()

    assert code == 1
    assert f"端口 {port}" in output.splitlines()[-1]
    assert "Traceback" not in output


def test_remembered_ports_that_are_taken_are_replaced(launched, tmp_path):
    first = launched(tmp_path / "var")
    before = first.ready()
    first.stop()

    with socket.create_server(("127.0.0.1", int(before["api"].rpartition(":")[2]))):
        after = launched(tmp_path / "var").ready()

    assert after["api"] != before["api"]
    assert after["wechat"] == before["wechat"]


def _eventually(question, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.05)
    return False


def _answer(dsn: str) -> int | None:
    try:
        with psycopg.connect(dsn, connect_timeout=1) as connection:
            return connection.execute("SELECT answer FROM kept").fetchone()[0]
    except psycopg.OperationalError:
        return None


def _status(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return reply.status
    except OSError:
        return None
