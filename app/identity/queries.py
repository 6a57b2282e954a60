"""What higher packages may ask about residents and officers; sensitive answers are decrypted here only."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import LargeBinary, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.foundation import crypto
from app.foundation.database import one_of_ids, reading, session
from app.foundation.transaction import seen_here
from app.identity.models import PERSON_INDEX, Account, LoginSession, Officer
from app.identity.types import (
    AccountState,
    AccountView,
    Assurance,
    OfficerCard,
    OfficerId,
    PeopleCounts,
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
    return None if row is None else _named(row)


def real_names(resident_ids: Iterable[ResidentId]) -> dict[ResidentId, RealName]:
    """Return the verified names and numbers of those who were verified, in one statement."""
    wanted = set(resident_ids)
    if not wanted:
        return {}
    rows = session.scalars(
        select(Account).where(Account.id.in_(wanted), Account.state != AccountState.ERASED)
    ).all()
    seen_here().update({("account", row.id): row for row in rows})
    named = ((ResidentId(row.id), _named(row)) for row in rows)
    return {resident_id: name for resident_id, name in named if name is not None}


def phone(resident_id: ResidentId) -> str | None:
    """Return the phone number that WeChat vouched for."""
    row = _row(resident_id)
    if row is None or row.phone is None:
        return None
    return crypto.cipher().decrypt(row.phone, place=place("phone", resident_id))


def registered(person_indexes: Collection[bytes]) -> set[bytes]:
    """Return who, by the index under which a data platform delivers people, has a verified account."""
    if not person_indexes:
        return set()
    wanted = any_(literal(list(person_indexes), ARRAY(LargeBinary)))
    with reading() as connection:
        return set(connection.scalars(select(PERSON_INDEX).where(wanted == PERSON_INDEX)))


def openid(resident_id: ResidentId) -> str | None:
    """Return the openid that pushes go to; None once the account was erased."""
    row = _row(resident_id)
    return None if row is None else row.openid


def openids(resident_ids: Iterable[ResidentId]) -> dict[ResidentId, str]:
    """Return the openids of those who have one, in one statement; for work in batches."""
    asked = select(Account.id, Account.openid).where(
        Account.id == one_of_ids(resident_ids),
        Account.openid.is_not(None),
        Account.state != AccountState.ERASED,
    )
    return {ResidentId(found): str(openid) for found, openid in session.execute(asked)}


def resident_by_openid(wanted: str) -> ResidentId | None:
    """Return whose openid it is."""
    found = session.scalar(select(Account.id).filter_by(openid=wanted))
    return None if found is None else ResidentId(found)


def officer(officer_id: OfficerId) -> OfficerCard | None:
    """Return what others may know of an officer."""
    row = session.get(Officer, officer_id)
    return None if row is None else card(row)


def people_between(since: datetime, until: datetime) -> PeopleCounts:
    """Count the logins of residents in a period, and the accounts that are not erased, in one statement."""
    logins = select(LoginSession.resident_id).where(
        LoginSession.resident_id.is_not(None),
        LoginSession.created_at >= since,
        LoginSession.created_at < until,
    )
    found = logins.subquery()
    levels = (
        select(Account.assurance, func.count().label("number"))
        .where(Account.state != AccountState.ERASED)
        .group_by(Account.assurance)
        .subquery()
    )
    asked = select(
        select(func.count()).select_from(found).scalar_subquery(),
        select(func.count(found.c.resident_id.distinct())).scalar_subquery(),
        select(func.jsonb_object_agg(levels.c.assurance, levels.c.number)).scalar_subquery(),
    )
    with reading() as connection:
        count, residents, by_level = connection.execute(asked).one()
    by_assurance = {level.value: (by_level or {}).get(level.value, 0) for level in Assurance}
    return PeopleCounts({"count": count, "residents": residents}, by_assurance)


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
    # the session holds what it read weakly, so the unit of work holds it too
    row = seen_here()["account", resident_id] = session.get(Account, resident_id)
    return None if row is None or row.state == AccountState.ERASED else row


def _named(row: Account) -> RealName | None:
    if row.name is None or row.id_number is None:
        return None
    resident_id = ResidentId(row.id)
    return RealName(
        crypto.cipher().decrypt(row.name, place=place("name", resident_id)),
        crypto.cipher().decrypt(row.id_number, place=place("id_number", resident_id)),
    )
