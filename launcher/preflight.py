"""What is looked at before anything starts: one run per folder, disk space, servers given by URL."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from launcher import given
from launcher.errors import ExitCode, LaunchError, from_os_error

if TYPE_CHECKING:
    from pathlib import Path

_ROOM_BYTES = 200_000_000  # a fresh PostgreSQL with its first log segments takes about 70 MB
_SWEEP_SECONDS = 12


def lock_run(var: Path) -> IO[str]:
    """Take the folder for this run, or say who has it; a killed run's guard gets time to finish sweeping."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        lock = (var / "run.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise from_os_error(error, var) from None
    end = time.monotonic() + _SWEEP_SECONDS
    while not _taken(lock):
        owner = _owner(lock)
        if _lives(owner) or time.monotonic() > end:
            lock.close()
            raise LaunchError(
                f"系统已在这个目录运行（进程 {owner}）：地址见 {var / 'addresses.json'}",
                f"it already runs in this folder (process {owner}), see {var / 'addresses.json'}",
            )
        time.sleep(0.1)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def is_running(var: Path) -> bool:
    """Whether a supervisor runs in this folder now."""
    try:
        with (var / "run.lock").open("a+", encoding="ascii") as lock:
            return not _taken(lock) and _lives(_owner(lock))
    except OSError:
        return False


def make_empty(var: Path, *, keep: frozenset[str]) -> None:
    """Remove everything under `var` but the names in `keep`."""
    for path in var.iterdir():
        if path.name in keep:
            continue
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            raise from_os_error(error, path) from None


def check_room(var: Path) -> None:
    """Refuse to start on a nearly full disk, where PostgreSQL would stop in the middle of something."""
    free = shutil.disk_usage(var).free
    if free < _ROOM_BYTES:
        left, needed = free // 1_000_000, _ROOM_BYTES // 1_000_000
        raise LaunchError(
            f"磁盘空间不足：{var} 只剩 {left} MB，至少需要 {needed} MB，请清理后重试",
            f"not enough disk space: {left} MB left at {var}, {needed} MB needed",
        )


def check_database(url: str) -> None:
    """Require that the PostgreSQL named by DATABASE_URL answers within 5 s."""
    _require("DATABASE_URL", url, plain_dsn(url))


def check_redis(url: str) -> None:
    """Require that the Redis or Valkey named by REDIS_URL answers within 5 s."""
    _require("REDIS_URL", url, url)


def plain_dsn(url: str) -> str:
    """Return a SQLAlchemy address of PostgreSQL as libpq reads it."""
    scheme, separator, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not separator:
        raise LaunchError(
            "DATABASE_URL 应形如 postgresql://用户:口令@主机:端口/库名（只支持 PostgreSQL）",
            "DATABASE_URL should look like postgresql://user:password@host:port/name (PostgreSQL only)",
            code=ExitCode.UNREACHABLE,
        )
    return f"postgresql://{rest}"


def _require(setting: str, url: str, address: str) -> None:
    """Let `launcher.given` ask at `address`; say the host where it fails, never the password."""
    answer = given.ask(setting, address)
    if answer is not given.Answer.WELCOME:
        refused = answer is given.Answer.REFUSED
        why, reason = ("拒绝了登录", "refuses the login") if refused else ("没有应答", "does not answer")
        host = _host(url)
        raise LaunchError(
            f"{setting} 指向的 {host} {why}：请检查地址，或去掉该变量以使用自带的服务",
            f"{host} of {setting} {reason}: check it, or unset the variable to use the embedded server",
            code=ExitCode.UNREACHABLE,
        )


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "?", parts.port
    except ValueError:
        return "?"
    return f"{host}:{port}" if port else host


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(lock: IO[str]) -> int:
    lock.seek(0)
    text = lock.read().strip()
    return int(text) if text.isdigit() else 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
