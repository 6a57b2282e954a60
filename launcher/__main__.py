"""`python -m launcher` runs the system; `python -m launcher tour` walks through it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from launcher import preflight
from launcher.contract import contract
from launcher.delivery import deliver
from launcher.errors import LaunchError
from launcher.processes import die_with_parent
from launcher.session import Place, run, tour_program, wishes_from_environment
from launcher.terminal import complain


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m launcher", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=["run", "tour", "deliver", "check-contract", "write-contract"],
        default="run",
    )
    parser.add_argument("--fresh", action="store_true", help="start empty")
    parser.add_argument("--people", type=int, default=50_000, help="how many a delivery is of")
    parser.add_argument("--follow-parent", action="store_true", help="stop when the parent (make) dies")
    given = parser.parse_args(arguments)
    if given.follow_parent:
        die_with_parent(signal.SIGTERM)
    root = Path(__file__).resolve().parents[1]
    if given.what.endswith("-contract"):
        return contract(root, write=given.what == "write-contract")
    place = Place(root=root, var=Path(os.environ.get("VAR_DIR") or root / "var").absolute())
    if given.what == "deliver":
        return deliver(root, place.var, given.people)
    try:
        wishes = wishes_from_environment(fresh=given.fresh)
    except LaunchError as error:
        complain(str(error))
        return error.code
    if given.what == "run":
        return run(place, wishes)
    tour = tour_program(place)
    if preflight.is_running(place.var):
        return subprocess.run(  # noqa: S603 — our own module
            tour.arguments, cwd=tour.folder, env=dict(tour.environment), check=False
        ).returncode
    return run(place, wishes, then=tour)


if __name__ == "__main__":
    sys.exit(main())
