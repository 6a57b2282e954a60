"""The rows of a case's materials: read together, changed one at a time; a trigger writes the events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from app.applications.errors import NotAllowedNow
from app.applications.material_types import MATERIAL_TRANSITIONS, MaterialState
from app.applications.models import Case, CaseMaterial
from app.applications.sealing import seal, unseal
from app.audit import trail
from app.audit.types import Actor
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id

_CHANGING = ("state", "since", "due_on", "details", "words", "files", "actor_kind", "actor_id")


@dataclass(frozen=True, slots=True)
class Standing:
    """What one material's row says."""

    id: UUID
    state: MaterialState
    due_on: date | None
    details: Mapping[str, Any]
    files: Sequence[UUID] = ()
    words: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one material; `words` are what somebody was told and signed."""

    state: MaterialState
    due_on: date | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Any] | None = field(default=None, repr=False)
    files: Sequence[UUID] = ()


def of_case(connection: Connection, case_id: UUID) -> dict[int, Standing]:
    """Return the rows of a case by the material's place."""
    asked = select(
        CaseMaterial.id,
        CaseMaterial.position,
        CaseMaterial.state,
        CaseMaterial.due_on,
        CaseMaterial.details,
        CaseMaterial.files,
        CaseMaterial.words,
    ).where(CaseMaterial.case_id == case_id)
    return {
        row.position: Standing(
            row.id, MaterialState(row.state), row.due_on, row.details, tuple(row.files), row.words
        )
        for row in connection.execute(asked)
    }


def read(case: Case) -> dict[int, Standing]:
    """Return the rows of a case that the caller holds."""
    return of_case(session.connection(), case.id)


def change(case: Case, position: int, before: Standing | None, to: Change, *, actor: Actor) -> None:
    """Let a material stand on something else; raises NotAllowedNow where the table does not have it.

    The caller holds the case's row, and flushes: its trail is written together with what else happens.
    """
    if before is None:
        session.execute(insert(CaseMaterial).values(_row(case.id, new_id(), position, to, actor)))
    elif before.state is not to.state and (before.state, to.state) not in MATERIAL_TRANSITIONS:
        raise NotAllowedNow
    else:
        said = _row(case.id, before.id, position, to, actor)
        session.execute(
            update(CaseMaterial)
            .where(CaseMaterial.id == before.id)
            .values(reminded_on=None, **{name: said[name] for name in _CHANGING})
            .execution_options(synchronize_session=False)
        )
    trail.record(
        f"application.material_{to.state.value}",
        actor=actor,
        subject=("application", case.id),
        details={"position": position, "files": len(to.files)},
    )


def settle(case: Case, changes: Mapping[int, Change], *, actor: Actor) -> None:
    """Write in one statement what materials stand on at submission, and the day of what follows later."""
    if not changes:
        return
    written = insert(CaseMaterial).values(
        [_row(case.id, new_id(), at, to, actor) for at, to in changes.items()]
    )
    session.execute(
        written.on_conflict_do_update(
            index_elements=["case_id", "position"],
            set_={name: written.excluded[name] for name in _CHANGING},
        )
    )


def words_of(standing: Standing) -> dict[str, Any]:
    """Return what was told and signed."""
    if standing.words is None:
        return {}
    return unseal(standing.words, column="words", row_id=standing.id, table="application_material")


def _row(case_id: UUID, material_id: UUID, position: int, to: Change, actor: Actor) -> dict[str, Any]:
    return {
        "id": material_id,
        "case_id": case_id,
        "position": position,
        "state": to.state.value,
        "since": clock.now(),
        "due_on": to.due_on,
        "details": dict(to.details),
        "words": _sealed(to, material_id),
        "files": list(to.files),
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
    }


def _sealed(to: Change, material_id: UUID) -> bytes | None:
    if to.words is None:
        return None
    return seal(to.words, column="words", row_id=material_id, table="application_material")
