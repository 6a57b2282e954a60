"""Flags as bits of words: an eighth of the memory, sixty-four rows an operation."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Flags: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]
Pair: TypeAlias = tuple[Words, Words]
"""Of whom something is surely true, and of whom possibly."""
WORD = 64


@dataclass(frozen=True, slots=True)
class Bits:
    """Who has a value in a column and who has none, None where everybody has; of a flag also who says yes."""

    known: Words | None
    unknown: Words | None
    yes: Pair | None

    def part(self, words: slice) -> "Bits":
        """Return neighbouring rows, nothing copied."""
        if self.known is None or self.unknown is None:
            known = unknown = None
        else:
            known, unknown = self.known[words], self.unknown[words]
        if self.yes is None:
            return Bits(known, unknown, None)
        surely, possibly = self.yes
        sure = surely[words]
        return Bits(known, unknown, (sure, sure if surely is possibly else possibly[words]))


def bits(known: Flags | None, yes: Flags | None) -> Bits:
    """Pack who is known, and what is said of them."""
    said = None if yes is None else packed(yes)
    if known is None:
        return Bits(None, None, None if said is None else (said, said))
    these = packed(known)
    others = ~these
    return Bits(these, others, None if said is None else (said & these, said | others))


def packed(flags: Flags) -> Words:
    """Pack booleans into words, the first row in the lowest bit."""
    found = np.packbits(flags, bitorder="little")
    padding = -len(found) % 8
    return (np.concatenate([found, np.zeros(padding, np.uint8)]) if padding else found).view(np.uint64)


def unpacked(words: Words, rows: int) -> Flags:
    """Return words as booleans, without the padding."""
    return np.unpackbits(words.view(np.uint8), count=rows, bitorder="little").view(np.bool_)
