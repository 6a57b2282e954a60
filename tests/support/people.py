"""People who are already signed in, for tests that are not about signing in."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity import sessions
from app.identity.models import Account, Officer
from app.identity.types import Assurance, Device, OfficerId, ResidentId, Role

DEVICE = Device("测试手机", "127.0.0.1")


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a live session: their id, token and a client that sends it."""

    id: UUID
    token: str
    client: FlaskClient


class SignIn:
    """Makes people; each call makes a new one."""

    def __init__(self, client):
        self._client = client

    def resident(self, assurance=Assurance.WECHAT):
        """A resident who logged in just now; a real name is what identity's own tests are about."""
        with atomic():
            account = Account(openid=f"o{new_id().hex}", assurance=assurance)
            sessions.session.add(account)
            sessions.session.flush()
            token, _ = sessions.open_for_resident(ResidentId(account.id), DEVICE)
        return SignedIn(account.id, token, self._client.bearer(token))

    def officer(self, *roles, department="民政局", region_code="500103"):
        """An officer who logged in just now, a case officer unless `roles` say otherwise."""
        with atomic():
            officer = Officer(
                username=f"u{new_id().hex}",
                name="测试人员",
                password_hash="unusable",
                totp_secret=b"unusable",
                roles=[str(role) for role in roles or (Role.CASE_OFFICER,)],
                department=department,
                region_code=region_code,
            )
            sessions.session.add(officer)
            sessions.session.flush()
            token, _ = sessions.open_for_officer(OfficerId(officer.id), DEVICE)
        return SignedIn(officer.id, token, self._client.bearer(token))


@pytest.fixture
def sign_in(client):
    """`sign_in.resident()`, `sign_in.officer(Role.OPERATOR)` give `.id`, `.token` and a `.client`."""
    return SignIn(client)
