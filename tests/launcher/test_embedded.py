"""The private PostgreSQL and Valkey: real servers, as root or as a user, with clear refusals."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from launcher.accounts import reachable_copy
from launcher.embedded import Postgres, Valkey
from launcher.errors import LaunchError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A data directory made once; tests that only start a server copy it."""
    root = tmp_path_factory.mktemp("cluster")
    with Postgres(root):
        pass
    return root


@pytest.fixture
def root(cluster, tmp_path):
    """A copy of the prepared folder in a closed folder with a space, owners kept."""
    target = tmp_path / "closed to others" / "postgres"
    target.parent.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", str(cluster), str(target)], check=True)
    return target


def test_postgresql_speaks_chinese_and_asks_for_its_password(root):
    with Postgres(root) as server:
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT length('掌上办'), upper('é')").fetchone() == (3, "É")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn.replace(server.password, "guess"))


def test_the_servers_never_run_as_root(root, tmp_path):
    with Postgres(root) as postgres, Valkey(tmp_path / "valkey") as valkey:
        for server in (postgres, valkey):
            status = Path(f"/proc/{server.process.pid}/status").read_text()
            owner = int(status.partition("Uid:")[2].split()[0])
            assert owner != 0
            assert owner == (os.geteuid() or owner)


def test_settings_reach_the_server(root):
    with Postgres(root, settings=["fsync=off"]) as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_valkey_keeps_what_it_acknowledged_through_a_kill(tmp_path):
    with Valkey(tmp_path) as server:
        redis.Redis.from_url(server.url).set("bell", "rung")
        time.sleep(1.1)  # appendfsync everysec; the write itself is immediate
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    with Valkey(tmp_path) as server:
        assert redis.Redis.from_url(server.url).get("bell") == b"rung"


def test_valkey_asks_for_its_password(tmp_path):
    with Valkey(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(100).startswith(b"-NOAUTH")


def test_postgresql_starts_after_its_postmaster_was_killed(root):
    with Postgres(root) as server:
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_that_names_a_living_stranger_is_forgiven(root):
    stale = root / "pgdata" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{root / 'pgdata'}\n1\n5432\n\n127.0.0.1\n\nready\n")

    with Postgres(root) as server:
        assert stale.read_text().startswith(f"{server.process.pid}\n")


def test_both_servers_die_with_a_killed_parent(root, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from launcher.embedded import Postgres, Valkey\n"
        "p = Postgres(Path(sys.argv[1])).start(); v = Valkey(Path(sys.argv[2])).start()\n"
        "print(p.process.pid, v.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(tmp_path / "valkey")], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert all(_runs(pid) for pid in pids)
        parent.kill()

    end = time.monotonic() + 5
    while any(_runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid in pids if _runs(pid)] == []


def test_one_folder_serves_one_server(root):
    with Postgres(root):
        second = Postgres(root)
        second.patience = 0.2
        with pytest.raises(LaunchError, match=r"正被另一个 PostgreSQL 使用.*in use"):
            second.start()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_taken_port_is_refused_in_both_languages(kind, cluster, root, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = kind(root if kind is Postgres else tmp_path / "valkey", port=port)
        with pytest.raises(LaunchError, match=rf"端口 {port} 已被占用.*port {port} .* is taken"):
            server.start()
    assert server.process is None


def test_data_of_another_major_version_is_refused_and_untouched(root):
    (root / "pgdata" / "PG_VERSION").write_text("15\n")

    with pytest.raises(LaunchError, match=r"PostgreSQL 15 的数据.*made by PostgreSQL 15"):
        Postgres(root).start()

    assert (root / "pgdata" / "global" / "pg_control").exists()


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_made(tmp_path):
    code = (
        "import sys; from pathlib import Path; from launcher.embedded import Postgres\n"
        "from launcher.errors import LaunchError\n"
        "try: Postgres(Path(sys.argv[1])).start()\n"
        "except LaunchError as error: sys.exit(str(error))"
    )
    disk = tmp_path / "disk"
    disk.mkdir()
    with _small_disk(disk) as limit:
        answer = subprocess.run(
            [sys.executable, "-c", code, str(disk / "postgres")],
            capture_output=True,
            text=True,
            cwd=ROOT,
            preexec_fn=limit,
            check=False,
        )
        assert answer.returncode == 1
        assert "磁盘已满" in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1
        assert not (disk / "postgres" / "pgdata").exists()
        assert not (disk / "postgres" / "pgdata.new").exists()


def test_copied_programs_keep_their_name_and_a_planted_copy_is_not_used(tmp_path):
    folder = tmp_path / "wheel"
    folder.mkdir()
    program = folder / "server"
    program.write_text("#!/bin/sh\necho one\n")
    program.chmod(0o700)
    first = reachable_copy([folder], program)
    try:
        assert reachable_copy([folder], program) == first
        assert first.stat().st_mode & 0o005 == 0o005
        first.parents[1].chmod(0o777)  # now anybody could have changed it
        other = reachable_copy([folder], program)
        assert other != first
        shutil.rmtree(other.parents[2])
    finally:
        shutil.rmtree(first.parents[1])


class _small_disk:  # noqa: N801 reads as the verb it is used as
    """A full disk: a tmpfs of 8 MB for root, else a limit of 4 MB per file, which reports EFBIG."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = False

    def __enter__(self):
        if os.geteuid() == 0:
            command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(self.folder)]
            self.mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        return None if self.mounted else self._limit

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], check=True)

    @staticmethod
    def _limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
