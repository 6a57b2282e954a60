"""`make delivery`: plays the data platform once, for a system that runs here or will."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from launcher.demo import person_key, settle_secrets
from launcher.plan import DELIVERIES, PLATFORM_REGISTER, plain_environment

if TYPE_CHECKING:
    from pathlib import Path

_SHANGHAI = timezone(timedelta(hours=8))
SECRETS = "secrets.json"


def deliver(root: Path, var: Path, people: int) -> int:
    """Write today's delivery under `var`, in the name of this installation's key; returns the exit code."""
    var.mkdir(parents=True, exist_ok=True)
    today = datetime.now(_SHANGHAI).date().isoformat()
    command = [
        *(sys.executable, "-m", "sandbox.registries", "generate", "--people", str(people)),
        *("--out", str(var / DELIVERIES), "--day", today, "--register", str(var / PLATFORM_REGISTER)),
    ]
    environment = plain_environment() | {"PERSON_KEY": person_key(settle_secrets(var / SECRETS))}
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode  # noqa: S603 our own module
