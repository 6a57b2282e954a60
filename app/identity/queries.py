"""What higher packages may ask about residents and officers; sensitive answers are decrypted here only."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from app.foundation import crypto
from app.foundation.database import reading, session
from app.identity.models import Account, LoginSession, Officer
from app.identity.types import (
    AccountState,
    AccountView,
    Assurance,
    OfficerCard,
    OfficerId,
    RealName,
    ResidentId,
    Role,
)


def account(resident_id: ResidentId) -> AccountView | None:
    """Return where an account stands; None where there is none or it was erased."""
    row = _row(resident_id)
    if row is None:
        return None
    return AccountView(
        resident_id, Assurance(row.assurance), AccountState(row.state), row.created_at, row.closing_at
    )


def real_name(resident_id: ResidentId) -> RealName | None:
    """Return the verified name and 身份证号; None where the resident was not verified."""
    row = _row(resident_id)
    if row is None or row.name is None or row.id_number is None:
        return None
    return RealName(
        crypto.cipher().decrypt(row.name, place=place("name", resident_id)),
        crypto.cipher().decrypt(row.id_number, place=place("id_number", resident_id)),
    )


def phone(resident_id: ResidentId) -> str | None:
    """Return the phone number that WeChat vouched for."""
    row = _row(resident_id)
    if row is None or row.phone is None:
        return None
    return crypto.cipher().decrypt(row.phone, place=place("phone", resident_id))


def openid(resident_id: ResidentId) -> str | None:
    """Return the openid that pushes go to; None once the account was erased."""
    row = _row(resident_id)
    return None if row is None else row.openid


def resident_by_openid(wanted: str) -> ResidentId | None:
    """Return whose openid it is."""
    found = session.scalar(select(Account.id).filter_by(openid=wanted))
    return None if found is None else ResidentId(found)


def officer(officer_id: OfficerId) -> OfficerCard | None:
    """Return what others may know of an officer."""
    row = session.get(Officer, officer_id)
    return None if row is None else card(row)


def logins_between(since: datetime, until: datetime) -> Mapping[str, int]:
    """Count the logins of residents in a period, and the residents who logged in."""
    asked = select(func.count(), func.count(LoginSession.resident_id.distinct())).where(
        LoginSession.resident_id.is_not(None),
        LoginSession.created_at >= since,
        LoginSession.created_at < until,
    )
    with reading() as connection:
        logins, residents = connection.execute(asked).one()
    return {"count": logins, "residents": residents}


def residents_by_assurance() -> Mapping[str, int]:
    """Count the accounts that are not erased by how sure we are of the person; every level is named."""
    asked = (
        select(Account.assurance, func.count())
        .where(Account.state != AccountState.ERASED)
        .group_by(Account.assurance)
    )
    with reading() as connection:
        found = dict(connection.execute(asked).all())
    return {level.value: found.get(level, 0) for level in Assurance}


def card(row: Officer) -> OfficerCard:
    """Show an officer's row."""
    roles = frozenset(map(Role, row.roles))
    return OfficerCard(
        officer_id=OfficerId(row.id),
        username=row.username,
        name=row.name,
        roles=roles,
        department=row.department,
        region_code=row.region_code,
        disabled=row.disabled_at is not None,
    )


def place(column: str, resident_id: ResidentId) -> str:
    """Name where a sealed field of an account lives."""
    return f"identity_account|{column}|{resident_id}"


def _row(resident_id: ResidentId) -> Account | None:
    """Read an account by its key, once per unit of work; the erased are not there."""
    row = session.get(Account, resident_id)
    return None if row is None or row.state == AccountState.ERASED else row
