"""What sources say about a draft's fields (预填): read before it is asked, kept sealed with source and date.

Departments are asked outside of any transaction; a source that is down opens the field for typing, marked.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Delete, delete, select, update

from app.applications.errors import RealNameRequired
from app.applications.items import item_of
from app.applications.models import Case, Grant
from app.applications.sealing import seal, unseal
from app.applications.types import GrantState, Status
from app.catalogue.types import ServiceItem
from app.catalogue.vocabulary import words
from app.forms.prefill import PrefilledValue, PrefillKind, SourceState
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.transaction import atomic
from app.gateways.registries.departments import BY_SOURCE
from app.gateways.registries.errors import RegistryError
from app.gateways.registries.port import registries
from app.identity import queries as identity
from app.identity.types import RealName, ResidentId
from app.residents import consents, subjects
from app.residents.subjects import Subject
from app.residents.types import Purpose, SubjectKind

STALE_AFTER: Final = timedelta(hours=1)
LICENCE: Final = "business_license"
REAL_NAME_SOURCE, VALID = "实名认证", "有效"
_askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="prefill")


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What sources say of a case: by form field, and which certificates (by type) the subject holds."""

    fields: Mapping[str, PrefilledValue] = field(default_factory=dict, repr=False)
    certificates: Mapping[str, SourceState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, for whom, the verified name that stands on the form, and the name of who signs."""

    resident: ResidentId
    subject: Subject
    name: RealName | None = field(repr=False)
    signer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Which sources may be asked for one case, and about whom: a person, or an enterprise by its code."""

    item: ServiceItem
    id_number: str = field(repr=False)
    uscc: str | None
    may_certificates: bool
    may_share: bool

    def about(self, *, enterprise: bool) -> dict[str, str]:
        """Say whom a source is asked about: an `enterprise`'s things by its code, others by the person's."""
        return {"uscc": self.uscc} if enterprise and self.uscc else {"id_number": self.id_number}


@dataclass(frozen=True, slots=True)
class _Said:
    """What one source said: values by form field key or by item of a certificate."""

    state: SourceState
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    as_of: date | None = None


def applicant(resident: ResidentId, subject: Subject) -> Applicant:
    """Return who applies for whom; raises RealNameRequired where the resident was never verified."""
    person = _person(resident, subject)
    names = identity.real_names([resident, person])
    if resident not in names:
        raise RealNameRequired
    return Applicant(resident, subject, names.get(person), names[resident].name)


def from_identity(item: ServiceItem, who: Applicant) -> Prefilled:
    """Return what the verified identity says; of an enterprise's case, its representative's."""
    known = {
        "姓名": who.name.name if who.name else None,
        "证件号": who.name.id_number if who.name else None,
        "手机号": identity.phone(who.resident),
    }
    fields = {}
    for one in item.form.fields.values():
        if one.prefill is None or one.prefill.kind is not PrefillKind.REAL_NAME:
            continue
        value = known.get(one.prefill.item)
        state = SourceState.READ if value is not None else SourceState.MISSING
        fields[one.key] = PrefilledValue(value, REAL_NAME_SOURCE, clock.today(), state=state)
    return Prefilled(fields)


def ask_first(case_id: UUID, item: ServiceItem, who: Applicant, before: Prefilled) -> None:
    """Ask the departments about a draft that has just begun; `before` is what it begins with.

    Opens its own units of work, like `freshen`.
    """
    with atomic():
        asked = question(item, who)
    _take(case_id, before, ask(asked), asked_at=None)


def freshen(case_id: UUID, resident: ResidentId) -> None:
    """Ask the departments about an own draft whose values are older than an hour; nothing else is touched.

    Opens its own units of work: no transaction is held while a department is asked.
    """
    row = _stale(case_id, resident)
    if row is None:
        return
    item = item_of(row.service_id, row.service_version)
    with atomic():
        subject = subjects.subject(resident, row.subject_id)
        name = identity.real_name(_person(resident, subject))
        asked = question(item, Applicant(resident, subject, name))
    _take(case_id, read(row), ask(asked), asked_at=row.prefilled_at)


def read(row: Any) -> Prefilled:
    """Return what a case's row holds sealed."""
    return from_content(unseal(row.prefilled, column="prefilled", row_id=row.id))


def from_content(content: Mapping[str, Any]) -> Prefilled:
    """Return what `content` of it was before it was sealed."""
    return Prefilled(
        {key: _value(raw) for key, raw in content["fields"].items()},
        {kind: SourceState(state) for kind, state in content["certificates"].items()},
    )


def store(case: Case, prefilled: Prefilled) -> None:
    """Seal into a case's row what sources said."""
    case.prefilled = sealed(prefilled, case.id)


def sealed(prefilled: Prefilled, case_id: UUID) -> bytes:
    """Return what sources said as a row keeps it."""
    return seal(content(prefilled), column="prefilled", row_id=case_id)


def content(prefilled: Prefilled) -> dict[str, Any]:
    """Return what sources said as JSON, to be sealed."""
    return {
        "fields": {
            key: {
                "value": said.value,
                "source": said.source,
                "as_of": said.as_of,
                "readonly": said.readonly,
                "state": said.state,
            }
            for key, said in prefilled.fields.items()
        },
        "certificates": dict(prefilled.certificates),
    }


def _value(raw: Mapping[str, Any]) -> PrefilledValue:
    as_of = date.fromisoformat(raw["as_of"]) if raw["as_of"] else None
    return PrefilledValue(raw["value"], raw["source"], as_of, raw["readonly"], SourceState(raw["state"]))


def _stale(case_id: UUID, resident: ResidentId) -> Any:
    limit: datetime = clock.now() - STALE_AFTER
    columns = select(
        Case.id, Case.service_id, Case.service_version, Case.subject_id, Case.prefilled, Case.prefilled_at
    )
    with reading() as connection:
        return connection.execute(
            columns.where(
                Case.id == case_id,
                Case.resident_id == resident,
                Case.status == Status.DRAFT,
                Case.prefilled_at.is_(None) | (Case.prefilled_at < limit),
            )
        ).one_or_none()


def _person(resident: ResidentId, subject: Subject) -> ResidentId:
    """Return whose name stands on the form: of an enterprise's case, its representative's."""
    return ResidentId(subject.id) if subject.kind is SubjectKind.PERSON else resident


def question(item: ServiceItem, who: Applicant) -> Question | None:
    """Return which sources may be asked about an applicant; None where nobody knows who they are."""
    if who.name is None:
        return None
    allowed = {one.purpose for one in consents.listed(who.subject.owner_id) if one.granted}
    return Question(
        item,
        who.name.id_number,
        who.subject.uscc,
        may_certificates=Purpose.CERTIFICATES in allowed,
        may_share=Purpose.PREFILL in allowed,
    )


def _take(case_id: UUID, before: Prefilled, said: Prefilled, *, asked_at: datetime | None) -> None:
    """Keep what sources said, unless somebody else asked meanwhile or the draft is none any more."""
    with atomic():
        session.execute(
            update(Case)
            .where(
                Case.id == case_id,
                Case.status == Status.DRAFT,
                Case.prefilled_at.is_not_distinct_from(asked_at),
            )
            .values(prefilled=sealed(merged(before, said), case_id), prefilled_at=clock.now())
            .execution_options(synchronize_session="fetch")
        )


def ask(question: Question | None) -> Prefilled:
    """Ask every source once, all at the same time, outside of any transaction; None asks nobody."""
    if question is None:
        return Prefilled()
    licenses = {name: code for code, name in words().license_types.items()}
    asked: dict[tuple[PrefillKind, str, str], Future[_Said]] = {}
    wanted = {m.license for m in question.item.materials if m.license is not None}
    sources = [one.prefill for one in question.item.form.fields.values() if one.prefill is not None]
    wanted |= {
        licenses[s.holder] for s in sources if s.kind is PrefillKind.CERTIFICATE and s.holder in licenses
    }
    if question.may_certificates:
        for kind in wanted:
            asked[PrefillKind.CERTIFICATE, kind, ""] = _later(_certificate, question, kind)
    if question.may_share:
        for source in sources:
            if source.kind is PrefillKind.SHARED and source.holder in BY_SOURCE:
                key = (PrefillKind.SHARED, source.holder, source.item)
                if key not in asked:
                    asked[key] = _later(_share, question, source.holder, source.item)
    said = {key: future.result() for key, future in asked.items()}
    return Prefilled(
        dict(_fields(question.item, said, licenses)),
        {kind: said[PrefillKind.CERTIFICATE, kind, ""].state for kind in wanted if question.may_certificates},
    )


def _later(work: Callable[..., _Said], *args: Any) -> Future[_Said]:
    return _askers.submit(copy_context().run, work, *args)  # the request's id goes along


def _fields(
    item: ServiceItem, said: Mapping[tuple[PrefillKind, str, str], _Said], licenses: Mapping[str, str]
) -> list[tuple[str, PrefilledValue]]:
    found = []
    for one in item.form.fields.values():
        source = one.prefill
        if source is None or source.kind is PrefillKind.REAL_NAME:
            continue
        if source.kind is PrefillKind.CERTIFICATE:
            answer = said.get((source.kind, licenses.get(source.holder, ""), ""))
            value = answer.values.get(source.item) if answer else None
            name = source.holder
        else:
            answer = said.get((source.kind, source.holder, source.item))
            value = answer.values.get(one.key) if answer else None
            name = f"{source.holder}·{source.item}"
        state = answer.state if answer is not None else SourceState.MISSING
        if state is SourceState.READ and value is None:
            state = SourceState.MISSING
        as_of = answer.as_of if answer is not None else None
        found.append((one.key, PrefilledValue(value, name, as_of, state=state)))
    return found


def _certificate(question: Question, kind: str) -> _Said:
    purpose = f"办理{question.item.name}"
    try:
        held = registries().certificate(kind, purpose=purpose, **question.about(enterprise=kind == LICENCE))
    except RegistryError:
        return _Said(SourceState.DOWN)
    today = clock.today()
    for certificate in held:
        if certificate.status == VALID and (certificate.valid_to is None or certificate.valid_to >= today):
            return _Said(SourceState.READ, certificate.fields, today)
    return _Said(SourceState.MISSING)


def _share(question: Question, holder: str, share: str) -> _Said:
    purpose = f"办理{question.item.name}"
    try:
        about = question.about(enterprise=True)
        answer = registries().share(BY_SOURCE[holder], share, purpose=purpose, **about)
    except RegistryError:
        return _Said(SourceState.DOWN)
    return _Said(SourceState.READ if answer.found else SourceState.MISSING, answer.fields, answer.as_of)


def merged(before: Prefilled, now: Prefilled) -> Prefilled:
    """Take what is new; a source that is down now does not unsay what it said before."""
    fields = dict(before.fields)
    for key, said in now.fields.items():
        kept = fields.get(key)
        if said.state is not SourceState.DOWN or kept is None or kept.state is not SourceState.READ:
            fields[key] = said
    certificates = dict(before.certificates)
    for kind, state in now.certificates.items():
        if state is not SourceState.DOWN or certificates.get(kind) is not SourceState.READ:
            certificates[kind] = state
    return Prefilled(fields, certificates)


def prepared_of(resident: ResidentId) -> Delete:
    """Return what takes away the grants of a resident that are prepared and not decided."""
    return delete(Grant).where(Grant.owner_id == resident, Grant.state == GrantState.PREPARED)


def read_again(resident: ResidentId) -> None:
    """Let a resident's drafts be filled anew at the next look: what sources may be asked has changed.

    What was prepared of grants (免申即享) goes in the same statement and is prepared anew when it is opened.
    """
    if consents.decided_here(resident).isdisjoint({Purpose.CERTIFICATES, Purpose.PREFILL}):
        return
    session.execute(
        update(Case)
        .where(Case.resident_id == resident, Case.status == Status.DRAFT)
        .values(prefilled_at=None)
        .add_cte(prepared_of(resident).cte("grants"))
        .execution_options(synchronize_session=False)
    )
