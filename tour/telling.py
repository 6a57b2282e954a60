"""What the walk prints: who sees what, in Chinese; and how it fails: with what was expected."""

import time


class Surprise(Exception):
    """Somebody saw something else than the errand promises."""


class Teller:
    """Prints scenes and what people see; counts what was checked."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.checked = 0

    def scene(self, number: int, title: str) -> None:
        """Begin a scene."""
        print(f"\n【{number}】{title}    （{self.elapsed:.1f} 秒）", flush=True)

    def sees(self, who: str, what: str) -> None:
        """Say what somebody sees."""
        lines = what.split("\n")
        print(f"  {who}：{lines[0]}", flush=True)
        for line in lines[1:]:
            print(f"      {line}", flush=True)

    def expect(self, condition: object, promise: str) -> None:
        """Check a promise of the errand; raises Surprise naming it."""
        self.checked += 1
        if not condition:
            raise Surprise(promise)

    @property
    def elapsed(self) -> float:
        """Seconds since the walk began."""
        return time.monotonic() - self._began
