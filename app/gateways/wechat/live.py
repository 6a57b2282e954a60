"""The real WeChat (or whatever answers at `wechat_api_base`) behind the ports."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis

from app.foundation import cache, clock
from app.gateways.wechat import errors, port
from app.gateways.wechat.client import MiniProgramClient
from app.gateways.wechat.errors import OutcomeUnknown, Rejected
from app.gateways.wechat.face import ID_CARD
from app.gateways.wire import Wire
from config.settings import Settings

_log = structlog.get_logger(__name__)

SPARE_CONNECTIONS = 8
"""Beside the pushes: logins, phone numbers, verifications, the token."""
LONGEST_CHECKED_TEXT = 2500
LONG_TERM = 3
STALE_WATERMARK_SECONDS = 900
FACE_PASSED = 10_000
FACE_UNFINISHED = frozenset({0, 10_300})
_KEY = re.compile(r"\{\{(\w+)\.DATA\}\}")
_SENTENCE_ENDS = "。！？!?\n；;"
_SEVERITY = tuple(port.TextSuggestion)


def build(settings: Settings, *, redis: Callable[[], Redis] = cache.client) -> port.WeChat:
    """Build the process's WeChat; opens no connection yet. `redis` is asked for on every use."""
    client = client_of(settings, redis=redis)
    return port.WeChat(
        login=LiveLogin(client),
        phones=LivePhones(client),
        messages=LiveMessages(client),
        templates=LiveTemplates(client),
        faces=LiveFaces(client),
        content=LiveContent(client),
    )


def client_of(settings: Settings, *, redis: Callable[[], Redis] = cache.client) -> MiniProgramClient:
    """Build the client that the ports share."""
    return MiniProgramClient(
        settings.wechat_app_id,
        settings.wechat_app_secret.get_secret_value(),
        base_url=settings.wechat_api_base,
        wire=Wire(settings.wechat_api_base, connections=settings.push_concurrency + SPARE_CONNECTIONS),
        redis=redis,
    )


@dataclass(frozen=True, slots=True)
class LiveLogin:
    """code2Session (小程序登录)."""

    client: MiniProgramClient

    def exchange(self, code: str) -> port.WeChatIdentity:
        """Exchange a single-use code; never retried, never needs an access token."""
        answer = self.client.wxa.code_to_session(code)
        return port.WeChatIdentity(
            openid=_text(answer, "openid"),
            unionid=answer.get("unionid") or None,
            session_key=_text(answer, "session_key"),
        )


@dataclass(frozen=True, slots=True)
class LivePhones:
    """getuserphonenumber (手机号快速验证)."""

    client: MiniProgramClient

    def number(self, code: str, openid: str) -> port.PhoneNumber:
        """Exchange a phone code that belongs to `openid`."""
        asked = {"code": code, "openid": openid}
        answer = self.client.call("POST", "wxa/business/getuserphonenumber", data=asked)
        shared = _mapping(answer, "phone_info")
        watermark = _mapping(shared, "watermark")
        if watermark.get("appid") != self.client.appid:
            raise OutcomeUnknown(reason="foreign_watermark")
        age = clock.now().timestamp() - _number(watermark, "timestamp")
        if abs(age) > STALE_WATERMARK_SECONDS:  # a skewed clock is no reason to refuse WeChat's own answer
            _log.warning("wechat.watermark_stale", seconds=round(age))
        return port.PhoneNumber(_text(shared, "purePhoneNumber"), str(shared.get("countryCode", "86")))


@dataclass(frozen=True, slots=True)
class LiveMessages:
    """subscribeMessage.send (订阅消息)."""

    client: MiniProgramClient

    def send(
        self, openid: str, template_id: str, data: Mapping[str, str], page: str | None = None
    ) -> port.Sent:
        """Send once; OutcomeUnknown means that the person may have got it."""
        values = {key: {"value": text} for key, text in data.items()}
        message = {"touser": openid, "template_id": template_id, "data": values}
        if page is not None:
            message["page"] = page
        answer = self.client.post_json(errors.SUBSCRIBE_SEND[1:], message)
        msgid = answer.get("msgid")
        return port.Sent(None if msgid is None else str(msgid))


@dataclass(frozen=True, slots=True)
class LiveTemplates:
    """gettemplate (订阅消息模板)."""

    client: MiniProgramClient

    def list(self) -> tuple[port.Template, ...]:
        """Return every template of the account."""
        found = _mappings(self.client.call("GET", "wxaapi/newtmpl/gettemplate"), "data")
        return tuple(_template(entry) for entry in found)


@dataclass(frozen=True, slots=True)
class LiveFaces:
    """getverifyid and queryverifyinfo (人脸核身 2.0)."""

    client: MiniProgramClient

    def start(self, out_seq_no: str, *, name: str, id_number: str, openid: str) -> port.FaceTicket:
        """Open a verification of this person on this phone."""
        cert = {"cert_type": ID_CARD, "cert_name": name, "cert_no": id_number}
        asked = {"out_seq_no": out_seq_no, "cert_info": cert, "openid": openid}
        answer = self.client.call("POST", "cityservice/face/identify/getverifyid", data=asked)
        return port.FaceTicket(_text(answer, "verify_id"), _number(answer, "expires_in"))

    def result(self, verify_id: str, *, out_seq_no: str, cert_hash: str, openid: str) -> port.FaceResult:
        """Ask how it ended; a question that WeChat refuses (other person, other phone) is a failure too."""
        asked = {"verify_id": verify_id, "out_seq_no": out_seq_no, "cert_hash": cert_hash, "openid": openid}
        try:
            answer = self.client.call("POST", "cityservice/face/identify/queryverifyinfo", data=asked)
        except Rejected as error:
            return port.FaceResult(port.FaceOutcome.FAILED, error.errcode or 0)
        code = _number(answer, "verify_ret")
        if code == FACE_PASSED:
            return port.FaceResult(port.FaceOutcome.PASSED, code)
        pending = code in FACE_UNFINISHED
        return port.FaceResult(port.FaceOutcome.PENDING if pending else port.FaceOutcome.FAILED, code)


@dataclass(frozen=True, slots=True)
class LiveContent:
    """msgSecCheck 2.0 (文本内容安全)."""

    client: MiniProgramClient

    def check_text(
        self, text: str, *, openid: str, scene: port.TextScene = port.TextScene.COMMENT
    ) -> port.TextVerdict:
        """Check a text of any length in parts; the worst verdict counts."""
        verdicts = [self._check(part, openid, scene) for part in parts_of(text)]
        return max(verdicts, key=lambda verdict: _SEVERITY.index(verdict.suggestion))

    def _check(self, part: str, openid: str, scene: port.TextScene) -> port.TextVerdict:
        asked = {"version": 2, "openid": openid, "scene": int(scene), "content": part}
        answer = self.client.call("POST", "wxa/msg_sec_check", data=asked)
        result = _mapping(answer, "result")
        try:
            suggestion = port.TextSuggestion(result.get("suggest", ""))
        except ValueError:
            suggestion = port.TextSuggestion.REVIEW  # a word we do not know is for a person to judge
        return port.TextVerdict(suggestion, _number(result, "label"), str(answer.get("trace_id", "")))


def parts_of(text: str) -> Iterator[str]:
    """Cut a text into parts of at most 2,500 characters, after a sentence where there is one."""
    rest = text
    while len(rest) > LONGEST_CHECKED_TEXT:
        window = rest[:LONGEST_CHECKED_TEXT]
        end = max(window.rfind(mark) for mark in _SENTENCE_ENDS) + 1 or LONGEST_CHECKED_TEXT
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _template(entry: Mapping[str, Any]) -> port.Template:
    content = str(entry.get("content", ""))
    enums = _mappings(entry, "keywordEnumValueList")
    return port.Template(
        template_id=_text(entry, "priTmplId"),
        title=str(entry.get("title", "")),
        content=content,
        long_term=_number(entry, "type") == LONG_TERM,
        keys=tuple(_KEY.findall(content)),
        enum_values={_text(item, "keywordCode"): tuple(item.get("enumValueList") or ()) for item in enums},
    )


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise OutcomeUnknown(reason=f"no_{name}_in_answer")
    return value


def _mapping(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = answer.get(name)
    if not isinstance(value, dict):
        raise OutcomeUnknown(reason=f"no_{name}_in_answer")
    return value


def _mappings(answer: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for value in answer.get(name) or []:
        if not isinstance(value, dict):
            raise OutcomeUnknown(reason=f"no_{name}_in_answer")
        yield value


def _number(answer: Mapping[str, Any], name: str) -> int:
    """Read a number that may come as text; absent is 0."""
    try:
        return int(answer.get(name) or 0)
    except (TypeError, ValueError):
        raise OutcomeUnknown(reason=f"no_{name}_in_answer") from None
