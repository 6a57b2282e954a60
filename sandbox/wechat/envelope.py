"""The outer form of a push (消息推送): query, signature and encrypted body on their way out."""

from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from sandbox.wechat import crypto
from sandbox.wechat.apps import PushFormat, PushMode, PushTarget
from sandbox.wechat.chance import Chance
from sandbox.wechat.events import Event, as_json, as_xml
from sandbox.wechat.twists import Twist

FOREIGN_APPID = "wx0000000000000000"
FOREIGN_AES_KEY = "FOREIGNkeyFOREIGNkeyFOREIGNkeyFOREIGNkeyFOR"
NONCE_LENGTH = 10
OVERSIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class Wire:
    """One HTTP request ready to be posted; posting it twice is an exact duplicate."""

    url: str
    body: bytes
    content_type: str


def message_of(event: Event, target: PushTarget, twist: Twist) -> bytes:
    """Write the plain message in the format the account (or a fault) chose."""
    write = as_xml if (twist.format or target.format) is PushFormat.XML else as_json
    return write(event, original_id=target.original_id, dialect=twist.dialect)


def wrap(event: Event, target: PushTarget, *, twist: Twist, now: float, chance: Chance) -> Wire:
    """Encrypt and sign a message for one attempt, with a new nonce and fresh random bytes."""
    timestamp, nonce = str(int(now + twist.clock_skew)), chance.digits(NONCE_LENGTH)
    message = message_of(event, target, twist)
    mode = twist.mode or target.mode
    query = {
        "signature": crypto.signature_of(target.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": event.sender,
    }
    if mode is not PushMode.PLAINTEXT:
        encrypted = _encrypted(message, event.appid, target, twist, chance)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": crypto.signature_of(target.token, timestamp, nonce, encrypted),
        }
        message = _outer(message if mode is PushMode.COMPATIBLE else None, encrypted, target, twist)
    if twist.bad_signature:
        query = {key: _spoiled(value) if "signature" in key else value for key, value in query.items()}
    return Wire(_url(target.url, query), _damaged(message, twist), _content_type(target, twist))


def handshake(target: PushTarget, *, now: float, chance: Chance) -> tuple[str, str]:
    """Make the URL of the console's verification (URL 验证) and the echostr that it expects back."""
    timestamp, nonce, echo = str(int(now)), chance.digits(NONCE_LENGTH), chance.digits(19)
    query = {
        "signature": crypto.signature_of(target.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": echo,
    }
    return _url(target.url, query), echo


def _encrypted(message: bytes, appid: str, target: PushTarget, twist: Twist, chance: Chance) -> str:
    key = target.aes_key
    if twist.previous_aes_key and target.prev_aes_key:
        key = target.prev_aes_key
    if twist.wrong_aes_key:
        key = FOREIGN_AES_KEY
    return crypto.encrypt_push(
        message,
        encoding_aes_key=key,
        appid=FOREIGN_APPID if twist.wrong_appid else appid,
        random=chance.hex(crypto.RANDOM_LENGTH).encode(),
    )


def _outer(plain: bytes | None, encrypted: str, target: PushTarget, twist: Twist) -> bytes:
    if (twist.format or target.format) is PushFormat.XML:
        inner = plain.removeprefix(b"<xml>").removesuffix(b"</xml>").decode() if plain else ""
        owner = "" if plain else f"<ToUserName><![CDATA[{target.original_id}]]></ToUserName>"
        return f"<xml>{owner}{inner}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
    fields = orjson.loads(plain) if plain else {"ToUserName": target.original_id}
    return orjson.dumps(fields | {"Encrypt": encrypted})


def _damaged(body: bytes, twist: Twist) -> bytes:
    if twist.malformed:
        return body[: len(body) // 2]
    return body + b" " * OVERSIZE if twist.oversized else body


def _spoiled(signature: str) -> str:
    return signature[1:] + ("0" if signature[0] != "0" else "1")


def _content_type(target: PushTarget, twist: Twist) -> str:
    return "text/xml" if (twist.format or target.format) is PushFormat.XML else "application/json"


def _url(base: str, query: dict[str, str]) -> str:
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"
