"""Loads the policies of config/ as published versions; what is already there unchanged is left alone.

A policy without worked cases (样例), or with one that does not come out as it says, is not loaded.
The catalogue's policies were approved before they were put into the release; they bear no author. Everybody
is matched against what is new by the next day's run (每日匹配). Policies written through the staff API are
never touched.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Update, func, select, update

from app.eligibility import policies, relations, runs
from app.eligibility.definition import checksum, read_policy
from app.eligibility.errors import PolicyFaulty
from app.eligibility.models import PolicyVersion
from app.eligibility.types import Policy, VersionState
from app.eligibility.worked_cases import check_policy
from app.foundation import clock
from app.foundation.database import session
from config import files


def load_policies() -> int:
    """Publish every policy of config/policies/ that is new or changed; returns how many.

    Raises PolicyFaulty naming each policy and place; then nothing is published.
    """
    bodies = [plain(raw) for raw in files.read_all("policies")]
    latest, published = _latest(), _published()
    wanted = [body for body in bodies if _differs(body, published.get(body["id"]))]
    found = _read_all(wanted, latest)
    if found:
        session.execute(replacing(*(policy.id for policy in found)))
        session.add_all([_published_version(policy) for policy in found])
        session.flush()
        runs.enter(found)
    return len(found)


def _latest() -> Mapping[str, int]:
    """Return the highest version of each policy."""
    query = select(PolicyVersion.policy_id, func.max(PolicyVersion.version)).group_by(PolicyVersion.policy_id)
    return dict(session.execute(query).all())


def _published() -> Mapping[str, tuple[str, bool]]:
    """Return the checksum of each policy published or ended, and whether that was an officer's act."""
    by_officer = PolicyVersion.author_id.is_not(None) | (PolicyVersion.state == VersionState.ENDED)
    query = (
        select(PolicyVersion.policy_id, PolicyVersion.checksum, by_officer)
        .where(PolicyVersion.state.in_((VersionState.PUBLISHED, VersionState.ENDED)))
        .order_by(PolicyVersion.version)
    )
    return {policy_id: (known, written) for policy_id, known, written in session.execute(query)}


def _differs(body: Mapping[str, Any], current: tuple[str, bool] | None) -> bool:
    """Say whether the release has something to publish; what an officer wrote or ended stays so."""
    return current is None or not (current[1] or current[0] == checksum(body))


def _read_all(bodies: list[dict[str, Any]], latest: Mapping[str, int]) -> list[Policy]:
    """Check them all; raises PolicyFaulty with every fault of every policy."""
    found: list[Policy] = []
    faults: dict[str, list[str]] = {}
    for body in bodies:
        try:
            policy = read_policy(body, version=latest.get(body["id"], 0) + 1)
            wrong = check_policy(policy, files.read_one("worked_cases", policy.id))
        except PolicyFaulty as fault:
            wrong = fault.errors
        else:
            found.append(policy)
        faults.update({f"{body['id']}.{path}": texts for path, texts in wrong.items()})
    if not faults:
        faults = _relation_faults(found, latest)
    if faults:
        raise PolicyFaulty(faults)
    return found


def _relation_faults(found: list[Policy], latest: Mapping[str, int]) -> dict[str, list[str]]:
    """Return what is wrong between policies, those of this release taken together, by policy and path."""
    if not found:
        return {}
    release: dict[str, Policy] = {policy.id: policy for policy in found}
    others: dict[str, Policy] = {policy.id: policy for policy in policies.all_published()}
    others.update(release)
    return {
        f"{policy.id}.{path}": texts
        for policy in found
        for path, texts in relations.faults(policy, others, {*latest, *release}).items()
    }


def _published_version(policy: Policy) -> PolicyVersion:
    row = new_version(policy, dict(policy.raw))
    row.state, row.published_at = VersionState.PUBLISHED, clock.now()
    return row


def plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy as JSON data: dates as text."""
    text = orjson.dumps(
        raw, default=lambda value: value.isoformat() if isinstance(value, date) else str(value)
    )
    return dict(orjson.loads(text))


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
        review_by=policy.review_by,
        body=body,
        checksum=checksum(body),
    )


def replacing(*policy_ids: str) -> Update:
    """Return what retires the policies' published versions: newer ones take their places."""
    return (
        update(PolicyVersion)
        .where(PolicyVersion.policy_id.in_(policy_ids), PolicyVersion.state == VersionState.PUBLISHED)
        .values(state=VersionState.REPLACED)
        .execution_options(synchronize_session=False)
    )
