"""One-time codes (临时凭证) of wx.login and of the phone-number button: five minutes, single use."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import DAY, VirtualClock
from sandbox.wechat.errcodes import Errcode, Refusal

LIFETIME = 300
LOGIN_LENGTH = 32
PHONE_LENGTH = 64
PRUNE_ABOVE = 50_000


class CodeKind(StrEnum):
    """What a code can be exchanged for."""

    LOGIN = "login"
    PHONE = "phone"


@dataclass(slots=True)
class Code:
    """One code; `phone` is the number the user chose to share."""

    text: str
    kind: CodeKind
    appid: str
    openid: str
    issued: float
    phone: str = ""
    used: bool = False


class Codes:
    """All codes issued."""

    def __init__(self, clock: VirtualClock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._codes: dict[str, Code] = {}

    def issue_login(self, *, appid: str, openid: str) -> Code:
        """Return what wx.login hands to the page."""
        return self._keep(
            Code(self._chance.text(LOGIN_LENGTH), CodeKind.LOGIN, appid, openid, self._clock.now())
        )

    def issue_phone(self, *, appid: str, openid: str, phone: str) -> Code:
        """Return what the phone-number button hands to the page."""
        text = self._chance.hex(PHONE_LENGTH)
        return self._keep(Code(text, CodeKind.PHONE, appid, openid, self._clock.now(), phone))

    def find(self, text: str) -> Code | None:
        """Return a code in whatever state."""
        return self._codes.get(text)

    def valid(self, text: str, kind: CodeKind, *, appid: str) -> Code:
        """Return a code that may be redeemed now; else 40029, or 40163 for a used login code."""
        code = self._codes.get(text)
        if code is None or code.kind is not kind or code.appid != appid:
            raise Refusal(Errcode.INVALID_CODE)
        if code.used:
            raise Refusal(Errcode.CODE_USED if kind is CodeKind.LOGIN else Errcode.INVALID_CODE)
        if self._clock.now() >= code.issued + LIFETIME:
            raise Refusal(Errcode.INVALID_CODE)
        return code

    def _keep(self, code: Code) -> Code:
        if len(self._codes) > PRUNE_ABOVE:
            oldest = self._clock.now() - DAY
            self._codes = {text: kept for text, kept in self._codes.items() if kept.issued > oldest}
        self._codes[code.text] = code
        return code
