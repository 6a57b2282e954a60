"""What the domain may ask of a virus scanner."""

from dataclasses import dataclass
from typing import Protocol


class ScannerDown(Exception):
    """The scanner does not answer, or could not look: nothing is known of the content."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner found; `signature` is the name of what it knows, None for nothing."""

    signature: str | None

    @property
    def clean(self) -> bool:
        """Say whether nothing was found."""
        return self.signature is None


class Scanner(Protocol):
    """A virus scanner."""

    def scan(self, content: bytes) -> Verdict:
        """Look through `content`; raises ScannerDown."""
        ...


_current: list[Scanner] = []


def use(scanner: Scanner) -> None:
    """Make `scanner` the process's scanner."""
    _current[:] = [scanner]


def scanner() -> Scanner:
    """Return the process's scanner."""
    return _current[0]
