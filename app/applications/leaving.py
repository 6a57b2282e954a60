"""When a resident leaves (注销): open cases come first, drafts are forgotten, decided cases kept by law."""

from sqlalchemy import delete, select

from app.applications import drafts, history, prefilling
from app.applications.errors import OfficeStillDeciding
from app.applications.history import SYSTEM
from app.applications.models import Case, CaseMaterial
from app.applications.prefilling import Prefilled
from app.applications.queries import has_open_case
from app.applications.types import EventKind, Status
from app.foundation.database import session
from app.identity.types import ResidentId


def refuse_while_open(resident: ResidentId) -> None:
    """Refuse to close an account while an office owes its owner a decision."""
    if has_open_case(resident):
        raise OfficeStillDeciding


def forget(resident: ResidentId) -> None:
    """Empty and end the drafts of somebody who has left; what was submitted is archived by law."""
    drafted = select(Case).where(Case.resident_id == resident, Case.status == Status.DRAFT).with_for_update()
    for case in session.scalars(drafted).all():
        drafts.write_answers(case, {})
        prefilling.store(case, Prefilled())
        session.execute(delete(CaseMaterial).where(CaseMaterial.case_id == case.id))
        history.append(case, EventKind.WITHDRAWN, actor=SYSTEM)
