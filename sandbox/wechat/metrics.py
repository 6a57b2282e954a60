"""Counters and latencies (指标) of the stand-in itself, so that it is never mistaken for the bottleneck."""

from collections import Counter, deque
from typing import Any

SAMPLES = 10_000
MEDIAN = 50
NINETY_NINTH = 99


class Metrics:
    """Requests by path and errcode, and the time each took inside the stand-in."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int | None]] = Counter()
        self._seconds: deque[float] = deque(maxlen=SAMPLES)

    def count(self, path: str, errcode: int | None, seconds: float) -> None:
        """Add one request."""
        self._requests[(path, errcode)] += 1
        self._seconds.append(seconds)

    def report(self) -> dict[str, Any]:
        """Sum up; latencies in milliseconds over the last 10,000 requests."""
        ordered = sorted(self._seconds)
        return {
            "requests": sum(self._requests.values()),
            "by_path": [
                {"path": path, "errcode": errcode, "count": count}
                for (path, errcode), count in sorted(self._requests.items(), key=lambda item: str(item[0]))
            ],
            "p50_ms": _percentile(ordered, MEDIAN),
            "p99_ms": _percentile(ordered, NINETY_NINTH),
        }


def _percentile(ordered: list[float], percent: int) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 3)
