"""One fact as its row has it, for whoever reads or writes rows in statements of their own."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.residents.models import ResidentFact


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact as its row has it; a sensitive value is sealed. `since`: the first `as_of` of this value."""

    id: UUID
    owner_id: UUID
    subject_kind: str
    subject_id: UUID
    name: str
    kind: str
    value: Any = field(repr=False)
    sealed: bytes | None = field(repr=False)
    source: str
    as_of: date
    since: date
    fetched_at: datetime


FACT_COLUMNS = tuple(getattr(ResidentFact, column.name) for column in fields(FactRow))
