"""Runs the app's OpenAPI command outside a running system, with secrets of the moment and no servers."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from launcher.demo import settle_secrets, template_ids
from launcher.keeping import PORT_NAMES
from launcher.plan import NOTIFICATIONS, Premises, app_environment

SNAPSHOT = "docs/openapi.json"
_DISCARD_PORT = 9


def contract(root: Path, *, write: bool) -> int:
    """Write docs/openapi.json, or check that it still is the contract; returns the command's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        premises = Premises(
            root=root,
            var=var,
            ports=dict.fromkeys(PORT_NAMES, _DISCARD_PORT),
            secret=settle_secrets(var / "secrets.json"),
            templates=template_ids(root / NOTIFICATIONS),
            officers=(),
            database_url=f"postgresql+psycopg://nobody@127.0.0.1:{_DISCARD_PORT}/none",
            redis_url=f"redis://127.0.0.1:{_DISCARD_PORT}/0",
        )
        environment = app_environment(premises)
        del environment["PROMETHEUS_MULTIPROC_DIR"]  # nothing is counted here
        command = [
            sys.executable,
            "-m",
            "app.contract",
            "--write" if write else "--check",
            SNAPSHOT,
        ]
        return subprocess.run(command, cwd=root, env=environment, check=False).returncode  # noqa: S603 — our own module
