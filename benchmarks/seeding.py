"""What the measured requests are about: residents with live sessions, each with twenty matches."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from alembic import command

import app
from app import wiring
from app.catalogue import loading as services
from app.eligibility import loading as policies
from app.eligibility import queries
from app.eligibility.models import Match
from app.eligibility.types import Audience, Outcome, Policy
from app.foundation import clock, crypto, database, id_numbers, migrating, schema
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity import queries as identity
from app.identity import sessions
from app.identity.models import Account
from app.identity.types import Assurance, Device, ResidentId
from config.settings import Settings

MATCHES = 20
BORN = date(1930, 1, 1)
DEVICE = Device("测速手机", "127.0.0.1")
AMOUNT = {"value": "600", "unit": "元", "frequency": "year", "range": None, "text": "600 元/年"}


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody with a live session."""

    id: UUID
    token: str


def lay_out(settings: Settings) -> None:
    """Open the process, build the schema, publish what config/ holds."""
    wiring.open_process(settings)
    with database.engine().begin() as connection:
        if schema.known_head() is None:
            database.load_all_tables(app).create_all(connection)
            for path in sorted((schema.MIGRATIONS / "sql").glob("*.sql")):
                connection.exec_driver_sql(path.read_text(encoding="utf-8"))
        else:
            config = migrating.configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    with atomic():
        services.load()
        policies.load_policies()


def residents(number: int, *, after: int = 0) -> list[Resident]:
    """Enter old people of 渝中区 who have logged in and proved who they are; `after` that many others."""
    cipher = crypto.cipher()
    found = []
    with atomic():
        for born in range(after, after + number):
            id_number = _id_number(BORN + timedelta(days=born))
            resident = ResidentId(new_id())
            account = Account(id=resident, openid=f"o{new_id().hex[:27]}", assurance=Assurance.REAL_NAME)
            account.name = cipher.encrypt("测速人", place=identity.place("name", resident))
            account.id_number = cipher.encrypt(id_number, place=identity.place("id_number", resident))
            account.id_number_index = cipher.index(id_number, column="identity_account.id_number")
            database.session.add(account)
            database.session.flush()
            token, _ = sessions.open_for_resident(resident, DEVICE)
            found.append(Resident(resident, token))
    return found


def _id_number(born: date) -> str:
    """Return the number of somebody of 渝中区 with its check digit."""
    begun = f"500103{born:%Y%m%d}002"
    return next(begun + last for last in "0123456789X" if id_numbers.has_check_digit(begun + last))


def give_matches(everybody: list[Resident]) -> None:
    """Store twenty matches for each, as matching stores them; every other one still lacks a fact."""
    chosen = _shown_together(queries.search(audience=Audience.PERSON))[:MATCHES]
    if len(chosen) < MATCHES:
        raise RuntimeError(f"config/ holds {len(chosen)} policies for persons, {MATCHES} are needed")
    with atomic():
        for resident in everybody:
            database.session.add_all(_match(resident, policy, n) for n, policy in enumerate(chosen))


def _shown_together(found: list[Policy]) -> list[Policy]:
    """Leave out national policies that step back behind a regional version."""
    replaced = {policy.implements for policy in found}
    return [policy for policy in found if policy.id not in replaced]


def _match(resident: Resident, policy: Policy, number: int) -> Match:
    now, known = clock.now(), number % 2 == 0
    return Match(
        resident_id=resident.id,
        subject_id=resident.id,
        policy_id=policy.id,
        rule_version=policy.version,
        outcome=(Outcome.ELIGIBLE if known else Outcome.UNDETERMINED).value,
        amount=AMOUNT if known else None,
        missing=[] if known else ["disability_level"],
        reasons_count=3,
        matched_at=now,
        changed_at=now,
    )
