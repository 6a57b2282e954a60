"""Random draws of many at once, from one seeded stream."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.registries.population.shares import Table

Flags = NDArray[np.bool_]
Numbers = NDArray[Any]


class Draws:
    """Draws for `count` subjects, one after another from the stream: their order is part of the result."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.rng = rng
        self.count = count

    def like(self, count: int) -> "Draws":
        """Return draws from the same stream for another number (the children of these people)."""
        return Draws(self.rng, count)

    def unit(self) -> Numbers:
        """Return numbers in [0, 1)."""
        return self.rng.random(self.count)

    def share(self, percent: float | Numbers) -> Flags:
        """Return true for so many of a hundred; one percentage, or one for each."""
        return self.unit() * 100 < percent

    def pick(self, weights: Mapping[Any, float]) -> Numbers:
        """Return places in the mapping, by its weights."""
        ends = np.cumsum(list(weights.values()), dtype=float)
        return np.asarray(np.searchsorted(ends[:-1], self.unit() * ends[-1], side="right"))

    def pick_value(self, weights: Mapping[int, float]) -> Numbers:
        """Return the keys (numbers) of the mapping, by its weights."""
        return np.array(list(weights))[self.pick(weights)]

    def pick_by(self, table: Table, ages: Numbers, codes: tuple[str, ...], rest: str) -> Numbers:
        """Return places in `codes` by a step table of percentages; what they leave of a hundred is `rest`."""
        named = [code for code in codes if code != rest]
        steps = np.cumsum([[row.get(code, 0) for code in named] for row in table.values()], axis=1)
        row = np.searchsorted(list(table), ages, side="right") - 1
        drawn = self.unit() * 100
        place = (drawn[:, None] >= steps[np.maximum(row, 0)]).sum(axis=1)
        place[row < 0] = len(named)
        return np.asarray(np.array([codes.index(code) for code in (*named, rest)])[place])

    def whole(self, low: int | Numbers, high: int | Numbers) -> Numbers:
        """Return whole numbers from low to high, both included."""
        return np.floor(low + self.unit() * (np.asarray(high) - low + 1)).astype(np.int64)

    def around(self, median: float | Numbers, spread: float) -> Numbers:
        """Return positive numbers around a median, log-normal."""
        return median * np.exp(self.rng.standard_normal(self.count) * spread)

    def waiting(self, mean: float) -> Numbers:
        """Return whole numbers from 0, many small and few large, with this mean."""
        return self.rng.geometric(1 / (mean + 1), self.count) - 1


def by_age(table: Table, ages: Numbers) -> Numbers:
    """Return the value of a step table for each age; before its first step it is 0."""
    values = np.array([0, *table.values()], dtype=float)
    return values[np.searchsorted(list(table), ages, side="right")]


def scaled(weights: Numbers, percent: float) -> Numbers:
    """Return percentages in proportion to the weights whose mean is `percent`."""
    mean = weights.mean() if len(weights) else 1.0
    return np.minimum(weights * (percent / mean if mean else 0), 100)
