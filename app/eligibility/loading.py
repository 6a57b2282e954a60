"""Loads the policies of config/ as published versions; what is already there unchanged is left alone.

The catalogue's policies were approved before they were put into the release; they bear no author. Policies
written through the staff API are never touched.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select, update

from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyFaulty
from app.eligibility.models import PolicyVersion
from app.eligibility.types import Policy, VersionState
from app.foundation import clock
from app.foundation.database import session
from config import files


def load_policies() -> int:
    """Publish every policy of config/policies/ that is new or changed; returns how many.

    Raises PolicyFaulty naming the policy and the place; then nothing is published.
    """
    loaded = 0
    for raw in files.read_all("policies"):
        body = plain(raw)
        try:
            read_policy(body, version=1)
        except PolicyFaulty as fault:
            raise PolicyFaulty(
                {f"{raw.get('id')}.{path}": texts for path, texts in fault.errors.items()}
            ) from fault
        loaded += _publish(body)
    return loaded


def plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy as JSON data: dates as text."""
    text = orjson.dumps(
        raw, default=lambda value: value.isoformat() if isinstance(value, date) else str(value)
    )
    return dict(orjson.loads(text))


def checksum(body: Mapping[str, Any]) -> str:
    """Return the fingerprint of a policy's content."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def next_version(policy_id: str) -> int:
    """Return the number of the policy's next version."""
    highest = session.scalar(
        select(func.max(PolicyVersion.version)).where(PolicyVersion.policy_id == policy_id)
    )
    return (highest or 0) + 1


def new_version(policy: Policy, body: dict[str, Any]) -> PolicyVersion:
    """Return a row for a version of a policy, not yet added."""
    return PolicyVersion(
        policy_id=policy.id,
        version=policy.version,
        audience=policy.audience,
        region_code=policy.region_code,
        valid_from=policy.valid_from,
        valid_to=policy.valid_to,
        body=body,
        checksum=checksum(body),
    )


def _publish(body: dict[str, Any]) -> bool:
    current = session.scalar(
        select(PolicyVersion).where(
            PolicyVersion.policy_id == body["id"], PolicyVersion.state == VersionState.PUBLISHED
        )
    )
    if current is not None and (current.checksum == checksum(body) or current.author_id is not None):
        return False
    policy = read_policy(body, version=next_version(body["id"]))
    replace_published(policy.id)
    row = new_version(policy, body)
    row.state, row.published_at = VersionState.PUBLISHED, clock.now()
    session.add(row)
    session.flush()
    return True


def replace_published(policy_id: str) -> None:
    """Retire the policy's published version: a newer one takes its place."""
    session.execute(
        update(PolicyVersion)
        .where(PolicyVersion.policy_id == policy_id, PolicyVersion.state == VersionState.PUBLISHED)
        .values(state=VersionState.REPLACED)
        .execution_options(synchronize_session=False)
    )
