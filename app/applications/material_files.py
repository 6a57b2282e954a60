"""What cases say of files (app/materials/readers.py): who may see one, which are needed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from app.applications import material_rows, notices
from app.applications.history import SYSTEM
from app.applications.items import item_of
from app.applications.material_rows import Change
from app.applications.material_types import MaterialState
from app.applications.models import Case, CaseMaterial
from app.applications.scope import readable
from app.applications.types import FINAL, Status
from app.foundation.database import reading, session
from app.identity.types import OfficerPrincipal, Principal, ResidentId
from app.materials import queries as uploads


class CaseFiles:
    """Answers for the files of cases."""

    def may_read(self, principal: Principal, file_id: UUID) -> bool:
        """Say whether a case lets somebody see a file: who applied, for whom, officers of its scope."""
        asked = (
            select(CaseMaterial.id)
            .join(Case, Case.id == CaseMaterial.case_id)
            .where(CaseMaterial.files.contains([file_id]), _sees(principal))
        )
        with reading() as connection:
            return connection.scalar(asked.limit(1)) is not None

    def needed(self, upload_ids: Collection[UUID]) -> set[UUID]:
        """Return those that stand for a material of a live draft or of a case that an office has or had."""
        files = uploads.files_of(upload_ids)
        if not files:
            return set()
        asked = (
            select(CaseMaterial.files)
            .join(Case, Case.id == CaseMaterial.case_id)
            .where(
                CaseMaterial.files.overlap(list(files)),
                or_(Case.status != Status.WITHDRAWN, Case.submitted_at.is_not(None)),
            )
        )
        with reading() as connection:
            used = {file_id for found in connection.scalars(asked) for file_id in found}
        return {files[file_id] for file_id in used & set(files)}


def _sees(principal: Principal) -> ColumnElement[bool]:
    if isinstance(principal, OfficerPrincipal):
        return readable(principal)
    return or_(Case.resident_id == principal.resident_id, Case.subject_id == principal.resident_id)


def take_out_infected(found: tuple[ResidentId, UUID]) -> None:
    """Let no material stand on a file in which a virus was found; whoever applied is told what to do."""
    _, upload_id = found
    files = uploads.files_of([upload_id])
    asked = select(CaseMaterial.case_id, CaseMaterial.position).where(
        CaseMaterial.files.overlap(list(files)), CaseMaterial.state == MaterialState.UPLOADED
    )
    for case_id, position in session.execute(asked).all():
        case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
        if case.status not in FINAL:
            _take_out(case, position)


def _take_out(case: Case, position: int) -> None:
    standing = material_rows.read(case).get(position)
    if standing is None or standing.state is not MaterialState.UPLOADED:
        return
    change = Change(MaterialState.MISSING, details={"because": "virus"})
    material_rows.change(case, position, standing, change, actor=SYSTEM)
    case.version += 1
    session.flush()
    name = item_of(case.service_id, case.service_version).materials[position].name
    notices.tell_about_material(
        case,
        key=f"material:{position}:virus:{case.version}",
        what=f"请重新上传：{name}",
        text=f"您上传的“{name}”没有通过安全检查，已删除。请检查您的设备，换一个文件重新上传。",
        due_on=None,
    )
