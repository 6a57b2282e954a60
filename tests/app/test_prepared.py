"""A start prepares the database only where something differs from the last time."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from app import prepared
from tests.support import servers

UNCHANGED = "nothing differs"
OFFICER = {
    "username": "zhou",
    "name": "周敏",
    "password": "Correct-horse-7",
    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "roles": ["case_officer"],
    "department": "11",
    "region_code": "500103",
}


class Start:
    """`python -m app.prepared` as the launcher runs it."""

    def __init__(self, settings, kept):
        self.kept = kept
        self.environment = {"PATH": os.environ["PATH"]}
        for name, value in settings.model_dump(exclude_none=True).items():
            plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
            self.environment[name.upper()] = (
                plain if isinstance(plain, str) else json.dumps(plain, default=str)
            )

    def __call__(self, *roster, **environment):
        return subprocess.run(
            [sys.executable, "-m", "app.prepared", str(self.kept)],
            input=json.dumps(roster or [OFFICER]),
            capture_output=True,
            text=True,
            env=self.environment | environment,
            timeout=120,
            check=False,
        )

    def execute(self, statement):
        engine = create_engine(self.environment["DATABASE_URL"])
        try:
            with engine.begin() as connection:
                return connection.execute(text(statement))
        finally:
            engine.dispose()


@pytest.fixture
def start(committed, tmp_path):
    """Starts on a database of this test's own."""
    name = f"prepared_{os.getpid()}"
    servers.create(name)
    started = Start(committed, tmp_path / "prepared")
    started.environment["DATABASE_URL"] = servers.url(name)
    yield started
    servers.drop(name)


def test_a_later_start_prepares_again_only_what_changed(start):
    first, second = start(), start()
    assert (first.returncode, UNCHANGED in first.stdout) == (0, False), first.stdout + first.stderr
    assert (second.returncode, second.stdout.strip()) == (0, "nothing differs from the last time")

    moved = start({**OFFICER, "region_code": "500112"})
    assert "officers 1 changed" in moved.stdout

    start()
    start.execute("UPDATE identity_officer SET disabled_at = now()")
    assert "officers 1 changed" in start().stdout

    start.execute("DELETE FROM catalogue_theme")
    assert UNCHANGED not in start().stdout
    start.execute(
        "UPDATE eligibility_policy_version SET state = 'replaced' WHERE policy_id = 'ah-elder-allowance'"
    )
    assert UNCHANGED not in start().stdout
    assert UNCHANGED in start().stdout

    assert UNCHANGED not in start(LOG_LEVEL="WARNING").stdout


def test_a_start_that_failed_is_not_remembered(start):
    assert start({**OFFICER, "roles": ["king"]}).returncode == 1
    assert not start.kept.exists()


def test_a_database_that_does_not_answer_is_for_the_command_to_report(start):
    start()
    answer = start(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:9/none")
    assert answer.returncode != 0
    assert "OperationalError" in answer.stderr


def test_every_file_of_ours_that_preparing_reads_counts(monkeypatch, tmp_path, committed):
    """Also those of folders to come: whatever lies in a source folder changes the digest."""
    for name in ("app", "config", "migrations"):
        (tmp_path / name).mkdir()
    (tmp_path / "requirements.txt").write_text("alembic==1\n")
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    seen = {prepared.digest(committed, b"")}
    for path in ("app/new.py", "config/services/new.yaml", "migrations/sql/new.sql", "requirements.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("new")
        seen.add(prepared.digest(committed, b""))
    assert None not in seen
    assert len(seen) == 5
