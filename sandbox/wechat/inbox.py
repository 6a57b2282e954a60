"""The messages on people's phones (服务通知), for tests to read."""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

KEPT_PER_PERSON = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it lies on the phone; `msgid` goes out as a string because it exceeds 2^53."""

    msgid: int
    at: float
    appid: str
    template_id: str
    title: str
    text: str
    data: dict[str, str]
    page: str | None
    state: str
    lang: str

    def described(self) -> dict[str, Any]:
        """Return the message for the control port."""
        return {
            "msgid": str(self.msgid),
            "at": self.at,
            "appid": self.appid,
            "template_id": self.template_id,
            "title": self.title,
            "text": self.text,
            "data": self.data,
            "page": self.page,
            "miniprogram_state": self.state,
            "lang": self.lang,
        }


class Inbox:
    """Messages by openid, newest last; also counts them all, since old ones fall out."""

    def __init__(self) -> None:
        self._messages: defaultdict[str, deque[Message]] = defaultdict(lambda: deque(maxlen=KEPT_PER_PERSON))
        self.received = 0

    def deliver(self, openid: str, message: Message) -> None:
        """Put a message on somebody's phone."""
        self._messages[openid].append(message)
        self.received += 1

    def of(self, openid: str) -> list[Message]:
        """Return what lies on a phone."""
        return list(self._messages.get(openid, ()))
