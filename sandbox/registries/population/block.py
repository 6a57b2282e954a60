"""The columns of some subjects while they are being drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sandbox.registries.population.draws import Draws, Flags, Numbers
from sandbox.registries.population.schema import Codes
from sandbox.registries.population.shares import Province, Shares

DAYS_A_YEAR = 365.2425


@dataclass(slots=True)
class Block:
    """Facts by name; `applies` marks where a fact says anything at all (nowhere else is it known)."""

    shares: Shares
    province: Province
    as_of: np.datetime64
    draws: Draws
    values: dict[str, Numbers] = field(default_factory=dict)
    applies: dict[str, Flags] = field(default_factory=dict)
    owners: dict[str, Numbers] = field(default_factory=dict)
    items: dict[str, "Block"] = field(default_factory=dict)

    def put(self, name: str, values: Numbers, where: Flags | None = None) -> Numbers:
        """Keep a fact, known only `where` it applies; returns its values."""
        self.values[name] = values
        if where is not None:
            self.applies[name] = where
        return values

    def is_code(self, name: str, codes: Codes, *wanted: str) -> Flags:
        """Say where a fact is one of these codes."""
        return np.isin(self.values[name], [codes.place(code) for code in wanted])

    def list_of(self, name: str, counts: Numbers) -> "Block":
        """Begin a list fact with so many items for each subject; its items are a block of their own."""
        owners = np.repeat(np.arange(len(counts)), counts)
        self.owners[name] = counts
        self.items[name] = Block(self.shares, self.province, self.as_of, self.draws.like(len(owners)))
        self.items[name].values["owner"] = owners
        return self.items[name]


def chosen(numbers: Mapping[str, Any], codes: Codes, places: Numbers) -> Numbers:
    """Return the number that belongs to each code; a code that is not named has 0."""
    return np.array([float(numbers.get(code, 0)) for code in codes.values])[places]


def regions_of(codes: Mapping[str, Any]) -> Numbers:
    """Return region codes as the numbers they are while they are drawn."""
    return np.array([int(code) for code in codes])
