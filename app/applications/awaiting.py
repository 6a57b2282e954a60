"""Certificates that a registry could not give at submission are fetched once it answers again.

Consent was given with the submission; whoever withdrew it since is not asked about. A department is never
waited for inside a transaction.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.applications import material_rows, notices
from app.applications.history import SYSTEM
from app.applications.items import item_of
from app.applications.material_rows import Change
from app.applications.material_types import MaterialState
from app.applications.models import Case, CaseMaterial
from app.applications.types import OPEN
from app.catalogue.types import Material
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.transaction import atomic
from app.gateways.registries.errors import RegistryError
from app.gateways.registries.port import registries
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.residents import consents
from app.residents.types import Purpose

BATCH: Final = 50
VALID: Final = "有效"


def fetch_due() -> int:
    """Ask for what is awaited, until a registry is down again; returns how many materials are settled."""
    settled = 0
    for row in _awaited():
        material = item_of(row.service_id, row.service_version).materials[row.position]
        try:
            held = _holds(row, material)
        except RegistryError:
            return settled
        with atomic():
            settled += _book(row.id, row.position, material, held=held)
    return settled


def _awaited() -> list[Any]:
    columns = (Case.id, Case.resident_id, Case.subject_id, Case.service_id, Case.service_version)
    asked = (
        select(CaseMaterial.position, *columns)
        .join(Case, Case.id == CaseMaterial.case_id)
        .where(CaseMaterial.state == MaterialState.AWAITED, Case.status.in_(OPEN))
        .order_by(CaseMaterial.id)
        .limit(BATCH)
    )
    with reading() as connection:
        return list(connection.execute(asked))


def _holds(row: Any, material: Material) -> bool:
    """Say whether the subject holds the certificate, valid today; raises RegistryError."""
    people = [ResidentId(row.subject_id), ResidentId(row.resident_id)]
    with atomic():
        names = identity.real_names(people)
        allowed = consents.granted(ResidentId(row.resident_id), Purpose.CERTIFICATES)
    name = names.get(people[0]) or names.get(people[1])
    if name is None or material.license is None or not allowed:
        return False
    purpose = f"办理{item_of(row.service_id, row.service_version).name}"
    held = registries().certificate(material.license, purpose=purpose, id_number=name.id_number)
    today = clock.today()
    return any(one.status == VALID and (one.valid_to is None or one.valid_to >= today) for one in held)


def _book(case_id: UUID, position: int, material: Material, *, held: bool) -> bool:
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    standing = material_rows.read(case).get(position)
    if standing is None or standing.state is not MaterialState.AWAITED:
        return False
    state = MaterialState.FROM_CERTIFICATE if held else MaterialState.MISSING
    details = {"license": material.license, "consent": "submission", "fetched_on": clock.today().isoformat()}
    material_rows.change(
        case, position, standing, Change(state, details=details if held else {}), actor=SYSTEM
    )
    case.version += 1
    session.flush()
    if not held:
        notices.tell_about_material(
            case,
            key=f"material:{position}:not_held",
            what=f"请上传：{material.name}",
            text=f"没有调取到“{material.name}”的电子证照，请上传这份材料。",
            due_on=None,
        )
    return True
