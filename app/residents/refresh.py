"""Asking the departments about a resident and their enterprises (数据共享), and keeping what they answer.

The departments are asked outside any transaction and in parallel; what they say is stored in one.
"""

import contextvars
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog

from app.foundation import clock
from app.foundation.limits import Limit, take
from app.foundation.transaction import atomic
from app.gateways.registries.departments import BY_SOURCE, Department
from app.gateways.registries.errors import RegistryError
from app.gateways.registries.port import Certificate, Fetched, registries
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.residents import consents, fact_catalogue, facts, holdings
from app.residents.errors import RealNameRequired
from app.residents.subjects import Subject
from app.residents.types import Purpose, Refreshed, SubjectKind

LICENCE = "business_license"
ENTERPRISES = 10
PER_RESIDENT = Limit("facts.refresh", burst=20, seconds=3600, closed=True)
_T = TypeVar("_T")
_threads = ThreadPoolExecutor(24, thread_name_prefix="refresh")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What came back: about the person; which enterprises are theirs, None: nobody said; about each."""

    person: Fetched
    licences: dict[str, str] | None
    enterprises: dict[str, Fetched]


def refresh(resident_id: ResidentId, purposes: Iterable[Purpose]) -> Refreshed:
    """Fetch and keep facts; opens its own units of work, none of them while departments are asked.

    Raises RealNameRequired, ConsentRequired, TooManyRequests.
    """
    wanted = tuple(purposes)
    with atomic():
        id_number = _allowed(resident_id, wanted)
    take(PER_RESIDENT, str(resident_id))
    gathered = _gather(id_number, purpose=",".join(wanted))
    with atomic():
        # withdrawn meanwhile: nothing is kept
        consents.require(resident_id, wanted, holding=holdings.lock(resident_id))
        changed = _keep(resident_id, gathered)
    answered, failed = _departments(gathered)
    return Refreshed(answered, failed, tuple(changed), clock.now())


def _allowed(resident_id: ResidentId, purposes: tuple[Purpose, ...]) -> str:
    verified = identity.real_name(resident_id)
    if verified is None:
        raise RealNameRequired
    consents.require(resident_id, purposes)
    return verified.id_number


def _gather(id_number: str, *, purpose: str) -> _Gathered:
    departments = fact_catalogue.departments(SubjectKind.PERSON)
    person = _start(lambda: registries().fetch_all(departments, purpose=purpose, id_number=id_number))
    licences = _licences(id_number, purpose=purpose)
    about = fact_catalogue.departments(SubjectKind.ENTERPRISE)
    enterprises = {uscc: _start(_ask_about(uscc, about, purpose)) for uscc in licences or {}}
    return _Gathered(
        person.result(), licences, {uscc: future.result() for uscc, future in enterprises.items()}
    )


def _ask_about(uscc: str, departments: Iterable[Department], purpose: str) -> Callable[[], Fetched]:
    return lambda: registries().fetch_all(departments, purpose=purpose, uscc=uscc)


def _start(work: Callable[[], _T]) -> Future[_T]:
    """Run in a thread that knows which request it works for."""
    return _threads.submit(contextvars.copy_context().run, work)


def _licences(id_number: str, *, purpose: str) -> dict[str, str] | None:
    """Return the enterprises on the person's own licences (营业执照), code → name; None where nobody said."""
    try:
        held = registries().certificate(LICENCE, purpose=purpose, id_number=id_number)
    except RegistryError as error:
        _log.warning("refresh.licences_unknown", kind=type(error).__name__)
        return None
    named = [_enterprise(certificate) for certificate in held if certificate.status == "有效"]
    return dict([pair for pair in named if pair is not None][:ENTERPRISES])


def _enterprise(certificate: Certificate) -> tuple[str, str] | None:
    uscc, name = certificate.fields.get("统一社会信用代码"), certificate.fields.get("名称")
    return (uscc, name) if isinstance(uscc, str) and isinstance(name, str) else None


def _keep(resident_id: ResidentId, gathered: _Gathered) -> list[str]:
    me = holdings.anew(resident_id)[resident_id].subject
    told, theirs = [_answers(me, gathered.person)], None
    if gathered.licences is not None:
        theirs = {
            uscc: holdings.enterprise(resident_id, uscc, name) for uscc, name in gathered.licences.items()
        }
        told += [_answers(held.subject, gathered.enterprises[uscc]) for uscc, held in theirs.items()]
    changed = facts.replace_registries(resident_id, told, enterprises=theirs)
    facts.announce(resident_id, me, changed)
    return changed


def _answers(about: Subject, fetched: Fetched) -> facts.Answers:
    stated: dict[str, facts.Said] = {}
    for answer in fetched.answers.values():
        told = {name: (fact.value, fact.as_of) for name, fact in answer.facts.items()}
        told |= {
            name: ([dict(item) for item in found.items], found.as_of) for name, found in answer.lists.items()
        }
        for name, (value, as_of) in told.items():
            described = fact_catalogue.entry(about.kind, name)
            if described is not None and value is not None:
                stated[name] = facts.Said(value, described.source, as_of)
    answered = frozenset(source for source, department in BY_SOURCE.items() if department in fetched.answers)
    return facts.Answers(about, stated, answered)


def _departments(gathered: _Gathered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name who answered every question and who failed one, in Chinese."""
    everything = [gathered.person, *gathered.enterprises.values()]
    failed = {department for fetched in everything for department in fetched.failures}
    answered = {department for fetched in everything for department in fetched.answers} - failed
    names = fact_catalogue.shown_sources(sorted(failed))
    if gathered.licences is None:
        names = (*names, "电子证照库")
    return fact_catalogue.shown_sources(sorted(answered)), names
