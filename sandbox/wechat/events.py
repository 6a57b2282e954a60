"""The events WeChat pushes (事件推送) and the message body of each, in JSON or XML."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import orjson

PLATFORM_OPENID = "oPlatformEventSender00000000"


class EventName(enum.StrEnum):
    """The events this stand-in produces by itself."""

    POPUP = "subscribe_msg_popup_event"
    CHANGE = "subscribe_msg_change_event"
    SENT = "subscribe_msg_sent_event"
    REVOKE = "user_authorization_revoke"
    CANCELLATION = "user_authorization_cancellation"
    MODIFIED = "user_info_modified"


WRAPPERS = {
    EventName.POPUP: "SubscribeMsgPopupEvent",
    EventName.CHANGE: "SubscribeMsgChangeEvent",
    EventName.SENT: "SubscribeMsgSentEvent",
}


class ListShape(enum.StrEnum):
    """How a JSON push carries its items; AUTO is an object for one, an array for several."""

    AUTO = "auto"
    OBJECT = "object"
    ARRAY = "array"
    WRAPPER = "wrapper"
    WRAPPED_LIST = "wrapped_list"


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `items` fill the list of the subscribe events, `fields` stand beside the envelope."""

    name: str
    appid: str
    openid: str
    created: float
    fields: Mapping[str, Any] = field(default_factory=dict)
    items: Sequence[Mapping[str, Any]] = ()

    @property
    def sender(self) -> str:
        """FromUserName: the user, or the platform for events about an authorisation."""
        about_authorisation = {EventName.REVOKE, EventName.CANCELLATION, EventName.MODIFIED}
        return PLATFORM_OPENID if self.name in about_authorisation else self.openid


@dataclass(frozen=True, slots=True)
class Dialect:
    """The liberties WeChat takes with a message body."""

    list_shape: ListShape = ListShape.AUTO
    create_time_as_text: bool = False
    msg_type: str = "event"


PLAIN_DIALECT = Dialect()


def as_json(event: Event, *, original_id: str, dialect: Dialect) -> bytes:
    """Write the message for an account whose data format is JSON."""
    message = _envelope(event, original_id, dialect) | dict(event.fields)
    if event.items:
        message |= _listed(event, dialect.list_shape)
    return orjson.dumps(message)


def as_xml(event: Event, *, original_id: str, dialect: Dialect) -> bytes:
    """Write the message for an account whose data format is XML."""
    message = _envelope(event, original_id, dialect) | dict(event.fields)
    if event.items:
        wrapper = WRAPPERS.get(EventName(event.name), "Items") if event.name in set(EventName) else "Items"
        message[wrapper] = [{"List": item} for item in event.items]
    return f"<xml>{_elements(message)}</xml>".encode()


def _envelope(event: Event, original_id: str, dialect: Dialect) -> dict[str, Any]:
    created: int | str = int(event.created)
    return {
        "ToUserName": original_id,
        "FromUserName": event.sender,
        "CreateTime": str(created) if dialect.create_time_as_text else created,
        "MsgType": dialect.msg_type,
        "Event": event.name,
    }


def _listed(event: Event, shape: ListShape) -> dict[str, Any]:
    items: list[Any] = [dict(item) for item in event.items]
    wrapper = WRAPPERS.get(EventName(event.name), "List") if event.name in set(EventName) else "List"
    alone: Any = items[0] if len(items) == 1 else items
    shapes: dict[ListShape, dict[str, Any]] = {
        ListShape.AUTO: {"List": alone},
        ListShape.OBJECT: {"List": items[0]},
        ListShape.ARRAY: {"List": items},
        ListShape.WRAPPER: {wrapper: alone},
        ListShape.WRAPPED_LIST: {wrapper: {"List": alone}},
    }
    return shapes[shape]


def _elements(message: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in message.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"<{name}>{''.join(_elements(item) for item in value)}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    text = str(value)
    return f"<{name}>{escape(text) if ']]>' in text else f'<![CDATA[{text}]]>'}</{name}>"
