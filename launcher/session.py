"""One run of the system from the first check to the last process gone."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from launcher import preflight
from launcher.demo import demo_sheet, settle_officers, settle_secrets, template_ids, wechat_seed
from launcher.embedded import Postgres, Valkey
from launcher.errors import ExitCode, LaunchError, from_os_error
from launcher.keeping import choose_ports, write_json
from launcher.parts import Program, ServerPart
from launcher.plan import NOTIFICATIONS, PEOPLE, Premises, Stage, addresses, plain_environment, whole_system
from launcher.supervisor import StopRequested, Supervisor
from launcher.terminal import Stages, complain, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEPT_WHEN_EMPTIED = frozenset({"run.lock", "ports.json"})


HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for; addresses are None where our own servers are to be used."""

    fresh: bool = False
    port: int | None = None
    database_url: str | None = None
    redis_url: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The checkout and the folder of its state, and what is run there."""

    root: Path
    var: Path
    plan: Callable[[Premises], list[Stage]] = whole_system


def run(place: Place, wishes: Wishes, *, then: Program | None = None) -> int:
    """Bring everything up, watch it until somebody asks to stop (or until `then` ends), stop all of it.

    Returns the exit code for the shell; what goes wrong is one sentence on standard error.
    """
    try:
        with preflight.lock_run(place.var) as lock:
            _prepare(place.var, wishes)
            return _supervise(place, wishes, lock, then)
    except (StopRequested, KeyboardInterrupt):
        say("已全部停止 (stopped)")
        return ExitCode.OK
    except LaunchError as error:
        complain(str(error))
        return error.code
    except OSError as error:
        complain(str(from_os_error(error, place.var)))
        return ExitCode.FAILED


def _prepare(var: Path, wishes: Wishes) -> None:
    if wishes.database_url is not None:
        preflight.check_database(wishes.database_url)
    if wishes.redis_url is not None:
        preflight.check_redis(wishes.redis_url)
    if wishes.fresh:
        # A database that is not ours is not emptied, so the keys of what it holds must stay too.
        kept = {"secrets.json"} if wishes.database_url is not None else set()
        preflight.make_empty(var, keep=_KEPT_WHEN_EMPTIED | kept)
        if wishes.database_url is not None or wishes.redis_url is not None:
            say(
                "  FRESH=1 只清空 var/，不动 DATABASE_URL / REDIS_URL 里的数据 (given servers are left alone)"
            )
    preflight.check_room(var)
    shutil.rmtree(var / "metrics", ignore_errors=True)
    (var / "metrics").mkdir()
    _forget_addresses(var)


def _supervise(place: Place, wishes: Wishes, lock: IO[str], then: Program | None) -> int:
    with Supervisor(place.var / "log", lock=lock, sign=place.var / "addresses.json") as supervisor:
        try:
            stages = Stages()
            say(f"掌上办启动中 (starting), 状态与日志在 {place.var}")
            premises = _bring_up(place, wishes, supervisor, stages)
            _summarise(place, premises, stages)
            if then is not None:
                return supervisor.run_in_terminal(then)
            supervisor.watch()
        finally:
            _forget_addresses(place.var)
    return ExitCode.OK


def _bring_up(place: Place, wishes: Wishes, supervisor: Supervisor, stages: Stages) -> Premises:
    var = place.var
    ports = choose_ports(var / "ports.json", wanted={"web": wishes.port} if wishes.port else {})
    database_url, redis_url = wishes.database_url, wishes.redis_url
    if database_url is None:
        postgres = Postgres(var / "postgres", port=ports["postgres"], log=var / "log" / "postgresql.log")
        with stages.stage("PostgreSQL", f"127.0.0.1:{ports['postgres']}"):
            supervisor.start(ServerPart(postgres))
        database_url = postgres.url
    else:
        database_url = preflight.plain_dsn(database_url).replace("postgresql://", "postgresql+psycopg://", 1)
    if redis_url is None:
        valkey = Valkey(var / "valkey", port=ports["valkey"], log=var / "log" / "valkey.log")
        with stages.stage("Valkey", f"127.0.0.1:{ports['valkey']}"):
            supervisor.start(ServerPart(valkey))
        redis_url = valkey.url
    premises = _premises(place, ports, database_url, redis_url)
    _run_stages(supervisor, place.plan(premises), stages)
    write_json(
        var / "demo.json",
        demo_sheet(
            people=place.root / PEOPLE,
            officers=premises.officers,
            app_id=premises.secret["WECHAT_APP_ID"],
        ),
    )
    write_json(var / "addresses.json", addresses(premises))
    return premises


def _premises(place: Place, ports: dict[str, int], database_url: str, redis_url: str) -> Premises:
    secrets_file = place.var / "secrets.json"
    secret = settle_secrets(secrets_file)
    premises = Premises(
        root=place.root,
        var=place.var,
        ports=ports,
        secret=secret,
        templates=template_ids(place.root / NOTIFICATIONS),
        officers=settle_officers(place.root / "launcher" / "officers.yaml", secrets_file),
        database_url=database_url,
        redis_url=redis_url,
    )
    seed = wechat_seed(
        notifications=place.root / NOTIFICATIONS,
        people=place.root / PEOPLE,
        secret=secret,
        push_url=premises.address("web") + "/api/v1/wechat/callback",
    )
    write_json(place.var / "wechat-seed.json", seed)
    return premises


def _run_stages(supervisor: Supervisor, plan: list[Stage], stages: Stages) -> None:
    awaited = []
    for stage in plan:
        if stage.once:
            with stages.stage(stage.title):
                supervisor.run(*stage.programs, seconds=stage.seconds)
            continue
        parts = [supervisor.program(program) for program in stage.programs]
        for part in parts:
            supervisor.start(part)
        if not stage.wait:
            awaited += [(part, stage.seconds) for part in parts]
            continue
        for part in parts:
            with stages.stage(part.name, part.address):
                supervisor.wait_ready(part, seconds=stage.seconds)
    for part, seconds in awaited:
        with stages.stage(part.name, part.address):
            supervisor.wait_ready(part, seconds=seconds)


def _summarise(place: Place, premises: Premises, stages: Stages) -> None:
    api = premises.address("web")
    say(f"""
掌上办已就绪 (ready in {stages.elapsed:.1f} s)
  接口 API          {api}/api/v1    文档 {api}/openapi.json    运行监测 {api}/ops/
  微信沙箱 WeChat   {premises.address("wechat")}    控制口 {premises.address("wechat_control")}/__emu__/
  部门沙箱          {premises.address("registries")}
  病毒扫描沙箱      {premises.address("clamd_control")}/__emu__/
  演示人员与工作人员（口令、动态口令） people and officers: {place.var / "demo.json"}
  地址 addresses: {place.var / "addresses.json"}    日志 logs: {place.var / "log"}
  停止 to stop: Ctrl-C    清空重来 start empty: make run FRESH=1    走一遍全程 the whole errand: make tour
""")


def _forget_addresses(var: Path) -> None:
    (var / "addresses.json").unlink(missing_ok=True)


def tour_program(place: Place) -> Program:
    """Return the walk through the whole errand, as a program for the terminal."""
    return Program(
        name="tour",
        arguments=(sys.executable, "-m", "tour"),
        environment=plain_environment() | {"VAR_DIR": str(place.var)},
        folder=place.root,
    )


def wishes_from_environment(*, fresh: bool) -> Wishes:
    """Read what the shell or make was given; an empty variable counts as unset."""
    port = os.environ.get("PORT", "")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT):
        raise LaunchError(
            f"PORT 应是1到65535的数字，不是 {port!r}",
            f"PORT should be a number from 1 to 65535, not {port!r}",
        )
    return Wishes(
        fresh=fresh,
        port=int(port) if port else None,
        database_url=os.environ.get("DATABASE_URL") or None,
        redis_url=os.environ.get("REDIS_URL") or None,
    )
