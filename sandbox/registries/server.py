"""The interfaces of the departments: facts, shares and certificates, by ID number or 统一社会信用代码."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from sandbox.registries import control
from sandbox.registries.faults import Effect, Fault, Faults, spoiled
from sandbox.registries.journal import Journal
from sandbox.registries.keys import person_key
from sandbox.registries.people import Register, UnknownName
from sandbox.registries.questions import (
    Question,
    must_hold_key,
    person_question_of,
    question_of,
    refusal,
)
from sandbox.registries.whereabouts import Whereabouts

CERTIFICATES: Final = "certificates"
POPULATION: Final = "public_security"
_WEB_PAGE = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><hr>sharing-gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Departments:
    """The handlers of `/v1/`, over the register, the faults and the journal."""

    key: str
    register: Register
    people: Whereabouts
    faults: Faults
    journal: Journal

    async def list_departments(self, request: web.Request) -> web.Response:
        """`GET /v1/departments`: every slug with its name and the sources it answers for."""
        must_hold_key(request, self.key)
        rows = [{"slug": slug, **entry} for slug, entry in self.register.departments.items()]
        return web.json_response({"departments": rows, "certificate_types": self.register.certificate_types})

    async def query(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/{department}/query`: its facts and lists, each with the date of the record."""
        must_hold_key(request, self.key)
        department = self._department(request)
        question = await question_of(request)
        record = self.register.record(question.subject, department)
        answer = {
            "department": department,
            "found": record is not None,
            "facts": record.fact_answers() if record else {},
            "lists": record.list_answers() if record else {},
        }
        return await self._reply(request, department, "query", question, answer)

    async def share(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/{department}/shares/query`: one share, `fields` keyed by the form field they fill."""
        must_hold_key(request, self.key)
        department = self._department(request)
        question = await question_of(request, "share")
        record = self.register.record(question.subject, department)
        fields = record.shares.get(question.more["share"]) if record else None
        answer = {
            "department": department,
            "share": question.more["share"],
            "found": fields is not None,
            "fields": fields or {},
            "as_of": record.as_of if record and fields is not None else None,
        }
        return await self._reply(request, department, "share", question, answer)

    async def certificates(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/certificates/query`: the electronic certificates of one type that the subject holds."""
        must_hold_key(request, self.key)
        question = await question_of(request, "type")
        try:
            held = self.register.certificates(question.subject, question.more["type"])
        except UnknownName:
            raise refusal(web.HTTPBadRequest, "no_such_type", "no certificate type of that name") from None
        answer = {"type": question.more["type"], "found": bool(held), "items": held}
        return await self._reply(request, CERTIFICATES, "certificate", question, answer)

    async def whereabouts(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/public_security/whereabouts/query`: who a person is, and where they live."""
        must_hold_key(request, self.key)
        question = await person_question_of(request)
        known = self.people.find(question.subject)
        answer: dict[str, Any] = {
            "department": POPULATION,
            "found": known is not None,
            "name": known.name if known else None,
            "address": known.address if known else None,
        }
        return await self._reply(request, POPULATION, "whereabouts", question, answer)

    def _department(self, request: web.Request) -> str:
        slug = request.match_info["department"]
        try:
            self.register.must_be_department(slug)
        except UnknownName:
            raise refusal(web.HTTPNotFound, "no_such_department", "no department of that name") from None
        return slug

    async def _reply(
        self, request: web.Request, department: str, kind: str, question: Question, answer: dict[str, Any]
    ) -> web.StreamResponse:
        fault = self.faults.take(department)
        record_no = self.journal.next_record_no(department)
        outcome = fault.effect.value if fault else ("found" if answer["found"] else "not_found")
        self.journal.write(
            record_no=record_no,
            department=department,
            kind=kind,
            question=question.for_journal(),
            outcome=outcome,
        )
        answer |= {"record_no": record_no}
        return await _spoil(request, answer, fault) if fault else web.json_response(answer)


async def _spoil(request: web.Request, answer: dict[str, Any], fault: Fault) -> web.StreamResponse:
    match fault.effect:
        case Effect.SLOW:
            await asyncio.sleep(fault.seconds)
            return web.json_response(answer)
        case Effect.DOWN:
            raise refusal(web.HTTPServiceUnavailable, "unavailable", "the department does not answer")
        case Effect.RESET:
            if request.transport:
                request.transport.abort()
            return web.Response()
        case Effect.WRONG:
            return web.json_response(spoiled(answer))
        case Effect.HTML:
            return web.Response(text=_WEB_PAGE, content_type="text/html")
        case Effect.EMPTY:
            return web.Response()


def make_app(key: str, *, kept: Path | None = None) -> web.Application:
    """Build the application: `/v1/` for askers who hold the key, `/__emu__/` for tests and the launcher.

    `kept` is the register that the generator wrote beside a delivery; it may appear later.
    """
    register, faults, journal = Register(), Faults(), Journal()
    people = Whereabouts(person_key(), register, kept)
    departments = Departments(key, register, people, faults, journal)
    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes(
        [
            web.get("/v1/departments", departments.list_departments),
            web.post("/v1/certificates/query", departments.certificates),
            web.post(f"/v1/{POPULATION}/whereabouts/query", departments.whereabouts),
            web.post("/v1/{department}/query", departments.query),
            web.post("/v1/{department}/shares/query", departments.share),
            *control.routes(register, faults, journal),
        ]
    )
    return app
