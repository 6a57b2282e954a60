"""The servers of one run: PostgreSQL and Valkey of its own, bare Flask and the product side by side."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory

from config.settings import Settings
from launcher.demo import settle_officers, settle_secrets, template_ids
from launcher.embedded import Postgres, Valkey
from launcher.keeping import choose_ports
from launcher.parts import Program, answers_http
from launcher.plan import NOTIFICATIONS, Premises, app_environment, whole_system
from launcher.processes import dies_with_parent, end_groups, free_port

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the two web servers listen, and what the product reads from its environment."""

    bare: int
    product: int
    options: str
    bare_processes: tuple[int, ...]
    product_processes: tuple[int, ...]
    """The first processes of what serves each; the product's include PostgreSQL and Valkey."""


@dataclass(frozen=True, slots=True)
class Data:
    """PostgreSQL and Valkey of this run."""

    premises: Premises
    processes: tuple[int, ...]


@contextmanager
def data_servers() -> Iterator[Data]:
    """Start PostgreSQL and Valkey as `make run` does; they and their files are gone afterwards."""
    with TemporaryDirectory(prefix="zsb-bench-") as folder, ExitStack() as stack:
        var = Path(folder)
        var.chmod(0o711)  # the servers drop to an account of their own and must reach their folders
        postgres = stack.enter_context(Postgres(var / "postgres"))
        valkey = stack.enter_context(Valkey(var / "valkey"))
        secrets = var / "secrets.json"
        premises = Premises(
            root=ROOT,
            var=var,
            ports=choose_ports(var / "ports.json", wanted={}),
            secret=settle_secrets(secrets),
            templates=template_ids(ROOT / NOTIFICATIONS),
            officers=settle_officers(ROOT / "launcher" / "officers.yaml", secrets),
            database_url=postgres.url,
            redis_url=valkey.url,
        )
        running = (server.process for server in (postgres, valkey))
        yield Data(premises, tuple(process.pid for process in running if process is not None))


@contextmanager
def web_servers(data: Data) -> Iterator[Servers]:
    """Start both behind granian with the very options of `make run`."""
    premises = data.premises
    web = planned(premises, "web")
    (premises.var / "metrics").mkdir(exist_ok=True)
    bare_port, product_port = free_port(), premises.ports["web"]
    bare = _without_the_product(_instead(web, "benchmarks.bare:create_wsgi_app", bare_port))
    product = _instead(web, "benchmarks.measured:create_wsgi_app", product_port)
    with (
        running(bare, premises.var / "bare.log") as bare_process,
        running(product, premises.var / "product.log") as product_process,
    ):
        options = " ".join(web.arguments[1:-1]).replace(str(product_port), "…")
        processes = (product_process, *data.processes)
        yield Servers(bare_port, product_port, options, (bare_process,), processes)


def settings(premises: Premises) -> Settings:
    """Read the product's settings as the product does, from its environment, which becomes ours."""
    os.environ.update(app_environment(premises))
    return Settings.model_validate({})


def planned(premises: Premises, name: str) -> Program:
    """Find a program in the launcher's plan, so that it is never measured with other options."""
    programs = [program for stage in whole_system(premises) for program in stage.programs]
    return next(program for program in programs if program.name == name)


def _instead(web: Program, target: str, port: int) -> Program:
    """Serve another application on another port by the same command."""
    arguments = list(web.arguments)
    arguments[arguments.index("--port") + 1] = str(port)
    arguments[-1] = target
    return replace(web, arguments=tuple(arguments), probe=answers_http(f"http://127.0.0.1:{port}/"))


def _without_the_product(web: Program) -> Program:
    """Serve by granian itself: `app.web` would bring our code and our settings of the collector along."""
    arguments = ["granian" if argument == "app.web" else argument for argument in web.arguments]
    return replace(web, arguments=tuple(arguments))


@contextmanager
def running(program: Program, log: Path) -> Iterator[int]:
    """Run a program with its output in a file until the end of the block; yields its process id."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 our own module
            program.arguments,
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=dies_with_parent(SIGTERM),  # noqa: PLW1509 only prctl and getppid are called
        )
    try:
        _await(program, process, log)
        yield process.pid
    finally:
        end_groups({process.pid: SIGTERM}, grace=6)
        process.wait(5)


def _await(program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while program.probe is not None and not program.probe():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{program.arguments[-1]} did not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)
