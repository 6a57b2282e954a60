"""The control side, `/__emu__/`: people, faults, journal, reset, health; for tests and scripts, no key."""

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.registries.faults import EVERY_DEPARTMENT, Effect, Faults
from sandbox.registries.identifiers import id_number_ok, uscc_ok
from sandbox.registries.journal import Journal
from sandbox.registries.people import Register, UnknownName
from sandbox.registries.questions import body_of, refusal

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_RECORD_PARTS = {"as_of", "facts", "lists", "shares"}
_CERTIFICATE_PARTS = {"type", "number", "fields", "valid_to", "status"}


@dataclass(frozen=True, slots=True)
class Control:
    """The handlers of `/__emu__/`."""

    register: Register
    faults: Faults
    journal: Journal

    async def health(self, _request: web.Request) -> web.Response:
        """`GET /__emu__/health`."""
        return web.json_response({"ok": True, "subjects": sum(1 for _ in self.register.everybody())})

    async def people(self, _request: web.Request) -> web.Response:
        """`GET /__emu__/people`: everybody, with all there is on record."""
        return web.json_response({"items": [subject.as_json() for subject in self.register.everybody()]})

    async def change_person(self, request: web.Request) -> web.Response:
        """`POST /__emu__/people`: add somebody, or change what departments know of them.

        `{id_number | uscc, name?, address?, openid?, phone?,
        departments?: {slug: {as_of, facts?, lists?, shares?}},
        certificates?: [{type, number, fields, valid_to, status}]}`; null forgets a fact or list.
        """
        body = await body_of(request)
        identifier = body.get("id_number", body.get("uscc"))
        if not isinstance(identifier, str) or not (id_number_ok(identifier) or uscc_ok(identifier)):
            raise refusal(
                web.HTTPBadRequest, "bad_subject", "id_number or uscc with a right check digit is needed"
            )
        _must_be_records(body.get("departments", {}))
        _must_be_certificates(body.get("certificates", []), self.register.certificate_types)
        try:
            subject = self.register.change(identifier, body)
        except UnknownName as unknown:
            raise refusal(web.HTTPBadRequest, "no_such_department", str(unknown)) from None
        return web.json_response(subject.as_json())

    async def list_faults(self, _request: web.Request) -> web.Response:
        """`GET /__emu__/faults`: the rules that can still happen."""
        return web.json_response({"items": [fault.as_json() for fault in self.faults.in_force()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        """`POST /__emu__/faults {department, effect, seconds?, times?}`; department `*` is every one."""
        body = await body_of(request)
        department, seconds, times = body.get("department"), body.get("seconds", 0), body.get("times")
        if department not in {*self.register.departments, "certificates", EVERY_DEPARTMENT}:
            raise refusal(web.HTTPBadRequest, "no_such_department", str(department))
        if body.get("effect") not in {effect.value for effect in Effect}:
            raise refusal(web.HTTPBadRequest, "no_such_effect", ", ".join(effect.value for effect in Effect))
        if type(seconds) not in {int, float} or seconds < 0 or (times is not None and type(times) is not int):
            raise refusal(
                web.HTTPBadRequest, "bad_number", "seconds is a number >= 0, times a whole number or null"
            )
        fault = self.faults.add(department, Effect(body["effect"]), seconds=seconds, times=times)
        return web.json_response(fault.as_json(), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """`DELETE /__emu__/faults?department=`: all of them, or those of one department."""
        self.faults.clear(request.query.get("department"))
        return web.Response(status=204)

    async def show_journal(self, request: web.Request) -> web.Response:
        """`GET /__emu__/journal?department=`: what was asked; identifiers are masked."""
        return web.json_response({"items": self.journal.entries(request.query.get("department"))})

    async def reset(self, _request: web.Request) -> web.Response:
        """`POST /__emu__/reset`: the seed again, no faults, an empty journal."""
        self.register.reset()
        self.faults.clear()
        self.journal.clear()
        return web.Response(status=204)


def routes(register: Register, faults: Faults, journal: Journal) -> list[web.RouteDef]:
    """Return the routes of the control side."""
    control = Control(register, faults, journal)
    return [
        web.get("/__emu__/health", control.health),
        web.get("/__emu__/people", control.people),
        web.post("/__emu__/people", control.change_person),
        web.get("/__emu__/faults", control.list_faults),
        web.post("/__emu__/faults", control.add_fault),
        web.delete("/__emu__/faults", control.clear_faults),
        web.get("/__emu__/journal", control.show_journal),
        web.post("/__emu__/reset", control.reset),
    ]


def _must_be_records(departments: Any) -> None:
    records = departments.values() if isinstance(departments, dict) else [None]
    for record in records:
        if not isinstance(record, dict) or not set(record) <= _RECORD_PARTS:
            raise refusal(
                web.HTTPBadRequest, "bad_record", f"a record has {', '.join(sorted(_RECORD_PARTS))}"
            )
        if not _DAY.fullmatch(str(record.get("as_of"))):
            raise refusal(web.HTTPBadRequest, "bad_record", "a record has a date: as_of, YYYY-MM-DD")
        parts = [record.get(part, {}) for part in _RECORD_PARTS - {"as_of"}]
        if not all(isinstance(part, dict) for part in parts):
            raise refusal(web.HTTPBadRequest, "bad_record", "facts, lists and shares are objects")


def _must_be_certificates(certificates: Any, types: dict[str, str]) -> None:
    papers = certificates if isinstance(certificates, list) else [None]
    for paper in papers:
        if not isinstance(paper, dict) or set(paper) != _CERTIFICATE_PARTS or paper["type"] not in types:
            parts = ", ".join(sorted(_CERTIFICATE_PARTS))
            raise refusal(web.HTTPBadRequest, "bad_certificate", f"a certificate has {parts}")
