import re

import pytest

from app.gateways.wechat.errors import REACTIONS
from config.settings import Settings
from tests.docs.pages import blocks, code_words, read, rows
from tests.support.sources import ROOT

RUNBOOK = ROOT / "docs" / "runbook.md"
STATEMENTS = [
    statement.strip()
    for block in blocks(RUNBOOK, "sql")
    for statement in re.sub(r"^--.*$", "", block, flags=re.MULTILINE).split(";")
    if statement.strip()
]
SETTING = re.compile(r"`([A-Z][A-Z0-9_]+)`")
LOG_EVENT = re.compile(r"`([a-z_]+\.[a-z_]+)`")
LOGGED = re.compile(r"_log\.\w+\(\s*\"([a-z_.]+)\"")


def _section(title):
    text = read(RUNBOOK)
    begin = text.index(f"\n## {title}\n")
    end = text.find("\n## ", begin + 4)
    return text[begin : end if end > 0 else len(text)]


def _settings_told(*, only_required=False):
    table = [row for row in rows(_section("Settings")) if not only_required or row[1] == "required"]
    return {name for row in table for name in SETTING.findall(row[0])}


def test_every_setting_stands_in_the_runbook_and_no_other():
    assert _settings_told() == {name.upper() for name in Settings.model_fields}


def test_a_setting_without_a_default_is_told_to_be_required():
    required = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
    assert _settings_told(only_required=True) == required


def test_every_log_event_to_alert_on_is_logged():
    told = set(LOG_EVENT.findall(_section("What to alert on")))
    sources = [path for package in ("app", "blueprints") for path in (ROOT / package).rglob("*.py")]
    logged = {name for path in sources for name in LOGGED.findall(path.read_text(encoding="utf-8"))}
    assert len(told) > 10
    assert sorted(told - logged) == []


def test_every_alert_leads_to_a_section_that_is_there():
    titles = set(re.findall(r"^## (.+)$", read(RUNBOOK), re.MULTILINE))
    words = {part.strip() for row in rows(_section("What to alert on")) for part in row[2].split(",")}
    led = {word for word in words if word[:1].isupper()}
    assert sorted(word for word in led if not any(title.startswith(word) for title in titles)) == []


def test_every_return_code_of_wechat_is_one_that_the_gateway_knows():
    told = {int(word) for word in code_words(RUNBOOK) if re.fullmatch(r"4\d{4}", word)}
    assert {45009, 45011, 40001, 43107} <= told
    assert told <= set(REACTIONS)


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_every_sql_of_the_runbook_runs(session, number):
    session.connection().exec_driver_sql(STATEMENTS[number])  # raises where a table or column is gone
