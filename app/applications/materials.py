"""What an applicant does about the materials of a case, and what they amount to at submission."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from app.applications import drafts, material_rows, material_rules, missing, promises
from app.applications.errors import MaterialNotFound, MaterialsMissing, NotAllowedNow, WayNotOffered
from app.applications.items import item_of
from app.applications.material_rows import Change, Standing
from app.applications.material_types import (
    MATERIAL_LABELS,
    MaterialState,
    MaterialView,
    Way,
)
from app.applications.models import Case
from app.applications.prefilling import read as read_prefilled
from app.applications.promises import PromiseText, Signed
from app.applications.types import Status
from app.audit.types import Actor, ActorKind
from app.catalogue.types import Material, ServiceItem
from app.forms.prefill import SourceState
from app.forms.visibility import walk
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.errors import StaleVersion
from app.identity.types import ResidentId
from app.materials import copies
from app.materials import queries as uploads
from app.materials.types import FileView

MOST_FILES: Final = 9
"""Of one material: a household register is some pages."""


def attach(
    resident: ResidentId, case_id: UUID, position: int, upload_ids: Sequence[UUID], *, version: int
) -> list[UUID]:
    """Return the files that will stand for a material, copies with a watermark where it is an identity paper.

    Comes before `attached`, outside of any transaction: a copy is made by a process of its own. Raises
    CaseNotFound, MaterialNotFound, UploadNotFound, NoWatermarkOnOfd, StaleVersion.
    """
    item, material, seen = _own_material(resident, case_id, position)
    if seen != version:
        raise StaleVersion
    return copies.for_case(resident, upload_ids, watermark=material_rules.watermark(item, material))


def attached(
    resident: ResidentId, case_id: UUID, position: int, file_ids: Sequence[UUID], *, version: int
) -> int:
    """Let files stand for a material; returns the new version.

    Raises CaseNotFound, MaterialNotFound, StaleVersion, WayNotOffered.
    """
    return _choose(
        resident, case_id, position, Change(MaterialState.UPLOADED, files=file_ids), version=version
    )


def promise(resident: ResidentId, case_id: UUID, position: int, signed: Signed, *, version: int) -> int:
    """Promise in writing instead of handing in (告知承诺); returns the new version.

    Raises CaseNotFound, MaterialNotFound, StaleVersion, WayNotOffered, PromiseTextChanged, PromisesBroken.
    """
    case, item, standing = _opened(resident, case_id, position, version)
    promises.may_promise(case)
    to = promises.signed(case, item.materials[position], signed)
    return _write(case, item, position, standing, to)


def promise_text(resident: ResidentId, case_id: UUID, position: int) -> PromiseText:
    """Return what would be promised about a material; raises MaterialNotFound, WayNotOffered."""
    material = _own_material(resident, case_id, position)[1]
    if not material.promise:
        raise WayNotOffered
    return promises.text(material)


def defer(resident: ResidentId, case_id: UUID, position: int, *, version: int) -> int:
    """Say that a material follows (容缺); by when is told at submission. Returns the new version.

    Raises CaseNotFound, MaterialNotFound, StaleVersion, WayNotOffered.
    """
    return _choose(resident, case_id, position, Change(MaterialState.DEFERRED), version=version)


def take_back(resident: ResidentId, case_id: UUID, position: int, *, version: int) -> int:
    """Undo what was chosen about a material of a draft; returns the new version."""
    case, item, standing = _opened(resident, case_id, position, version)
    if case.status != Status.DRAFT or standing is None:
        raise NotAllowedNow
    return _write(case, item, position, standing, Change(MaterialState.MISSING))


def settle(case: Case, item: ServiceItem, answers: Mapping[str, object]) -> list[str]:
    """Fix what every material stands on as a case is submitted; returns the names of those that follow later.

    Consent to fetch the certificates that the review lists is given with the submission, and kept with each
    row.
    Raises MaterialsMissing with the sentence of each that stands on nothing.
    """
    today = clock.today()
    called = material_rules.called_for(item, answers, as_of=today)
    rows, certificates = material_rows.read(case), read_prefilled(case).certificates
    wanting = {}
    found: dict[int, Change] = {}
    for position, material in called.items():
        standing = rows.get(position)
        state = _state(material, standing, certificates)
        if state is MaterialState.MISSING and material.required:
            wanting[f"materials.{position}"] = [_what_to_do(material)]
        elif state is MaterialState.DEFERRED:
            found[position] = Change(state, due_on=missing.supply_by(today))
        elif standing is None or standing.state is not state:
            found[position] = Change(state, details=_consented(material, state))
    if wanting:
        raise MaterialsMissing(wanting)
    actor = Actor(ActorKind.RESIDENT, str(case.resident_id))
    material_rows.settle(case, found, actor=actor)
    return [called[at].name for at, to in found.items() if to.state is MaterialState.DEFERRED]


def view(
    connection: Connection, row: Any, item: ServiceItem, answers: Mapping[str, object]
) -> list[MaterialView]:
    """Show the materials that the answers call for, each with what it stands on."""
    as_of = clock.today() if row.submitted_at is None else clock.local(row.submitted_at).date()
    called = material_rules.called_for(item, answers, as_of=as_of)
    rows = material_rows.of_case(connection, row.id)
    files = uploads.files([file_id for standing in rows.values() for file_id in standing.files])
    certificates = read_prefilled(row).certificates
    return [
        _view(place, material, rows.get(place), certificates, Status(row.status), files)
        for place, material in called.items()
    ]


def before_a_case(
    item: ServiceItem, answers: Mapping[str, object], certificates: Mapping[str, SourceState], *, as_of: date
) -> list[MaterialView]:
    """Show what the materials would stand on if a case began with these answers and nothing chosen."""
    return [
        _view(place, material, None, certificates, Status.DRAFT, {})
        for place, material in material_rules.called_for(item, answers, as_of=as_of).items()
    ]


def _own_material(resident: ResidentId, case_id: UUID, position: int) -> tuple[ServiceItem, Material, int]:
    """Return the service, the material and the version of one's own case; raises MaterialNotFound."""
    asked = select(Case.service_id, Case.service_version, Case.version).where(
        Case.id == case_id, Case.resident_id == resident
    )
    with reading() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise MaterialNotFound
    item = item_of(row.service_id, row.service_version)
    if position >= len(item.materials):
        raise MaterialNotFound
    return item, item.materials[position], row.version


def _choose(resident: ResidentId, case_id: UUID, position: int, to: Change, *, version: int) -> int:
    case, item, standing = _opened(resident, case_id, position, version)
    return _write(case, item, position, standing, to)


def _opened(
    resident: ResidentId, case_id: UUID, position: int, version: int
) -> tuple[Case, ServiceItem, Standing | None]:
    case = drafts.own_locked(resident, case_id)
    if case.version != version:
        raise StaleVersion
    item = item_of(case.service_id, case.service_version)
    said = read_prefilled(case).fields
    path = walk(item.form, drafts.read_answers(case), said, as_of=clock.today())
    if position not in material_rules.called_for(item, path.values, as_of=clock.today()):
        raise MaterialNotFound
    return case, item, material_rows.read(case).get(position)


def _write(case: Case, item: ServiceItem, position: int, standing: Standing | None, to: Change) -> int:
    material = item.materials[position]
    state = _state(material, standing, read_prefilled(case).certificates)
    wanted = {
        MaterialState.UPLOADED: Way.UPLOAD,
        MaterialState.PROMISED: Way.PROMISE,
        MaterialState.DEFERRED: Way.DEFER,
    }
    if to.state in wanted and wanted[to.state] not in material_rules.ways(
        material, state, Status(case.status)
    ):
        raise WayNotOffered
    material_rows.change(case, position, standing, to, actor=Actor(ActorKind.RESIDENT, str(case.resident_id)))
    case.version += 1
    case.updated_at = clock.now()
    session.flush()
    return case.version


def _state(
    material: Material, standing: Standing | None, certificates: Mapping[str, SourceState]
) -> MaterialState:
    """Return where a material stands: a choice goes before what the sources say, unless taken back."""
    if standing is None or standing.state is MaterialState.MISSING:
        return material_rules.found(material, certificates)
    return standing.state


def _consented(material: Material, state: MaterialState) -> dict[str, Any]:
    if state is not MaterialState.FROM_CERTIFICATE:
        return {}
    return {"license": material.license, "consent": "submission"}


def _what_to_do(material: Material) -> str:
    match material_rules.stands(material, MaterialState.MISSING):
        case MaterialState.MAY_BE_PROMISED:
            return f"“{material.name}”还没有：请上传，或选择告知承诺"
        case MaterialState.MAY_FOLLOW:
            return f"“{material.name}”还没有：请上传，或选择容缺后补"
        case _:
            return f"“{material.name}”还没有：请上传，或授权调取电子证照"


def _view(
    position: int,
    material: Material,
    standing: Standing | None,
    certificates: Mapping[str, SourceState],
    status: Status,
    files: Mapping[UUID, FileView],
) -> MaterialView:
    state = _state(material, standing, certificates)
    shown = material_rules.stands(material, state)
    return MaterialView(
        material.name,
        material.required,
        material.source.value,
        shown,
        MATERIAL_LABELS[shown],
        material.note,
        position,
        standing.due_on if standing is not None else None,
        material_rules.ways(material, state, status),
        [files[file_id] for file_id in standing.files if file_id in files] if standing is not None else (),
        promises.view(standing.details) if standing is not None else None,
    )
