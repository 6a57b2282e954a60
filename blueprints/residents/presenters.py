"""How a resident's own data are shown: masked, JSON's own kinds, labels beside codes."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.foundation import masking
from app.identity import queries as identity
from app.identity.types import ResidentPrincipal
from app.residents import profiles
from app.residents.types import FactEntry, SubjectKind, SubjectView
from app.rules.types import Fact, FactType


def me(principal: ResidentPrincipal) -> dict[str, Any]:
    """Show oneself."""
    resident_id = principal.resident_id
    account, person, phone = (
        identity.account(resident_id),
        identity.real_name(resident_id),
        identity.phone(resident_id),
    )
    profile = profiles.profile(resident_id)
    return {
        "id": resident_id,
        "assurance": account.assurance if account else principal.assurance,
        "state": account.state if account else None,
        "closing_at": account.closing_at if account else None,
        "name": masking.name(person.name) if person else None,
        "id_number": masking.id_number(person.id_number) if person else None,
        "phone": masking.phone(phone) if phone else None,
        "display_name": profile.display_name,
        "care_mode": profile.care_mode,
        "quiet_hours": profile.quiet_hours,
        "region_code": profile.region_code,
        "lifecycle": list(profile.lifecycle),
        "personalised": profile.personalised,
        "version": profile.version,
    }


def fact(entry: FactEntry, *, consent: bool) -> dict[str, Any]:
    """Show one fact; what is unknown has no value, never a guess."""
    known, described = entry.known, entry.described
    plain = described if isinstance(described, Fact) else None
    return {
        "name": entry.name,
        "label": entry.label,
        "type": plain.type if plain else "list",
        "unit": plain.unit if plain else "",
        "options": {value: plain.labels.get(value, value) for value in plain.values} if plain else {},
        "value": _value(plain, known.value) if known else None,
        "known": known is not None,
        "kind": known.kind if known else None,
        "source": known.source if known else described.source,
        "as_of": known.as_of if known else None,
        "fetched_at": known.fetched_at if known else None,
        "stale": entry.stale,
        "sensitive": described.sensitive,
        "consent": consent,
        "how": described.how,
        "question": described.question,
        "statement": _statement(entry, plain),
        "disputed": entry.disputed,
    }


def subject(found: SubjectView) -> dict[str, Any]:
    """Show somebody whom one may act for."""
    name = found.name if found.kind is SubjectKind.ENTERPRISE else masking.name(found.name)
    return {"id": found.id, "kind": found.kind, "relation": found.relation, "name": name}


def wire(value: object) -> Any:
    """Write a value as JSON has it: decimals and dates as text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: wire(inner) for key, inner in value.items()}
    return [wire(inner) for inner in value] if isinstance(value, list | tuple) else value


def _value(described: Fact | None, value: object) -> Any:
    """Write a fact's value; a decimal (money, a share) is text whether it is whole or not."""
    if described is not None and described.type is FactType.DECIMAL and isinstance(value, int | Decimal):
        return format(Decimal(value).normalize(), "f")
    return wire(value)


def _statement(entry: FactEntry, described: Fact | None) -> dict[str, Any] | None:
    if entry.statement is None:
        return None
    return {"value": _value(described, entry.statement.value), "stated_at": entry.statement.fetched_at}
