"""Asks a server that was named by URL whether it lets us in, in a process of its own.

So a start with our own servers imports no client library, and a name look-up that hangs, which knows no time
limit, can be ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from enum import IntEnum
from pathlib import Path

from launcher.processes import dies_with_parent

ANSWER_SECONDS = 5
_IMPORT_SECONDS = 5  # a busy machine takes its time before the question is asked


class Answer(IntEnum):
    """What came of it, as the exit code of `launcher.asking`; any other code counts as silence."""

    WELCOME = 0
    REFUSED = 3
    SILENT = 4


def ask(setting: str, address: str) -> Answer:
    """Ask the server of DATABASE_URL or REDIS_URL; nobody sees the address, it holds a password."""
    try:
        code = subprocess.run(  # noqa: S603 — our own module
            [sys.executable, "-m", "launcher.asking", setting],
            env=os.environ | {setting: address},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            check=False,
            timeout=ANSWER_SECONDS + _IMPORT_SECONDS,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        ).returncode
    except subprocess.TimeoutExpired:
        return Answer.SILENT
    return Answer(code) if code in set(Answer) else Answer.SILENT
