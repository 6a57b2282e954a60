"""The real launcher with tiny stand-in programs: `dummy_run.py ROOT VAR SCENARIO`."""

import os
import sys
from pathlib import Path

from launcher.errors import LaunchError
from launcher.parts import Program, answers_http
from launcher.plan import Premises, Stage, plain_environment, whole_system
from launcher.session import Place, run, wishes_from_environment
from launcher.terminal import complain

# A web server whose master forks a worker, as granian does.
_WEB = """
import os, signal, sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
if os.fork() == 0:
    if sys.argv[2] == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
signal.pause()
"""
# A worker whose child leaves both the group and the session.
_WORKER = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print("ready for action", flush=True)
time.sleep(600)
"""
_MORTAL = "import sys, time; time.sleep(0.05); sys.exit('ValueError: the reason of death')"


def plan(premises: Premises) -> list[Stage]:
    """Return the stages of the scenario named on the command line."""

    def program(name: str, code: str, *arguments: str, **options: object) -> Program:
        return Program(
            name=name,
            arguments=(sys.executable, "-c", code, *arguments),
            environment=plain_environment() | {"DATABASE_URL": premises.database_url},
            folder=premises.var,
            **options,
        )

    web = program(
        "web", _WEB, str(premises.ports["web"]), sys.argv[3], probe=answers_http(premises.address("web"))
    )
    worker = program("worker", _WORKER, ready_text="ready for action")
    once = program("migrate", "import sys; print(sys.stdin.read())", stdin="名单".encode())
    whole = [Stage("migrate", (once,), once=True), Stage("all", (web, worker), wait=False)]
    serve = ("--interface", "wsgi", "--factory", "--workers", "2", "--port", str(premises.ports["web"]))
    here = plain_environment() | {"PYTHONPATH": f"{premises.root}:{Path(__file__).parent}"}
    real = (
        Program("web", _module("granian", *serve, "tiny_wsgi:create"), here, premises.root, probe=web.probe),
        Program(
            "worker", _module("dramatiq", "tiny_worker"), here, premises.root, ready_text="ready for action"
        ),
    )
    stages = {
        "sandboxes": whole_system(premises)[:1],
        "granian and dramatiq": [Stage("all", real, wait=False)],
        "whole": whole,
        "stubborn": whole,
        "dying": [Stage("all", (worker, program("mortal", _MORTAL)))],
        "failing": [
            Stage("all", (worker,)),
            Stage("x", (program("migrate", "raise SystemExit('OSError: 坏了')"),), once=True),
        ],
    }
    return stages[sys.argv[3]]


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def main() -> int:
    """Run the session that the arguments ask for."""
    place = Place(root=Path(sys.argv[1]), var=Path(sys.argv[2]), plan=plan)
    try:
        wishes = wishes_from_environment(fresh="FRESH" in os.environ)
    except LaunchError as error:
        complain(str(error))
        return error.code
    return run(place, wishes)


if __name__ == "__main__":
    sys.exit(main())
