"""What can go wrong with WeChat, named by what the caller has to do about it.

An error carries the errcode and the rid (WeChat explains a rid for seven days), never a URL, secret or token.
`REACTIONS` is what WeChat's pages on return codes say, as data.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final

SUBSCRIBE_SEND: Final = "/cgi-bin/message/subscribe/send"
_RID = re.compile(r"rid:\s*([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})")
_FIELD = re.compile(r"data\.([A-Za-z_]+\d*)\.value")


class Reaction(StrEnum):
    """What a caller does about an error."""

    RETRY = "retry"
    REFRESH = "refresh"
    WAIT_MINUTE = "wait_minute"
    WAIT_DAY = "wait_day"
    RELOGIN = "relogin"
    DENY = "deny"
    UNSUBSCRIBE = "unsubscribe"
    PAUSE = "pause"
    DROP = "drop"
    ALERT = "alert"
    RECONCILE = "reconcile"


class CodeProblem(StrEnum):
    """Why a person has to log in, or tap, again."""

    INVALID = "invalid"
    USED = "used"
    STALE_SESSION = "stale_session"


class WeChatError(Exception):
    """WeChat did not do what was asked."""

    reaction: ClassVar[Reaction]

    def __init__(self, errcode: int | None = None, *, rid: str | None = None, reason: str = "") -> None:
        self.errcode, self.rid, self.reason = errcode, rid, reason
        parts = (f"errcode={errcode}" if errcode is not None else "", f"rid={rid}" if rid else "", reason)
        super().__init__(" ".join(part for part in parts if part))


class Answered(WeChatError):
    """WeChat answered and refused: what was asked has not happened."""


class Busy(Answered):
    """WeChat is busy (-1): try again with backoff."""

    reaction = Reaction.RETRY


class Concurrent(Answered):
    """Another message to the same person is on its way (43108): try again after about a second."""

    reaction = Reaction.RETRY


class MinuteQuota(Answered):
    """The limit of this minute is used up (45011): hold until the next."""

    reaction = Reaction.WAIT_MINUTE


class DailyQuota(Answered):
    """The day's quota is used up (45009): stop this API until 00:00 Asia/Shanghai, alert."""

    reaction = Reaction.WAIT_DAY


class Relogin(Answered):
    """The code or session no longer counts: ask the person to log in, or tap, again."""

    reaction = Reaction.RELOGIN

    @property
    def kind(self) -> CodeProblem:
        """Why."""
        return _CODE_PROBLEMS.get(self.errcode or 0, CodeProblem.STALE_SESSION)


class LoginBlocked(Answered):
    """WeChat takes this user for high-risk (40226): refuse in neutral words, audit, never retry."""

    reaction = Reaction.DENY


class Unsubscribed(Answered):
    """Never subscribed, credit used up, or unsubscribed (43101): the subscription is gone."""

    reaction = Reaction.UNSUBSCRIBE


class SendBanned(Answered):
    """Our account or the template is banned (43107): alert, pause all sends."""

    reaction = Reaction.PAUSE


class Rejected(Answered):
    """This one item will never be accepted: drop it."""

    reaction = Reaction.DROP


class BadTemplateData(Rejected):
    """The message is wrong: its recipient, template, page, words, or the value of `field`."""

    def __init__(
        self,
        errcode: int | None = None,
        *,
        rid: str | None = None,
        reason: str = "",
        field: str | None = None,
    ) -> None:
        super().__init__(errcode, rid=rid, reason=reason or (f"field={field}" if field else ""))
        self.field = field


class Uncheckable(Rejected):
    """WeChat will not judge this text (user not here for two hours, wrong scene): use our own moderation."""


class Unrecognised(Rejected):
    """An errcode that no page known to us explains."""


class Misconfigured(Answered):
    """Our configuration, permission or code is wrong: alert a person, stop; trying again cannot help."""

    reaction = Reaction.ALERT


class NotSent(WeChatError):
    """Nothing of the call was processed (no connection, no token): trying again is safe."""

    reaction = Reaction.RETRY


class TokenRefused(NotSent):
    """The access token was refused even after one refresh: nothing was done, try again later, alert."""

    reaction = Reaction.REFRESH


class OutcomeUnknown(WeChatError):
    """Bytes left and no usable answer came: it may have happened; only idempotent calls may be repeated."""

    reaction = Reaction.RECONCILE


_CODE_PROBLEMS: Final[Mapping[int, CodeProblem]] = {40029: CodeProblem.INVALID, 40163: CodeProblem.USED}

REACTIONS: Final[Mapping[int, type[WeChatError]]] = {
    -1: Busy,
    45063: Busy,
    43108: Concurrent,
    **dict.fromkeys((40001, 40014, 42001), TokenRefused),
    45011: MinuteQuota,
    45009: DailyQuota,
    **dict.fromkeys((40029, 40163, 87007, 87008, 87009), Relogin),
    40226: LoginBlocked,
    43101: Unsubscribed,
    43107: SendBanned,
    **dict.fromkeys((40003, 40037, 41030, 45168, 47003), BadTemplateData),
    **dict.fromkeys((40129, 43104, 61010), Uncheckable),
    87014: Rejected,
    **dict.fromkeys((41001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 41008), Misconfigured),
    **dict.fromkeys((40033, 47001, 43001, 43002, 43003, 43302, 44002, 40066, 40169), Misconfigured),
    **dict.fromkeys((48001, 48004, 48006, 50002, 76021, 76022), Misconfigured),
}
"""errcode → what it means anywhere, unless `REACTIONS_AT` says otherwise."""

REACTIONS_AT: Final[Mapping[tuple[str, int], type[WeChatError]]] = {
    ("/cgi-bin/token", 40001): Misconfigured,
    ("/cgi-bin/stable_token", 40001): Misconfigured,
    ("/wxa/getwxacodeunlimit", 45009): MinuteQuota,
    ("/wxa/msg_sec_check", 40003): Uncheckable,
}
"""(path, errcode) with another meaning at one API: a wrong AppSecret, a quota per minute, an unknown user."""


def refusal(path: str, errcode: int, errmsg: str) -> WeChatError:
    """Return the error that an answer of WeChat's stands for."""
    found = _RID.search(errmsg)
    rid = found[1] if found else None
    kind = REACTIONS_AT.get((path, errcode)) or REACTIONS.get(errcode, Unrecognised)
    if kind is not BadTemplateData:
        return kind(errcode, rid=rid)
    if path != SUBSCRIBE_SEND:
        return Rejected(errcode, rid=rid)
    named = _FIELD.search(errmsg)
    return BadTemplateData(errcode, rid=rid, field=named[1] if named else None)
