"""Opening what WeChat pushes to us (消息推送, 安全模式): signature, decryption, shape. Pure functions.

Only `msg_signature` is trusted: `signature` does not cover the body. A repeated push is no attack, WeChat
repeats what was not answered in five seconds: `dedupe_key` is equal for repetitions.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from xml.parsers.expat import ExpatError

import orjson
import xmltodict
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from config.settings import Settings

LARGEST_BODY: Final = 64 * 1024
DEEPEST: Final = 12
_PAD_BLOCK, _AES_BLOCK, _RANDOM, _HEADER = 32, 16, 16, 20
_IDENTIFYING: Final = ("MsgId", "trace_id")


class Refusal(StrEnum):
    """Why a callback was refused; for our log, never for the answer."""

    SIGNATURE = "signature"
    TOO_LARGE = "too_large"
    NOT_ENCRYPTED = "not_encrypted"
    UNDECIPHERABLE = "undecipherable"
    FOREIGN_APP = "foreign_app"
    MALFORMED = "malformed"


class CallbackRefused(Exception):
    """This did not come from WeChat for us, or cannot be read."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """What both sides know: the Token and the AES keys, current first."""

    app_id: str
    token: str = field(repr=False)
    aes_keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> "CallbackKeys":
        """Read the keys; raises ValueError where an EncodingAESKey is not 43 characters of base64."""
        encoded = [settings.wechat_push_aes_key, settings.wechat_push_aes_key_previous]
        keys = tuple(aes_key(key.get_secret_value()) for key in encoded if key is not None)
        return cls(settings.wechat_app_id, settings.wechat_push_token.get_secret_value(), keys)


@dataclass(frozen=True, slots=True)
class Callback:
    """One event; its `message` has the entries of List, whatever shape they came in, under `items`."""

    event: str
    openid: str
    created_at: datetime | None
    dedupe_key: str
    message: dict[str, Any] = field(repr=False)


def aes_key(encoded: str) -> bytes:
    """Return the 32 bytes behind an EncodingAESKey; raises ValueError."""
    try:
        key = base64.b64decode(encoded + "=", validate=True)
    except binascii.Error:
        raise ValueError("an EncodingAESKey is base64") from None
    if len(key) != _PAD_BLOCK:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


def verify_url(keys: CallbackKeys, *, signature: str, timestamp: str, nonce: str, echostr: str) -> str:
    """Return what proves that the address is ours: `echostr` itself; raises CallbackRefused."""
    _check(signature, keys.token, timestamp, nonce)
    return echostr


def open_callback(
    keys: CallbackKeys, raw: bytes, *, msg_signature: str, timestamp: str, nonce: str
) -> Callback:
    """Return the event inside an encrypted body, JSON or XML; raises CallbackRefused for everything else."""
    if len(raw) > LARGEST_BODY:
        raise CallbackRefused(Refusal.TOO_LARGE)
    encrypted = _parsed(raw).get("Encrypt")
    if not isinstance(encrypted, str) or not encrypted:
        raise CallbackRefused(Refusal.NOT_ENCRYPTED)
    _check(msg_signature, keys.token, timestamp, nonce, encrypted)
    message = _parsed(_decrypted(keys, encrypted))
    return Callback(
        event=str(message.get("Event", "")).lower(),
        openid=str(message.get("FromUserName", "")),
        created_at=_moment(message.get("CreateTime")),
        dedupe_key=dedupe_key(message),
        message=normalised(message),
    )


def normalised(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message with its entries as the list `items`, in place of List and its wrappers."""
    kept = {name: value for name, value in message.items() if name != "List" and not _wraps(name)}
    return kept | {"items": list(items_of(message))}


def items_of(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of `List`: an object, an array, or inside `Subscribe…Event` (XML, some JSON)."""
    found = message.get("List")
    wrappers = [value for name, value in message.items() if _wraps(name)]
    if found is None and wrappers:
        found = wrappers[0].get("List", wrappers[0]) if isinstance(wrappers[0], dict) else wrappers[0]
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict) and item:
            yield item


def dedupe_key(message: Mapping[str, Any]) -> str:
    """Return what is equal for every repetition of one event, and different for different ones."""
    for name in _IDENTIFYING:
        if message.get(name):
            return f"{name.lower()}:{_digest(str(message[name]))}"
    event = str(message.get("Event", "")).lower()
    sent = sorted(str(item["MsgID"]) for item in items_of(message) if item.get("MsgID"))
    if event == "subscribe_msg_sent_event" and sent:
        return f"sent:{_digest('|'.join(sent))}"
    parts = (event, message.get("FromUserName"), message.get("CreateTime"), _canonical(message))
    return f"event:{_digest('|'.join(map(str, parts)))}"


def _wraps(name: str) -> bool:
    return name.lower().startswith("subscribemsg")


def _check(signature: str, *parts: str) -> None:
    joined = "".join(sorted(parts)).encode(errors="replace")
    expected = hashlib.sha1(joined).hexdigest()  # noqa: S324 WeChat's scheme, keyed by the Token among the parts
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        raise CallbackRefused(Refusal.SIGNATURE)


def _decrypted(keys: CallbackKeys, encrypted: str) -> bytes:
    """Decrypt with whichever key fits; a key fits where the padding, the length and our app id do."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise CallbackRefused(Refusal.UNDECIPHERABLE) from None
    reason = Refusal.UNDECIPHERABLE
    for key in keys.aes_keys:
        found = _opened(key, sealed)
        if found is None:
            continue
        content, app_id = found
        if hmac.compare_digest(app_id, keys.app_id.encode()):
            return content
        reason = Refusal.FOREIGN_APP
    raise CallbackRefused(reason)


def _opened(key: bytes, sealed: bytes) -> tuple[bytes, bytes] | None:
    """Return the message and the app id behind it: random 16, length 4, message, app id, PKCS#7 to 32."""
    if not sealed or len(sealed) % _AES_BLOCK:
        return None
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:_AES_BLOCK])).decryptor()
    padded = opener.update(sealed) + opener.finalize()
    pad = padded[-1]
    if not 1 <= pad <= min(_PAD_BLOCK, len(padded)) or padded[-pad:] != bytes([pad]) * pad:
        return None
    frame = padded[:-pad]
    end = _HEADER + int.from_bytes(frame[_RANDOM:_HEADER], "big")
    if len(frame) < _HEADER or end > len(frame):
        return None
    return frame[_HEADER:end], frame[end:]


def _parsed(raw: bytes) -> dict[str, Any]:
    """Read JSON or XML by its first character, whatever Content-Type said."""
    try:
        text = raw.decode("utf-8-sig").strip()
        message = orjson.loads(text) if text.startswith("{") else _from_xml(text)
    except (ValueError, ExpatError):
        raise CallbackRefused(Refusal.MALFORMED) from None
    if not isinstance(message, dict) or not _shallow(message):
        raise CallbackRefused(Refusal.MALFORMED)
    return message


def _from_xml(text: str) -> Any:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("document types are not wanted")
    return xmltodict.parse(text, process_namespaces=False).get("xml")


def _shallow(message: dict[str, Any]) -> bool:
    """Say whether nothing lies deeper than `DEEPEST`; looked at level by level, never by recursion."""
    level: list[Any] = [message]
    for _ in range(DEEPEST):
        children = (child.values() if isinstance(child, dict) else child for child in level)
        level = [
            grandchild for child in children for grandchild in child if isinstance(grandchild, dict | list)
        ]
        if not level:
            return True
    return False


def _moment(created: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(created)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _canonical(message: Mapping[str, Any]) -> str:
    return orjson.dumps(message, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
