"""告知承诺 (国办发〔2020〕42号): told, chosen, signed, checked after the decision, revoked if false."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from app.applications import history, material_rows, notices
from app.applications.errors import NotAllowedNow, PromisesBroken, PromiseTextChanged, ResultIncomplete
from app.applications.items import item_of
from app.applications.material_rows import Change
from app.applications.material_types import MaterialState, PromiseView
from app.applications.models import Case, CaseMaterial, CaseStage
from app.applications.scope import task_locked, task_with_stages, within
from app.applications.stages import progress
from app.applications.types import EventKind, Status
from app.audit.types import Actor, ActorKind
from app.catalogue.types import Material
from app.foundation import clock, working_days
from app.foundation.database import reading, session
from app.foundation.errors import StaleVersion
from app.foundation.working_days import CalendarMissing
from app.identity.types import OfficerPrincipal

TEXT_VERSION: Final = 1
"""Raised with every change of the words below: what was signed is kept as it was read."""
CHECK_WORKING_DAYS: Final = 30
"""After the decision; the notice says 事中事后核查 and leaves the time to the department."""
ON_RECORD: Final = timedelta(days=3 * 365)
"""How long a broken promise, unless repaired, keeps somebody from promising; places differ (1 to 3 years)."""


@dataclass(frozen=True, slots=True)
class PromiseText:
    """What is told and what is signed (告知书、承诺书)."""

    version: int
    told: tuple[str, ...]
    promised: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Signed:
    """Which text was read, and the signature under it (`{kind, text}`, as a form's signature is)."""

    version: int
    sha256: str
    signature: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found; `revoke` where the decision is to be taken back, else it is to be put right."""

    kept: bool
    reason: str
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A promise that is to be checked."""

    case_id: UUID
    receipt_no: str | None
    service_name: str
    position: int
    material: str
    due_on: date | None
    overdue: bool


def text(material: Material) -> PromiseText:
    """Return what is told about one material and what is signed (R4.3)."""
    told = (
        f"证明事项：{material.name}。",
        "依据：国务院办公厅《关于全面推行证明事项和涉企经营许可事项告知承诺制的指导意见》（国办发〔2020〕42号）。",
        f"您可以提交“{material.name}”，也可以书面承诺符合条件，由您自愿选择。",
        "作出决定后，部门会通过数据共享、现场检查等方式核查；在决定作出前可以撤回承诺，改为提交材料。",
        "承诺不实的，依法终止办理、责令限期整改、撤销决定、追回待遇或予以处罚，并纳入信用记录。",
        "承诺书不对社会公开。",
    )
    promised = (
        "我已知晓告知的全部内容。",
        f"我符合“{material.name}”所证明的条件，所填信息真实、准确。",
        "我愿意承担承诺不实的法律责任，并配合核查。",
        "以上是我真实意思的表示。",
    )
    digest = hashlib.sha256("\n".join((str(TEXT_VERSION), *told, *promised)).encode()).hexdigest()
    return PromiseText(TEXT_VERSION, told, promised, digest)


def may_promise(case: Case) -> None:
    """Refuse somebody whose promise was found false within three years and not repaired (R4.2)."""
    broken = select(CaseMaterial.id).join(Case, Case.id == CaseMaterial.case_id)
    people = [case.resident_id, case.subject_id]
    on_record = broken.where(
        or_(Case.resident_id.in_(people), Case.subject_id.in_(people)),
        CaseMaterial.state == MaterialState.PROMISE_BROKEN,
        CaseMaterial.since > clock.now() - ON_RECORD,
        ~CaseMaterial.details.has_key("repaired_on"),
    )
    if session.scalar(on_record.limit(1)) is not None:
        raise PromisesBroken


def signed(case: Case, material: Material, by: Signed) -> Change:
    """Return what a promise writes: the text as it was read, its hash, the signature, the moment."""
    shown = text(material)
    if (by.version, by.sha256) != (shown.version, shown.sha256):
        raise PromiseTextChanged
    return Change(
        MaterialState.PROMISED,
        details={"text_version": shown.version, "sha256": shown.sha256, "signed_at": clock.now().isoformat()},
        words={
            "told": list(shown.told),
            "promised": list(shown.promised),
            "signature": dict(by.signature),
            "signer": str(case.resident_id),
        },
    )


def view(details: Mapping[str, Any]) -> PromiseView | None:
    """Show where a promise stands to both sides; None where nothing was promised."""
    if "signed_at" not in details:
        return None
    checked, repaired = details.get("checked_on"), details.get("repaired_on")
    return PromiseView(
        details["text_version"],
        datetime.fromisoformat(details["signed_at"]),
        date.fromisoformat(checked) if checked else None,
        date.fromisoformat(repaired) if repaired else None,
    )


def check_by() -> date | None:
    """Return the day by which the promises of a case that is approved today are to be checked."""
    try:
        return working_days.calendar().add(clock.today(), CHECK_WORKING_DAYS)
    except CalendarMissing:
        return None


def due(officer: OfficerPrincipal, *, after: UUID | None, limit: int) -> list[tuple[UUID, Due]]:
    """Return promises of approved cases in the officer's scope that are to be checked, oldest first."""
    asked = (
        select(
            CaseMaterial.id.label("material_id"),
            CaseMaterial.position,
            CaseMaterial.due_on,
            Case.id,
            Case.receipt_no,
            Case.service_id,
            Case.service_version,
        )
        .join(Case, Case.id == CaseMaterial.case_id)
        .where(CaseMaterial.state == MaterialState.PROMISED, Case.status == Status.APPROVED, within(officer))
        .order_by(CaseMaterial.id)
        .limit(limit)
    )
    if after is not None:
        asked = asked.where(CaseMaterial.id > after)
    with reading() as connection:
        return [(row.material_id, _due(row)) for row in connection.execute(asked)]


def check(
    officer: OfficerPrincipal, case_id: UUID, position: int, result: Result, *, version: int
) -> tuple[Status, int]:
    """Write what a check found, and its consequences; returns status and version.

    Raises TaskNotFound, StaleVersion, NotAllowedNow, ResultIncomplete.
    """
    case, stages = task_with_stages(officer, case_id)
    if case.version != version:
        raise StaleVersion
    standing = material_rows.read(case).get(position)
    if case.status != Status.APPROVED or standing is None or standing.state is not MaterialState.PROMISED:
        raise NotAllowedNow
    if not result.kept and not result.reason:
        raise ResultIncomplete({"reason": ["请写明核查发现的情况，申请人会看到"]})
    actor = Actor(ActorKind.OFFICER, str(officer.officer_id))
    state = MaterialState.PROMISE_KEPT if result.kept else MaterialState.PROMISE_BROKEN
    details = {**standing.details, "checked_on": clock.today().isoformat()}
    words = material_rows.words_of(standing) | ({"finding": result.reason} if result.reason else {})
    material_rows.change(case, position, standing, Change(state, details=details, words=words), actor=actor)
    case.version += 1
    with session.no_autoflush:
        if not result.kept:
            _take_consequences(case, position, result, actor, stages)
    session.flush()
    return Status(case.status), case.version


def repair(officer: OfficerPrincipal, case_id: UUID, position: int, *, version: int) -> int:
    """Note that somebody put right what they had promised wrongly (信用修复): they may promise again."""
    case = task_locked(officer, case_id)
    if case.version != version:
        raise StaleVersion
    standing = material_rows.read(case).get(position)
    if standing is None or standing.state is not MaterialState.PROMISE_BROKEN:
        raise NotAllowedNow
    details = {**standing.details, "repaired_on": clock.today().isoformat()}
    material_rows.change(
        case,
        position,
        standing,
        Change(MaterialState.PROMISE_BROKEN, details=details, words=material_rows.words_of(standing)),
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
    )
    case.version += 1
    session.flush()
    return case.version


def _take_consequences(
    case: Case, position: int, result: Result, actor: Actor, stages: Sequence[CaseStage]
) -> None:
    """Take the decision back, or order it put right; a machine does neither."""
    name = item_of(case.service_id, case.service_version).materials[position].name
    if result.revoke:
        note = {"reason": result.reason}
        event = history.append(
            case, EventKind.REVOKED, actor=actor, details={"material": position}, note=note
        )
        progress.follow(case, event, stages)
        notices.tell(case, event, text=f"因“{name}”的承诺经核查不属实，原决定已撤销。说明：{result.reason}。")
        return
    notices.tell_about_material(
        case,
        key=f"material:{position}:broken",
        what=f"承诺不实：{name}",
        text=f"“{name}”的承诺经核查不属实，请按要求整改。说明：{result.reason}。",
        due_on=None,
    )


def _due(row: Any) -> Due:
    item = item_of(row.service_id, row.service_version)
    return Due(
        row.id,
        row.receipt_no,
        item.name,
        row.position,
        item.materials[row.position].name,
        row.due_on,
        row.due_on is not None and row.due_on < clock.today(),
    )
