"""What each process of a start imports: a second of processor time here is a second that everybody waits."""

import json
import subprocess
import sys

import pytest

from tests.support.sources import ROOT

SHOW = """
import importlib, json, sys, threading
importlib.import_module(sys.argv[1])
print(json.dumps([sorted({name.partition('.')[0] for name in sys.modules}), threading.active_count()]))
"""
ANALYSIS = {"numpy", "pyarrow", "pandas", "polars", "PIL", "pypdf", "pylopdf_fonts_zh_cn"}
WEB = {"flask", "flask_smorest", "marshmallow", "granian"}
DATABASE = {"sqlalchemy", "alembic", "redis", "dramatiq"}


def _imported(module):
    answer = subprocess.run(
        [sys.executable, "-c", SHOW, module], cwd=ROOT, capture_output=True, text=True, check=True
    )
    packages, threads = json.loads(answer.stdout)
    return set(packages), threads


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("app.web", ANALYSIS | {"alembic", "aiohttp"}),
        ("app.scheduler", ANALYSIS | WEB | {"alembic", "aiohttp"}),
        ("app.wiring", ANALYSIS | WEB | {"alembic", "aiohttp", "apscheduler"}),  # the worker's one import
        ("app.daily", WEB | {"alembic", "aiohttp", "pandas", "polars"}),
        ("app.commands", ANALYSIS | WEB | {"aiohttp"}),
        ("app.prepared", ANALYSIS | WEB | DATABASE | {"requests", "wechatpy"}),
        ("launcher.__main__", ANALYSIS | WEB | DATABASE | {"psycopg", "requests", "pydantic", "aiohttp"}),
        ("launcher.guard", {"yaml", "psycopg", "asyncio", "ssl"}),
        ("sandbox.wechat.__main__", ANALYSIS | WEB | DATABASE | {"requests"}),
        ("sandbox.registries.__main__", ANALYSIS | WEB | DATABASE | {"requests"}),
        ("sandbox.clamd.__main__", ANALYSIS | WEB | DATABASE | {"requests", "yaml"}),
        ("app.materials.parsing.containers", WEB | DATABASE | {"PIL", "pypdf", "pydantic", "structlog"}),
        ("app.materials.parsing.pictures", WEB | DATABASE | {"pypdf", "pydantic", "structlog"}),
        ("app.materials.parsing.documents", WEB | DATABASE | {"pydantic", "structlog", "requests"}),
    ],
)
def test_a_process_imports_nothing_that_it_does_not_use(module, unwanted):
    packages, _ = _imported(module)
    assert packages & unwanted == set()


def test_no_thread_runs_before_the_web_server_forks_its_workers():
    _, threads = _imported("app.web")
    assert threads == 1
