"""The published policies, parsed once per process: versions never change, so an object is good for ever."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import select, tuple_

from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyNotFound
from app.eligibility.models import PolicyVersion
from app.eligibility.types import Audience, Policy, VersionState
from app.foundation import clock
from app.foundation.database import reading
from app.rules.compilation import compile_condition
from app.rules.types import Params, Subject, Truth

_parsed: dict[tuple[str, int], Policy] = {}


def published(policy_id: str) -> Policy:
    """Return the policy's published version; raises PolicyNotFound."""
    found = [key for key in _current() if key[0] == policy_id]
    if not found:
        raise PolicyNotFound
    return _load(found)[0]


def exact(policy_id: str, version: int) -> Policy:
    """Return one version of a policy, whatever its state; raises PolicyNotFound."""
    found = _load([(policy_id, version)])
    if not found:
        raise PolicyNotFound
    return found[0]


def in_force(audience: Audience, on: date | None = None) -> list[Policy]:
    """Return the published policies for an audience that are in force on a day (today)."""
    day = on or clock.today()
    return [p for p in all_published() if p.audience is audience and p.in_force(day)]


def all_published() -> list[Policy]:
    """Return every published policy, by id."""
    return _load(_current())


def answer(policy: Policy, subject: Subject, *, as_of: date, params: Params) -> Truth:
    """Answer a policy's condition without reasons, by its compiled closure."""
    return _compiled(policy.id, policy.version, as_of, tuple(sorted(params.items())))(subject)


@lru_cache(maxsize=20_000)
def _compiled(
    policy_id: str, version: int, as_of: date, params: tuple[tuple[str, Decimal | None], ...]
) -> Callable[[Subject], Truth]:
    return compile_condition(_parsed[policy_id, version].conditions, as_of=as_of, params=dict(params))


def _current() -> list[tuple[str, int]]:
    query = (
        select(PolicyVersion.policy_id, PolicyVersion.version)
        .where(PolicyVersion.state == VersionState.PUBLISHED)
        .order_by(PolicyVersion.policy_id)
    )
    with reading() as connection:
        return [(policy_id, version) for policy_id, version in connection.execute(query)]


def _load(keys: Iterable[tuple[str, int]]) -> list[Policy]:
    wanted = list(keys)
    absent = [key for key in wanted if key not in _parsed]
    if absent:
        query = select(PolicyVersion.policy_id, PolicyVersion.version, PolicyVersion.body).where(
            tuple_(PolicyVersion.policy_id, PolicyVersion.version).in_(absent)
        )
        with reading() as connection:
            for policy_id, version, body in connection.execute(query):
                _parsed[policy_id, version] = read_policy(body, version=version)
    return [_parsed[key] for key in wanted if key in _parsed]
