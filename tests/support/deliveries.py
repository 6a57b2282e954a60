"""Deliveries of a data platform: the generator run as the process that it is."""

import os
import subprocess
import sys

from tests.support.sources import ROOT


def delivered(out, *, people, day, register=None, key=None, seed=7):
    """Let the sandbox deliver a population for a day; returns the folder of all days.

    `key` (base64) is the one under which the product knows people; `register` keeps who they are.
    """
    command = [
        *(sys.executable, "-m", "sandbox.registries", "generate", "--people", str(people), "--out", str(out)),
        *("--day", day.isoformat(), "--seed", str(seed)),
        *(("--register", str(register)) if register else ()),
    ]
    environment = {"PATH": os.environ["PATH"], **({"PERSON_KEY": key} if key else {})}
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=120)
    return out
