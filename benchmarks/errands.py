"""Drafts ready to be submitted, and an officer to decide about them: 高龄津贴 in 渝中区."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import select

from app.applications import drafts, opening
from app.applications.models import Case
from app.foundation import clock, database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity import sessions
from app.identity.models import Officer
from app.identity.types import OfficerId, ResidentId, Role
from benchmarks import http
from benchmarks.seeding import DEVICE, Resident

SERVICE, REGION, DEPARTMENT = "svc-elder-allowance", "500103", "11"
ANSWERS: tuple[dict[str, object], ...] = (
    {"hukou_region": REGION, "live_region": REGION, "lives_alone": True},
    {"account_type": "social_card"},
    {"is_proxy": False, "phone": "13812345678"},
    {"promise": True, "sign": {"kind": "typed", "text": "测速人"}},
)
APPLICATIONS, TASKS = "/api/v1/applications", "/api/v1/staff/tasks"


@dataclass(frozen=True, slots=True)
class Draft:
    """Somebody's draft, filled in to the last step."""

    id: UUID
    owner: Resident
    version: int


def filled_in(owners: Sequence[Resident]) -> list[Draft]:
    """Open a draft for each and fill it in; the departments are not asked."""
    return [Draft(case_id, owner, version) for owner in owners for case_id, version in [_fill(owner)]]


def _fill(owner: Resident) -> tuple[UUID, int]:
    resident = ResidentId(owner.id)
    with atomic():
        case_id = opening.open_draft(resident, opening.Wanted(SERVICE, REGION)).view().brief.id
        case = database.session.get_one(Case, case_id)
        case.prefilled_at = clock.now()  # an hour passes before a department would be asked again
        version = case.version
        for number, answers in enumerate(ANSWERS, 1):
            saved = drafts.save_step(resident, case_id, number, answers, final=True, version=version)
            if saved.errors:
                raise RuntimeError(f"step {number} of {SERVICE} wants other answers: {sorted(saved.errors)}")
            version = saved.version
    database.session.remove()
    return case_id, version


def officer() -> str:
    """Enter a case officer of 渝中区民政局; returns the token of their session."""
    with atomic():
        one = Officer(
            username=f"u{new_id().hex}",
            name="测速人员",
            password_hash="unusable",  # noqa: S106 nobody logs in with it
            totp_secret=b"unusable",
            roles=[Role.CASE_OFFICER.value],
            department=DEPARTMENT,
            region_code=REGION,
        )
        database.session.add(one)
        database.session.flush()
        token, _ = sessions.open_for_officer(OfficerId(one.id), DEVICE)
    return token


def saves(draft: Draft, number: int) -> list[bytes]:
    """Return that many saves of the first step, one after the other, each with what changed."""
    body = [orjson.dumps({"answers": {**ANSWERS[0], "lives_alone": bool(n % 2)}}) for n in range(2)]
    return [
        http.request(
            "PUT",
            f"{APPLICATIONS}/{draft.id}/steps/1?final=true",
            headers={**http.bearer(draft.owner.token), "If-Match": f'"{draft.version + n}"'},
            body=body[n % 2],
        )
        for n in range(number)
    ]


def submission(draft: Draft) -> bytes:
    """Return the submission of a draft, with a key of its own."""
    headers = {**http.bearer(draft.owner.token), "Idempotency-Key": new_id().hex, "Content-Length": "0"}
    return http.request("POST", f"{APPLICATIONS}/{draft.id}/submission", headers=headers)


def decisions(submitted: Sequence[Draft], token: str) -> list[bytes]:
    """Return the acceptance (受理) of each submitted case."""
    ids = [draft.id for draft in submitted]
    with database.reading() as connection:
        versions = dict(
            connection.execute(select(Case.id, Case.version).where(Case.id.in_(ids))).tuples().all()
        )
    body = b'{"action":"accept"}'
    return [
        http.request(
            "POST", f"{TASKS}/{case_id}/decision", headers=_decided(token, versions[case_id]), body=body
        )
        for case_id in ids
    ]


def _decided(token: str, version: int) -> dict[str, str]:
    return {**http.bearer(token), "If-Match": f'"{version}"', "Idempotency-Key": new_id().hex}
