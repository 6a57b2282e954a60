"""The published policies, parsed once per process: what has the same fingerprint is the same for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, case, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.catalogue import regions
from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyNotFound
from app.eligibility.models import PolicyVersion
from app.eligibility.types import Audience, Policy, PolicyId, VersionState
from app.foundation import clock
from app.foundation.database import reading, session
from app.rules.compilation import Condition, compile_condition
from app.rules.explanation import Asked, Explained, Explaining, Explanation, explain
from app.rules.panel import Panel
from app.rules.types import Params, Subject, Truth
from app.rules.wording import Wording

Key: TypeAlias = tuple[str, int, str]
"""Policy, version, fingerprint of its content: a draft of the same number may have read otherwise."""
Items: TypeAlias = tuple[tuple[str, Decimal | None], ...]
"""Parameters of a region; many regions have the same."""
_parsed: dict[Key, Policy] = {}
_edition: list[tuple[str, tuple[Policy, ...]]] = [("", ())]
"""What this process read last: the fingerprint of everything published, and the policies."""
_PUBLISHED = PolicyVersion.state == VersionState.PUBLISHED


def published(policy_id: str) -> Policy:
    """Return the policy's published version; raises PolicyNotFound."""
    found = _load(_keys(_PUBLISHED, PolicyVersion.policy_id == policy_id))
    if not found:
        raise PolicyNotFound
    return found[0]


def exact(policy_id: str, version: int) -> Policy:
    """Return one version of a policy, whatever its state; raises PolicyNotFound."""
    found = _load(_keys(PolicyVersion.policy_id == policy_id, PolicyVersion.version == version))
    if not found:
        raise PolicyNotFound
    return found[0]


def in_force(audience: Audience, on: date | None = None) -> list[Policy]:
    """Return the published policies for an audience that are in force on a day (today)."""
    day = on or clock.today()
    return [p for p in all_published() if p.audience is audience and p.in_force(day)]


def all_published() -> list[Policy]:
    """Return every published policy, by id."""
    return _load(_keys(_PUBLISHED))


def all_published_and(wanted: ColumnElement[Any]) -> tuple[list[Policy], Any]:
    """Return every published policy, and what one more expression says, in one statement of this transaction.

    The bodies are sent only where what is published is not what this process read last.
    """
    known, read = _edition[0]
    per_policy = (PolicyVersion.policy_id, PolicyVersion.version, PolicyVersion.checksum)
    fingerprint = func.concat_ws("|", *per_policy)
    edition = (
        select(
            func.md5(func.string_agg(fingerprint, aggregate_order_by(literal(","), PolicyVersion.policy_id)))
        )
        .where(_PUBLISHED)
        .cte("edition")
    )
    published = aggregate_order_by(
        func.jsonb_build_array(*per_policy, PolicyVersion.body), PolicyVersion.policy_id
    )
    bodies = select(func.jsonb_agg(published)).where(_PUBLISHED).scalar_subquery()
    now = edition.columns[0]
    asked = select(now, case((now == known, None), else_=bodies), wanted)
    edition_now, told, answered = session.execute(asked).one()
    if edition_now != known:
        read = tuple(_read(*row) for row in told or ())
        _edition[0] = (edition_now or "", read)
    return list(read), answered


def answer(policy: Policy, subject: Subject, *, as_of: date, params: Params) -> Truth:
    """Answer a policy's condition without reasons, by its compiled closure."""
    return _condition(_key(policy), as_of, _items(params))(subject)


def explained(policy: Policy, subject: Subject, *, as_of: date, params: Params) -> Explanation:
    """Explain one policy; compiled once where it is one of those kept here, not for a draft or a case."""
    key = _key(policy)
    if _parsed.get(key) is not policy:
        return explain(policy.conditions, subject, as_of=as_of, params=params, region_name=regions.name)
    return _explaining(key, as_of, _items(params))(Asked(subject))


def all_explained(
    tried: Sequence[Policy], subject: Subject, *, as_of: date, params: Params
) -> Mapping[PolicyId, Explanation]:
    """Explain every policy of one audience that is not surely a no for a subject."""
    panel = _panel(tuple(map(_key, tried)), as_of, _items(params))
    return {tried[place].id: told for place, told in panel.explained(subject).items()}


def _key(policy: Policy) -> Key:
    return policy.id, policy.version, policy.checksum


def _items(params: Params) -> Items:
    return tuple(sorted(params.items()))


@lru_cache(maxsize=64)
def _panel(keys: tuple[Key, ...], as_of: date, params: Items) -> Panel:
    conditions = [_parsed[key].conditions for key in keys]
    return Panel(conditions, as_of=as_of, params=dict(params), region_name=regions.name)


@lru_cache(maxsize=20_000)
def _condition(key: Key, as_of: date, params: Items) -> Condition:
    return compile_condition(_parsed[key].conditions, as_of=as_of, params=dict(params))


@lru_cache(maxsize=20_000)
def _explaining(key: Key, as_of: date, params: Items) -> Explained:
    wording = Wording(dict(params), regions.name)
    return Explaining(as_of, dict(params), wording).compiled(_parsed[key].conditions)


def _keys(*conditions: ColumnElement[bool]) -> list[Key]:
    query = select(PolicyVersion.policy_id, PolicyVersion.version, PolicyVersion.checksum)
    with reading() as connection:
        rows = connection.execute(query.where(*conditions).order_by(PolicyVersion.policy_id))
        return [(policy_id, version, checksum) for policy_id, version, checksum in rows]


def _load(keys: list[Key]) -> list[Policy]:
    absent = [key[:2] for key in keys if key not in _parsed]
    if absent:
        query = select(
            PolicyVersion.policy_id, PolicyVersion.version, PolicyVersion.checksum, PolicyVersion.body
        ).where(tuple_(PolicyVersion.policy_id, PolicyVersion.version).in_(absent))
        with reading() as connection:
            for row in connection.execute(query):
                _read(*row)
    return [_parsed[key] for key in keys if key in _parsed]


def _read(policy_id: str, version: int, checksum: str, body: dict[str, Any]) -> Policy:
    """Parse a policy, once per process, and keep it."""
    key = (policy_id, version, checksum)
    if key not in _parsed:
        # the row's own fingerprint: JSONB may give a number back in another notation
        _parsed[key] = replace(read_policy(body, version=version), checksum=checksum)
    return _parsed[key]
