"""A process of our own beside this one, for work that should weigh on nobody else."""

import subprocess
import sys

import structlog

_log = structlog.get_logger(__name__)


class Child:
    """One command of ours, `python -m <module>`, started when it is wanted and does not run already."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Start it with our settings; False where the one we started still runs. Its output joins ours.

        That the one before it failed is said then.
        """
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return False
            if code:
                _log.error("child.failed", module=self._module, code=code)
        self._process = subprocess.Popen(  # noqa: S603 our own module
            [sys.executable, "-m", self._module], stdin=subprocess.DEVNULL
        )
        return True

    def wait(self) -> int:
        """Wait for the one we started; returns its exit code, 0 where we started none."""
        return 0 if self._process is None else self._process.wait()
