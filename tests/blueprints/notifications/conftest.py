"""Pushes as WeChat sends them: encrypted and signed by the published scheme, without our own code."""

import base64
import hashlib
import os

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import func, select, text

from app.foundation import database

PATH = "/api/v1/wechat/callback"


class Pusher:
    """WeChat's side of the callback."""

    def __init__(self, client, settings):
        self.client = client
        self.app_id = settings.wechat_app_id
        self.token = settings.wechat_push_token.get_secret_value()
        self.key = settings.wechat_push_aes_key.get_secret_value()

    def sealed(self, message, *, key=None, app_id=None):
        """Encrypt a message: random 16, length 4, message, app id, padding to 32."""
        secret = base64.b64decode((key or self.key) + "=")
        raw = message if isinstance(message, bytes) else orjson.dumps(message)
        frame = os.urandom(16) + len(raw).to_bytes(4, "big") + raw + (app_id or self.app_id).encode()
        count = 32 - len(frame) % 32
        frame += bytes([count]) * count
        sealer = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
        return base64.b64encode(sealer.update(frame) + sealer.finalize()).decode()

    def query(self, encrypted, **changes):
        """Sign as msg_signature does."""
        parts = {"timestamp": "1781000000", "nonce": "415670741"}
        joined = "".join(sorted([self.token, *parts.values(), encrypted]))
        signature = hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 WeChat's scheme
        plain = "".join(sorted([self.token, *parts.values()]))
        usual = hashlib.sha1(plain.encode()).hexdigest()  # noqa: S324 WeChat's scheme
        return parts | {"signature": usual, "msg_signature": signature, "encrypt_type": "aes"} | changes

    def push(self, message, *, xml=False, query=None, **how):
        """POST a message as WeChat would."""
        encrypted = self.sealed(message, **how)
        body = orjson.dumps({"ToUserName": "gh_test", "Encrypt": encrypted})
        if xml:
            body = f"<xml><ToUserName>gh_test</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
        return self.raw(body, self.query(encrypted, **(query or {})))

    def raw(self, body, query):
        """POST any bytes."""
        return self.client.post(PATH, query_string=query, data=body)


@pytest.fixture
def pusher(client, settings):
    return Pusher(client, settings)


@pytest.fixture
def stored():
    """`stored()`: how many events lie in the inbox of WeChat's events."""

    def count():
        table = database.Base.metadata.tables["notification_wechat_event"]
        return database.session.scalar(select(func.count()).select_from(table))

    return count


@pytest.fixture
def payloads():
    """`payloads()`: what is stored of them."""
    query = text("SELECT payload FROM notification_wechat_event ORDER BY id")
    return lambda: list(database.session.scalars(query))
