import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, select, text

from app.foundation import database
from app.identity.models import Officer
from tests.support import servers


@pytest.fixture
def run(committed):
    """Run a command as operators do: a process of its own, settings from the environment."""
    environment = {"PATH": os.environ["PATH"]}
    for name, value in committed.model_dump(exclude_none=True).items():
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        environment[name.upper()] = plain if isinstance(plain, str) else json.dumps(plain, default=str)

    def command(*arguments, stdin="", module="app.commands"):
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )

    command.environment = environment
    return command


@pytest.fixture
def empty(run):
    """A database with nothing in it."""
    name = f"empty_{os.getpid()}"
    servers.create(name)
    run.environment["DATABASE_URL"] = servers.url(name)
    yield servers.url(name)
    servers.drop(name)


def _rows(url, statement):
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(statement)).all()
    finally:
        engine.dispose()


def test_an_empty_database_is_migrated_and_migrating_again_changes_nothing(run, empty):
    first, second = run("migrate"), run("migrate")
    assert (first.returncode, second.returncode, first.stderr) == (0, 0, "")
    assert first.stdout == second.stdout


def test_a_second_migration_waits_for_the_first(run, empty):
    engine = create_engine(empty)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(7317002)"))
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(
                [sys.executable, "-m", "app.commands", "migrate"], env=run.environment, timeout=4, check=False
            )
    engine.dispose()


OFFICER = {
    "username": "zhou",
    "name": "周敏",
    "password": "Correct-horse-7",
    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "roles": ["case_officer"],
    "department": "11",
    "region_code": "500103",
}


def test_the_roster_is_imported_once(run, committed):
    roster = json.dumps([OFFICER])
    answers = [run("import-officers", stdin=roster).stdout for _ in range(2)]
    assert answers == [
        "officers 1 changed\n",
        "officers 0 changed\n",
    ]
    url = committed.database_url.get_secret_value()
    assert _rows(url, "SELECT username, region_code FROM identity_officer") == [("zhou", "500103")]


@pytest.mark.parametrize("roster", ["", "{}", json.dumps([{**OFFICER, "roles": ["king"]}])])
def test_a_faulty_roster_changes_nothing_and_is_not_repeated(run, committed, roster):
    answer = run("import-officers", stdin=roster)
    assert (answer.returncode, OFFICER["password"] in answer.stdout + answer.stderr) == (1, False)
    assert "名册有误" in answer.stdout
    assert _rows(committed.database_url.get_secret_value(), "SELECT * FROM identity_officer") == []


def test_the_catalogue_is_loaded_once(run):
    first, second = run("load-catalogue"), run("load-catalogue")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout != second.stdout
    assert "policies 0" in second.stdout


def test_a_contract_that_changed_is_noticed(run, tmp_path):
    kept = tmp_path / "openapi.json"
    assert run("--write", str(kept), module="app.contract").returncode == 0
    assert run("--check", str(kept), module="app.contract").returncode == 0
    kept.write_text(kept.read_text(encoding="utf-8").replace("livez", "alive"), encoding="utf-8")
    answer = run("--check", str(kept), module="app.contract")
    assert (answer.returncode, "接口已改变" in answer.stdout) == (1, True)


def test_an_officer_is_shut_out_by_name_with_a_warm_cache(run, sign_in):
    officer = sign_in.officer(region_code="500103")
    tasks = "/api/v1/staff/tasks"
    assert officer.client.get(tasks).status_code == 200
    name = database.session.scalar(select(Officer.username).where(Officer.id == officer.id))
    database.session.rollback()
    assert run("disable-officer", name).returncode == 0
    assert officer.client.get(tasks).status_code == 401


def test_a_name_that_no_officer_bears_shuts_nobody_out(run):
    refused = run("disable-officer", "nobody")
    assert (refused.returncode, refused.stdout.strip()) == (
        1,
        "没有这个用户名的工作人员，请检查名册中的 username",
    )


def test_a_day_is_run_now_and_again_and_says_how_it_ended(run, committed, tmp_path):
    refused = run("run-day")
    assert refused.returncode == 1
    assert "SNAPSHOT_FOLDER" in refused.stdout
    run.environment["SNAPSHOT_FOLDER"] = str(tmp_path / "snapshots")
    first, second = run("run-day"), run("run-day")
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    rows = _rows(
        committed.database_url.get_secret_value(),
        "SELECT DISTINCT state, rounds FROM eligibility_daily_run",
    )
    assert rows == [("finished", 2)]
    assert first.stdout.count("finished") >= 2


def test_a_day_that_cannot_be_written_says_why_and_ends_with_a_failure(run, committed, tmp_path):
    (tmp_path / "snapshots").write_bytes(b"a file where a folder should be")
    run.environment["SNAPSHOT_FOLDER"] = str(tmp_path / "snapshots")
    failed = run("run-day")
    assert failed.returncode == 1
    assert "快照文件夹不能读写" in failed.stdout
    codes = _rows(
        committed.database_url.get_secret_value(),
        "SELECT DISTINCT state, error_code FROM eligibility_daily_run",
    )
    assert codes == [("failed", "daily_run.disk")]
