"""What runs, in which order, with which settings: the whole system as data."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launcher.demo import person_key
from launcher.parts import Program, answers_http

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOTIFICATIONS = "config/notifications.yaml"
PEOPLE = "sandbox/registries/people.yaml"
DELIVERIES, PLATFORM_REGISTER = "deliveries", "platform-register.sqlite"
_LOCAL = "127.0.0.1"
_MOST_WEB_WORKERS = 4
_TASK_SECONDS = 120.0
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Programs that start together. `once`: each runs to its end; otherwise they stay and become ready.

    With `wait` false nobody waits yet: the programs warm up during later stages and are awaited at the end.
    """

    title: str
    programs: tuple[Program, ...]
    once: bool = False
    wait: bool = True
    seconds: float = _READY_SECONDS


@dataclass(frozen=True, slots=True)
class Premises:
    """What the plan is made from: the checkout, its state, chosen ports, secrets and server addresses."""

    root: Path
    var: Path
    ports: Mapping[str, int]
    secret: Mapping[str, str]
    templates: Mapping[str, str]
    officers: Sequence[Mapping[str, object]]
    database_url: str
    redis_url: str

    def address(self, name: str) -> str:
        """Return the HTTP address of one of our own listeners."""
        return f"http://{_LOCAL}:{self.ports[name]}"


def addresses(premises: Premises) -> dict[str, str]:
    """Return what var/addresses.json says."""
    return {
        "api": premises.address("web"),
        "wechat": premises.address("wechat"),
        "wechat_control": premises.address("wechat_control"),
        "registries": premises.address("registries"),
        "clamd_control": premises.address("clamd_control"),
        "database": premises.database_url.replace("postgresql+psycopg://", "postgresql://", 1),
        "redis": premises.redis_url,
    }


def plain_environment() -> dict[str, str]:
    """Return our own environment as children should see it: local calls never go through a proxy."""
    local = f"{_LOCAL},localhost"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GRANIAN_", "MAKE"))}
    return kept | {"NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def app_environment(premises: Premises) -> dict[str, str]:
    """Return what config/settings.py reads."""
    return plain_environment() | {
        **premises.secret,
        "ENVIRONMENT": "demo",
        "DATABASE_URL": premises.database_url,
        "REDIS_URL": premises.redis_url,
        "WECHAT_API_BASE": premises.address("wechat"),
        "WECHAT_TEMPLATES": json.dumps(dict(premises.templates)),
        "REGISTRIES_BASE": premises.address("registries"),
        "MATERIALS_STORE": (premises.var / "materials").absolute().as_uri(),
        "CLAMD_ADDRESS": f"tcp://{_LOCAL}:{premises.ports['clamd']}",
        "PROMETHEUS_MULTIPROC_DIR": str(premises.var / "metrics"),
        "PUBLIC_BASE_URL": premises.address("web"),
        "SNAPSHOT_FOLDER": str(premises.var / "snapshots"),
        "DELIVERY_FOLDER": str(premises.var / DELIVERIES),
    }


def whole_system(premises: Premises) -> list[Stage]:
    """Return the stages after the two servers: sandboxes, schema, catalogue, officers, our services."""
    sandboxes = (_wechat(premises), _registries(premises), _clamd(premises))
    return [
        Stage("微信、部门与病毒扫描沙箱 (sandboxes starting)", sandboxes, wait=False),
        Stage("数据库、目录与工作人员 (prepare)", (_prepare(premises),), once=True, seconds=_TASK_SECONDS),
        Stage("接口、后台任务、定时器 (web, worker, scheduler)", _services(premises), wait=False),
    ]


def _wechat(premises: Premises) -> Program:
    port, control = premises.ports["wechat"], premises.ports["wechat_control"]
    listens, controlled = (
        answers_http(premises.address("wechat")),
        answers_http(premises.address("wechat_control")),
    )
    return Program(
        name="wechat",
        arguments=_python(
            "sandbox.wechat",
            *("--port", str(port), "--control-port", str(control)),
            *("--seed", str(premises.var / "wechat-seed.json")),
        ),
        environment=plain_environment(),
        folder=premises.root,
        address=premises.address("wechat"),
        probe=lambda: listens() and controlled(),
    )


def _registries(premises: Premises) -> Program:
    port, key = premises.ports["registries"], premises.secret["REGISTRIES_KEY"]
    return Program(
        name="registries",
        arguments=_python(
            *("sandbox.registries", "--port", str(port), "--key", key),
            *("--register", str(premises.var / PLATFORM_REGISTER)),
        ),
        environment=plain_environment() | {"PERSON_KEY": person_key(premises.secret)},
        folder=premises.root,
        address=premises.address("registries"),
        probe=answers_http(premises.address("registries")),
    )


def _clamd(premises: Premises) -> Program:
    port, control = premises.ports["clamd"], premises.ports["clamd_control"]
    return Program(
        name="clamd",
        arguments=_python("sandbox.clamd", "--port", str(port), "--control-port", str(control)),
        environment=plain_environment(),
        folder=premises.root,
        address=premises.address("clamd_control"),
        probe=answers_http(premises.address("clamd_control")),
    )


def _prepare(premises: Premises) -> Program:
    """Migrate, load the catalogue, enter the officers, where anything differs from the last start."""
    unshown = ("about",)
    records = [
        {key: value for key, value in officer.items() if key not in unshown} for officer in premises.officers
    ]
    return Program(
        name="prepare",
        arguments=_python("app.prepared", str(premises.var / "prepared")),
        environment=app_environment(premises),
        folder=premises.root,
        stdin=json.dumps(records, ensure_ascii=False).encode(),
    )


def _services(premises: Premises) -> tuple[Program, ...]:
    environment = app_environment(premises)
    web = Program(
        name="web",
        arguments=_python(
            "app.web",
            *("--interface", "wsgi", "--factory", "--host", _LOCAL, "--port", str(premises.ports["web"])),
            *("--workers", str(_web_workers()), "--blocking-threads", "4", "--http", "1", "--no-ws"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "5", "app.factory:create_wsgi_app"),
        ),
        environment=environment,
        folder=premises.root,
        address=premises.address("web"),
        probe=answers_http(premises.address("web") + "/readyz", status=200),
    )
    worker = Program(
        name="worker",
        arguments=_python(
            "dramatiq",
            *("app.worker", "--processes", "1", "--threads", "8", "--worker-shutdown-timeout", "5000"),
        ),
        environment=environment,
        folder=premises.root,
        ready_text="worker.ready",
    )
    scheduler = Program(
        name="scheduler",
        arguments=_python("app.scheduler"),
        environment=environment,
        folder=premises.root,
        ready_text="scheduler.ready",
    )
    return web, worker, scheduler


def _web_workers() -> int:
    given = os.environ.get("WEB_WORKERS", "")
    return int(given) if given.isdigit() and int(given) else min(_MOST_WEB_WORKERS, os.cpu_count() or 1)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
