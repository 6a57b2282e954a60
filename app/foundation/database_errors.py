"""What the database's own refusals mean to a caller; its texts hold values and are never passed on."""

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from app.foundation.errors import DomainError, RuleViolation, StaleVersion, Unavailable

_RACED = {"23505", "23P01"}
"""unique_violation, exclusion_violation: somebody else was faster."""
_SILENT = (OperationalError, InterfaceError, DisconnectionError, PoolTimeout)


class Raced(RuleViolation):
    """Two requests wanted the same once-only thing; the other one has it."""

    code = "conflict"
    message = "内容已被更新，请刷新后再试"


class OutOfRange(DomainError):
    """A number or text does not fit where it should be stored."""

    code = "value_out_of_range"
    message = "填写的内容超出允许范围，请检查后再试"


def meaning(error: Exception) -> DomainError | None:
    """Translate an exception of the database layer; None where it is not one or is a defect of ours."""
    if isinstance(error, StaleDataError):
        return StaleVersion()
    if isinstance(error, DataError):
        return OutOfRange()
    if isinstance(error, IntegrityError):
        return Raced() if getattr(error.orig, "sqlstate", None) in _RACED else None
    if isinstance(error, _SILENT) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return Unavailable()
    return None
