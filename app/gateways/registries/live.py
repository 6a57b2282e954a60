"""The departments over HTTP: POST {base}/v1/{department}/query with the agreed key in `X-Sharing-Key`.

ID numbers travel in the body only, never in an address or a log line.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, Final, TypeVar

import orjson
import structlog

from app.foundation.ids import new_id
from app.gateways.registries import answers
from app.gateways.registries.breaker import Breaker
from app.gateways.registries.declared import Declared, declared
from app.gateways.registries.departments import Department
from app.gateways.registries.errors import RegistryDown, RegistryError, RegistryWrong
from app.gateways.registries.port import Certificate, Fetched, RegistryAnswer, SharedFields, Whereabouts
from app.gateways.wire import Reply, Unanswered, Unreached, Wire
from config.settings import Settings

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

SECONDS: Final = 2.0
FETCH_SECONDS: Final = 5.0
THREADS: Final = 16
CONNECTIONS: Final = 24
_OK = 200
_REFUSED: Final = range(400, 500)


def build(settings: Settings) -> "LiveRegistries":
    """Build the process's registries; opens no connection yet."""
    wire = Wire(
        settings.registries_base, connections=CONNECTIONS, connect_seconds=SECONDS, read_seconds=SECONDS
    )
    return LiveRegistries(wire, key=settings.registries_key.get_secret_value(), facts=declared())


class LiveRegistries:
    """One per process, shared by its threads."""

    def __init__(self, wire: Wire, *, key: str, facts: Declared) -> None:
        self._wire, self._declared = wire, facts
        self._headers = {"X-Sharing-Key": key, "Content-Type": "application/json"}
        self._breakers = {department: Breaker() for department in Department}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="registries")

    def query(
        self, department: Department, *, purpose: str, id_number: str | None = None, uscc: str | None = None
    ) -> RegistryAnswer:
        """Ask one department everything it may tell for `purpose`."""
        return self._ask(
            department,
            f"/v1/{department.value}/query",
            _question(purpose, id_number=id_number, uscc=uscc),
            lambda answer: answers.facts_of(answer, department, self._declared),
        )

    def fetch_all(
        self,
        departments: Iterable[Department],
        *,
        purpose: str,
        id_number: str | None = None,
        uscc: str | None = None,
    ) -> Fetched:
        """Ask several departments at once; who has not answered after five seconds is among the failures."""
        running: dict[Department, Future[RegistryAnswer]] = {}
        for department in dict.fromkeys(departments):
            running[department] = self._threads.submit(
                copy_context().run,  # the request's id goes along
                lambda asked: self.query(asked, purpose=purpose, id_number=id_number, uscc=uscc),
                department,
            )
        wait(running.values(), timeout=FETCH_SECONDS)
        given: dict[Department, RegistryAnswer] = {}
        failures: dict[Department, RegistryError] = {}
        for department, future in running.items():
            try:
                given[department] = future.result(timeout=0)
            except RegistryError as error:
                failures[department] = error
            except TimeoutError:
                future.cancel()
                failures[department] = RegistryDown(department, "timeout")
        return Fetched(given, failures)

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
        return self._ask(
            department,
            f"/v1/{department.value}/shares/query",
            _question(purpose, id_number=id_number, uscc=uscc) | {"share": share},
            lambda answer: answers.share_of(answer, department, share),
        )

    def certificate(
        self, kind: str, *, purpose: str, id_number: str | None = None, uscc: str | None = None
    ) -> tuple[Certificate, ...]:
        """Return the certificates of one type that the subject holds; empty where there is none."""
        return self._ask(
            Department.CERTIFICATES,
            "/v1/certificates/query",
            _question(purpose, id_number=id_number, uscc=uscc) | {"type": kind},
            lambda answer: answers.certificates_of(answer, kind),
        )

    def whereabouts(self, person_index: bytes, *, purpose: str) -> Whereabouts:
        """Ask 公安 who somebody is whom a data platform delivered under an index, and where they live."""
        department = Department.PUBLIC_SECURITY
        return self._ask(
            department,
            f"/v1/{department.value}/whereabouts/query",
            {"person_index": person_index.hex(), "purpose": purpose, "request_id": _request_id()},
            lambda answer: answers.whereabouts_of(answer, department),
        )

    def close(self) -> None:
        """Let the threads and connections go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._wire.close()

    def _ask(
        self,
        department: Department,
        path: str,
        question: Mapping[str, str],
        read: Callable[[Mapping[str, Any]], _T],
    ) -> _T:
        breaker = self._breakers[department]
        if not breaker.lets_through():
            raise RegistryDown(department, "circuit_open")
        failure: RegistryError
        try:
            reply = self._wire.request("POST", path, body=orjson.dumps(question), headers=self._headers)
            if reply.status in _REFUSED:  # it works, only our question or key does not
                breaker.succeeded()
                failure = RegistryWrong(department, f"refused_{reply.status}")
            else:
                answer = read(_object(reply))
                breaker.succeeded()
                return answer
        except (Unreached, Unanswered) as error:
            failure = self._failed(RegistryDown(department, str(error)))
        except answers.Unbelievable as error:
            failure = self._failed(_down_or_wrong(department, str(error)))
        _log.warning(
            "registry.failed", department=department.value, kind=type(failure).__name__, reason=failure.reason
        )
        raise failure

    def _failed(self, failure: RegistryError) -> RegistryError:
        if self._breakers[failure.department].failed():
            _log.error("registry.circuit_opened", department=failure.department.value)
        return failure


def _question(purpose: str, *, id_number: str | None, uscc: str | None) -> dict[str, str]:
    """Build the body of a question; our request's id lets the department's journal be matched with ours."""
    if (id_number is None) == (uscc is None):
        raise ValueError("ask about a person or an enterprise")
    subject = {"id_number": id_number} if id_number is not None else {"uscc": uscc or ""}
    return {**subject, "purpose": purpose, "request_id": _request_id()}


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id") or new_id())


def _object(reply: Reply) -> Mapping[str, Any]:
    if reply.status != _OK:
        raise answers.Unbelievable(f"http_{reply.status}")
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise answers.Unbelievable("not_json") from None
    if not isinstance(answer, dict):
        raise answers.Unbelievable("not_an_object")
    return answer


def _down_or_wrong(department: Department, reason: str) -> RegistryError:
    """Tell a department that is not there (5xx) from one that talks nonsense."""
    return (RegistryDown if reason.startswith("http_5") else RegistryWrong)(department, reason)
