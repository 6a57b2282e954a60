"""What the domain may ask of the departments, and the shapes they answer with.

Exactly one of `id_number` and `uscc` (统一社会信用代码) names the subject. Values are as JSON carries them
(dates as `YYYY-MM-DD`), each checked against its declaration in config/facts.yaml; what a department does not
know is absent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from app.gateways.registries.departments import Department
from app.gateways.registries.errors import RegistryError


class Fact(NamedTuple):
    """What a department knows, and since when its record says so."""

    value: Any
    as_of: date


class FactList(NamedTuple):
    """A list that a department knows (children, hires); empty is knowledge too."""

    items: tuple[Mapping[str, Any], ...]
    as_of: date


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """One department's answer; `record_no` is its number for our question."""

    department: Department
    found: bool
    record_no: str
    facts: Mapping[str, Fact] = field(repr=False)
    lists: Mapping[str, FactList] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharedFields:
    """One share (数据共享): values keyed by the form field they fill."""

    department: Department
    share: str
    found: bool
    record_no: str
    as_of: date | None
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """An electronic certificate (电子证照); `valid_to` None: without end."""

    type: str
    number: str = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)
    valid_to: date | None
    status: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Who a person of a delivery is and where they live (人口库), for somebody who stands at their door."""

    found: bool
    record_no: str
    name: str | None = field(repr=False)
    address: str | None = field(repr=False)


class Fetched(NamedTuple):
    """What came back from several departments, and from whom nothing usable did."""

    answers: Mapping[Department, RegistryAnswer]
    failures: Mapping[Department, RegistryError]


class Registries(Protocol):
    """The departments; every method but `fetch_all` raises RegistryDown or RegistryWrong."""

    def query(
        self, department: Department, *, purpose: str, id_number: str | None = None, uscc: str | None = None
    ) -> RegistryAnswer:
        """Ask one department everything it may tell for `purpose`."""
        ...

    def fetch_all(
        self,
        departments: Iterable[Department],
        *,
        purpose: str,
        id_number: str | None = None,
        uscc: str | None = None,
    ) -> Fetched:
        """Ask several departments at once, in the time of the slowest; failures are part of the answer."""
        ...

    def share(
        self,
        department: Department,
        share: str,
        *,
        purpose: str,
        id_number: str | None = None,
        uscc: str | None = None,
    ) -> SharedFields:
        """Ask for one share, to fill a form."""
        ...

    def certificate(
        self, kind: str, *, purpose: str, id_number: str | None = None, uscc: str | None = None
    ) -> tuple[Certificate, ...]:
        """Return the certificates of one type that the subject holds; empty where there is none."""
        ...

    def whereabouts(self, person_index: bytes, *, purpose: str) -> Whereabouts:
        """Ask 公安 who somebody is whom a data platform delivered under an index, and where they live."""
        ...


_current: list[Registries] = []


def use(gateway: Registries) -> None:
    """Make `gateway` the process's registries."""
    _current[:] = [gateway]


def registries() -> Registries:
    """Return the process's registries."""
    return _current[0]
