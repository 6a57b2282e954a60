"""Phones and officers for the tests of logging in."""

from contextlib import contextmanager
from dataclasses import replace

import pyotp
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from app.foundation import cache, database
from app.foundation.clock import now
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.identity import officers
from app.identity.types import OfficerRecord, Role
from tests.blueprints.identity.phones import Phone
from tests.support import canary


@pytest.fixture
def phone(client, wechat, demo):
    """`phone("yuzhong_elder")`: a demo person's phone, not logged in yet."""
    return lambda key: Phone(client, wechat, demo[key])


@pytest.fixture
def elder(phone):
    """渝中区82岁的老人, logged in."""
    elder = phone("yuzhong_elder")
    elder.log_in()
    return elder


@pytest.fixture
def second_account(client, wechat, demo):
    """The same person's phone with another WeChat account, logged in."""
    person = demo["yuzhong_elder"] | {"openid": "oSECONDaccount00000000000000"}
    real_name = {"name": person["name"], "id_number": person["id_number"]}
    wechat.post("users", openid=person["openid"], real_name=real_name)
    phone = Phone(client, wechat, person)
    phone.log_in()
    return phone


class Desk:
    """An officer at their desk."""

    def __init__(self, client, record):
        self._client, self.record = client, record
        self.otp = pyotp.TOTP(record.totp_secret)
        canary.register(record.password, record.totp_secret)

    def code(self):
        """The one-time code of this moment."""
        return self.otp.at(now())

    def log_in(self, **changes):
        """Try to log in."""
        body = {"username": self.record.username, "password": self.record.password, "otp": self.code()}
        return self._client.post("/api/v1/staff/auth/login", json=body | changes)

    def bearer(self, token):
        """A client that sends the token."""
        return self._client.bearer(token)


@pytest.fixture
def desk(client, clock):
    """The desk of a 渝中区民政局 officer who is on the roster."""
    record = OfficerRecord(
        username="yuzhong.case",
        name="周敏",
        password="a long enough passphrase",
        totp_secret=pyotp.random_base32(),
        roles=frozenset({Role.CASE_OFFICER}),
        department="11",
        region_code="500103",
    )
    with atomic():
        officers.import_officers([record])
    return Desk(client, record)


@pytest.fixture
def dump(session):
    """Everything in every table, as text."""

    def read():
        names = sorted(database.Base.metadata.tables)
        rows = (session.scalars(text(f'SELECT t::text FROM "{name}" AS t')) for name in names)  # noqa: S608 our own tables
        return "\n".join(row for found in rows for row in found)

    return read


@pytest.fixture
def session_keys(application):
    """The session_keys that WeChat gave us during this test; from then on no log line may hold one."""
    usual, seen = port.wechat(), []

    class Noting:
        def exchange(self, code):
            identity = usual.login.exchange(code)
            canary.register(identity.session_key)
            seen.append(identity.session_key)
            return identity

    port.use(replace(usual, login=Noting()))
    yield seen
    port.use(usual)


@pytest.fixture
def opened(committed, client, sign_in):
    """A committed session: its token and its id."""
    resident = sign_in.resident()
    with database.reading() as connection:
        return resident.token, connection.scalar(text("SELECT id FROM identity_session"))


@pytest.fixture
def dead_redis(application):
    """`with dead_redis():` nobody serves Redis."""

    @contextmanager
    def dead():
        usual = cache.client()
        cache.use(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))
        try:
            yield
        finally:
            cache.use(usual)

    return dead
