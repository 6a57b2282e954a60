"""WeChat users (微信用户) as one mini-program knows them, and the person behind each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RealName:
    """The name and ID number of the person who holds the phone."""

    name: str
    id_number: str


@dataclass(slots=True)
class User:
    """A user of one app; `last_visit` and `session_expires` are virtual times."""

    openid: str
    appid: str
    unionid: str | None = None
    phone: str | None = None
    real_name: RealName | None = None
    risk_blocked: bool = False
    session_key: str | None = None
    session_expires: float = 0.0
    last_visit: float | None = None
